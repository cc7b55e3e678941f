"""What an answer is worth, how long an attempt lasts, which questions are drawn."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.quizzes.content_rules import faults
from lms.quizzes.draw_rules import Candidate, DrawRule, PoolTooSmall, draw, option_order, rules_from, rules_to
from lms.quizzes.grade_rules import WHOLE, allocate, earned, grade, is_passed
from lms.quizzes.rules import (
    GRACE,
    Kind,
    Marking,
    Scoring,
    deadline,
    fingerprint,
    is_over,
    marking_from,
    plain,
    seconds_left,
    seconds_used,
)  # fmt: skip

NINE = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)


# --- grading


@pytest.mark.parametrize(
    ("scoring", "choice", "fraction"),
    [
        (Scoring.HALF, [0, 1, 2], 1000), (Scoring.HALF, [2, 0, 1], 1000), (Scoring.HALF, [0, 2], 500), (Scoring.HALF, [0], 500),
        (Scoring.HALF, [0, 3], 0), (Scoring.HALF, [0, 1, 2, 3], 0), (Scoring.HALF, [], 0), (Scoring.HALF, [3], 0),
        (Scoring.ALL, [0, 1], 0), (Scoring.ALL, [1, 2, 0], 1000),
        (Scoring.PROPORTIONAL, [0], 333), (Scoring.PROPORTIONAL, [0, 1], 666), (Scoring.PROPORTIONAL, [0, 1, 3], 0),
    ],
)  # fmt: skip
def test_an_incomplete_correct_choice_earns_what_the_paper_says(scoring, choice, fraction):
    assert grade(Kind.MULTIPLE, [0, 1, 2], choice, scoring) == fraction


def test_a_single_choice_is_right_or_wrong_and_two_options_never_count():
    assert grade(Kind.SINGLE, [2], [2]) == 1000
    assert grade(Kind.SINGLE, [2], [1]) == 0
    assert grade(Kind.SINGLE, [2], [2, 1]) == 0
    assert grade(Kind.BOOLEAN, [0], [0]) == 1000
    assert grade(Kind.BOOLEAN, [0], [1]) == 0


def test_the_same_option_twice_earns_nothing():
    assert grade(Kind.MULTIPLE, [0, 1], [0, 0]) == 0
    assert grade(Kind.SINGLE, [0], [0, 0]) == 0


@pytest.mark.parametrize("text", ["GIS", "gis", "ＧＩＳ", " g i s ", "GIS。", "ｇｉｓ．"])
def test_blanks_ignore_width_case_white_space_and_the_final_stop(text):
    assert grade(Kind.BLANK, [["GIS", "地理信息系统"]], [text]) == 1000


def test_each_blank_counts_for_itself_and_alternatives_are_accepted():
    key = [["耕地", "农田"], ["国务院"]]
    assert grade(Kind.BLANK, key, ["农田", "国务院"]) == 1000
    assert grade(Kind.BLANK, key, ["农田", "省政府"]) == 500
    assert grade(Kind.BLANK, key, ["", "国务院"]) == 500
    assert grade(Kind.BLANK, key, ["国务院", "农田"]) == 0
    assert grade(Kind.BLANK, key, ["农田", "国务院", "国务院"]) == 0
    assert grade(Kind.BLANK, [["。"]], ["。"]) == 0


numbers = st.lists(st.integers(-1, 9), max_size=8)
keys = st.sets(st.integers(0, 7), min_size=1, max_size=8).map(sorted)
choices = st.one_of(numbers, st.lists(st.text(max_size=6), max_size=4))


@given(
    st.sampled_from(list(Kind)),
    st.one_of(keys, st.lists(st.lists(st.text(max_size=5), max_size=3), max_size=3)),
    choices,
    st.sampled_from(list(Scoring)),
)
def test_grading_never_fails_and_stays_between_nothing_and_all(kind, key, choice, scoring):
    assert 0 <= grade(kind, key, choice, scoring) <= WHOLE


@given(keys, st.sets(st.integers(0, 7)), st.sampled_from(list(Scoring)), st.randoms(use_true_random=False))
def test_renumbering_the_options_never_changes_a_score(key, chosen, scoring, rng):
    order = list(range(8))
    rng.shuffle(order)
    moved = grade(Kind.MULTIPLE, [order[n] for n in key], [order[n] for n in chosen], scoring)
    assert moved == grade(Kind.MULTIPLE, key, sorted(chosen), scoring)


@given(keys, st.sets(st.integers(0, 7)), st.integers(0, 7))
def test_a_wrong_option_never_helps(key, chosen, extra):
    if extra not in key:
        for scoring in Scoring:
            assert grade(Kind.MULTIPLE, key, sorted(chosen | {extra}), scoring) == 0


@given(st.integers(0, 100_000), st.integers(0, 1000))
def test_a_question_never_earns_more_than_its_points(points, fraction):
    assert 0 <= earned(points, fraction) <= points


@given(st.integers(0, 1_000_000), st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_points_are_divided_without_remainder_and_evenly(total, weights):
    parts = allocate(total, weights)
    assert sum(parts) == total
    for weight in set(weights):
        same = [part for part, w in zip(parts, weights, strict=True) if w == weight]
        assert max(same) - min(same) <= 1


def test_a_hundred_points_over_thirty_questions_stay_a_hundred():
    parts = allocate(100_000, [1] * 30)
    assert sum(parts) == 100_000
    assert set(parts) == {3333, 3334}


def test_sixty_percent_passes_exactly_at_the_border():
    assert is_passed(60_000, 100_000, 60)
    assert not is_passed(59_999, 100_000, 60)


# --- what a question must look like


@pytest.mark.parametrize(
    ("kind", "stem", "options", "key", "said"),
    [
        (Kind.SINGLE, "", ["甲", "乙"], [0], "题干"),
        (Kind.SINGLE, "问", ["甲"], [0], "2 到 10 个选项"),
        (Kind.SINGLE, "问", ["甲", ""], [0], "空的"),
        (Kind.SINGLE, "问", ["甲", "甲 "], [0], "相同"),
        (Kind.SINGLE, "问", ["甲", "乙"], [], "写上答案"),
        (Kind.SINGLE, "问", ["甲", "乙"], [4], "E 没有对应"),
        (Kind.SINGLE, "问", ["甲", "乙"], [0, 1], "只能有一个"),
        (Kind.MULTIPLE, "问", ["甲", "乙"], [1, 1], "重复"),
        (Kind.BLANK, "____和____", [], [["甲"]], "题干有 2 个空，答案有 1 个"),
        (Kind.BLANK, "____", [], [[]], "每个空都要有答案"),
    ],
)
def test_a_faulty_question_is_told_what_is_wrong(kind, stem, options, key, said):
    assert said in faults(kind, stem, options, key)[0].message


def test_a_sound_question_has_no_faults():
    assert faults(Kind.MULTIPLE, "问", ["甲", "乙", "丙"], [0, 2]) == []
    assert faults(Kind.BLANK, "我国实行____制", [], [["公有"]]) == []


def test_questions_that_read_the_same_have_the_same_fingerprint():
    one = fingerprint(Kind.SINGLE, "下列哪项属于耕地？（　）", ["水田", "林地"])
    assert one == fingerprint(Kind.SINGLE, "下列哪项属于耕地?( )", ["林地。", "水田"])
    assert one != fingerprint(Kind.SINGLE, "下列哪项属于耕地？（　）", ["水田", "草地"])
    assert one != fingerprint(Kind.MULTIPLE, "下列哪项属于耕地？（　）", ["水田", "林地"])


@given(st.text(max_size=30))
def test_any_text_can_be_normalised_and_fingerprinted(text):
    assert plain(text) == plain(text + "　 。")
    assert len(fingerprint(Kind.BLANK, text, [])) == 64


# --- time


def test_the_deadline_is_the_earlier_of_the_duration_and_the_common_end():
    assert deadline(NINE, 600, None) == NINE + timedelta(minutes=10)
    assert deadline(NINE, 600, NINE + timedelta(minutes=4)) == NINE + timedelta(minutes=4)
    assert deadline(NINE, None, NINE + timedelta(minutes=4)) == NINE + timedelta(minutes=4)
    assert deadline(NINE, None, None) is None


def test_sixty_seconds_of_grace_count_and_not_one_moment_more():
    assert not is_over(NINE, NINE + GRACE)
    assert is_over(NINE, NINE + GRACE + timedelta(microseconds=1))
    assert not is_over(None, NINE)


def test_seconds_left_are_rounded_up_and_never_negative():
    assert seconds_left(NINE, NINE - timedelta(seconds=9, milliseconds=100)) == 10
    assert seconds_left(NINE, NINE + timedelta(seconds=5)) == 0
    assert seconds_left(None, NINE) is None


def test_the_grace_is_not_counted_as_time_used():
    assert seconds_used(NINE, NINE + timedelta(seconds=640), NINE + timedelta(seconds=600)) == 600
    assert seconds_used(NINE, NINE + timedelta(seconds=12, milliseconds=900), None) == 12


# --- drawing

LINES, KINDS = ("land", "estate"), (Kind.SINGLE, Kind.MULTIPLE)
pools = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(KINDS), st.integers(1, 3)), max_size=25).map(
    lambda rows: [Candidate(n, *row) for n, row in enumerate(rows)]
)
any_rules = st.lists(
    st.builds(
        DrawRule,
        count=st.integers(1, 5),
        points_millis=st.integers(1, 9000),
        line=st.sampled_from([None, *LINES]),
        kind=st.sampled_from([None, *KINDS]),
        difficulty=st.sampled_from([None, 1, 2, 3]),
    ),
    min_size=1,
    max_size=5,
)


def _can_be_filled(rules, pool):
    """Hall's condition: for every set of rules, enough candidates are admitted by at least one of them."""
    for chosen in range(1, 1 << len(rules)):
        group = [rule for n, rule in enumerate(rules) if chosen >> n & 1]
        if sum(rule.count for rule in group) > sum(any(rule.admits(c) for rule in group) for c in pool):
            return False
    return True


