"""Reminders of meetings a period still asks for: shortly before it ends, to who keeps the branch, silent once planned."""

from datetime import date, datetime
from types import SimpleNamespace

from sqlalchemy.orm import Session

from lms import clock, reminders
from lms.demo.cast import SOUTH_BRANCH
from lms.gatherings import services
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.services import Plan
from lms.themedays import duties_reminders
from tests.gatherings.north import NOON, branch, theme_day

LATE = clock.at_local(date(2026, 12, 28), 10)


def texts(session: Session, person_id: int, now: datetime = LATE) -> list[str]:
    return [due.text for due in duties_reminders.list_due(session, now=now) if due.person_id == person_id]


def test_secretaries_are_told_what_the_quarter_still_asks_for(session: Session, cast: SimpleNamespace) -> None:
    theme_day(session, cast.mei, on=date(2026, 10, 9), owner=SOUTH_BRANCH)
    assert texts(session, cast.chen.id) == ["党员大会、党课还没有安排，12月31日前要开。"]
    assert texts(session, cast.lin.id) == texts(session, cast.wen.id) == []


def test_nobody_is_told_before_the_last_ten_days(session: Session, cast: SimpleNamespace) -> None:
    assert texts(session, cast.chen.id, clock.at_local(date(2026, 12, 20), 10)) == []
    assert texts(session, cast.chen.id, clock.at_local(date(2026, 11, 27), 10)) == []


def test_what_is_planned_is_not_asked_for_again(session: Session, cast: SimpleNamespace) -> None:
    starts = clock.at_local(date(2026, 12, 30), 15)
    for kind in (GatheringKind.MEMBERS, GatheringKind.PARTY_CLASS):
        wanted = Plan(kind, "会", starts, clock.at_local(date(2026, 12, 30), 16))
        services.plan(session, branch(session), wanted, by_id=cast.chen.id, now=NOON)
    session.commit()
    assert texts(session, cast.chen.id) == []
    assert len(texts(session, cast.mei.id)) == 1


def test_the_site_s_table_of_reminders_asks_for_duties(session: Session, cast: SimpleNamespace) -> None:
    items = {due.item for due in reminders.list_due(session, now=LATE)}
    assert f"themedays.duties:{branch(session).id}:2026-12" in items
