"""The figures of papers and questions, against the known-answer fixture and the properties they must have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.quizzes.rules import Kind
from lms.quizzes.statistics_rules import (
    Asked,
    Mark,
    Sheet,
    advice,
    extremes,
    histogram,
    items,
    point_biserial,
    verdict,
    whole,
)

MOST = (1, 1, 2, 2)
ROWS = [(1, 1, 2, 2), (1, 0, 2, 1), (1, 1, 1, 0), (0, 1, 1, 1), (1, 0, 0, 0), (0, 0, 1, 0)]


def sheet(row, most=MOST, chosen=()):
    return Sheet([Mark(n, points, most[n], chosen) for n, points in enumerate(row)])


FIXTURE = [sheet(row) for row in ROWS]


def test_the_paper_of_the_known_answer_fixture():
    paper = whole(FIXTURE)
    assert paper is not None
    assert (paper.attempts, paper.mean, paper.median) == (6, 3, 3)
    figures = (paper.spread, paper.skewness, paper.kurtosis, paper.reliability, paper.error_ratio, paper.standard_error)
    assert figures == pytest.approx((1.8974, 0.5270, -0.0926, 66.6667, 57.7350, 1.0954), abs=5e-5)


@pytest.mark.parametrize(
    ("n", "facility", "spread", "index", "efficiency", "weight"),
    [
        (0, 0.6667, 0.5164, 14.7442, 18.1818, 17.1597), (1, 0.5, 0.5477, 33.3333, 42.8571, 21.0162),
        (2, 0.5833, 0.7528, 63.2982, 76.0, 29.7214), (3, 0.3333, 0.8165, 74.1620, 78.5714, 32.1028),
    ],
)  # fmt: skip
def test_the_questions_of_the_known_answer_fixture(n, facility, spread, index, efficiency, weight):
    item = items(FIXTURE, {})[n]
    figures = (item.facility, item.spread, item.discrimination, item.efficiency, item.effective_weight)
    assert figures == pytest.approx((facility, spread, index, efficiency, weight), abs=5e-5)


def test_nothing_is_made_up_where_nothing_can_be_known():
    assert whole([]) is None
    alone = whole([sheet((1, 0, 2, 1))])
    assert alone is not None
    assert (alone.spread, alone.skewness, alone.kurtosis, alone.reliability) == (None, None, None, None)
    same = whole([sheet((1, 1, 1, 1))] * 5)
    assert same is not None
    assert (same.spread, same.skewness, same.kurtosis, same.reliability) == (0, None, None, None)
    assert {item.discrimination for item in items([sheet((1, 1, 1, 1))] * 5, {})} == {None}


def test_a_question_that_works_against_the_total_gets_no_weight_and_a_warning():
    rows = [(0, 5), (0, 4), (1, 1), (1, 0)] * 3
    item = items([sheet(row, (1, 5)) for row in rows], {})[0]
    assert item.is_negative
    assert item.effective_weight is None
    assert "反而更容易答错" in advice(item)


def test_a_wrong_option_that_the_best_choose_is_named():
    asked = {0: Asked(Kind.SINGLE, ("甲", "乙", "丙"), frozenset({0}))}
    strong = [Sheet([Mark(0, 0, 1, (1,)), Mark(1, 9, 10)])] * 6
    weak = [Sheet([Mark(0, 1, 1, (0,)), Mark(1, 2, 10)])] * 6
    item = items(strong + weak, asked)[0]
    assert [line.count for line in item.options] == [6, 6, 0]
    assert (item.options[1].upper, item.options[1].lower) == (6, 0)
    assert item.options[1].biserial == pytest.approx(1)
    assert advice(item).startswith("选 B 的人总分反而更高")
    assert item.guess == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("facilities", "words"),
    [
        ([1] * 39 + [0], "几乎人人答对"), ([1] * 4 + [0] * 16, "不比随手猜的多"), ([1, 0] * 10, "区分不开"), ([1, 0], "先不下结论"),
    ],
)  # fmt: skip
def test_each_weakness_has_its_sentence(facilities, words):
    asked = {0: Asked(Kind.SINGLE, ("甲", "乙", "丙", "丁"), frozenset({0}))}
    rest = [5, 5, 4, 4]
    sheets = [
        Sheet([Mark(0, right, 1, (0,) if right else (1 + n % 3,)), Mark(1, rest[n % 4], 5)])
        for n, right in enumerate(facilities)
    ]
    assert words in advice(items(sheets, asked)[0])


def test_equal_scores_are_never_parted_between_groups():
    upper, lower = extremes([5, 5, 5, 5, 1, 2, 3, 4, 4, 4])
    assert (upper, lower) == ([0, 1, 2, 3], [4, 5, 6])
    assert extremes([3, 3, 3]) == ([], [])


def test_every_attempt_stands_in_exactly_one_band():
    bands = histogram(FIXTURE, 6, bands=3)
    assert bands == [("0–2", 2), ("2–4", 2), ("4–6", 2)]


def test_a_drawn_paper_compares_each_question_with_the_whole_total_and_claims_no_reliability():
    drawn = whole(FIXTURE, is_fixed=False)
    assert drawn is not None
    assert drawn.reliability is None
    ours = [item.discrimination for item in items(FIXTURE, {}, is_fixed=False)]
    theirs = [item.discrimination for item in items(FIXTURE, {})]
    assert all(a is not None and b is not None and a > b for a, b in zip(ours, theirs, strict=True))
    assert "先" not in verdict(drawn) or drawn.attempts < 10


rows = st.lists(st.tuples(*[st.integers(0, most) for most in MOST]), min_size=2, max_size=30)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_attempts_changes_no_figure(found, rng):
    mixed = list(found)
    rng.shuffle(mixed)
    one, other = ([i for i in items([sheet(r) for r in x], {})] for x in (found, mixed))
    for a, b in zip(one, other, strict=True):
        assert a.discrimination == pytest.approx(b.discrimination) if a.discrimination is not None else True
        assert a.facility == pytest.approx(b.facility)


@given(rows)
def test_shares_and_indices_stay_in_their_ranges(found):
    for item in items([sheet(row) for row in found], {}):
        assert item.facility is not None
        assert 0 <= item.facility <= 1
        assert item.discrimination is None or -100.0001 <= item.discrimination <= 100.0001
        assert item.difference is None or -1 <= item.difference <= 1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=2, max_size=40))
def test_a_biserial_is_a_correlation(pairs):
    value = point_biserial([flag for flag, _ in pairs], [float(score) for _, score in pairs])
    assert value is None or -1.0001 <= value <= 1.0001
