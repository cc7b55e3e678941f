"""Who advances, why, and who moves up."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.contests.advancement_rules import (
    AdvanceRule,
    Candidate,
    Decision,
    Held,
    Outcome,
    Seat,
    Ties,
    carried,
    decide,
    explain,
    lot_of,
    successor,
)

UNITS = (None, 1, 2, 3)


@st.composite
def boards(draw: st.DrawFn) -> list[Candidate]:
    """Candidates with competition places by score, then time: equal places and equal scores both happen."""
    results = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.sampled_from(UNITS)), max_size=25))
    keys = sorted((-score, seconds) for score, seconds, _ in results)
    return [
        Candidate(id, unit, keys.index((-score, seconds)) + 1, score * 1000, lot_of(7, id))
        for id, (score, seconds, unit) in enumerate(results, 100)
    ]


rules = st.builds(
    AdvanceRule,
    top=st.integers(0, 8),
    per_unit=st.integers(0, 3),
    minimum_millis=st.sampled_from([0, 2000, 4000]),
    ties=st.sampled_from(list(Ties)),
    reserve=st.integers(0, 5),
)
cards = st.dictionaries(st.integers(95, 120), st.just((1, "上届冠军")), max_size=3)


def of(lines: list[Decision], outcome: Outcome) -> list[Decision]:
    return [line for line in lines if line.outcome is outcome]


@given(rules, boards(), cards, st.randoms())
def test_the_list_does_not_depend_on_the_order_it_is_computed_from(rule, board, wild, random) -> None:
    shuffled = list(board)
    random.shuffle(shuffled)
    assert decide(rule, shuffled, wild) == decide(rule, board, wild)


@given(rules, boards(), cards)
def test_everybody_stands_in_the_list_once_with_a_reason(rule, board, wild) -> None:
    lines = decide(rule, board, wild)
    assert sorted(line.id for line in lines) == sorted({one.id for one in board} | set(wild))
    assert all(line.reason for line in lines)
    assert all((line.seat is not None) == (line.outcome is Outcome.ADVANCED) for line in lines)


@given(rules, boards(), cards)
def test_nobody_below_the_minimum_advances_or_waits_without_a_wild_card(rule, board, wild) -> None:
    for line in decide(rule, board, wild):
        if line.outcome is not Outcome.OUT and line.seat is not Seat.WILD:
            assert line.score_millis is not None
            assert line.score_millis >= rule.minimum_millis


@given(rules, boards(), cards)
def test_so_many_advance_by_place_as_the_rule_says_and_more_only_for_equals(rule, board, wild) -> None:
    able = [one for one in board if one.score_millis >= rule.minimum_millis]
    top = [line for line in decide(rule, board, wild) if line.seat is Seat.TOP]
    least = min(rule.top, len(able))
    assert len(top) >= least
    if rule.ties is Ties.LOT:
        assert len(top) == least
    beyond = [line for line in top if line.place is not None and line.place > rule.top]
    assert not beyond or rule.ties is Ties.SCORE


@given(rules, boards(), cards)
def test_who_stands_before_somebody_admitted_by_place_is_admitted(rule, board, wild) -> None:
    lines = decide(rule, board, wild)
    worst = max((line.place or 0 for line in lines if line.seat is Seat.TOP), default=0)
    for line in lines:
        if line.place is not None and line.place < worst and (line.score_millis or 0) >= rule.minimum_millis:
            assert line.outcome is Outcome.ADVANCED


@given(rules, boards(), cards)
def test_equals_at_the_edge_share_their_fate_unless_lots_are_drawn(rule, board, wild) -> None:
    if rule.ties is Ties.LOT:
        return
    lines = decide(rule, board, {})
    places = {line.place for line in lines if line.seat is Seat.TOP}
    assert all(line.seat is Seat.TOP for line in lines if line.place in places)


@given(rules, boards(), cards)
def test_each_unit_has_the_places_it_was_promised_with_its_best(rule, board, wild) -> None:
    lines = decide(rule, board, wild)
    for unit in (1, 2, 3):
        able = [one for one in board if one.unit_id == unit and one.score_millis >= rule.minimum_millis]
        mine = [line for line in lines if line.unit_id == unit and line.outcome is Outcome.ADVANCED]
        assert len(mine) >= min(rule.per_unit, len(able))
        earned = [line.place or 0 for line in mine if line.seat is not Seat.WILD]
        left = [
            line.place or 0
            for line in lines
            if line.unit_id == unit
            and line.outcome is not Outcome.ADVANCED
            and (line.score_millis or 0) >= rule.minimum_millis
        ]
        assert not earned or not left or max(earned) <= min(left)


@given(rules, boards(), cards)
def test_the_reserve_is_numbered_in_the_order_of_the_board(rule, board, wild) -> None:
    lines = decide(rule, board, wild)
    waiting = of(lines, Outcome.RESERVE)
    assert [line.number for line in waiting] == list(range(1, len(waiting) + 1))
    assert len(waiting) <= rule.reserve
    places = [line.place or 0 for line in waiting]
    assert places == sorted(places)
    left = [line for line in of(lines, Outcome.OUT) if (line.score_millis or 0) >= rule.minimum_millis]
    assert not left or len(waiting) == rule.reserve
    assert all(max(places, default=0) <= (line.place or 0) for line in left)


@given(rules, boards(), cards, st.integers(0, 24))
def test_a_better_result_never_costs_somebody_the_place(rule, board, wild, index) -> None:
    if not board or rule.ties is Ties.LOT:
        return
    one = board[index % len(board)]
    if one.id in {line.id for line in of(decide(rule, board, wild), Outcome.ADVANCED)}:
        better = [replace(other, place=other.place + 1) for other in board if other is not one]
        lines = decide(rule, [*better, replace(one, place=1, score_millis=9000)], wild)
        assert one.id in {line.id for line in of(lines, Outcome.ADVANCED)}


@given(rules, boards(), cards)
def test_every_wild_card_admits_and_is_used_only_where_it_is_needed(rule, board, wild) -> None:
    without = {line.id for line in of(decide(rule, board, {}), Outcome.ADVANCED)}
    lines = {line.id: line for line in decide(rule, board, wild)}
    for id in wild:
        assert lines[id].outcome is Outcome.ADVANCED
        assert (lines[id].seat is Seat.WILD) == (id not in without)


@given(rules, boards(), st.lists(st.integers(0, 40), max_size=30))
def test_however_many_withdraw_the_reserve_fills_their_places_in_order(rule, board, leavers) -> None:
    lines = decide(rule, board, {})
    inside = {line.id: Held(line.seat, line.unit_id) for line in lines if line.seat is not None}
    waiting = [(line.id, line.unit_id) for line in of(lines, Outcome.RESERVE)]
    size, ever = len(inside), []
    for number in leavers:
        if not inside:
            break
        gone = sorted(inside)[number % len(inside)]
        held = inside.pop(gone)
        comes = successor(held, waiting)
        if comes is None:
            assert not waiting
            size -= 1
            continue
        assert comes not in ever
        same_unit = [id for id, unit in waiting if unit == held.unit_id and held.seat is Seat.UNIT]
        assert comes == (same_unit or [id for id, _ in waiting])[0]
        waiting = [(id, unit) for id, unit in waiting if id != comes]
        ever.append(comes)
        inside[comes] = held
        assert len(inside) == size


def test_reasons_say_the_place_and_what_was_needed() -> None:
    board = [
        Candidate(1, 1, 1, 95_000), Candidate(2, 1, 2, 90_000), Candidate(3, 2, 3, 80_000), Candidate(4, 1, 4, 75_000),
        Candidate(5, 3, 5, 59_500),
    ]  # fmt: skip
    lines = {line.id: line for line in decide(AdvanceRule(2, 1, 60_000, reserve=1), board, {9: (3, "上届冠军")})}
    assert lines[1].reason == "第 1 名，前 2 名晋级"
    assert lines[3].reason == "本单位第 1 名，每个单位保证 1 个名额"
    assert lines[9].reason == "外卡：上届冠军"
    assert lines[4].reason == "第 4 名，候补第 1 位"
    assert lines[5].reason == "59.5 分，最低要 60 分"


def test_equal_scores_advance_together_where_the_rule_says_so() -> None:
    board = [Candidate(1, 1, 1, 90_000), Candidate(2, 1, 2, 80_000), Candidate(3, 1, 3, 80_000)]
    assert [line.outcome for line in decide(AdvanceRule(2, ties=Ties.SCORE), board, {})] == [Outcome.ADVANCED] * 3
    assert decide(AdvanceRule(2, ties=Ties.SCORE), board, {})[2].reason.endswith("得分相同的都晋级")
    assert [line.outcome for line in decide(AdvanceRule(2), board, {})][2] is Outcome.OUT


def test_the_words_follow_the_rule() -> None:
    said = "".join(explain(AdvanceRule(8, 1, 60_000, Ties.LOT, 3), "初赛", carry_percent=30))
    for part in ("前 8 名", "抽签", "每个单位保证 1 人", "不到 60 分", "3 人候补", "30%"):
        assert part in said
    bare = "".join(explain(AdvanceRule(8), "初赛"))
    for part in ("每个单位", "不到", "候补", "%"):
        assert part not in bare


def test_a_rule_without_any_place_is_refused_and_every_rule_survives_storage() -> None:
    assert AdvanceRule().fault()
    assert AdvanceRule(top=1).fault() == ""
    assert AdvanceRule(top=2001).fault()
    rule = AdvanceRule(3, 1, 60_000, Ties.LOT, 2)
    assert AdvanceRule.from_json(rule.to_json()) == rule
    assert AdvanceRule.from_json({}) == AdvanceRule()


@pytest.mark.parametrize(
    ("score", "percent", "expected"),
    [(80_000, 30, 24_000), (1, 50, 1), (None, 30, 0), (-5_000, 30, 0), (80_000, 0, 0)],
)
def test_carried_scores_are_rounded_half_up_and_never_negative(score, percent, expected) -> None:
    assert carried(score, percent) == expected


@pytest.mark.parametrize(
    ("held", "waiting", "comes"),
    [
        (Held(Seat.UNIT, 1), [(5, 2), (6, 1), (7, 1)], 6),
        (Held(Seat.UNIT, 3), [(5, 2), (6, 1)], 5),
        (Held(Seat.TOP, 1), [(5, 2), (6, 1)], 5),
        (Held(Seat.WILD, 1), [(5, 2), (6, 1)], 5),
        (Held(Seat.UNIT, 1), [], None),
    ],
)
def test_a_units_place_stays_with_the_unit_while_it_has_somebody_waiting(held, waiting, comes) -> None:
    assert successor(held, waiting) == comes
