"""Figures for lecturers: sums over people, and silence where a sum would be a person."""

from hypothesis import given
from hypothesis import strategies as st

from lms.courses import effect_rules as rules
from lms.courses.effect_rules import Reach

spans_of = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=5).map(
    lambda pairs: [(min(pair), max(pair)) for pair in pairs]
)


def test_each_tenth_has_its_own_share() -> None:
    assert rules.parts_seen([(0, 250), (900, 1000)], 1000) == (1, 1, 0.5, 0, 0, 0, 0, 0, 0, 1)
    assert rules.parts_seen([(0, 10)], 0) == (0,) * 10


def test_pages_are_counted_by_tenths_too_and_pages_that_are_not_there_count_nothing() -> None:
    assert rules.parts_read([1, 2, 5, 99], 5) == (1, 1, 1, 1, 0, 0, 0, 0, 1, 1)


@given(st.lists(st.integers(0, 9), unique=True))
def test_shares_add_up_to_what_was_covered(tenths: list[int]) -> None:
    shares = rules.parts_seen([(100 * n, 100 * n + 60) for n in tenths], 1000)
    assert abs(sum(shares) - 0.6 * len(tenths)) < 1e-9


@given(spans_of)
def test_a_share_is_between_nothing_and_all(spans: list[tuple[int, int]]) -> None:
    assert all(0 <= share <= 1 for share in rules.parts_seen(spans, 1000))


def reach(through: int, *, finished: bool = False) -> Reach:
    return Reach((1.0,) * through + (0.0,) * (10 - through), finished)


def test_where_people_stop_is_told_from_five_persons_on() -> None:
    few = [reach(3)] * 4
    assert rules.drop_off(few) is None
    found = rules.drop_off([*few, reach(10, finished=True)])
    assert found is not None
    assert found.percents == (100, 100, 100, 20, 20, 20, 20, 20, 20, 20)
    assert found.most_stop_after == 2
    assert found.stops[2] == 4


def test_nobody_stops_where_everybody_finished() -> None:
    found = rules.drop_off([reach(10, finished=True)] * 5)
    assert found is not None
    assert found.most_stop_after is None


def test_four_opinions_tell_only_how_many_and_five_the_mean_and_the_words() -> None:
    ratings = [(5, "乙"), (4, ""), (4, "甲"), (1, "")]
    assert rules.opinions(ratings) == rules.Opinions(4)
    found = rules.opinions([*ratings, (3, "丙")])
    assert (found.count, found.tenths, found.by_stars) == (5, 34, (1, 0, 1, 2, 1))
    assert found.words == tuple(sorted(["甲", "乙", "丙"]))


@given(st.lists(st.tuples(st.integers(1, 5), st.text(max_size=3)), min_size=5, max_size=12), st.randoms())
def test_opinions_do_not_depend_on_the_order_in_which_they_came(ratings: list[tuple[int, str]], chance: object) -> None:
    mixed = list(ratings)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert rules.opinions(mixed) == rules.opinions(ratings)
