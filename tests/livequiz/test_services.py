"""A quiz prepared, run, answered once by everybody, and brought to the board."""

import threading
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select, text

from lms.contests import services as contests
from lms.contests.errors import JournalMoved, NotOpen, StepRefused
from lms.contests.rules import RoundKind
from lms.errors import Conflict, Invalid, NotFound
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.leaderboard.models import BoardState
from lms.livequiz import jobs, queries, services, standing_queries
from lms.livequiz.models import LiveAnswer
from lms.livequiz.rules import EventKind
from lms.people.models import Person
from lms.people.principal import principal_of
from lms.quizzes.models import Attempt
from lms.quizzes.rules import Kind

# --- prepared ------------------------------------------------------------------------------------------------------


def test_a_prepared_quiz_has_its_questions_and_may_be_prepared_anew_before_its_first_step(live, cast):
    assert live.running.count == 10
    again = services.prepare(live.session, live.line, seconds=20, actor_id=cast.hua.id, rng=Random(8), now=live.now)
    assert (again.id, live.quiz.seconds) == (live.quiz_id, 20)
    live.ask()
    with pytest.raises(JournalMoved):
        services.prepare(live.session, live.line, seconds=20, actor_id=cast.hua.id, rng=Random(9), now=live.now)


def test_only_a_round_of_its_kind_with_questions_for_thumbs_can_be_prepared(live_round, cast):
    live_round.line.round.kind = RoundKind.ONLINE
    with pytest.raises(Invalid, match="不是全员同答"):
        services.prepare(
            live_round.session, live_round.line, seconds=30, actor_id=cast.hua.id, rng=Random(1), now=live_round.now
        )
    live_round.line.round.kind = RoundKind.LIVE
    live_round.session.execute(text("UPDATE question_versions SET kind = 'short'"))
    with pytest.raises(Invalid, match="单选"):
        services.prepare(
            live_round.session, live_round.line, seconds=30, actor_id=cast.hua.id, rng=Random(1), now=live_round.now
        )


# --- answers -------------------------------------------------------------------------------------------------------


def test_an_answer_is_taken_once_and_a_repeat_of_it_is_acknowledged(live, cast):
    live.join(cast.lin).ask()
    assert live.answer(cast.lin) is True
    assert live.answer(cast.lin, list(reversed(live.key))) is False
    with pytest.raises(Conflict, match="以第一次"):
        live.answer(cast.lin, live.wrong)
    assert len(live.answers()) == 1


def test_outside_its_time_no_answer_is_taken_but_in_the_grace_it_is(live, cast):
    live.join(cast.lin, cast.bo, cast.dana).ask()
    for after in (-0.001, 32.001):
        with pytest.raises(NotOpen):
            live.answer(cast.lin, after=after)
    assert live.answer(cast.lin, after=0)
    assert live.answer(cast.bo, after=32)
    with pytest.raises(NotOpen):
        live.answer(cast.dana, turn=live.state.turn + 1)
    live.reveal()
    totals = live.totals()
    assert (totals[cast.lin.id].used_ms, totals[cast.bo.id].used_ms) == (0, 30_000)


def test_a_question_that_was_revealed_paused_or_undone_takes_no_answer(live, cast):
    live.join(cast.lin, cast.bo).ask().later(3)
    live.step("paused")
    live.later(2.5)
    with pytest.raises(NotOpen):
        live.answer(cast.lin)
    live.step("resumed", **services.resuming(live.running, now=live.now))
    live.later(5)
    assert live.answer(cast.lin)
    live.reveal()
    assert live.totals()[cast.lin.id].used_ms == 4000
    with pytest.raises(NotOpen):
        live.answer(cast.bo)
    live.step("undone")
    with pytest.raises(NotOpen):
        live.answer(cast.bo, after=1)


def test_who_has_not_joined_is_not_heard(live, cast):
    live.ask()
    with pytest.raises(NotFound):
        live.answer(cast.lin)


def test_who_joins_late_answers_the_question_that_is_open(live, cast):
    live.join(cast.lin).ask()
    live.answer(cast.lin, after=1)
    live.reveal().ask().later(5)
    live.join(cast.bo).answer(cast.bo)
    live.answer(cast.lin)
    live.reveal()
    totals = live.totals()
    assert (totals[cast.lin.id].right, totals[cast.bo.id].right) == (2, 1)


def test_answers_sent_at_once_from_many_threads_are_all_there(live, cast, app):
    session, people = live.session, []
    people = [cast.lin, cast.bo, cast.dana, cast.chen, cast.mei, cast.ed, cast.gao]
    live.join(*people).ask()
    turn, key, at = live.state.turn, live.key, live.now
    session.commit()
    ids, first, problems = [person.id for person in people], [], []

    def send(person_id):
        try:
            with app.extensions["make_session"]() as own:
                first.append(
                    services.answer(own, live.quiz_id, person_id, turn=turn, choice=key, round_trip_ms=None, now=at)
                )
                own.commit()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=send, args=(person_id,)) for person_id in ids for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert problems == []
    assert (first.count(True), len(live.answers())) == (7, 7)


# --- the journal ---------------------------------------------------------------------------------------------------


def test_a_step_that_its_author_has_not_seen_is_not_overwritten(live):
    live.ask()
    with pytest.raises(JournalMoved):
        live.step("paused", seen=0)
    with pytest.raises(StepRefused, match="还没有截止"):
        live.step("revealed")
    assert live.quiz.sequence == 1