@given(any_rules, pools, st.integers())
def test_a_draw_fills_every_rule_with_different_questions_or_no_draw_could(rules, pool, seed):
    if not _can_be_filled(rules, pool):
        with pytest.raises(PoolTooSmall) as refused:
            draw(rules, pool, Random(seed))
        assert all(short.available < short.rule.count for short in refused.value.shortages)
        return
    drawn = draw(rules, pool, Random(seed))
    assert len({candidate.id for candidate, _ in drawn}) == len(drawn) == sum(rule.count for rule in rules)
    assert all(rule.admits(candidate) for candidate, rule in drawn)
    assert [rule for _, rule in drawn] == [rule for rule in rules for _ in range(rule.count)]


def test_a_pool_too_small_is_refused_with_the_figures():
    rule = DrawRule(count=3, points_millis=1000, line="land")
    with pytest.raises(PoolTooSmall) as refused:
        draw([rule], [Candidate(1, "land", Kind.SINGLE, 2), Candidate(2, "estate", Kind.SINGLE, 2)], Random(1))
    assert [(s.rule, s.available) for s in refused.value.shortages] == [(rule, 1)]


def test_a_broad_rule_leaves_the_scarce_questions_to_the_narrow_one():
    pool = [Candidate(1, "land", Kind.SINGLE, 2), Candidate(2, "estate", Kind.SINGLE, 2)]
    for seed in range(20):
        drawn = draw([DrawRule(1, 1000), DrawRule(1, 1000, line="land")], pool, Random(seed))
        assert [candidate.id for candidate, _ in drawn] == [2, 1]


