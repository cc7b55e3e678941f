import itertools
import random
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.leaderboard import rules
from lms.leaderboard.rules import BoardRule, Criterion, UnitFigures, UnitRule

RULE = BoardRule()
results = st.tuples(
    st.integers(rules.LOWEST_SCORE, rules.HIGHEST_SCORE), st.integers(0, (1 << 16) - 1), st.integers(0, (1 << 25) - 1)
)


@dataclass(frozen=True)
class Line:
    place: int


def lines(*places: int) -> list[Line]:
    return [Line(place) for place in places]


def key(score: int, seconds: int = 0, submitted: int = 0, rule: BoardRule = RULE) -> int:
    return rules.rank_key(rule, score, seconds, submitted)


# --- order ---


@given(results, results)
def test_a_smaller_key_is_a_higher_score_then_less_time_then_an_earlier_submission(a, b):
    told = [(-score, seconds, submitted) for score, seconds, submitted in (a, b)]
    assert (key(*a) < key(*b)) == (told[0] < told[1])
    assert (key(*a) == key(*b)) == (a == b)


@given(results)
def test_a_key_fits_a_signed_64_bit_integer_and_can_be_read_back(result):
    packed = key(*result)
    assert 0 <= packed < 1 << 63
    assert tuple(rules.read_key(RULE, packed).values()) == result


def test_what_lies_outside_the_ranges_is_clamped_and_never_spills_into_its_neighbour():
    assert key(90_000, 10**9) == key(90_000, (1 << 16) - 1) < key(89_999, 0)
    assert key(90_000, 5, 10**12) < key(90_000, 6, 0)
    assert key(90_000, -4, -7) == key(90_000, 0, 0)
    assert key(-(10**9)) > key(0)


@given(st.permutations(list(Criterion)), st.integers(1, 3), st.lists(results, min_size=2, max_size=20))
def test_any_order_of_criteria_ranks_as_it_says(order, length, many):
    rule = replace(RULE, order=tuple(order[:length]))
    value = {Criterion.SCORE: lambda r: -r[0], Criterion.SECONDS: lambda r: r[1], Criterion.SUBMITTED: lambda r: r[2]}
    by_rule = sorted(many, key=lambda r: [value[c](r) for c in rule.order])
    assert sorted(many, key=lambda r: rules.rank_key(rule, *r)) == by_rule


def test_equals_share_a_place_and_the_next_place_is_left_out():
    assert rules.places([1, 2, 2, 4]) == [1, 2, 2, 4]
    assert rules.places([5, 5, 5]) == [1, 1, 1]
    assert rules.places([]) == []


@given(st.lists(st.integers(0, 9)))
def test_a_place_is_the_number_of_better_ones_and_one(keys):
    keys.sort()
    assert rules.places(keys) == [sum(other < mine for other in keys) + 1 for mine in keys]


@given(st.lists(results, min_size=1, max_size=30))
def test_buckets_never_contradict_the_order(many):
    keys = sorted(rules.rank_key(RULE, *result) for result in many)
    buckets = [rules.bucket_of(packed) for packed in keys]
    assert buckets == sorted(buckets)


# --- what is shown ---


def test_at_most_the_limit_is_listed():
    assert len(rules.shown(lines(*range(1, 101)), 50)) == 50


def test_equals_at_the_cut_are_listed_together_or_not_at_all():
    assert rules.shown(lines(1, 2, 2, 4), 2) == lines(1)
    assert rules.shown(lines(1, 2, 2, 4), 3) == lines(1, 2, 2)
    assert rules.shown(lines(1, 1, 1), 2) == []


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 20))
def test_the_shown_lines_are_a_prefix_that_cuts_no_tie(keys, limit):
    everybody = lines(*rules.places(sorted(keys)))
    listed = rules.shown(everybody, limit)
    assert listed == everybody[: len(listed)]
    assert len(listed) <= limit
    assert not {line.place for line in listed} & {line.place for line in everybody[len(listed) :]}


# --- units ---


def figures(unit_id: int = 1, roster: int = 10, people: int = 5, score: int = 400_000) -> UnitFigures:
    return UnitFigures(unit_id, roster, people, score)


def test_a_unit_scores_half_participation_and_half_mean_best():
    assert rules.unit_score(UnitRule(), figures(), 100_000) == 65_000  # 50 % took part, 80 points on average


@pytest.mark.parametrize("weight, score", [(0, 80_000), (100, 50_000), (30, 71_000)])
def test_the_weight_of_participation_can_be_set_and_may_be_nothing(weight, score):
    assert rules.unit_score(UnitRule(weight), figures(), 100_000) == score


def test_a_full_score_of_another_size_counts_as_a_hundred():
    assert rules.unit_score(UnitRule(0), figures(score=5 * 40_000), 50_000) == 80_000


def test_a_unit_nobody_of_which_took_part_scores_nothing_and_divides_by_nothing():
    assert rules.unit_score(UnitRule(), figures(people=0, score=0), 100_000) == 0
    assert rules.unit_score(UnitRule(), figures(roster=0), 0) == 50_000


def test_participation_never_exceeds_the_whole_when_people_on_leave_take_part():
    assert rules.rate_of(figures(roster=3, people=4)) == 1


