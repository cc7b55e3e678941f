"""Practice: what is asked next, what is remembered, where somebody is weak."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from lms.clock import SHANGHAI, today
from lms.quizzes.practice_memory import DAYS_TO_LEAVE, RIGHTS_TO_LEAVE, Event, Memory, recall_percent, remember
from lms.quizzes.practice_rules import (
    Act,
    Mode,
    Pool,
    Share,
    next_position,
    pick_daily,
    seed_of,
    sentence,
    weakest,
)  # fmt: skip

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # a Monday, 9:00 in Shanghai
RIGHT, HALF, WRONG = 1000, 500, 0


def answered(fraction: int, day: float) -> Event:
    return Event(Act.ANSWER, fraction, START + timedelta(days=day))


def said(act: Act, day: float) -> Event:
    return Event(act, None, START + timedelta(days=day))


def state(*events: Event) -> Memory:
    memory = remember(events)
    assert memory is not None
    return memory


histories = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 400),
        st.sampled_from(
            [(Act.ANSWER, RIGHT), (Act.ANSWER, HALF), (Act.RESULT, WRONG), (Act.KEEP, None), (Act.REMOVE, None)]
        ),
    ),
    max_size=25,
).map(
    lambda rows: [
        Event(act, fraction, START + timedelta(minutes=m)) for m, (act, fraction) in sorted(rows, key=lambda r: r[0])
    ]
)
zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


# --- the wrong-question book


@given(histories, zones)
def test_the_zone_in_which_an_instant_is_written_changes_nothing(events, zone):
    moved = [Event(each.act, each.fraction, each.at.astimezone(zone)) for each in events]
    assert remember(moved) == remember(events)


def test_the_day_of_shanghai_decides_and_not_the_day_of_london():
    """The control of the property above: two rights with one London day but two Shanghai days between them count twice."""
    before, after = datetime(2026, 11, 4, 15, 50, tzinfo=UTC), datetime(2026, 11, 4, 16, 10, tzinfo=UTC)
    assert before.date() == after.date()
    assert today(before) != today(after)
    memory = state(answered(WRONG, 0), Event(Act.ANSWER, RIGHT, before), Event(Act.ANSWER, RIGHT, after))
    assert memory.streak == 2


@given(histories)
def test_a_question_comes_again_later_than_it_was_met_and_never_after_half_a_year(events):
    memory = remember(events)
    if memory is not None:
        assert timedelta(1) <= memory.due_on - memory.last_on <= timedelta(180)
        assert memory.stability > 0
        assert memory.streak >= 0


@given(histories)
def test_whatever_was_before_a_wrong_answer_brings_the_question_into_the_book(events):
    last = events[-1].at if events else START
    assert state(*events, Event(Act.ANSWER, WRONG, last)).in_book


@given(histories)
def test_only_who_was_ever_wrong_has_a_card(events):
    was_wrong = any(each.fraction not in (None, RIGHT) for each in events)
    assert (remember(events) is not None) == was_wrong


def test_right_on_three_days_and_sure_for_a_week_leaves_the_book():
    memory = state(answered(WRONG, 0), answered(RIGHT, 1), answered(RIGHT, 2))
    assert memory.in_book
    memory = state(answered(WRONG, 0), answered(RIGHT, 1), answered(RIGHT, 2), answered(RIGHT, 5))
    assert (memory.in_book, memory.streak) == (False, RIGHTS_TO_LEAVE)
    assert (memory.due_on - memory.last_on).days >= DAYS_TO_LEAVE


def test_right_again_and_again_on_one_day_counts_once_and_on_the_day_of_the_error_not_at_all():
    assert state(answered(WRONG, 0), *[answered(RIGHT, 0.01 * n) for n in range(1, 9)]).streak == 0
    many = [answered(RIGHT, 1 + 0.01 * n) for n in range(9)]
    assert (state(answered(WRONG, 0), *many).streak, state(answered(WRONG, 0), *many).in_book) == (1, True)


def test_half_of_an_answer_is_wrong():
    assert state(answered(HALF, 0)).in_book
    assert state(answered(WRONG, 0), answered(RIGHT, 1), answered(HALF, 2)).streak == 0


def test_kept_by_hand_it_stays_and_removed_it_is_gone_until_the_next_error():
    rights = [answered(RIGHT, day) for day in (1, 2, 5, 13, 31)]
    assert not state(answered(WRONG, 0), *rights).in_book
    assert state(answered(WRONG, 0), said(Act.KEEP, 0.5), *rights).in_book
    assert not state(answered(WRONG, 0), said(Act.KEEP, 0.5), said(Act.REMOVE, 0.6), *rights).in_book
    assert not state(answered(WRONG, 0), said(Act.REMOVE, 1)).in_book
    assert state(answered(WRONG, 0), said(Act.REMOVE, 1), answered(WRONG, 2)).in_book


def test_the_longer_ago_the_less_sure():
    memory = state(answered(WRONG, 0), answered(RIGHT, 1), answered(RIGHT, 2))
    percents = [recall_percent(memory, memory.last_on + timedelta(n)) for n in range(30)]
    assert percents == sorted(percents, reverse=True)
    assert recall_percent(memory, memory.due_on) in range(88, 93)


# --- the daily set

ids = st.lists(st.integers(1, 60), max_size=30, unique=True)
pools = st.builds(Pool, ids, st.dictionaries(st.sampled_from("abcd"), ids, max_size=4), ids)


@given(pools, st.lists(st.sampled_from("abcd"), unique=True), st.integers(1, 12), st.randoms())
def test_the_daily_set_depends_on_the_pool_and_the_day_and_not_on_the_order_it_came_in(pool, weak, count, rng):
    def shaken(values):
        return rng.sample(list(values), len(values))

    again = Pool(pool.due, {line: shaken(pool.unseen[line]) for line in shaken(pool.unseen)}, shaken(pool.seen))
    first = pick_daily(pool, weak, count=count, seed=seed_of(7, date(2026, 11, 27)))
    assert first == pick_daily(again, weak, count=count, seed=seed_of(7, date(2026, 11, 27)))


@given(pools, st.lists(st.sampled_from("abcd"), unique=True), st.integers(1, 12))
def test_the_daily_set_is_full_if_it_can_be_and_begins_with_what_is_due(pool, weak, count):
    picked = pick_daily(pool, weak, count=count, seed="s")
    everything = {*pool.due, *pool.seen, *(id for line in pool.unseen.values() for id in line)}
    assert len(picked) == len(set(picked)) == min(count, len(everything))
    assert picked[: len(pool.due)] == list(pool.due)[:count]


def test_after_what_is_due_half_of_the_rest_is_of_the_weak_line():
    pool = Pool([1, 2], {"strong": range(100, 200), "weak": range(200, 300)}, [])
    picked = pick_daily(pool, ["weak"], count=10, seed="s")
    assert picked[:2] == [1, 2]
    assert all(id in range(200, 300) for id in picked[2:6])


def test_each_day_and_each_person_has_another_set():
    pool = Pool([], {"a": range(1, 200)}, [])
    sets = [
        tuple(pick_daily(pool, [], count=10, seed=seed_of(person, date(2026, 11, day))))
        for person in (1, 2)
        for day in (26, 27)
    ]
    assert len(set(sets)) == 4


def test_the_seed_changes_at_midnight_in_shanghai():
    night = datetime(2026, 11, 27, 23, 59, tzinfo=SHANGHAI)
    assert seed_of(1, today(night)) != seed_of(1, today(night + timedelta(minutes=1)))
    assert seed_of(1, today(night)) == seed_of(1, today(night - timedelta(hours=23)))


# --- the way of a run


def test_a_challenge_is_over_after_its_first_error_and_other_runs_go_on():
    assert next_position(Mode.CHALLENGE, {1: RIGHT, 2: RIGHT}, [1, 2, 3]) == 3
    assert next_position(Mode.CHALLENGE, {1: RIGHT, 2: HALF}, [1, 2, 3]) is None
    assert next_position(Mode.DAILY, {1: RIGHT, 2: WRONG}, [1, 2, 3]) == 3
    assert next_position(Mode.DAILY, {1: RIGHT, 2: WRONG, 3: RIGHT}, [1, 2, 3]) is None


def test_positions_that_may_not_be_asked_now_are_passed_over():
    assert next_position(Mode.LINE, {1: RIGHT}, [1, 3]) == 3


# --- weak points


def test_the_sentence_names_the_weakest_line_with_its_figures():
    shares = [Share("land", "土地管理", 8, 10), Share("registration", "不动产登记", 12, 20)]
    assert sentence(shares) == "不动产登记答对 12/20，建议先练这一条线。"


def test_a_few_answers_make_no_line_weak_and_a_good_line_is_none():
    assert weakest([Share("land", "土地管理", 0, 4)]) is None
    assert "还太少" in sentence([Share("land", "土地管理", 0, 4)])
    assert "没有明显薄弱" in sentence([Share("land", "土地管理", 19, 20), Share("party", "党的建设", 0, 2)])