def test_every_question_of_the_pool_is_drawn_now_and_then():
    pool = [Candidate(n, "land", Kind.SINGLE, 2) for n in range(10)]
    seen = {c.id for seed in range(60) for c, _ in draw([DrawRule(2, 1000)], pool, Random(seed))}
    assert seen == set(range(10))


@given(any_rules)
def test_rules_survive_their_stored_form(rules):
    assert rules_from(rules_to(rules)) == rules


@given(st.integers(2, 8), st.randoms(use_true_random=False))
def test_an_option_order_is_a_permutation(count, rng):
    assert sorted(option_order(Kind.SINGLE, [f"选项{n}" for n in range(count)], rng)) == list(range(count))


@pytest.mark.parametrize("last", ["以上都对", "A和B", "AB", "选项A", "上述均不正确"])
def test_options_that_speak_of_each_other_keep_their_order(last):
    for seed in range(20):
        assert option_order(Kind.SINGLE, ["甲", "乙", "丙", last], Random(seed)) == [0, 1, 2, 3]


def test_true_and_false_keep_their_order():
    assert all(option_order(Kind.BOOLEAN, ["正确", "错误"], Random(seed)) == [0, 1] for seed in range(10))


# --- the further kinds


@pytest.mark.parametrize(
    ("typed", "fraction"),
    [("12.5", 1000), ("１２.５", 1000), ("12.6", 1000), ("12.4亩", 1000), ("12.61", 0), ("1,2.5", 1000), ("十二", 0), ("", 0), ("NaN", 0), ("1e999999", 0)],
)  # fmt: skip
def test_a_number_counts_within_its_tolerance_however_it_is_typed(typed, fraction):
    assert grade(Kind.NUMERIC, [["12.5"]], [typed], marking=Marking(tolerance="0.1", unit="亩")) == fraction


