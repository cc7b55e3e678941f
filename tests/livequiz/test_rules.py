"""A live quiz by its journal and answers: windows, pause, undo, and who is best."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.contests import live_rules
from lms.contests.fair_rules import CREDIT_MOST_MS
from lms.leaderboard.rules import Criterion
from lms.livequiz.order_rules import AHEAD_MS, next_question, obstacle
from lms.livequiz.rules import GRACE_MS, Event, EventKind, Grade, Phase, Stretch, Total, rank, replay, tally, used_ms

LENGTH = 30_000


class Journal:
    """Each word appends an event; what the rules refuse raises ValueError."""

    def __init__(self):
        self.now, self.events = 1_000_000, []

    @property
    def state(self):
        return replay(self.events)

    def add(self, kind, **data):
        problem = obstacle(self.state, EventKind(kind), data, questions=5, now_ms=self.now)
        if problem is not None:
            raise ValueError(problem)
        self.events.append(Event(len(self.events) + 1, EventKind(kind), data, self.now))
        return self

    def later(self, milliseconds):
        self.now += milliseconds
        return self

    def ask(self, question=None):
        opens = self.now + AHEAD_MS
        number = next_question(self.state, 5) if question is None else question
        return self.add("asked", question=number, opens_ms=opens, ends_ms=opens + LENGTH).later(AHEAD_MS)

    def reveal(self):
        return self.later(LENGTH + GRACE_MS).add("revealed")

    def void(self):
        return self.add("voided", turn=self.state.turn, reason="选项印错")


# --- the journal ---------------------------------------------------------------------------------------------------


def test_a_question_is_announced_opens_ends_and_has_a_grace():
    journal = Journal().ask()
    state, opens = journal.state, journal.state.opens_ms
    found = [state.stretch(opens + at) for at in (-1, 0, LENGTH - 1, LENGTH, LENGTH + GRACE_MS - 1, LENGTH + GRACE_MS)]
    assert found == [Stretch.SOON, Stretch.OPEN, Stretch.OPEN, Stretch.GRACE, Stretch.GRACE, Stretch.OVER]
    assert state.door == (1, opens, opens + LENGTH + GRACE_MS)


def test_nothing_is_revealed_before_the_last_slow_answer_may_have_come_in():
    journal = Journal().ask().later(LENGTH)
    with pytest.raises(ValueError, match="网络慢"):
        journal.add("revealed")
    journal.later(GRACE_MS).add("revealed")
    assert journal.state.counted == ((1, 0),)
    assert journal.state.door[0] is None


def test_an_early_end_is_announced_and_moves_the_door():
    journal = Journal().ask().later(5000)
    with pytest.raises(ValueError, match="提前宣布"):
        journal.add("closed", ends_ms=journal.now + 100)
    journal.add("closed", ends_ms=journal.now + AHEAD_MS)
    assert journal.state.windows[-1][1] == journal.now + AHEAD_MS
    assert journal.state.door[2] == journal.now + AHEAD_MS + GRACE_MS


def test_a_paused_question_keeps_what_is_left_of_its_time():
    journal = Journal().ask().later(10_000).add("paused")
    assert journal.state.left_ms == LENGTH - 10_000
    journal.later(60_000).add("resumed", opens_ms=journal.now + AHEAD_MS)
    opens, ends = journal.state.windows[-1]
    assert ends - opens == LENGTH - 10_000
    assert used_ms(journal.state.windows, opens + 3000, None) == 13_000


def test_what_was_asked_by_mistake_is_undone_and_may_be_asked_again():
    journal = Journal().ask().add("undone")
    assert (journal.state.phase, journal.state.door[0], next_question(journal.state, 5)) == (Phase.WAITING, None, 0)
    assert journal.ask().state.turn == 3


def test_a_question_whose_key_was_shown_opens_never_again():
    journal = Journal().ask().later(1000).add("closed", ends_ms=1_000_000 + AHEAD_MS + 1000 + AHEAD_MS)
    journal.later(AHEAD_MS + GRACE_MS).add("revealed").add("undone")
    assert journal.state.stretch(journal.now) is Stretch.OVER
    assert journal.state.door[0] is None
    with pytest.raises(ValueError, match="已经公布过"):
        journal.add("undone")
    journal.add("revealed")
    assert journal.state.counted == ((1, 0),)


def test_a_voided_question_counts_for_nobody_and_undoing_brings_it_back():
    journal = Journal().ask().reveal().void()
    assert journal.state.counted == ()
    assert journal.add("undone").state.counted == ((1, 0),)


def test_a_question_without_a_reveal_can_be_voided_and_is_not_asked_again():
    journal = Journal().ask().void()
    assert journal.state.door[0] is None
    assert next_question(journal.state, 5) == 1
    with pytest.raises(ValueError, match="已经出过"):
        journal.ask(0)


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        ("revealed", []), ("ranked", []), ("closed", []), ("resumed", []), ("undone", []), ("voided", []),
        ("asked", ["ask"]), ("finished", ["ask"]), ("ranked", ["ask"]), ("closed", ["ask", "reveal"]),
        ("voided", ["ask", "void"]), ("asked", ["pause"]), ("finished", ["finish"]), ("asked", ["finish"]),
    ],
)  # fmt: skip
def test_what_cannot_follow_is_refused(kind, before):
    journal = Journal()
    for word in before:
        {"pause": lambda: journal.add("paused"), "finish": lambda: journal.add("finished")}.get(
            word, lambda word=word: getattr(journal, word)()
        )()
    data = {"question": 1, "opens_ms": journal.now + AHEAD_MS, "ends_ms": journal.now + 2 * AHEAD_MS, "reason": "错"}
    with pytest.raises(ValueError, match="。"):
        journal.add(kind, **data)


# --- time ----------------------------------------------------------------------------------------------------------

WINDOW = ((10_000, 40_000),)


@given(st.integers(0, 60_000), st.integers(0, 4000), st.integers(0, 4000))
def test_a_held_back_echo_gains_no_more_than_the_cap(received, trip, held):
    honest, cheated = used_ms(WINDOW, received, trip), used_ms(WINDOW, received, trip + held)
    assert 0 <= cheated <= honest <= LENGTH
    assert used_ms(WINDOW, received, None) - cheated <= CREDIT_MOST_MS


@given(st.integers(10_000, 40_000), st.integers(0, 2 * CREDIT_MOST_MS))
def test_a_slow_line_within_the_cap_costs_nothing(pressed, trip):
    arrived = pressed + trip // 2
    assert used_ms(WINDOW, arrived, trip) == pressed - 10_000


# --- who is best ---------------------------------------------------------------------------------------------------

grades = st.builds(
    Grade, st.sampled_from([0, 5000, 10_000]), st.integers(0, LENGTH), st.booleans()
)  # fmt: skip
turns = st.lists(st.dictionaries(st.integers(1, 6), grades, max_size=6), max_size=6)


@given(turns, st.randoms())
def test_the_order_in_which_answers_came_in_makes_no_difference(played, random):
    mixed = []
    for turn in played:
        items = list(turn.items())
        random.shuffle(items)
        mixed.append(dict(items))
    random.shuffle(mixed)
    assert rank(tally(mixed)) == rank(tally(played))


@given(turns)
def test_accuracy_comes_first_and_time_decides_between_equals_only(played):
    placed = rank(tally(played))
    for better, worse in pairwise(placed):
        a, b = better.total, worse.total
        assert a.score_millis > b.score_millis or (a.score_millis == b.score_millis and a.seconds <= b.seconds)
        assert (better.place == worse.place) == (a.order == b.order)
    assert [one.place for one in placed] == [1 + sum(o.total.order < one.total.order for o in placed) for one in placed]


@given(turns, st.integers(1, 6), st.integers(0, 6))
def test_who_joins_late_loses_the_missed_questions_and_nothing_else(played, person, missed):
    whole = tally(played).get(person, Total())
    late = tally([{p: g for p, g in turn.items() if p != person} for turn in played[:missed]] + played[missed:])
    mine = late.get(person, Total())
    lost = [turn[person] for turn in played[:missed] if person in turn]
    assert whole.score_millis - mine.score_millis == sum(grade.millis for grade in lost)
    assert whole.answered - mine.answered == len(lost)
    others = {p: t for p, t in tally(played).items() if p != person}
    assert {p: t for p, t in late.items() if p != person} == others


@given(turns, st.integers(1, 6), grades)
def test_one_more_answer_never_makes_anybody_worse(played, person, grade):
    before = tally(played).get(person, Total())
    after = tally([*played, {person: grade}])[person]
    if grade.millis == 0:
        assert after.order == before.order
    else:
        assert after.order < before.order


def test_equal_ones_share_a_place():
    first, second = Grade(10_000, 3000, True), Grade(10_000, 3999, True)
    placed = rank(tally([{1: second, 2: first, 3: Grade(0, 1, False)}]))
    assert [(one.person, one.place) for one in placed] == [(1, 1), (2, 1), (3, 3)]


@pytest.mark.parametrize(
    ("order", "first", "said"),
    [
        ((Criterion.SCORE, Criterion.SECONDS), 1, "得分高的在前；得分相同的，用时短的在前"),
        ((Criterion.SECONDS, Criterion.SCORE), 2, "用时短的在前；用时相同的，得分高的在前"),
    ],
)
def test_people_are_told_the_order_in_which_they_are_ranked(monkeypatch, order, first, said):
    monkeypatch.setattr(live_rules, "LIVE_ORDER", order)
    placed = rank({1: Total(score_millis=20_000, used_ms=9_000), 2: Total(score_millis=10_000, used_ms=2_000)})
    assert placed[0].person == first
    assert said in "".join(live_rules.explain())


def test_what_a_slow_line_is_given_is_told_as_it_is_given():
    words = "".join(live_rules.explain())
    assert f"最多 {CREDIT_MOST_MS / 1000:g} 秒" in words
    assert f"截止后 {GRACE_MS / 1000:g} 秒内" in words
