"""Classes as the tests need them: a class of the bureau in the second week of December, and what happens in it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.demo.cast import BUREAU, NORTH, NORTH_BRANCH
from lms.gatherings import services as gatherings
from lms.gatherings.models import Gathering
from lms.gatherings.rules import GatheringState, Mark
from lms.gatherings.services import Tap
from lms.hours.rules import Extent
from lms.people.models import Branch, Person, Unit
from lms.people.rules import RankBand
from lms.people.services import accounts
from lms.training import queries, services
from lms.training.class_rules import ClassKind
from lms.training.models import TrainingClass
from lms.training.services import MeetingPlan, Plan

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
"""A Monday noon; enrolment is going on."""
FIRST = date(2026, 12, 7)
LAST = FIRST + timedelta(days=2)
AFTER = clock.at_local(LAST, 20)


def unit(session: Session, name: str = BUREAU) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def plan(**given: object) -> Plan:
    usual: dict[str, object] = {
        "kind": ClassKind.QUALITY, "title": "公文写作提升班", "starts_on": FIRST, "ends_on": LAST, "places": 10,
        "enrol_from": NOW - timedelta(days=1), "enrol_until": NOW + timedelta(days=5), "venue": "局党校",
    }  # fmt: skip
    return Plan(**(usual | given))  # type: ignore[arg-type]


def approved(session: Session, cast: SimpleNamespace, owner: str = BUREAU, **given: object) -> TrainingClass:
    """Proposed by ada and approved by hua."""
    made = services.propose(
        session, unit(session, owner), plan(officer_id=cast.ada.id, **given), by_id=cast.ada.id, now=NOW
    )
    services.decide(session, made, approve=True, note="", by_id=cast.hua.id, now=NOW)
    session.commit()
    return made


def meeting(on: date = FIRST, hour: int = 9, **given: object) -> MeetingPlan:
    starts_at = clock.at_local(on, hour)
    usual: dict[str, object] = {
        "title": f"第{on.day}日课", "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=8),
        "extent": Extent.FULL_DAY, "place": "一号教室",
    }  # fmt: skip
    return MeetingPlan(**(usual | given))  # type: ignore[arg-type]


def opened(
    session: Session, cast: SimpleNamespace, owner: str = BUREAU, days: int = 3, **given: object
) -> TrainingClass:
    """With one meeting a day, open for enrolment."""
    made = approved(session, cast, owner, **given)
    for number in range(days):
        on = made.starts_on + timedelta(days=number)
        services.add_meeting(session, made, meeting(on), by_id=cast.ada.id, now=NOW)
    services.open_enrolment(session, made, by_id=cast.ada.id, now=NOW)
    session.commit()
    return made


def enrol(session: Session, training: TrainingClass, *people: Person, now: datetime = NOW) -> list[str]:
    """By themselves, one after the other; the states they come to."""
    states = []
    for number, person in enumerate(people):
        row = services.enrol(session, training, person.id, by_id=person.id, now=now + timedelta(seconds=number))
        states.append(row.state.value)
        session.commit()
    return states


def hold(
    session: Session, training: TrainingClass, cast: SimpleNamespace, absent: Sequence[tuple[int, Person]] = ()
) -> Sequence[Gathering]:
    """Every meeting is rolled: all present but those who are absent at the meeting of that number; then closed."""
    held = queries.list_meetings(session, training.id)
    for number, each in enumerate(held):
        if each.state is not GatheringState.PLANNED:
            continue
        taps = [Tap(person.id, Mark.ABSENT) for at, person in absent if at == number]
        gatherings.mark(session, each, taps, by_id=cast.ada.id, now=each.starts_at)
        gatherings.all_present(session, each, by_id=cast.ada.id, now=each.starts_at)
        gatherings.close_roll(session, each, by_id=cast.ada.id, now=each.ends_at)
    session.commit()
    return held


def cadre(
    session: Session, staff_no: str, *, owner: str = NORTH, born: int | None = 1995, band: RankBand = RankBand.TOWNSHIP
) -> Person:
    """A further person of a unit."""
    person = accounts.create_person(session, staff_no=staff_no, name=f"学员{staff_no}", rank_band=band, now=NOW)
    person.birth_year = born
    branch = session.scalars(select(Branch).where(Branch.name == NORTH_BRANCH)).one()
    accounts.place(session, person, unit(session, owner), branch, from_on=date(2026, 1, 1))
    session.commit()
    return person
