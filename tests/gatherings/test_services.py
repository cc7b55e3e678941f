"""Plans, rolls, leave, minutes and locks through the services, on a real database."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession, unit_of_work
from lms.demo.cast import NORTH_BRANCH, SOUTH_BRANCH
from lms.errors import Conflict, Invalid
from lms.gatherings import list_queries as lists
from lms.gatherings import queries, services
from lms.gatherings.errors import GatheringMoved, Locked, RollNotOpen
from lms.gatherings.jobs import KINDS
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Change, Entry, Gathering
from lms.gatherings.rules import Cause, DecisionState, GatheringState, LeaveState, Mark, VisitState, Way
from lms.gatherings.services import SignIn, Tap, crediting
from lms.hours.models import HourEntry, UncreditedNote
from lms.notices.models import Notice
from lms.people.rules import DutyStatus, PartyStatus
from lms.tasks.services import run_due
from tests.gatherings.north import (
    AFTER,
    DURING,
    ENDS,
    FRIDAY,
    LONG_AFTER,
    NOON,
    STARTS,
    branch,
    member,
    move,
    people_of,
    theme_day,
    unit,
)

NORTHERNERS = {"lin", "bo", "chen", "ed", "ada"}


def hours_of(session: Session, person_id: int) -> int:
    return (
        session.scalar(select(func.coalesce(func.sum(HourEntry.quarters), 0)).where(HourEntry.person_id == person_id))
        or 0
    )


@pytest.fixture
def gathering(session: Session, cast: SimpleNamespace) -> Gathering:
    return theme_day(session, cast.chen)


def close(session: Session, gathering: Gathering, cast: SimpleNamespace) -> None:
    services.close_roll(session, gathering, by_id=cast.chen.id, now=AFTER)
    session.commit()


def tap(session: Session, gathering: Gathering, cast: SimpleNamespace, *taps: Tap, **more: object) -> None:
    services.mark(session, gathering, taps, by_id=cast.chen.id, **({"now": DURING} | more))  # type: ignore[arg-type]
    session.commit()


# --- the plan


def test_a_plan_proposes_the_first_friday_and_afterwards_what_was_usual(
    session: Session, cast: SimpleNamespace
) -> None:
    north = branch(session)
    first = services.propose(session, north, GatheringKind.THEME_DAY, by_id=cast.chen.id, now=NOON)
    assert (first.starts_at.date(), first.host_id, first.agenda[0]) == (date(2026, 12, 4), cast.chen.id, "重温入党誓词")
    theme_day(session, cast.lin)
    again = services.propose(session, north, GatheringKind.THEME_DAY, by_id=cast.chen.id, now=AFTER)
    assert (again.place, again.host_id, again.title) == ("三楼会议室", cast.lin.id, "12月主题党日")


def test_a_branch_holds_no_lecture_and_a_unit_no_theme_day(session: Session, cast: SimpleNamespace) -> None:
    like = services.propose(session, unit(session), GatheringKind.LECTURE, by_id=cast.ada.id, now=NOON)
    services.plan(session, unit(session), like, by_id=cast.ada.id, now=NOON)
    with pytest.raises(Invalid):
        services.plan(session, branch(session), like, by_id=cast.ada.id, now=NOON)


def test_a_gathering_ends_after_it_begins(session: Session, cast: SimpleNamespace) -> None:
    like = services.propose(session, branch(session), GatheringKind.THEME_DAY, by_id=cast.chen.id, now=NOON)
    with pytest.raises(Invalid):
        wrong = services.Plan(kind=like.kind, title="x", starts_at=like.ends_at, ends_at=like.starts_at)
        services.plan(session, branch(session), wrong, by_id=cast.chen.id, now=NOON)


# --- the roster of the day


def test_due_are_full_and_probationary_members_on_duty_or_seconded_here(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    for number, (party, duty) in enumerate(
        [
            (PartyStatus.PROBATIONARY, DutyStatus.ON_DUTY), (PartyStatus.FULL, DutyStatus.SECONDED),
            (PartyStatus.FULL, DutyStatus.LONG_ILL), (PartyStatus.FULL, DutyStatus.RETIRED),
            (PartyStatus.ACTIVIST, DutyStatus.ON_DUTY), (PartyStatus.NONE, DutyStatus.ON_DUTY),
        ]
    ):  # fmt: skip
        member(session, f"n{number}", party=party, duty=duty)
    roll = queries.roll_of(session, gathering)
    assert {line.staff_no for line in roll.due} == NORTHERNERS | {"n0", "n1"}
    assert {line.staff_no: line.why_not_due for line in roll.not_due} == {
        "n2": "长期病休", "n3": "退休", "n4": "积极分子", "n5": "群众",
    }  # fmt: skip


def test_transfers_are_followed_until_the_roll_is_closed_and_not_afterwards(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    move(session, cast.lin, SOUTH_BRANCH, date(2026, 12, 1))
    move(session, cast.dana, NORTH_BRANCH, FRIDAY)
    move(session, cast.bo, SOUTH_BRANCH, date(2026, 12, 5))
    assert {line.staff_no for line in queries.roll_of(session, gathering).due} == (NORTHERNERS - {"lin"}) | {"dana"}
    close(session, gathering, cast)
    move(session, cast.ed, SOUTH_BRANCH, date(2026, 12, 6))
    assert {line.staff_no for line in queries.roll_of(session, gathering).due} == (NORTHERNERS - {"lin"}) | {"dana"}
    assert gathering.due_count == 5


def test_of_a_chosen_roster_only_those_count_who_still_belong_to_the_branch(
    session: Session, cast: SimpleNamespace
) -> None:
    like = services.propose(session, branch(session), GatheringKind.COMMITTEE, by_id=cast.chen.id, now=NOON)
    made = services.plan(session, branch(session), like, by_id=cast.chen.id, now=NOON)
    services.choose(session, made, [cast.chen.id, cast.lin.id, cast.dana.id], by_id=cast.chen.id, now=NOON)
    session.commit()
    assert {line.staff_no for line in queries.roll_of(session, made).due} == {"chen", "lin"}
    again = services.propose(session, branch(session), GatheringKind.COMMITTEE, by_id=cast.chen.id, now=NOON)
    assert set(again.invitees) == {cast.chen.id, cast.lin.id, cast.dana.id}


# --- the roll


def test_all_present_then_exceptions_and_closing_write_down_everybody(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    ill = member(session, "ill", duty=DutyStatus.LONG_ILL)
    services.all_present(session, gathering, by_id=cast.chen.id, now=DURING)
    tap(session, gathering, cast, Tap(cast.bo.id, Mark.ABSENT), Tap(cast.ed.id, Mark.LEAVE, Cause.OFFICIAL))
    close(session, gathering, cast)
    marks = {line.staff_no: line.mark for line in queries.roll_of(session, gathering).lines}
    assert marks == {
        "ada": Mark.PRESENT, "bo": Mark.ABSENT, "chen": Mark.PRESENT, "ed": Mark.LEAVE, "ill": Mark.NOT_DUE, "lin": Mark.PRESENT,
    }  # fmt: skip
    assert (gathering.due_count, gathering.present_count, gathering.leave_count, gathering.others_count) == (5, 3, 1, 0)
    assert hours_of(session, cast.lin.id) == 8
    assert hours_of(session, cast.bo.id) == hours_of(session, cast.ed.id) == hours_of(session, ill.id) == 0


def test_the_roll_opens_two_hours_before_and_closes_after_the_beginning(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    with pytest.raises(RollNotOpen):
        tap(session, gathering, cast, Tap(cast.lin.id, Mark.PRESENT), now=STARTS - timedelta(hours=2, minutes=1))
    tap(session, gathering, cast, Tap(cast.lin.id, Mark.PRESENT), now=STARTS - timedelta(hours=1))
    with pytest.raises(RollNotOpen):
        services.close_roll(session, gathering, by_id=cast.chen.id, now=STARTS - timedelta(minutes=1))


def test_somebody_of_another_branch_can_not_be_tapped_in(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    with pytest.raises(Invalid):
        tap(session, gathering, cast, Tap(cast.dana.id, Mark.PRESENT))


def test_a_correction_withdraws_and_restores_hours(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    services.all_present(session, gathering, by_id=cast.chen.id, now=DURING)
    close(session, gathering, cast)
    for mark, quarters, present in (
        (Mark.ABSENT, 0, 4),
        (Mark.PRESENT, 8, 5),
        (Mark.LEAVE, 0, 4),
        (Mark.PRESENT, 8, 5),
    ):
        tap(session, gathering, cast, Tap(cast.lin.id, mark), now=AFTER)
        assert (hours_of(session, cast.lin.id), gathering.present_count) == (quarters, present)
    kept = session.scalars(select(HourEntry).where(HourEntry.person_id == cast.lin.id)).all()
    assert [entry.revision for entry in kept] == [0, 1, 2, 3, 4]


def test_hours_follow_the_time_as_corrected_and_less_than_one_is_noted(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    services.all_present(session, gathering, by_id=cast.chen.id, now=DURING)
    close(session, gathering, cast)
    from_form = services.Plan(
        kind=gathering.kind, title=gathering.title, starts_at=STARTS, ends_at=STARTS + timedelta(minutes=70)
    )
    services.change_plan(session, gathering, from_form, by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert hours_of(session, cast.lin.id) == 4
    short = theme_day(session, cast.chen, hours=1)
    short.ends_at = short.starts_at + timedelta(minutes=50)
    services.all_present(session, short, by_id=cast.chen.id, now=DURING)
    close(session, short, cast)
    assert session.scalars(select(UncreditedNote).where(UncreditedNote.source_id == short.id)).first() is not None


def test_a_gathering_over_new_year_is_credited_to_both_years(session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen, on=date(2026, 12, 31), hours=12)
    services.all_present(session, made, by_id=cast.chen.id, now=made.starts_at)
    services.close_roll(session, made, by_id=cast.chen.id, now=made.starts_at)
    session.commit()
    years = {
        entry.year: entry.quarters
        for entry in session.scalars(select(HourEntry).where(HourEntry.person_id == cast.lin.id))
    }
    assert years == {2026: 9 * 4, 2027: 3 * 4}


def test_a_non_member_who_comes_gets_no_party_hours_and_changes_no_rate(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    guest = member(session, "mass", party=PartyStatus.NONE)
    tap(session, gathering, cast, Tap(guest.id, Mark.PRESENT), Tap(cast.lin.id, Mark.PRESENT))
    close(session, gathering, cast)
    assert (gathering.due_count, gathering.present_count, gathering.others_count) == (5, 1, 1)
    assert hours_of(session, guest.id) == 0


def test_a_large_hall_is_credited_by_a_task_that_may_run_twice(
    session: Session,
    make_session: MakeSession,
    cast: SimpleNamespace,
    gathering: Gathering,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crediting, "HOURS_AT_ONCE", 2)
    services.all_present(session, gathering, by_id=cast.chen.id, now=DURING)
    close(session, gathering, cast)
    assert hours_of(session, cast.lin.id) == 0
    with time_machine.travel(AFTER, tick=False):
        assert run_due(make_session, KINDS, {}) == 1
    detail = {"gathering_id": gathering.id, "reason": "again", "years": []}
    with unit_of_work(make_session) as other:
        crediting.tasks.enqueue(other, crediting.TASK_KIND, detail, owner_id=None, title="again", now=clock.now())
    assert run_due(make_session, KINDS, {}) == 1
    session.expire_all()
    assert [hours_of(session, person.id) for person in (cast.lin, cast.bo, cast.chen, cast.ed, cast.ada)] == [8] * 5


# --- signing in


def test_a_member_signs_in_once_however_often(session: Session, cast: SimpleNamespace, gathering: Gathering) -> None:
    first = services.sign_in(session, gathering, cast.lin.id, scanned_at=DURING, now=DURING)
    again = services.sign_in(session, gathering, cast.lin.id, scanned_at=DURING, now=DURING)
    assert (first, again) == (SignIn.PRESENT, SignIn.AGAIN)
    entry = queries.find_entry(session, gathering.id, cast.lin.id)
    assert entry is not None
    assert (entry.way, entry.scanned_at, entry.is_due) == (Way.QR, DURING, True)


def test_the_moment_of_the_scan_decides_when_the_roll_was_closed_since(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    close(session, gathering, cast)
    before, later = AFTER - timedelta(minutes=1), AFTER + timedelta(minutes=5)
    assert services.sign_in(session, gathering, cast.lin.id, scanned_at=before, now=later) is SignIn.PRESENT
    session.commit()
    assert (gathering.present_count, hours_of(session, cast.lin.id)) == (1, 8)
    with pytest.raises(RollNotOpen):
        services.sign_in(session, gathering, cast.bo.id, scanned_at=AFTER + timedelta(minutes=1), now=later)


def test_a_member_of_another_branch_becomes_a_visitor_when_confirmed(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    assert services.sign_in(session, gathering, cast.dana.id, scanned_at=DURING, now=DURING) is SignIn.VISIT_ASKED
    assert services.sign_in(session, gathering, cast.mei.id, scanned_at=DURING, now=DURING) is SignIn.VISIT_ASKED
    assert queries.roll_of(session, gathering).count.others == 0
    for person, confirm in ((cast.dana, True), (cast.mei, False)):
        entry = queries.find_entry(session, gathering.id, person.id)
        assert entry is not None
        services.decide_visit(session, gathering, entry, confirm=confirm, by_id=cast.chen.id, now=DURING)
    close(session, gathering, cast)
    assert (gathering.due_count, gathering.present_count, gathering.others_count) == (5, 0, 1)
    assert (hours_of(session, cast.dana.id), hours_of(session, cast.mei.id)) == (8, 0)


def test_a_tap_that_waited_on_a_device_does_not_undo_a_sign_in(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    services.sign_in(session, gathering, cast.lin.id, scanned_at=DURING, now=DURING)
    tap(session, gathering, cast, Tap(cast.lin.id, Mark.ABSENT))
    assert people_of(queries.roll_of(session, gathering)).lin.mark is Mark.PRESENT
    tap(session, gathering, cast, Tap(cast.lin.id, Mark.ABSENT, seen=Mark.PRESENT))
    assert people_of(queries.roll_of(session, gathering)).lin.mark is Mark.ABSENT


# --- leave


def test_approved_leave_stands_on_the_roll_and_stays_among_the_due(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    leave = services.ask_leave(session, gathering, cast.lin.id, cause=Cause.ILL, note_text="发烧", now=NOON)
    session.commit()
    services.decide_leave(session, gathering, leave, approve=True, link="/x", by_id=cast.chen.id, now=NOON)
    services.all_present(session, gathering, by_id=cast.chen.id, now=DURING)
    close(session, gathering, cast)
    line = people_of(queries.roll_of(session, gathering)).lin
    assert (line.mark, line.entry.cause) == (Mark.LEAVE, Cause.ILL)
    assert (gathering.due_count, gathering.present_count, gathering.leave_count) == (5, 4, 1)
    assert (
        session.scalars(select(Notice.text).where(Notice.person_id == cast.lin.id)).one()
        == "12月主题党日：因病请假已批准"
    )


def test_leave_approved_after_closing_turns_absence_into_leave_and_refusal_back(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    leave = services.ask_leave(session, gathering, cast.lin.id, cause=Cause.OTHER, note_text="", now=NOON)
    close(session, gathering, cast)
    for approve, mark in ((True, Mark.LEAVE), (False, Mark.ABSENT)):
        services.decide_leave(session, gathering, leave, approve=approve, link="/x", by_id=cast.chen.id, now=AFTER)
        session.commit()
        assert people_of(queries.roll_of(session, gathering)).lin.mark is mark


def test_leave_is_asked_again_after_a_refusal_but_not_by_strangers_or_after_approval(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    with pytest.raises(Conflict):
        services.ask_leave(session, gathering, cast.dana.id, cause=Cause.ILL, note_text="", now=NOON)
    leave = services.ask_leave(session, gathering, cast.lin.id, cause=Cause.ILL, note_text="", now=NOON)
    services.decide_leave(session, gathering, leave, approve=False, link="/x", by_id=cast.chen.id, now=NOON)
    again = services.ask_leave(session, gathering, cast.lin.id, cause=Cause.OFFICIAL, note_text="", now=NOON)
    assert (again.id, again.state, again.cause) == (leave.id, LeaveState.ASKED, Cause.OFFICIAL)
    services.decide_leave(session, gathering, leave, approve=True, link="/x", by_id=cast.chen.id, now=NOON)
    with pytest.raises(Conflict):
        services.ask_leave(session, gathering, cast.lin.id, cause=Cause.ILL, note_text="", now=NOON)


# --- minutes, decisions, the lock


def test_minutes_count_as_written_once_the_main_points_are_there(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    services.write_minutes(session, gathering, {"discussion": "两人发言"}, by_id=cast.chen.id, now=AFTER)
    assert gathering.minutes_at is None
    services.write_minutes(session, gathering, {"points": "学习了决定"}, by_id=cast.chen.id, now=AFTER)
    session.commit()
    minutes = queries.find_minutes(session, gathering.id)
    assert minutes is not None
    assert (gathering.minutes_at, minutes.texts) == (AFTER, {"discussion": "两人发言", "points": "学习了决定"})
    with pytest.raises(Invalid):
        services.write_minutes(session, gathering, {"vote": "x"}, by_id=cast.chen.id, now=AFTER)


def test_a_decision_is_followed_up_until_it_is_done_once(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    made = services.add_decision(
        session, gathering, text="修好投影仪", owner_id=cast.lin.id, due_on=FRIDAY, link="/gatherings", by_id=cast.chen.id, now=AFTER
    )  # fmt: skip
    session.commit()
    assert [line.decision.id for line in lists.decisions_of_owner(session, cast.lin.id)] == [made.id]
    about = {"state": DecisionState.DONE, "result": "修好了", "by_id": cast.lin.id, "now": LONG_AFTER}
    services.settle_decision(session, gathering, made, **about)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        services.settle_decision(session, gathering, made, **about)  # type: ignore[arg-type]
    assert lists.decisions_of_owner(session, cast.lin.id) == []


def test_after_three_working_days_every_change_needs_a_reason_and_leaves_a_line(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    close(session, gathering, cast)
    assert not services.is_locked(gathering, gathering.locks_at - timedelta(seconds=1))
    for change in (
        lambda reason: services.write_minutes(session, gathering, {"points": "补记"}, by_id=cast.chen.id, now=LONG_AFTER, reason=reason),
        lambda reason: services.mark(session, gathering, [Tap(cast.lin.id, Mark.PRESENT)], by_id=cast.chen.id, now=LONG_AFTER, reason=reason),
    ):  # fmt: skip
        with pytest.raises(Locked):
            change(" ")
        change("签到表上漏看了")
    session.commit()
    reasons = session.scalars(
        select(Change.reason).where(Change.gathering_id == gathering.id, Change.reason != "")
    ).all()
    assert reasons == ["签到表上漏看了"] * 2
    assert hours_of(session, cast.lin.id) == 8


def test_a_cancelled_gathering_takes_no_roll_and_a_held_one_is_not_cancelled(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    held = theme_day(session, cast.chen)
    close(session, held, cast)
    with pytest.raises(GatheringMoved):
        services.cancel(session, held, reason="x", by_id=cast.chen.id, now=AFTER)
    services.cancel(session, gathering, reason="防汛", by_id=cast.chen.id, now=NOON)
    assert gathering.state is GatheringState.CANCELLED
    with pytest.raises(GatheringMoved):
        services.sign_in(session, gathering, cast.lin.id, scanned_at=DURING, now=DURING)


def test_a_roll_taken_after_the_lock_asks_for_a_reason(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    with pytest.raises(Locked):
        services.close_roll(session, gathering, by_id=cast.chen.id, now=LONG_AFTER)
    services.close_roll(session, gathering, by_id=cast.chen.id, now=LONG_AFTER, reason="书记出差，补录")
    assert gathering.state is GatheringState.HELD


def test_closing_twice_is_refused(session: Session, cast: SimpleNamespace, gathering: Gathering) -> None:
    close(session, gathering, cast)
    with pytest.raises(GatheringMoved):
        services.close_roll(session, gathering, by_id=cast.chen.id, now=AFTER)
    assert session.scalar(select(func.count()).select_from(Entry)) == 5


def test_a_visitor_who_turns_out_to_belong_here_counts_as_member(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    """The transfer was entered late, between the scan and the closing."""
    services.sign_in(session, gathering, cast.dana.id, scanned_at=DURING, now=DURING)
    move(session, cast.dana, NORTH_BRANCH, FRIDAY)
    close(session, gathering, cast)
    line = people_of(queries.roll_of(session, gathering)).dana
    assert (line.mark, line.is_due, line.entry.visit) == (Mark.PRESENT, True, None)
    assert gathering.present_count == 1
    assert VisitState.ASKED not in {line.entry.visit for line in queries.roll_of(session, gathering).lines}


def test_the_end_of_the_third_working_day_is_the_lock(session: Session, gathering: Gathering) -> None:
    assert clock.local(gathering.locks_at).isoformat() == "2026-12-10T00:00:00+08:00"
    assert gathering.locks_at > ENDS
