"""A branch's month: planned once from the pack, parts apart, and counted from what was really held."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit.models import AuditRecord
from lms.demo.cast import SOUTH_BRANCH
from lms.errors import Conflict, Invalid
from lms.gatherings import queries as gathering_queries
from lms.gatherings import services as gatherings
from lms.gatherings.errors import Locked
from lms.gatherings.models import Gathering
from lms.themedays import queries, rules, services
from lms.themedays.errors import MonthMoved, SlipUnexplained
from lms.themedays.models import MonthPack
from lms.themedays.queries import MonthLine
from lms.themedays.rules import MonthState, PartKind, PartState
from lms.themedays.services import MonthPlan
from tests.gatherings.north import theme_day
from tests.themedays import december
from tests.themedays.december import AFTER, DECEMBER, NOON, STARTS, Shelf, branch

LESSON, FILM, PRACTICE = PartKind
NEXT_WEEK = STARTS + timedelta(days=7)
CLOSED = clock.at_local(date(2027, 1, 11), 9)
"""December's books are closed: three working days of January are over."""


def month(session: Session) -> MonthLine:
    session.expire_all()
    return queries.month_of(session, branch(session).id, DECEMBER)


def states(session: Session) -> list[PartState]:
    return [one.state for one in month(session).parts]


OPEN, PLANNED, DONE = PartState