def test_a_voided_question_is_taken_out_of_the_standings(live, cast):
    live.join(cast.lin).ask().answer(cast.lin)
    live.reveal()
    assert live.totals()[cast.lin.id].score_millis == 10_000
    live.step("voided", turn=live.state.turn, reason="选项印错")
    assert live.totals() == {}


def test_standings_are_by_person_and_by_unit_and_hide_who_opted_out(live, cast):
    live.session.get_one(Person, cast.bo.id).is_unlisted = True
    live.join(cast.lin, cast.bo, cast.dana, cast.hua).ask()
    for person, choice, after in (
        (cast.lin, None, 9),
        (cast.bo, None, 2),
        (cast.dana, live.wrong, 1),
        (cast.hua, None, 1),
    ):
        live.answer(person, choice, after=after)
    live.reveal()
    found = standing_queries.standings_of(live.session, live.running)
    assert [(line.place, line.name, line.unit) for line in found.lines] == [
        (1, "不公开", ""), (2, cast.lin.name, "北区分局"), (3, cast.dana.name, "南区分局"),
    ]  # fmt: skip
    assert found.totals[cast.hua.id].score_millis == 10_000
    assert cast.hua.id not in found.places
    assert (found.units[0].name, found.units[0].people) == ("北区分局", 2)


# --- the end -------------------------------------------------------------------------------------------------------


def played(live, cast):
    """lin right twice, slowly; bo right twice, fast; dana right once."""
    live.join(cast.lin, cast.bo, cast.dana).ask()
    live.answer(cast.lin, after=8)
    live.answer(cast.bo, after=2)
    live.reveal().ask()
    live.answer(cast.lin, after=5)
    live.answer(cast.bo, after=4)
    live.answer(cast.dana, after=1)
    live.reveal()
    live.step("finished")
    return live


def test_results_stand_on_the_board_as_the_standings_had_them_with_answers_to_read(live, cast):
    played(live, cast).record()
    assert live.places() == {
        cast.bo.id: (1, 20_000, 6), cast.lin.id: (2, 20_000, 13), cast.dana.id: (3, 10_000, 1),
    }  # fmt: skip
    shown = standing_queries.standings_of(live.session, live.running)
    assert {id: place for id, (place, _, _) in live.places().items()} == shown.places
    attempt = live.session.scalars(select(Attempt).where(Attempt.person_id == cast.dana.id)).one()
    assert (attempt.score_millis, attempt.max_millis, attempt.seconds_used) == (10_000, 20_000, 1)
    report = board_services.verify(live.session)
    assert report.faults == []
    board = boards.find_board(live.session, live.line.round.board_id)
    units = boards.unit_board(live.session, board, now=live.now).lines
    assert {unit.name: unit.people for unit in units if unit.people} == {"北区分局": 2, "南区分局": 1}


def test_recording_again_adds_nothing_and_only_then_the_round_is_settled(live, cast):
    played(live, cast)
    contests.end_round(live.session, live.line, actor_id=cast.hua.id, now=live.now)
    live.later(3700)
    assert not contests.settle_round(live.session, live.line, now=live.now)
    live.record().record()
    assert len(live.places()) == 3
    assert contests.settle_round(live.session, live.line, now=live.now)
    assert live.line.board_state is BoardState.SETTLING
    with pytest.raises(StepRefused):
        services.append(
            live.session,
            live.running,
            EventKind.PAUSED,
            {},
            seen=live.quiz.sequence,
            actor_id=cast.hua.id,
            now=live.now,
        )


def test_the_job_brings_in_what_is_finished_and_finishes_what_its_host_left(live, cast, make_session):
    live.join(cast.lin).ask().answer(cast.lin)
    live.reveal().ask()
    contests.end_round(live.session, live.line, actor_id=cast.hua.id, now=live.now)
    live.session.commit()
    jobs.bring_in(make_session, live.now + timedelta(minutes=5))
    assert not live.state.is_finished
    jobs.bring_in(make_session, live.now + timedelta(minutes=31))
    assert live.state.is_finished
    assert live.places() == {cast.lin.id: (1, 10_000, 0)}
    assert live.line.round.results_in_at is not None


def test_a_round_that_nobody_hosted_waits_for_no_results(live_round, cast, make_session):
    contests.end_round(live_round.session, live_round.line, actor_id=cast.hua.id, now=live_round.now)
    live_round.session.commit()
    jobs.bring_in(make_session, live_round.now)
    assert live_round.line.round.results_in_at is not None


def test_nobody_begins_an_attempt_in_a_live_round(live, cast):
    with pytest.raises(NotOpen, match="主持人"):
        contests.start(live.session, live.line, principal_of(live.session, cast.lin, live.now), now=live.now)


def test_a_multiple_question_half_chosen_earns_half(live, cast):
    live.join(cast.lin)
    while True:
        live.ask()
        if queries.find_question(live.session, live.quiz, live.state.question).kind == Kind.MULTIPLE:
            break
        live.reveal()
    live.answer(cast.lin, live.key[:1])
    live.reveal()
    assert live.totals()[cast.lin.id].score_millis == 5000
    assert len(live.session.scalars(select(LiveAnswer)).all()) == 1
