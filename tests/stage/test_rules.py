"""A final by its journal: points of each segment, undo, pause, freeze and reveal."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.stage.order_rules import next_question, tied
from lms.stage.rules import EventKind, Phase, effective, public_scores, replay, standings
from tests.stage.journal import TEAMS, A, B, C, Journal


def scores(journal):
    return [journal.state.scores[team] for team in TEAMS]


def test_every_team_begins_with_a_hundred_points():
    assert scores(Journal()) == [100, 100, 100]


def test_a_required_question_gives_ten_points_or_none_and_has_thirty_seconds():
    journal = Journal().segment("required").show(team=A)
    assert journal.state.clock_ends_ms == journal.events[-1].at_ms + 30_000
    assert scores(journal.judge(True)) == [110, 100, 100]
    assert scores(journal.show(team=B).judge(False)) == [110, 100, 100]


def test_who_buzzes_first_answers_for_ten_points_more_or_less():
    journal = Journal().segment("buzzer").show().open()
    journal.buzz(B, 300).buzz(A, 320).decided()
    assert (journal.state.phase, journal.state.team) == (Phase.ANSWERING, B)
    assert scores(journal.judge(False)) == [100, 90, 100]
    journal.show().open().buzz(C, 100).decided().judge(True)
    assert scores(journal) == [100, 90, 110]


def test_the_order_stands_only_after_the_window_and_a_little_more():
    journal = Journal().segment("buzzer").show().open().buzz(A, 100)
    opens = journal.state.opens_ms
    assert journal.at(opens + 699).team is None
    assert journal.at(opens + 700).team == A


def test_an_early_buzz_costs_ten_points_and_the_question():
    journal = Journal().segment("buzzer").show().buzz(A, 0)
    assert scores(journal) == [90, 100, 100]
    journal.open().buzz(C, -1).buzz(B, 500).decided()
    assert scores(journal) == [90, 100, 90]
    assert journal.state.team == B
    assert scores(journal.judge(True)) == [90, 110, 90]


def test_an_early_buzz_stays_punished_once_the_question_is_over():
    journal = Journal().segment("buzzer").show().open().buzz(A, -1).later(5000).add(EventKind.PASSED)
    assert scores(journal.show().later(5000)) == [90, 100, 100]


def test_a_risk_question_is_worth_what_its_team_chose():
    journal = Journal().segment("risk").add(EventKind.CALLED, team=B).add(EventKind.CHOSEN, team=B, points=30).show()
    assert journal.state.team == B
    assert scores(journal.judge(False)) == [100, 70, 100]
    journal.add(EventKind.CALLED, team=A).add(EventKind.CHOSEN, team=A, points=20).show().judge(True)
    assert scores(journal) == [120, 70, 100]


@pytest.mark.parametrize("points", [0, 5, 40, -10])
def test_a_team_chooses_ten_twenty_or_thirty_points(points):
    journal = Journal().segment("risk").add(EventKind.CALLED, team=B)
    with pytest.raises(ValueError, match="10、20 或 30"):
        journal.add(EventKind.CHOSEN, team=B, points=points)


def test_only_the_called_team_chooses():
    journal = Journal().segment("risk").add(EventKind.CALLED, team=B)
    with pytest.raises(ValueError, match="还没有请"):
        journal.add(EventKind.CHOSEN, team=A, points=10)


def test_sudden_death_is_for_those_with_equal_points_and_one_point_decides():
    journal = Journal().segment("required").show(team=C).judge(True)
    assert tied(journal.state) == [A, B]
    journal.segment("sudden", contenders=[A, B]).show().open().buzz(C, 50).buzz(B, 200).decided()
    assert journal.state.team == B
    journal.judge(True)
    assert [(p.place, p.team) for p in standings(TEAMS, journal.state.scores)] == [(1, C), (2, B), (3, A)]
    assert tied(journal.state) == []


def test_the_audience_moves_no_score():
    journal = Journal().segment("audience").show().add(EventKind.PASSED).add(EventKind.KEYED)
    assert scores(journal) == [100, 100, 100]


def test_the_key_cannot_be_shown_before_the_question_is_over():
    journal = Journal().segment("required").show(team=A)
    with pytest.raises(ValueError, match="结束后"):
        journal.add(EventKind.KEYED)
    assert not journal.state.key_shown
    assert journal.judge(True).add(EventKind.KEYED).state.key_shown
    assert not journal.show(team=B).state.key_shown


def test_undo_takes_back_the_last_step_and_the_next_undo_the_one_before():
    journal = Journal().segment("required").show(team=A).judge(True)
    journal.add(EventKind.UNDONE)
    assert (journal.state.phase, scores(journal)) == (Phase.ANSWERING, [100, 100, 100])
    assert scores(journal.judge(False)) == [100, 100, 100]
    journal.add(EventKind.UNDONE).add(EventKind.UNDONE)
    assert (journal.state.phase, journal.state.asked) == (Phase.READY, [])


def test_an_undone_opening_begins_the_buzzing_anew_without_what_was_buzzed():
    journal = Journal().segment("buzzer").show().open().buzz(A, 100).buzz(B, -1).decided().add(EventKind.UNDONE)
    state = journal.state
    assert (state.phase, state.opens_ms, scores(journal)) == (Phase.SHOWN, None, [100, 100, 100])
    journal.open().buzz(C, 10).decided()
    assert journal.state.team == C


def test_a_pause_stops_the_clock_and_lets_it_run_on():
    journal = Journal().segment("required").show(team=A).later(9990).add(EventKind.PAUSED)
    assert journal.state.clock_left_ms == 20_000
    journal.later(60_000).add(EventKind.RESUMED)
    assert journal.state.clock_ends_ms == journal.events[-1].at_ms + 20_000


def test_what_was_buzzed_in_a_pause_or_before_it_was_decided_counts_for_nothing():
    journal = Journal().segment("buzzer").show().open().later(1500).buzz(A, 50).add(EventKind.PAUSED)
    journal.buzz(B, 10).later(100).add(EventKind.RESUMED)
    assert (journal.state.phase, journal.state.team, scores(journal)) == (Phase.SHOWN, None, [100, 100, 100])
    with pytest.raises(ValueError, match="没有队在答题"):
        journal.judge(True)


def test_who_was_decided_before_a_pause_answers_after_it():
    journal = Journal().segment("buzzer").show().open().buzz(A, 50).decided().add(EventKind.PAUSED)
    assert journal.add(EventKind.RESUMED).state.team == A


def test_frozen_scores_stay_until_they_are_revealed_from_the_last_place_on():
    journal = Journal().add(EventKind.FROZEN).segment("required").show(team=A).judge(True).show(team=B).judge(True)
    journal.show(team=B).judge(True)
    assert public_scores(journal.state) == {A: 100, B: 100, C: 100}
    journal.add(EventKind.REVEALED, teams=1)
    assert public_scores(journal.state) == {A: 100, B: 100, C: 100}
    journal.add(EventKind.REVEALED, teams=2)
    assert public_scores(journal.state) == {A: 110, B: 100, C: 100}
    with pytest.raises(ValueError, match="全部揭晓"):
        journal.add(EventKind.FINISHED)
    journal.add(EventKind.REVEALED, teams=3)
    assert public_scores(journal.state) == {A: 110, B: 120, C: 100}
    assert journal.add(EventKind.FINISHED).state.is_finished


def test_after_the_end_only_the_jury_changes_something_and_gives_a_reason():
    journal = Journal().add(EventKind.FINISHED)
    for kind, data in ((EventKind.SCORED, {"team": A, "points": 10, "reason": "x"}), (EventKind.UNDONE, {})):
        with pytest.raises(ValueError, match="已经结束"):
            journal.add(kind, **data)
    with pytest.raises(ValueError, match="写明原因"):
        journal.add(EventKind.CORRECTED, team=A, points=10, reason=" ")
    assert scores(journal.add(EventKind.CORRECTED, team=A, points=-10, reason="复核录像"))[0] == 90


def test_no_question_is_asked_twice_by_itself():
    journal = Journal().segment("required").show(0, team=A).judge(True).show(2, team=B).judge(False)
    assert next_question(journal.state, 50) == 1
    assert next_question(journal.state, 1) is None


STEPS = st.sampled_from(
    ["required", "buzzer", "risk", "sudden", "audience", "show", "open", "buzz", "early", "right", "wrong", "pass",
     "key", "pause", "resume", "freeze", "reveal", "call", "choose", "correct", "wait", "undo"]
)  # fmt: skip


def step(journal, name, team, number):
    """One step of a random final; the rules may refuse it."""
    state = journal.state
    if name in ("buzz", "early"):
        if state.turn is None or any(b.turn == state.turn and b.team == team for b in journal.buzzes):
            return
        journal.buzz(team, -5 if name == "early" else number, number % 500)
        return
    if name == "wait":
        journal.later(number * 10)
        return
    kinds = {
        "open": (EventKind.OPENED, {"opens_ms": journal.now + 1500}), "right": (EventKind.JUDGED, {"right": True}),
        "wrong": (EventKind.JUDGED, {"right": False}), "pass": (EventKind.PASSED, {}), "key": (EventKind.KEYED, {}),
        "pause": (EventKind.PAUSED, {}), "resume": (EventKind.RESUMED, {}), "freeze": (EventKind.FROZEN, {}),
        "reveal": (EventKind.REVEALED, {"teams": state.revealed + 1}), "call": (EventKind.CALLED, {"team": team}),
        "choose": (EventKind.CHOSEN, {"team": team, "points": 10 * (1 + number % 3)}), "undo": (EventKind.UNDONE, {}),
        "correct": (EventKind.CORRECTED, {"team": team, "points": number % 7 - 3, "reason": "复核"}),
        "show": (EventKind.SHOWN, {"question": len(state.asked), "team": team}),
    }  # fmt: skip
    kind, data = kinds.get(name) or (
        EventKind.SEGMENT,
        {"segment": name, "contenders": tied(state) if name == "sudden" else []},
    )
    journal.add(kind, **data)


@given(st.lists(st.tuples(STEPS, st.sampled_from(TEAMS), st.integers(0, 900)), max_size=60))
def test_any_final_can_be_replayed_undone_to_its_beginning_and_every_point_has_a_cause(steps):
    journal = Journal()
    for name, team, number in steps:
        before = journal.at(journal.now)
        try:
            step(journal, name, team, number)
        except ValueError:
            assert journal.at(journal.now) == before
    journal.later(5000)
    state = journal.state
    assert state == journal.at(journal.now)
    assert set(public_scores(state)) == set(TEAMS)
    assert all(abs(score - 100) <= 30 * len(steps) for score in state.scores.values())
    if state.team is not None and state.phase is Phase.ANSWERING:
        assert state.team in TEAMS
    for _ in range(len(journal.events)):
        journal._append(EventKind.UNDONE, {})
    assert effective(journal.events) == []
    assert replay(TEAMS, journal.events, journal.buzzes, journal.now).scores == dict.fromkeys(TEAMS, 100)


@given(st.lists(st.tuples(STEPS, st.sampled_from(TEAMS), st.integers(0, 900)), max_size=40), st.data())
def test_one_undo_is_the_state_before_the_last_step(steps, data):
    journal = Journal()
    for name, team, number in steps:
        if name not in ("undo", "buzz", "early"):
            with contextlib.suppress(ValueError):
                step(journal, name, team, number)
    if not journal.events or journal.events[-1].kind is EventKind.OPENED:
        return
    without = replay(TEAMS, journal.events[:-1], [], journal.now)
    undone = replay(
        TEAMS, [*journal.events, type(journal.events[0])(999, EventKind.UNDONE, {}, journal.now)], [], journal.now
    )
    without.sequence = undone.sequence = 0
    assert undone == without


@given(st.dictionaries(st.sampled_from(TEAMS), st.integers(-50, 200), min_size=3))
def test_places_are_one_two_two_four(values):
    placed = standings(TEAMS, values)
    assert [p.score for p in placed] == sorted(values.values(), reverse=True)
    assert all(p.place == 1 + sum(other > p.score for other in values.values()) for p in placed)
