from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.audit.models import AuditRecord
from lms.contests import queries, services
from lms.contests.errors import ContestMoved, NotOpen, NotYet
from lms.contests.jobs import end_and_settle
from lms.contests.models import Contest, Objection, RoundEntry
from lms.contests.rules import GRAND, ContestState, Phase
from lms.errors import Conflict, Invalid
from lms.hours import queries as hours_queries
from lms.hours.models import UncreditedNote
from lms.hours.rules import Bucket
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.leaderboard.errors import AlreadyObjected, BoardMoved, NoNoticePeriod, NothingChanged
from lms.leaderboard.models import BoardResult, BoardState
from lms.notices.models import Notice
from lms.people.line_rules import Line
from lms.people.models import Membership
from lms.quizzes import services as quizzes
from lms.quizzes.errors import AttemptsUsedUp, PoolShort
from lms.quizzes.models import Attempt
from lms.quizzes.rules import GRACE, Kind, State
from lms.workdays import services as workdays
from tests.contests.conftest import HOUR, plan

MINUTE = timedelta(minutes=1)


# --- making and opening ---


def test_the_preset_makes_a_draft_with_paper_board_and_round(make_contest):
    made = make_contest(opened=False)
    round_ = made.round
    assert made.contest.state is ContestState.DRAFT
    assert (round_.question_count, round_.minutes, round_.attempts_per_day, round_.hours_quarters) == (10, 10, 3, 0)
    assert (made.board.is_visible, made.board.full_millis) == (False, 100_000)


@pytest.mark.parametrize(
    "change, field",
    [
        (lambda now: {"closes_at": now - HOUR + 9 * MINUTE}, "closes_at"),
        (lambda now: {"cut_off_on": clock.today(now) + timedelta(days=1)}, "cut_off_on"),
    ],
)
def test_impossible_dates_are_refused_at_their_field(make_contest, now, change, field):
    with pytest.raises(Invalid) as refused:
        make_contest(**change(now))
    assert refused.value.field == field


def test_a_bank_that_is_too_small_is_told_with_figures(session, bureau, cast, now, bank):
    with pytest.raises(PoolShort) as short:
        services.create_from_preset(session, plan(now, line=Line.SURVEY), owner=bureau, actor_id=cast.hua.id, now=now)
    assert "题库只有 0 道" in short.value.message


def test_opening_shows_the_board_and_counts_the_rosters(running, north, south, cast):
    assert running.board.is_visible
    units = {
        unit.unit_id: unit.roster for unit in boards.unit_board(running.session, running.board, now=running.now).lines
    }
    assert (units[north.id], units[south.id]) == (5, 2)


def test_a_contest_is_opened_once_and_withdrawn_with_a_reason(running, session, cast, now):
    with pytest.raises(ContestMoved):
        services.open_contest(session, running.contest, actor_id=cast.hua.id, now=now)
    with pytest.raises(Invalid):
        services.withdraw_contest(session, running.contest, actor_id=cast.hua.id, reason=" ", now=now)
    services.withdraw_contest(session, running.contest, actor_id=cast.hua.id, reason="题目有误", now=now)
    session.expire_all()
    assert session.get_one(Contest, running.contest.id).state is ContestState.WITHDRAWN
    assert not running.board.is_visible


# --- taking part ---


def test_the_board_moves_at_submission_and_not_before(running, cast):
    running.start(cast.lin)
    assert running.places() == {}
    running.hand_in(cast.bo, right=5)
    assert running.places() == {cast.bo.id: 1}


def test_order_is_score_then_time_then_submission(running, cast):
    running.hand_in(cast.lin, right=8, seconds=120)
    running.hand_in(cast.bo, right=8, seconds=90)
    running.hand_in(cast.chen, right=9, seconds=500)
    running.hand_in(cast.dana, right=8, seconds=90, now=running.now - MINUTE)
    assert running.places() == {cast.chen.id: 1, cast.dana.id: 2, cast.bo.id: 3, cast.lin.id: 4}


