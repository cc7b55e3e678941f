"""The cast's branches as the tests of gatherings need them, at one instant of one day."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.demo.cast import NORTH, NORTH_BRANCH, SOUTH, SOUTH_BRANCH
from lms.gatherings import services
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Gathering
from lms.gatherings.services import Plan
from lms.people.models import Branch, Person, Unit
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services import accounts

FRIDAY = date(2026, 12, 4)
NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
"""A Monday, when the theme day of the coming Friday is planned."""
STARTS = clock.at_local(FRIDAY, 15)
ENDS = STARTS + timedelta(hours=2)
DURING = STARTS + timedelta(minutes=10)
AFTER = ENDS + timedelta(minutes=5)
LONG_AFTER = clock.at_local(date(2026, 12, 10), 9)
"""Thursday of the next week: the third working day is over."""


def branch(session: Session, name: str = NORTH_BRANCH) -> Branch:
    return session.scalars(select(Branch).where(Branch.name == name)).one()


def unit(session: Session, name: str = NORTH) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def theme_day(
    session: Session, by: Person, *, on: date = FRIDAY, owner: str = NORTH_BRANCH, hours: int = 2, commit: bool = True
) -> Gathering:
    """A planned theme day at 15:00 of the day, committed."""
    starts = clock.at_local(on, 15)
    wanted = Plan(
        kind=GatheringKind.THEME_DAY, title="12月主题党日", starts_at=starts, ends_at=starts + timedelta(hours=hours),
        place="三楼会议室", host_id=by.id, recorder_id=by.id, agenda=("集中学习",),
    )  # fmt: skip
    made = services.plan(session, branch(session, owner), wanted, by_id=by.id, now=NOON)
    session.commit() if commit else session.flush()
    return made


def member(
    session: Session,
    staff_no: str,
    *,
    party: PartyStatus = PartyStatus.FULL,
    duty: DutyStatus = DutyStatus.ON_DUTY,
    where: str = NORTH_BRANCH,
    since: date = date(2026, 1, 1),
    commit: bool = True,
) -> Person:
    """A further member of a branch."""
    unit_name = SOUTH if where == SOUTH_BRANCH else NORTH
    person = accounts.create_person(
        session, staff_no=staff_no, name=f"党员{staff_no}", rank_band=RankBand.TOWNSHIP, now=NOON
    )
    accounts.place(
        session, person, unit(session, unit_name), branch(session, where), from_on=since, party_status=party, duty_status=duty
    )  # fmt: skip
    session.commit() if commit else session.flush()
    return person


def move(session: Session, person: Person, where: str, on: date, **statuses: object) -> None:
    """The person belongs to that branch from the day."""
    unit_name = SOUTH if where == SOUTH_BRANCH else NORTH
    given: dict[str, object] = {"party_status": PartyStatus.FULL} | statuses
    accounts.place(session, person, unit(session, unit_name), branch(session, where), from_on=on, **given)  # type: ignore[arg-type]
    session.commit()


def people_of(roll: object) -> SimpleNamespace:
    return SimpleNamespace(**{line.staff_no: line for line in roll.lines})  # type: ignore[attr-defined]
