"""What a person may be reminded of: computed from the data, so that it is silent once done."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings.models import Gathering
from lms.gatherings.rules import GatheringState
from lms.notices.rules import Due
from lms.people.models import Person
from lms.themedays import queries, rules
from lms.themedays.models import MakeUp

LOCK_SOON = timedelta(days=2)
MAKE_UP_SOON = timedelta(days=14)


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Secretaries without a plan from the pack's day on, minutes that are missing shortly before the lock, open make-up study."""
    return [*_unplanned(session, now), *_unwritten(session, now), *_to_make_up(session, now)]


def _unplanned(session: Session, now: datetime) -> list[Due]:
    today, month = clock.today(now), clock.month_of(now)
    branches = [branch.id for branch in queries.branches_with_members(session, today)]
    lines = [
        line for line in queries.unplanned(session, branches, month) if line.pack and today >= line.pack.plan_by_on
    ]
    keepers = queries.keepers_of(session, [line.branch_id for line in lines])
    return [
        Due(
            person_id,
            f"themedays.plan:{line.branch_id}:{rules.month_text(line.month)}",
            f"{line.month.month}月主题党日还没有安排，点一下就能排好。",
            f"/themedays/{line.branch_id}/{rules.month_text(line.month)}",
        )
        for line in lines
        for person_id in keepers.get(line.branch_id, [])
    ]


def _unwritten(session: Session, now: datetime) -> list[Due]:
    query = (
        select(Gathering)
        .where(Gathering.branch_id.is_not(None), Gathering.state == GatheringState.HELD, Gathering.minutes_at.is_(None))
        .where(Gathering.locked_at.is_(None), Gathering.locks_at.between(now, now + LOCK_SOON))
        .order_by(Gathering.locks_at, Gathering.id)
    )
    gatherings = session.scalars(query).all()
    keepers = queries.keepers_of(session, [one.branch_id for one in gatherings if one.branch_id is not None])
    return [
        Due(
            person_id,
            f"themedays.minutes:{one.id}",
            f"《{one.title[:40]}》的记录还没有写，{one.open_until_on.month}月{one.open_until_on.day}日 24:00 锁定。",
            f"/gatherings/desk/{one.id}/minutes",
        )
        for one in gatherings
        for person_id in keepers.get(one.branch_id or 0, [])
    ]


def _to_make_up(session: Session, now: datetime) -> list[Due]:
    """From two weeks before the end, one for each person: the list shows all of them."""
    today = clock.today(now)
    soon = (
        select(MakeUp.person_id)
        .join(Person, Person.id == MakeUp.person_id)
        .where(
            MakeUp.closed_at.is_(None), MakeUp.due_on.between(today, today + MAKE_UP_SOON), Person.disabled_at.is_(None)
        )
        .distinct()
    )
    found = []
    for person_id in session.scalars(soon.order_by(MakeUp.person_id)):
        lines = [line for line in queries.make_ups_of_person(session, person_id) if line.is_open(today)]
        if lines:
            last = min(line.make_up.due_on for line in lines)
            text = f"有 {len(lines)} 项主题党日内容可以补学，{last.month}月{last.day}日前学完就算。"
            found.append(Due(person_id, f"themedays.make_up:{rules.month_text(last)}", text, "/themedays/make-ups"))
    return found