def test_the_best_of_three_attempts_counts_and_there_is_no_fourth(running, cast):
    for right in (5, 9, 2):
        running.hand_in(cast.lin, right=right)
    (own,) = boards.list_lines(running.session, running.board)
    assert own.score_millis == 90_000
    with pytest.raises(AttemptsUsedUp):
        running.start(cast.lin)


def test_starting_twice_gives_the_same_attempt_and_one_entry(running, cast, session):
    assert running.start(cast.lin).id == running.start(cast.lin).id
    assert session.scalar(select(func.count()).select_from(RoundEntry)) == 1


def test_key_and_explanation_are_released_when_the_round_closes(running, cast):
    assert running.hand_in(cast.lin).release_at == running.round.closes_at


@pytest.mark.parametrize("minutes, word", [(-61, "还没有开始"), (61, "已经结束")])
def test_nobody_begins_before_or_after_the_rounds_time(running, cast, minutes, word):
    with pytest.raises(NotOpen) as refused:
        running.start(cast.lin, now=running.now + minutes * MINUTE)
    assert word in refused.value.message


def test_a_late_starter_has_until_the_end_of_the_round(running, cast):
    attempt = running.start(cast.lin, now=running.round.closes_at - 3 * MINUTE)
    assert attempt.deadline_at == running.round.closes_at


def test_an_attempt_closed_by_the_job_counts_as_of_its_deadline(running, cast, session, make_session):
    attempt = running.start(cast.lin)
    session.commit()
    after = attempt.deadline_at + GRACE + timedelta(seconds=1)
    assert quizzes.close_due(make_session, services.settle_attempt, after) == 1
    session.expire_all()
    (result,) = session.scalars(select(BoardResult))
    assert (result.submitted_at, result.seconds, result.score_millis) == (attempt.deadline_at, 600, 0)


def test_who_keeps_the_questions_takes_part_without_a_place(running, cast):
    running.hand_in(cast.hua)
    running.hand_in(cast.lin, right=1)
    assert running.places() == {cast.lin.id: 1}


def test_a_unit_admin_of_one_unit_is_ranked_in_a_contest_of_the_whole_bureau(running, cast):
    """ada keeps North's questions; this paper is the bureau's."""
    running.hand_in(cast.ada)
    assert running.places() == {cast.ada.id: 1}


def test_who_moved_since_the_cut_off_counts_for_the_unit_of_that_day(running, cast, session, north, south, now):
    """PAST_BUGS and DOMAIN: rates use the roster of the cut-off day, never today's."""
    old = session.scalars(select(Membership).where(Membership.person_id == cast.lin.id)).one()
    old.until_on = clock.today(now) + timedelta(days=1)
    session.add(
        Membership(
            person_id=cast.lin.id,
            unit_id=south.id,
            from_on=clock.today(now) + timedelta(days=1),
            party_status=old.party_status,
            duty_status=old.duty_status,
        )
    )
    session.flush()
    running.hand_in(cast.lin)
    (line,) = boards.list_lines(session, running.board)
    assert line.unit == north.name


def test_a_submission_and_its_result_are_stored_together_or_not_at_all(running, cast, session):
    attempt = running.start(cast.lin)
    session.commit()
    running.move_to(Phase.REVIEWED)
    session.commit()
    with pytest.raises(Conflict):
        quizzes.submit(session, attempt, settle=services.settle_attempt, now=running.now)
    session.rollback()
    assert session.get_one(Attempt, attempt.id).state is State.OPEN
    assert session.scalar(select(func.count()).select_from(BoardResult)) == 0


# --- hours ---


def test_a_contest_gives_no_hours_by_default(running, cast, session):
    running.hand_in(cast.lin)
    assert not any(hours_queries.totals(session, cast.lin.id, clock.today(running.now).year).values())


