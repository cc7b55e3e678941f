"""A final prepared, its journal appended to by several, devices measured, buzzes taken once, results recorded."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import delete

from lms.clock import to_ms
from lms.contests import team_queries, team_services
from lms.contests.advancement_rules import Outcome
from lms.contests.entry_models import Advancement, AdvancementLine
from lms.contests.errors import JournalMoved, StepRefused
from lms.contests.rules import EntryMode, RoundKind
from lms.contests.team_services import Hand
from lms.errors import Forbidden, Invalid, NotFound
from lms.people.rules import Permission
from lms.quizzes.models import QuestionVersion
from lms.stage import access, queries, services
from lms.stage.device_rules import digest
from lms.stage.models import StageEvent
from lms.stage.rules import Phase, replay


def again(stage, stage_round, cast):
    return services.prepare(
        stage.session, stage_round.line, actor_id=cast.hua.id, rng=Random(8), now=stage_round.now
    )  # fmt: skip


# --- prepared ------------------------------------------------------------------------------------------------------


def test_a_prepared_final_has_its_questions_and_a_place_and_code_for_each_team(stage):
    running = stage.running
    assert [seat.name for seat in running.seats] == ["北区队", "南区队"]
    assert len({seat.device.code for seat in running.seats}) == 2
    assert len(running.final.questions) == len(set(running.final.questions)) == 10
    assert running.final.pin.isdecimal()


def test_only_a_stage_round_with_two_teams_can_be_prepared(session, stage_round, cast):
    team = team_queries.list_teams(session, stage_round.contest.id)[0].team
    head = team_queries.find_team(session, team.id)
    team_services.withdraw(session, head, hand=Hand(cast.hua.id, True), now=stage_round.now)
    session.flush()
    with pytest.raises(Invalid, match="现在能上场 1 支"):
        services.prepare(session, stage_round.line, actor_id=cast.hua.id, rng=Random(1), now=stage_round.now)
    stage_round.round.kind = RoundKind.ONLINE
    with pytest.raises(Invalid, match="不是现场赛"):
        services.prepare(session, stage_round.line, actor_id=cast.hua.id, rng=Random(1), now=stage_round.now)


def test_where_teams_advance_to_the_final_only_those_get_a_place(session, stage_round, cast):
    north, south = (line.team.id for line in team_queries.list_teams(session, stage_round.contest.id))
    stage_round.round.entry = EntryMode.ADVANCEMENT
    assert queries.list_teams(session, stage_round.round) == []
    advance(session, stage_round, {south: Outcome.ADVANCED, north: Outcome.RESERVE})
    assert [line.team.id for line in queries.list_teams(session, stage_round.round)] == [south]
    with pytest.raises(Invalid, match="现在能上场 1 支"):
        services.prepare(session, stage_round.line, actor_id=cast.hua.id, rng=Random(1), now=stage_round.now)


def advance(session, stage_round, outcomes):
    """The list of teams as an organiser has published it."""
    made = {"from_round_id": stage_round.round.id, "rule": {}, "state": "reviewed", "digest": "", "published_by_id": 1}
    session.add(Advancement(round_id=stage_round.round.id, published_at=stage_round.now, **made))
    session.flush()
    session.add_all(
        AdvancementLine(
            round_id=stage_round.round.id,
            position=place,
            team_id=team,
            outcome=outcome,
            reason="名次",
            carried_millis=0,
        )
        for place, (team, outcome) in enumerate(outcomes.items(), 1)
    )
    session.flush()


def test_it_may_be_prepared_anew_before_the_first_step_and_old_codes_are_gone(stage, stage_round, cast):
    codes = {seat.device.code for seat in stage.running.seats}
    assert again(stage, stage_round, cast).id == stage.final_id
    assert {seat.device.code for seat in stage.running.seats} != codes
    stage.segment("required")
    with pytest.raises(JournalMoved, match="已经开始"):
        again(stage, stage_round, cast)


def test_nobody_answers_a_stage_round_like_a_paper(stage_round, cast):
    with pytest.raises(Forbidden, match="主持人"):
        stage_round.start(cast.lin)


# --- the journal ---------------------------------------------------------------------------------------------------


def test_who_has_not_seen_the_last_step_appends_nothing(stage):
    stage.segment("required")
    with pytest.raises(JournalMoved):
        stage.step("shown", seen=0, question=0, team=stage.teams[0].id)
    assert (stage.final.sequence, stage.state.phase) == (1, Phase.READY)


def test_of_two_consoles_at_once_one_step_stands(stage, make_session):
    stage.segment("required")
    stage.session.commit()
    with make_session() as other:
        seen_before = queries.find_running(other, stage.final_id, now=stage.now)
        stage.show(stage.teams[0].id)
        stage.session.commit()
        with pytest.raises(JournalMoved):
            services.append(
                other, seen_before, services.journal.EventKind.PAUSED, {}, seen=1, actor_id=stage.hua, now=stage.now
            )
        other.rollback()
    assert [event.kind for event in queries.list_events(stage.session, stage.final_id)] == ["segment", "shown"]


def test_a_step_that_cannot_follow_is_refused_with_a_sentence_and_leaves_nothing(stage):
    with pytest.raises(StepRefused, match="没有队在答题"):
        stage.step("judged", right=True)
    assert stage.final.sequence == 0


def test_the_state_is_the_same_from_the_rows_alone(stage):
    stage.segment("required")
    stage.show(stage.teams[0].id)
    stage.step("judged", right=True)
    stage.step("corrected", team=stage.teams[1].id, points=-5, reason="迟到")
    events = queries.list_events(stage.session, stage.final_id)
    fresh = replay([team.id for team in stage.teams], events, [], to_ms(stage.now))
    assert fresh == stage.state
    assert stage.scores == [110, 95]


def test_the_first_buzz_is_written_down_before_the_judgement(stage):
    north, south = stage.device(0), stage.device(1)
    stage.segment("buzzer")
    stage.show()
    stage.open().later(0.3)
    stage.buzz(south)
    stage.later(0.05)
    stage.buzz(north)
    stage.later(0.2)
    with pytest.raises(StepRefused):
        stage.step("judged", right=True)
    stage.later(0.5)
    stage.step("judged", right=True)
    kinds = [(event.kind, event.data.get("team")) for event in queries.list_events(stage.session, stage.final_id)]
    assert kinds[-2:] == [("decided", stage.teams[1].id), ("judged", None)]
    assert stage.scores == [100, 110]


def test_a_segment_of_the_buzzer_notes_whose_line_is_slow(stage):
    device = stage.running.seats[1].device
    device.round_trips = [450, 700]
    stage.segment("buzzer")
    assert stage.state.slow == {stage.teams[1].id}


def test_a_tie_break_is_for_the_teams_with_equal_points(stage):
    stage.segment("sudden")
    assert stage.state.contenders == {team.id for team in stage.teams}
    stage.step("corrected", team=stage.teams[0].id, points=5, reason="复核")
    with pytest.raises(StepRefused, match="没有同分"):
        stage.segment("sudden")


# --- devices -------------------------------------------------------------------------------------------------------


def test_a_buzz_counts_once_however_often_the_network_repeats_it(stage):
    device = stage.device(0)
    stage.segment("buzzer")
    stage.show()
    stage.open().later(0.1)
    assert stage.buzz(device)
    stage.later(0.2)
    assert not stage.buzz(device)
    assert stage.buzzes() == 1
    stage.later(1)
    assert stage.state.clock_ends_ms == stage.state.decision.decided_ms + 30_000


def test_no_buzz_is_taken_for_a_question_yet_to_come(stage):
    device = stage.device(0)
    stage.segment("buzzer")
    with pytest.raises(Invalid):
        stage.buzz(device, turn=2)


def test_a_buzz_before_the_opening_costs_ten_points(stage):
    device = stage.device(0)
    stage.segment("buzzer")
    stage.show()
    stage.buzz(device)
    stage.later(0.01)
    assert stage.scores == [90, 100]


def test_the_phone_that_joins_later_takes_the_place_of_the_one_before(stage):
    device = stage.running.seats[0].device
    first = services.join(stage.session, device, now=stage.now)
    second = services.join(stage.session, device, now=stage.now)
    with pytest.raises(NotFound, match="已经接管"):
        access.device_of(stage.session, first)
    assert access.device_of(stage.session, second).id == device.id
    assert device.token_digest == digest(second) != second


def echoed(stage, keys, token, after_ms, returned=None):
    """A nonce goes out and comes back so much later."""
    sent = services.nonce(keys, stage.held(token).id, now=stage.now)
    stage.later(after_ms / 1000)
    return services.echo(stage.session, keys, stage.held(token), returned or sent, now=stage.now)


def test_the_server_measures_round_trips_by_the_nonces_it_sent(stage, keys):
    device = stage.device(0)
    assert echoed(stage, keys, device, 80) == [80]
    assert echoed(stage, keys, device, 120) == [80, 120]
    assert stage.running.seats[0].round_trip_ms == 80


@pytest.mark.parametrize("forged", ["", "1-00", "99999999999999-abc", "x" * 5000])
def test_a_made_up_echo_measures_nothing(stage, keys, forged):
    device = stage.device(0)
    assert echoed(stage, keys, device, 50, returned=forged or "-") == []


def test_no_device_claims_a_faster_line_with_a_nonce_of_another_or_of_the_future(stage, keys):
    north, south = stage.device(0), stage.device(1)
    of_south = services.nonce(keys, stage.held(south).id, now=stage.now)
    future = services.nonce(keys, stage.held(north).id, now=stage.now + timedelta(seconds=5))
    assert echoed(stage, keys, north, 0, returned=of_south) == []
    assert echoed(stage, keys, north, 0, returned=future) == []


def test_a_held_back_echo_gains_no_more_than_two_hundred_milliseconds(stage, keys):
    honest, cheat = stage.device(0), stage.device(1)
    for _ in range(20):
        echoed(stage, keys, honest, 20)
        echoed(stage, keys, cheat, 5000)
    stage.segment("buzzer")
    stage.show()
    stage.open().later(0.3)
    stage.buzz(honest)
    stage.later(0.195)
    stage.buzz(cheat)
    stage.later(1)
    assert stage.state.team == stage.teams[0].id


def test_the_called_team_chooses_its_risk_on_its_own_phone(stage):
    stage.segment("risk")
    stage.step("called", team=stage.teams[1].id)
    with pytest.raises(StepRefused, match="还没有请"):
        services.choose(stage.session, stage.running, stage.teams[0].id, 30, now=stage.now)
    services.choose(stage.session, stage.running, stage.teams[1].id, 30, now=stage.now)
    stage.show()
    stage.step("judged", right=False)
    assert stage.scores == [100, 70]


# --- results -------------------------------------------------------------------------------------------------------


def test_at_the_end_each_team_has_one_result_and_a_correction_a_further_line(stage, stage_round):
    stage.segment("required")
    stage.show(stage.teams[0].id)
    stage.step("judged", right=True)
    stage.step("finished")
    results = team_queries.list_results(stage.session, stage_round.round.id)
    assert sorted((r.team_id, r.score_millis, r.source, r.revision) for r in results) == [
        (stage.teams[0].id, 110_000, "stage", 0), (stage.teams[1].id, 100_000, "stage", 0),
    ]  # fmt: skip
    stage.step("corrected", team=stage.teams[1].id, points=20, reason="复核录像，第 3 题算对")
    results = {r.team_id: r for r in team_queries.list_results(stage.session, stage_round.round.id)}
    assert (results[stage.teams[1].id].score_millis, results[stage.teams[1].id].revision) == (120_000, 1)
    assert results[stage.teams[0].id].revision == 0
    terms = team_queries.find_terms(stage.session, stage_round.contest.id)
    rule = stage_round.board.rule
    lines = team_queries.standings(stage.session, stage_round.round, rule, terms.sizes).lines
    assert [(line.place, line.name) for line in lines] == [(1, "南区队"), (2, "北区队")]


def test_the_journal_reads_as_sentences(stage):
    stage.segment("required")
    stage.show(stage.teams[0].id)
    stage.step("judged", right=True)
    stage.step("corrected", team=stage.teams[0].id, points=-10, reason="提示")
    texts = [line.text for line in queries.list_log(stage.session, stage.running)]
    assert texts == ["评委更正：北区队 -10 分，提示", "判答对", "出第 1 题，北区队答", "进入必答题"]


# --- access --------------------------------------------------------------------------------------------------------


def test_only_who_organises_or_reviews_the_contest_stands_at_a_console(stage, session, principals):
    def may(name, permission):
        try:
            return bool(
                access.final_to_run(session, getattr(principals, name), stage.final_id, permission, now=stage.now)
            )
        except (NotFound, Forbidden):
            return False

    assert may("hua", Permission.CONTEST_MANAGE)
    assert may("hua", Permission.RANKING_REVIEW)
    assert not may("lin", Permission.CONTEST_MANAGE)
    assert not may("ada", Permission.CONTEST_MANAGE)


def test_a_question_is_sent_in_words_without_its_key(stage):
    shown = queries.find_question(stage.session, stage.final, 0)
    version = stage.session.get(QuestionVersion, stage.final.questions[0])
    assert (shown.number, shown.stem) == (1, version.stem)
    assert set(vars(shown)) == {"number", "kind", "stem", "options", "material"}
    assert queries.find_question(stage.session, stage.final, 99) is None


def test_a_lost_row_of_the_journal_would_show(stage):
    """The control of the replay: without one event another state comes out."""
    stage.segment("required")
    stage.show(stage.teams[0].id)
    stage.step("judged", right=True)
    before = stage.state
    stage.session.execute(delete(StageEvent).where(StageEvent.kind == "judged"))
    assert stage.state != before