def test_the_proposal_is_the_first_working_friday_with_all_parts_and_people_as_the_last_time(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    before = theme_day(session, cast.chen, on=date(2026, 11, 6))
    proposal = services.propose(session, branch(session), month(session), by_id=cast.lin.id, now=NOON)
    assert (proposal.starts_at, list(proposal.parts)) == (STARTS, list(PartKind))
    assert (proposal.place, proposal.host_id, proposal.theme) == (before.place, cast.chen.id, pack.theme)


def test_a_plan_brings_agenda_and_materials_so_that_nothing_is_typed_again(
    session: Session, cast: SimpleNamespace, pack: MonthPack, shelf: Shelf
) -> None:
    made = december.plan(session, cast.chen)
    assert made.title == "12月主题党日：节约集约用地"
    assert made.agenda == [
        "重温入党誓词",
        "一课：《用地政策一讲》",
        "一片：《守住红线警示片》",
        "一实践：到批而未供地块现场核查",
        "交流讨论",
    ]
    materials = [(one.ref_id, one.title) for one in gathering_queries.list_materials(session, made.id)]
    assert materials == [(one.id, one.title) for one in (shelf.lesson, shelf.film, shelf.file)]
    line = month(session)
    assert (line.main and line.main.id, line.state, made.subject_kind) == (made.id, MonthState.PLANNED, rules.SUBJECT)
    assert made.subject_id == (line.branch_month and line.branch_month.id)


def test_planning_twice_makes_one_gathering(session: Session, cast: SimpleNamespace, pack: MonthPack) -> None:
    december.plan(session, cast.chen)
    with pytest.raises(MonthMoved):
        december.plan(session, cast.chen)
    session.rollback()
    assert len(session.scalars(select(Gathering)).all()) == 1


def test_a_branch_without_a_pack_plans_its_own_theme(session: Session, cast: SimpleNamespace) -> None:
    wanted = MonthPlan(STARTS, STARTS + timedelta(hours=1), [PRACTICE], theme="慰问老党员")
    made = services.plan_month(session, branch(session), DECEMBER, wanted, by_id=cast.chen.id, now=NOON)
    assert made.title == "12月主题党日（一实践）：慰问老党员"
    assert month(session).theme == "慰问老党员"


def test_a_day_more_than_a_week_late_or_in_another_month_asks_why(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    for starts_at in (STARTS + timedelta(days=8), STARTS + timedelta(days=31), STARTS - timedelta(days=4)):
        with pytest.raises(SlipUnexplained):
            december.plan(session, cast.chen, starts_at=starts_at)
    december.plan(session, cast.chen, starts_at=STARTS + timedelta(days=8), reason="防汛值班")
    line = month(session)
    assert line.branch_month is not None
    assert line.branch_month.slip_reason == "防汛值班"


def test_a_week_s_slip_needs_no_reason(session: Session, cast: SimpleNamespace, pack: MonthPack) -> None:
    december.plan(session, cast.chen, starts_at=NEXT_WEEK)
    assert month(session).state is MonthState.PLANNED


def test_parts_count_when_the_roll_is_closed_and_separately(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    first = december.plan(session, cast.chen, LESSON, FILM)
    second = december.plan(session, cast.chen, PRACTICE, starts_at=NEXT_WEEK)
    assert first.agenda == ["重温入党誓词", "一课：《用地政策一讲》", "一片：《守住红线警示片》", "交流讨论"]
    assert second.agenda == ["一实践：到批而未供地块现场核查", "交流讨论"]
    assert second.title == "12月主题党日（一实践）：节约集约用地"
    assert states(session) == [PLANNED, PLANNED, PLANNED]
    december.hold(session, first, cast.chen, absent=(cast.bo,))
    assert states(session) == [DONE, DONE, PLANNED]
    assert (month(session).done, month(session).state) == (2, MonthState.HELD)
    december.hold(session, second, cast.chen)
    assert states(session) == [DONE, DONE, DONE]
    assert (month(session).count.due, month(session).count.present) == (10, 9)


def test_a_part_may_get_a_day_of_its_own_and_leaves_the_other_s_agenda(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    main = december.plan(session, cast.chen)
    wanted = MonthPlan(NEXT_WEEK, NEXT_WEEK + timedelta(hours=3), (), place="红旗村")
    apart = services.plan_part(session, branch(session), DECEMBER, PRACTICE, wanted, by_id=cast.chen.id, now=NOON)
    session.commit()
    line = month(session)
    assert line.part(PRACTICE).gathering is apart
    assert line.main is main
    assert not any("一实践" in item for item in main.agenda)
    with pytest.raises(MonthMoved, match="直接改"):
        services.plan_part(session, branch(session), DECEMBER, PRACTICE, wanted, by_id=cast.chen.id, now=NOON)


def test_a_practice_is_recorded_without_a_meeting(session: Session, cast: SimpleNamespace, pack: MonthPack) -> None:
    main = december.plan(session, cast.chen)
    about = {"on": date(2026, 12, 2), "note": "全员到社区报到", "by_id": cast.chen.id, "now": AFTER}
    services.record_apart(session, branch(session), DECEMBER, PRACTICE, **about)  # type: ignore[arg-type]
    session.commit()
    assert states(session) == [PLANNED, PLANNED, DONE]
    assert month(session).part(PRACTICE).on == date(2026, 12, 2)
    assert not any("一实践" in item for item in main.agenda)


def test_lesson_and_film_need_a_roll_and_a_practice_a_day_and_a_word(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    def record(kind: PartKind, on: date = date(2026, 12, 4), note: str = "到了") -> None:
        services.record_apart(session, branch(session), DECEMBER, kind, on=on, note=note, by_id=cast.chen.id, now=AFTER)

    for kind in (LESSON, FILM):
        with pytest.raises(Invalid, match="要点名"):
            record(kind)
    with pytest.raises(Invalid, match="不能是以后"):
        record(PRACTICE, date(2026, 12, 5))
    with pytest.raises(Invalid, match="要在本月"):
        record(PRACTICE, date(2026, 11, 30))
    with pytest.raises(Invalid, match="写一句"):
        record(PRACTICE, note=" ")


def test_what_was_not_done_after_all_is_open_again_and_the_roll_stays(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    main = december.plan(session, cast.chen)
    december.hold(session, main, cast.chen, absent=(cast.bo,))
    services.reopen_part(session, branch(session), DECEMBER, FILM, by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert states(session) == [DONE, OPEN, DONE]
    assert (main.due_count, main.present_count) == (5, 4)
    services.cover(session, branch(session), DECEMBER, FILM, main, by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert states(session) == [DONE, DONE, DONE]


def test_a_cancelled_theme_day_leaves_its_parts_open(session: Session, cast: SimpleNamespace, pack: MonthPack) -> None:
    main = december.plan(session, cast.chen)
    gatherings.cancel(session, main, reason="防汛", by_id=cast.chen.id, now=NOON)
    session.commit()
    assert states(session) == [OPEN, OPEN, OPEN]
    again = december.plan(session, cast.chen, starts_at=NEXT_WEEK)
    assert month(session).main is again


def test_a_theme_day_arranged_at_the_desk_is_taken_into_the_month(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    made = theme_day(session, cast.chen)
    assert [one.id for one in queries.list_loose(session, branch(session).id, DECEMBER)] == [made.id]
    services.adopt(session, branch(session), DECEMBER, made, by_id=cast.chen.id, now=NOON)
    session.commit()
    assert states(session) == [PLANNED, PLANNED, PLANNED]
    assert queries.list_loose(session, branch(session).id, DECEMBER) == []


def test_another_branch_s_theme_day_or_another_kind_covers_nothing(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    theirs = theme_day(session, cast.mei, owner=SOUTH_BRANCH)
    with pytest.raises(Conflict, match="不是本支部"):
        services.cover(session, branch(session), DECEMBER, FILM, theirs, by_id=cast.chen.id, now=NOON)


def test_once_the_books_are_closed_a_change_needs_a_reason_that_is_kept(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    about = {"on": date(2026, 12, 30), "note": "走访慰问", "by_id": cast.chen.id, "now": CLOSED}
    with pytest.raises(Locked):
        services.record_apart(session, branch(session), DECEMBER, PRACTICE, **about)  # type: ignore[arg-type]
    services.record_apart(session, branch(session), DECEMBER, PRACTICE, reason="当时漏记", **about)  # type: ignore[arg-type]
    session.commit()
    kept = session.scalars(select(AuditRecord).where(AuditRecord.action == "theme_part:change")).one()
    assert kept.detail["reason"] == "当时漏记"
    assert states(session) == [OPEN, OPEN, DONE]


def test_a_locked_theme_day_s_parts_do_not_change_without_a_reason(
    session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    main = december.plan(session, cast.chen)
    december.hold(session, main, cast.chen)
    late = clock.at_local(date(2026, 12, 10), 9)
    with pytest.raises(Locked):
        services.reopen_part(session, branch(session), DECEMBER, FILM, by_id=cast.chen.id, now=late)
    services.reopen_part(session, branch(session), DECEMBER, FILM, by_id=cast.chen.id, now=late, reason="片子没放")
    assert states(session) == [DONE, OPEN, DONE]


def test_the_books_close_after_the_third_working_day_of_the_next_month(session: Session) -> None:
    november = date(2026, 11, 1)
    assert not services.is_closed(session, november, clock.at_local(date(2026, 12, 3), 23))
    assert services.is_closed(session, november, clock.at_local(date(2026, 12, 4), 0))


def test_all_months_of_many_branches_take_three_statements(
    session: Session, cast: SimpleNamespace, pack: MonthPack, count_statements: object
) -> None:
    december.hold(session, december.plan(session, cast.chen), cast.chen)
    session.expire_all()
    ids = [branch(session).id, branch(session, SOUTH_BRANCH).id]
    with count_statements() as sent:  # type: ignore[operator]
        lines = queries.list_months(session, ids, date(2026, 1, 1), DECEMBER)
        assert sum(line.done for line in lines) == 3
    assert len(lines) == 24
    assert len(sent) == 3