def test_a_contest_that_gives_hours_gives_them_once_from_sixty_points_on_and_says_why_not_before(
    make_contest, cast, session
):
    made = make_contest(hours_quarters=24)
    year = clock.today(made.now).year
    made.hand_in(cast.lin, right=5)
    assert not hours_queries.totals(session, cast.lin.id, year).get(Bucket.ONLINE)
    assert session.scalars(select(UncreditedNote.reason)).all() == ["得分未到 60%"]
    made.hand_in(cast.lin, right=6)
    made.hand_in(cast.lin, right=10)
    assert hours_queries.totals(session, cast.lin.id, year)[Bucket.ONLINE] == 24


# --- units ---


def test_units_are_measured_by_participation_and_mean_best(running, cast, north, south):
    running.hand_in(cast.lin, right=10)
    running.hand_in(cast.bo, right=6)
    running.hand_in(cast.dana, right=10)
    board = boards.unit_board(running.session, running.board, now=running.now)
    # North: 2 of 5, mean 80: 20 + 40. South: 1 of 2, mean 100: 25 + 50.
    assert board.of(north.id).score_millis == 60_000
    assert board.of(south.id).score_millis == 75_000
    assert board.listed[0].unit_id == south.id


def test_approved_leave_takes_a_person_out_of_the_roster_unless_they_take_part_after_all(
    running, cast, session, north, now
):
    services.approve_leave(session, running.line, cast.bo, reason="出差", actor_id=cast.hua.id, now=now)
    assert boards.unit_board(session, running.board, now=now).of(north.id).roster == 4
    with pytest.raises(Conflict):
        services.approve_leave(session, running.line, cast.bo, reason="出差", actor_id=cast.hua.id, now=now)
    running.hand_in(cast.bo)
    assert queries.rosters(session, running.round.id, running.board.root_path, running.round.cut_off_on)[north.id] == 5


def test_a_contest_for_one_unit_compares_that_unit_only(make_contest, cast, north):
    made = make_contest(audience=north)
    made.hand_in(cast.lin)
    (line,) = boards.unit_board(made.session, made.board, now=made.now).lines
    assert (line.unit_id, line.roster) == (north.id, 5)


# --- the way of the result ---


def audit_actions(session) -> list[str]:
    records = session.scalars(select(AuditRecord.action).order_by(AuditRecord.number))
    return [action for action in records if action.startswith("round:")]


def test_from_live_to_published_by_two_people_with_every_step_audited(running, cast, session, keys, make_session):
    running.hand_in(cast.lin)
    session.commit()
    over = running.round.closes_at + GRACE
    end_and_settle(make_session, over)
    session.expire_all()
    assert running.line_at(over).phase is Phase.SETTLING
    services.review(session, running.line, note="抽查 3 份", actor_id=cast.ada.id, now=over)
    services.start_notice(session, running.line, actor_id=cast.hua.id, now=over)
    until = running.round.notice_until_on
    later = clock.start_of(until + timedelta(days=1))
    published = services.publish(session, running.line, running.board, keys=keys, actor_id=cast.hua.id, now=later)
    assert published.version == 1
    assert running.line.phase is Phase.PUBLISHED
    assert audit_actions(session) == [f"round:{step}" for step in ("end", "settle", "review", "notice", "publish")]
    assert board_services.verify(session, keys).faults == []


def test_no_step_can_be_taken_twice_or_out_of_turn(running, cast, session, keys, now):
    with pytest.raises(BoardMoved):
        services.review(session, running.line, note="", actor_id=cast.ada.id, now=now)
    with pytest.raises(BoardMoved):
        services.start_notice(session, running.line, actor_id=cast.hua.id, now=now)
    with pytest.raises(ContestMoved):
        services.publish(session, running.line, running.board, keys=keys, actor_id=cast.hua.id, now=now)
    services.end_round(session, running.line, actor_id=cast.hua.id, now=now)
    with pytest.raises(BoardMoved):
        services.end_round(session, running.line, actor_id=cast.hua.id, now=now)