def test_a_tolerance_may_be_a_share_of_the_key():
    assert grade(Kind.NUMERIC, [["-200"]], ["-210"], marking=Marking(tolerance="5%")) == 1000
    assert grade(Kind.NUMERIC, [["-200"]], ["-210.1"], marking=Marking(tolerance="5%")) == 0


def test_matching_earns_the_share_of_right_pairs_and_all_or_nothing_only_all():
    assert grade(Kind.MATCHING, [2, 0, 0, 1], [2, 0, -1, 0]) == 500
    assert grade(Kind.MATCHING, [2, 0, 0, 1], [2, 0, -1, 0], Scoring.ALL) == 0
    assert grade(Kind.MATCHING, [2, 0], [2]) == 0


def test_ordering_earns_the_neighbours_kept():
    assert grade(Kind.ORDERING, [0, 1, 2, 3, 4], [4, 0, 1, 2, 3]) == 750
    assert grade(Kind.ORDERING, [0, 1, 2, 3, 4], [4, 3, 2, 1, 0]) == 0
    assert grade(Kind.ORDERING, [0, 1, 2], [0, 1, 1]) == 0


def test_blanks_in_free_order_use_each_blank_once():
    free = Marking(is_order_free=True)
    assert grade(Kind.BLANK, [["甲", "乙"], ["甲"]], ["甲", "乙"], marking=free) == 1000
    assert grade(Kind.BLANK, [["甲"], ["乙"]], ["甲", "甲"], marking=free) == 500
    assert grade(Kind.BLANK, [["甲"], ["乙"]], ["乙", "甲"]) == 0


def test_a_further_key_earns_everything_and_the_first_one_still_does():
    also = Marking(also=([1],))
    assert [grade(Kind.SINGLE, [0], [n], marking=also) for n in range(3)] == [1000, 1000, 0]


def test_what_a_person_grades_earns_nothing_by_itself():
    assert grade(Kind.SHORT, [["参考"]], ["参考"]) == 0


@given(st.permutations(range(6)), st.permutations(range(6)), st.permutations(range(6)))
def test_renumbering_the_options_never_changes_what_pairs_and_orders_earn(key, choice, numbers):
    renamed = [numbers[n] for n in key], [numbers[n] for n in choice]
    for kind in (Kind.ORDERING, Kind.MATCHING):
        assert grade(kind, key, choice) == grade(kind, *renamed)
    assert grade(Kind.MULTIPLE, key[:3], choice[:2]) == grade(Kind.MULTIPLE, renamed[0][:3], renamed[1][:2])


@given(
    st.sampled_from(list(Kind)),
    st.lists(st.integers(-1, 9), max_size=6) | st.lists(st.text(max_size=9), max_size=4),
    st.sampled_from(list(Scoring)),
)
def test_no_choice_earns_less_than_nothing_or_more_than_everything(kind, choice, scoring):
    key = {Kind.BLANK: [["a"], ["b", "c"]], Kind.NUMERIC: [["3.5"]], Kind.SHORT: []}.get(kind, [0, 2, 1])
    assert 0 <= grade(kind, key, choice, scoring, Marking(is_order_free=True, tolerance="1")) <= WHOLE


def test_a_marking_survives_being_stored():
    marking = Marking(scoring=Scoring.ALL, tolerance="5%", also=([1], [["乙"]]), rubric="要点")
    assert marking_from(marking.stored()) == marking
    assert Marking().stored() == {}


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        (Kind.NUMERIC, {"key": [["三"]]}, "key"),
        (Kind.NUMERIC, {"key": [["3"]], "marking": Marking(tolerance="-1")}, "tolerance"),
        (Kind.SHORT, {"key": []}, "rubric"),
        (Kind.MATCHING, {"options": ["甲", "乙"], "prompts": ["一", "二"], "key": [0]}, "key"),
        (Kind.MATCHING, {"options": ["甲", "乙"], "prompts": ["一", "一"], "key": [0, 1]}, "prompts"),
        (Kind.ORDERING, {"options": ["甲", "乙", "丙"], "key": [0, 1]}, "key"),
    ],
)
def test_a_question_of_a_further_kind_that_cannot_be_graded_is_refused(kind, fields, field):
    given = {"options": [], "key": []} | fields
    assert field in {fault.field for fault in faults(kind, "题干", given.pop("options"), given.pop("key"), **given)}