@given(st.integers(0, 100), st.integers(0, 50), st.integers(0, 60), st.integers(0, 100_000))
def test_a_unit_score_lies_between_nothing_and_a_hundred_points(weight, roster, people, mean):
    assert 0 <= rules.unit_score(UnitRule(weight), figures(1, roster, people, people * mean), 100_000) <= 100_000


def test_units_with_the_same_score_share_a_place():
    standings = rules.rank_units(UnitRule(), [figures(1), figures(2), figures(3, people=10, score=1_000_000)], 100_000)
    assert [(s.place, s.unit_id) for s in standings] == [(1, 3), (2, 1), (2, 2)]


def test_units_are_ranked_within_their_band_of_size():
    rule = UnitRule(bands=(("小", 20), ("大", 1000)))
    standings = rules.rank_units(rule, [figures(1, 10), figures(2, 500), figures(3, 20), figures(4, 5000)], 100_000)
    assert {(s.band, s.place, s.unit_id) for s in standings} == {("小", 1, 1), ("小", 2, 3), ("大", 1, 2), ("大", 2, 4)}


def test_a_unit_without_roster_and_participants_is_not_ranked():
    assert rules.rank_units(UnitRule(), [figures(1, 0, 0, 0)], 100_000) == []


def test_a_team_is_the_best_three_of_its_unit():
    assert rules.team_score([90_000, 100_000, 70_000, 95_000]) == 285_000
    assert rules.team_score([90_000]) == 90_000


def test_the_median_is_the_middle_or_the_mean_of_the_middle_two():
    assert (rules.median([]), rules.median([3, 1, 2]), rules.median([1, 2]), rules.median([4])) == (0, 2, 2, 4)


def test_a_weight_outside_0_to_100_is_refused():
    with pytest.raises(ValueError):
        UnitRule(participation_percent=101)


# --- words ---


def test_the_words_follow_the_rule_that_ranks():
    assert rules.explain(RULE)[0] == (
        "得分高的在前；得分相同的，用时短的在前；用时相同的，交卷早的在前；全部相同的名次并列，后面的名次顺延（1、2、2、4）。"
    )
    swapped = replace(RULE, order=(Criterion.SECONDS, Criterion.SCORE), shown_people=20)
    said = "".join(rules.explain(swapped))
    assert said.startswith("用时短的在前；用时相同的，得分高的在前；全部相同")
    assert "前 20 名" in said


@pytest.mark.parametrize("weight", [0, 30, 100])
def test_the_unit_formula_in_words_names_its_own_weights(weight):
    said = "".join(rules.explain(replace(RULE, unit=UnitRule(weight))))
    assert ("参与率 × 30%" in said and "× 70%" in said) == (weight == 30)


def test_a_rule_survives_storage():
    rule = BoardRule((Criterion.SCORE,), 20, 5, 3, UnitRule(0, 5, (("小", 20), ("大", 500))))
    assert BoardRule.from_json(rule.to_json()) == rule


def test_an_order_that_repeats_a_criterion_is_refused():
    with pytest.raises(ValueError):
        BoardRule(order=(Criterion.SCORE, Criterion.SCORE))
    with pytest.raises(ValueError):
        BoardRule(order=())


# --- snapshots ---


def test_a_digest_does_not_depend_on_the_order_of_keys_but_on_every_value():
    assert rules.digest({"a": 1, "b": [1, 2]}) == rules.digest({"b": [1, 2], "a": 1})
    assert rules.digest({"a": 1, "b": [1, 2]}) != rules.digest({"a": 1, "b": [2, 1]})
    assert rules.fingerprint("7f3a92c1" + "0" * 56) == "7f3a 92c1"


def line(person_id: int, place: int, score: int = 90_000) -> dict[str, int]:
    return {"person_id": person_id, "place": place, "score_millis": score, "seconds": 100}


def test_the_difference_of_two_versions_names_who_moved_came_and_went():
    changes = rules.differences([line(1, 1), line(2, 2), line(3, 3)], [line(2, 1), line(1, 2), line(4, 3)])
    assert [(c.person_id, c.old and c.old["place"], c.new and c.new["place"]) for c in changes] == [
        (2, 2, 1),
        (1, 1, 2),
        (4, None, 3),
        (3, 3, None),
    ]


def test_equal_versions_do_not_differ():
    assert rules.differences([line(1, 1)], [line(1, 1)]) == []


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)), max_size=40),
    st.integers(),
)
def test_the_best_results_give_the_same_places_in_whatever_order_they_arrive(history, seed):
    """The order is total: keeping the smallest key is independent of arrival."""

    def board(many):
        best: dict[int, int] = {}
        for person, score, seconds, submitted in many:
            packed = key(score * 1000, seconds, submitted)
            best[person] = min(best.get(person, packed), packed)
        keys = sorted(best.values())
        return sorted(zip(rules.places(keys), keys, strict=True)), best

    shuffled = random.Random(seed).sample(history, len(history))
    assert board(history) == board(shuffled)
    assert all(a[1] <= b[1] for a, b in itertools.pairwise(board(history)[0]))