def test_ended_early_the_round_closes_now_and_who_is_answering_goes_on(running, cast, session, make_session, now):
    attempt = running.start(cast.lin)
    services.end_round(session, running.line, actor_id=cast.hua.id, now=now)
    assert running.round.closes_at == now
    with pytest.raises(NotOpen):
        running.start(cast.bo)
    assert not services.settle_round(session, running.line, now=now), "lin is still answering"
    quizzes.submit(session, attempt, settle=services.settle_attempt, now=now + MINUTE)
    assert running.places() == {cast.lin.id: 1}
    assert services.settle_round(session, running.line, now=now + MINUTE)


def test_a_round_that_has_not_begun_cannot_be_ended(make_contest, cast, now):
    made = make_contest(opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    with pytest.raises(NotYet):
        services.end_round(made.session, made.line, actor_id=cast.hua.id, now=now)


def test_the_job_waits_for_the_grace_and_for_the_last_attempt_and_does_nothing_twice(
    running, cast, session, make_session
):
    attempt = running.start(cast.lin, now=running.round.closes_at - MINUTE)
    session.commit()
    closes = running.round.closes_at
    end_and_settle(make_session, closes + GRACE - timedelta(seconds=1))
    session.expire_all()
    assert running.line.board_state is BoardState.LIVE
    for _ in range(2):
        end_and_settle(make_session, closes + GRACE)
        session.expire_all()
        assert running.line.board_state is BoardState.ENDED
    quizzes.close_due(make_session, services.settle_attempt, attempt.deadline_at + GRACE + timedelta(seconds=1))
    for _ in range(2):
        end_and_settle(make_session, closes + 2 * GRACE)
        session.expire_all()
        assert running.line.board_state is BoardState.SETTLING
    assert audit_actions(session) == ["round:end", "round:settle"]


def test_the_notice_period_is_five_working_days_the_first_day_not_counted(running, cast, session):
    running.move_to(Phase.REVIEWED)
    friday = clock.at_local(date(2026, 11, 20), 15)
    services.start_notice(session, running.line, actor_id=cast.hua.id, now=friday)
    assert running.round.notice_until_on == date(2026, 11, 27)


def test_the_notice_period_passes_over_the_days_the_site_itself_calls_free(running, cast, session, now):
    running.move_to(Phase.REVIEWED)
    friday = clock.at_local(date(2026, 11, 20), 15)
    by = {"by_id": cast.sun.id, "by": "孙平", "now": now}
    workdays.set_days(session, date(2026, 11, 24), date(2026, 11, 25), is_working=False, name="本市休假", **by)
    workdays.set_days(session, date(2026, 11, 28), date(2026, 11, 28), is_working=True, name="调休", **by)
    services.start_notice(session, running.line, actor_id=cast.hua.id, now=friday)
    assert running.round.notice_until_on == date(2026, 11, 30)  # 23, 26, 27, Saturday 28, 30


# --- objections ---


def test_an_objection_is_filed_in_the_notice_period_answered_once_and_its_writer_told(running, cast, session, now):
    with pytest.raises(NoNoticePeriod):
        services.file_objection(session, running.line, person_id=cast.lin.id, text="第 3 题", now=now)
    running.move_to(Phase.NOTICE)
    objection = services.file_objection(session, running.line, person_id=cast.lin.id, text="第 3 题", now=now)
    with pytest.raises(AlreadyObjected):
        services.file_objection(session, running.line, person_id=cast.lin.id, text="又", now=now)
    answer = {"link": "/contests", "actor_id": cast.ada.id, "now": now}
    with pytest.raises(Invalid):
        services.answer_objection(session, objection, reply=" ", **answer)
    services.answer_objection(session, objection, reply="核对无误", **answer)
    with pytest.raises(Conflict):
        services.answer_objection(session, objection, reply="再答", **answer)
    session.flush()
    assert session.scalars(select(Notice.person_id)).all() == [cast.lin.id]
    assert services.file_objection(session, running.line, person_id=cast.lin.id, text="第 5 题", now=now).id


def test_objections_end_with_the_notice_period(running, cast, session):
    running.move_to(Phase.NOTICE)
    late = clock.start_of(running.round.notice_until_on + timedelta(days=1))
    with pytest.raises(NoNoticePeriod):
        services.file_objection(session, running.line, person_id=cast.lin.id, text="晚了", now=late)


@pytest.fixture
def noticed(running, cast, session):
    """Reviewed by ada, in its notice period; `after` is the first moment of the day after."""
    running.hand_in(cast.lin)
    running.hand_in(cast.bo, right=8)
    running.move_to(Phase.NOTICE)
    running.round.reviewed_by_id = cast.ada.id
    session.flush()
    return running


def after(running) -> datetime:
    return clock.start_of(running.round.notice_until_on + timedelta(days=1))


def publish(running, cast, keys, *, by: str = "hua", at: datetime | None = None):
    actor = getattr(cast, by).id
    return services.publish(
        running.session, running.line, running.board, keys=keys, actor_id=actor, now=at or after(running)
    )


def test_a_list_is_not_published_before_its_notice_period_is_over(noticed, cast, keys):
    with pytest.raises(NotYet):
        publish(noticed, cast, keys, at=after(noticed) - timedelta(seconds=1))


def test_a_list_is_not_published_over_an_open_objection(noticed, cast, keys, session):
    services.file_objection(session, noticed.line, person_id=cast.lin.id, text="第 3 题", now=noticed.now)
    with pytest.raises(NotYet):
        publish(noticed, cast, keys)
    assert session.scalars(select(Objection)).one().replied_at is None


def test_the_reviewer_does_not_publish(noticed, cast, keys):
    with pytest.raises(NotYet):
        publish(noticed, cast, keys, by="ada")


def test_a_correction_needs_a_reason_and_a_difference(noticed, cast, keys, session, now):
    publish(noticed, cast, keys)
    correction = {"keys": keys, "actor_id": cast.hua.id, "now": now}
    with pytest.raises(Invalid):
        services.correct(session, noticed.line, noticed.board, reason="", **correction)
    with pytest.raises(NothingChanged):
        services.correct(session, noticed.line, noticed.board, reason="更正", **correction)
    cast.bo.is_unlisted = True
    session.flush()
    second = services.correct(session, noticed.line, noticed.board, reason="本人申请不公开", **correction)
    assert second.version == 2


def test_publication_changes_the_address_of_the_big_screen(noticed, cast, keys):
    before = noticed.board.live_key
    publish(noticed, cast, keys)
    assert noticed.board.live_key != before


# --- what one person did ---


def test_my_part_tells_attempts_used_the_open_one_and_the_best(running, cast, session, now):
    running.hand_in(cast.lin, right=6)
    best = running.hand_in(cast.lin, right=9)
    started = running.start(cast.lin)
    part = queries.my_part(session, running.round.id, cast.lin.id, now=now)
    assert (part.used_today, part.submitted, part.open_attempt_id, part.best.id) == (3, 2, started.id, best.id)
    tomorrow = queries.my_part(session, running.round.id, cast.lin.id, now=now + timedelta(days=1))
    assert (tomorrow.used_today, tomorrow.open_attempt_id) == (0, None)


def test_item_results_tell_what_each_question_earned(running, cast, session):
    attempt = running.hand_in(cast.lin, right=9)
    fractions = [item.fraction for item in queries.list_item_results(session, attempt.id)]
    assert fractions == [1000] * 9 + [0]


def test_every_kind_of_the_preset_is_a_kind_of_question():
    assert all(Kind(draw.kind) for draw in GRAND.draws)
