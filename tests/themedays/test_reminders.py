"""What people are reminded of: only what is open, and silent once it is done."""

from datetime import date, timedelta
from types import SimpleNamespace

from sqlalchemy.orm import Session

from lms import clock, reminders
from lms.db import MakeSession
from lms.themedays import services
from lms.themedays.models import MonthPack
from lms.themedays.reminders import list_due
from tests.themedays import december
from tests.themedays.december import AFTER, NOON, Shelf, branch


def items(session: Session, now: object) -> list[tuple[int, str]]:
    session.expire_all()
    return [(due.person_id, due.item.partition(":")[0]) for due in list_due(session, now=now)]  # type: ignore[arg-type]


def test_a_secretary_without_a_plan_is_reminded_from_the_pack_s_day_on_until_it_is_there(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    assert pack.plan_by_on == date(2026, 12, 1)
    assert items(session, NOON) == []
    first = clock.at_local(pack.plan_by_on, 9)
    assert items(session, first) == [(who.id, "themedays.plan") for who in (cast.chen, cast.mei)]
    december.plan(session, cast.chen)
    assert items(session, first) == [(cast.mei.id, "themedays.plan")]
    (due,) = [one for one in reminders.list_due(session, now=first) if one.item.startswith("themedays.plan")]
    assert due.link == f"/themedays/{branch(session, '南区分局支部').id}/2026-12"


def test_missing_minutes_are_asked_for_in_the_last_two_days_before_the_lock(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    made = december.plan(session, cast.chen)
    december.hold(session, made, cast.chen)
    mine = [(cast.chen.id, "themedays.minutes")]

    def of_chen(now: object) -> list[tuple[int, str]]:
        return [one for one in items(session, now) if one[0] == cast.chen.id]

    assert of_chen(made.locks_at - timedelta(days=3)) == []
    assert of_chen(made.locks_at - timedelta(hours=30)) == mine
    december.write(session, made, cast.chen)
    assert of_chen(made.locks_at - timedelta(hours=30)) == []


def test_open_make_up_study_is_one_reminder_for_each_person_in_the_last_two_weeks(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack, shelf: Shelf
) -> None:
    made = december.plan(session, cast.chen)
    december.hold(session, made, cast.chen, absent=(cast.bo,))
    december.write(session, made, cast.chen)
    services.settle_make_ups(make_session, AFTER)

    def of_bo(now: object) -> list[tuple[int, str]]:
        return [one for one in items(session, now) if one[0] == cast.bo.id]

    soon = clock.at_local(date(2026, 12, 25), 9)
    assert of_bo(AFTER) == []
    assert of_bo(soon) == [(cast.bo.id, "themedays.make_up")]
    for lesson in shelf.lessons:
        december.watch(session, lesson, cast.bo, soon)
        soon += timedelta(minutes=5)
    services.settle_make_ups(make_session, soon)
    assert of_bo(soon) == []
    assert of_bo(clock.at_local(date(2027, 1, 4), 9)) == []
