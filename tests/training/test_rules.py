"""Audience, places, promotion, conflicts and the 6/7 rule, for whatever comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.hours import rules as hours
from lms.hours.rules import FIRST, Extent
from lms.people.rules import RankBand
from lms.training import class_rules, closing_rules
from lms.training.class_rules import Audience, Candidate, ClassState, Phase, Room, quota_of, why_not_meant
from lms.training.closing_rules import Attendance, Meeting

START = datetime(2026, 12, 7, 1, 0, tzinfo=UTC)


# --- who it is for

MEANT = Audience(["/1/2/"], [RankBand.TOWNSHIP], 20, 40)


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (Candidate("/1/2/7/", RankBand.TOWNSHIP, 1990), ""),
        (Candidate("/1/3/", RankBand.TOWNSHIP, 1990), "单位"),
        (Candidate("", RankBand.TOWNSHIP, 1990), "单位"),
        (Candidate("/1/2/", RankBand.COUNTY, 1990), "乡科级"),
        (Candidate("/1/2/", RankBand.TOWNSHIP, 1985), "40 岁及以下"),
        (Candidate("/1/2/", RankBand.TOWNSHIP, 2007), "20 岁及以上"),
        (Candidate("/1/2/", RankBand.TOWNSHIP, None), "出生年份"),
        (Candidate("/1/2/", RankBand.TOWNSHIP, 1986), ""),
    ],
)
def test_a_class_is_for_units_rank_bands_and_ages_and_says_why_not(person: Candidate, why: str) -> None:
    said = why_not_meant(MEANT, person, 2026)
    assert why in said
    assert bool(said) == bool(why)


def test_a_class_without_limits_is_for_everybody_of_its_unit_whatever_is_not_known_of_them() -> None:
    assert why_not_meant(Audience(["/1/"]), Candidate("/1/9/", RankBand.COUNTY, None), 2026) == ""


# --- places


@st.composite
def queues(draw: st.DrawFn) -> tuple[list[tuple[int, int | None]], Room]:
    quotas = {
        number: (places, draw(st.integers(0, places)))
        for number, places in enumerate(draw(st.lists(st.integers(1, 4), max_size=3)), 1)
    }
    taken = sum(used for _, used in quotas.values()) + draw(st.integers(0, 3))
    room = Room(taken + draw(st.integers(0, 5)), taken, quotas)
    groups = st.sampled_from([None, *quotas])
    waiting = [(number, draw(groups)) for number in range(draw(st.integers(0, 10)))]
    return waiting, room


@given(queues())
def test_promotion_never_passes_places_or_quotas_and_leaves_nobody_waiting_who_has_room(
    case: tuple[list[tuple[int, int | None]], Room],
) -> None:
    waiting, room = case
    found = class_rules.promoted(waiting, room)
    group = dict(waiting)
    for number in found:
        assert room.has(group[number])
        room = room.after(group[number])
    assert room.taken <= room.places
    assert all(used <= places for places, used in room.quotas.values())
    assert not [number for number, quota in waiting if number not in found and room.has(quota)]


@given(queues())
def test_promotion_keeps_the_order_within_each_unit(case: tuple[list[tuple[int, int | None]], Room]) -> None:
    waiting, room = case
    found = class_rules.promoted(waiting, room)
    assert found == [number for number, _ in waiting if number in found]
    for quota in {None, *room.quotas}:
        of_unit = [number in found for number, of in waiting if of == quota]
        assert of_unit == sorted(of_unit, reverse=True), "somebody of the same unit was passed over"


def test_who_waits_for_a_full_unit_lets_the_next_pass() -> None:
    room = Room(10, 3, {1: (2, 2), 2: (2, 1)})
    assert class_rules.promoted([(5, 1), (6, 2), (7, 2), (8, None)], room) == [6, 8]


def test_the_nearest_quota_above_the_unit_counts() -> None:
    quotas = [(1, "/1/"), (2, "/1/2/")]
    assert (quota_of("/1/2/3/", quotas), quota_of("/1/9/", quotas), quota_of("/7/", quotas)) == (2, 1, None)


@pytest.mark.parametrize(
    ("days", "hours_", "phase"),
    [(-6, 0, Phase.COMING), (-4, 0, Phase.ENROLLING), (-1, 0, Phase.FULL), (0, 0, Phase.RUNNING), (2, 0, Phase.RUNNING), (3, 0, Phase.TO_CLOSE)],
)  # fmt: skip
def test_a_class_goes_from_coming_to_waiting_for_its_close(days: int, hours_: int, phase: Phase) -> None:
    first = START.date()
    now = START + timedelta(days=days, hours=hours_)
    enrol = (START - timedelta(days=5), START - timedelta(days=2))
    found = class_rules.phase_of(ClassState.OPEN, *enrol, first, first + timedelta(days=2), now=now, today=now.date())
    assert found is phase


# --- attendance


def meetings(seconds: list[tuple[int, bool]]) -> list[Meeting]:
    return [Meeting(START, START + timedelta(seconds=length), Extent.TIMED, was) for length, was in seconds]


LENGTHS = st.sampled_from([1800, 3600, 5400, 10_800]) | st.integers(60, 36_000)
HELD = st.lists(st.tuples(LENGTHS, st.sampled_from([True, True, True, True, False])), min_size=1, max_size=12)


@given(HELD)
@example([(3600, True)] * 6 + [(3600, False)])
@example([(3600, True)] * 5 + [(3600, False)])
def test_enough_is_at_least_six_sevenths_of_the_time(held: list[tuple[int, bool]]) -> None:
    of = closing_rules.attendance(meetings(held))
    share = Fraction(sum(length for length, was in held if was), sum(length for length, _ in held))
    assert of.is_enough(FIRST) == (share >= Fraction(6, 7))


@pytest.mark.parametrize(("attended", "held", "enough"), [(6, 7, True), (6 * 3600 - 1, 7 * 3600, False), (0, 0, False)])
def test_exactly_one_seventh_may_be_missed_and_a_second_more_may_not(attended: int, held: int, enough: bool) -> None:
    assert Attendance(attended, held).is_enough(FIRST) is enough


LIMITS = st.integers(1, 20).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(HELD, LIMITS)
@example([(3600, True), (3600, False)], (1, 2))
@example([(3600, True), (60, False)], (0, 1))
def test_as_much_may_be_missed_as_the_policy_says(held: list[tuple[int, bool]], limit: tuple[int, int]) -> None:
    of, policy = closing_rules.attendance(meetings(held)), replace(FIRST, absence_limit=limit)
    missed = Fraction(sum(length for length, was in held if not was), sum(length for length, _ in held))
    assert of.is_enough(policy) == (missed <= Fraction(*limit))
    said = closing_rules.why_not_completed(of, policy, quiz_passed=None)
    assert said == "" or said.endswith(f"的 {limit[0]}/{limit[1]}")
    assert bool(said) != of.is_enough(policy)


@given(HELD)
def test_evidence_is_worth_what_was_held_when_enough_was_attended_and_otherwise_nothing(
    held: list[tuple[int, bool]],
) -> None:
    found = meetings(held)
    evidence = closing_rules.evidence_by_year(found)
    worth = {year: hours.recompute(each, FIRST) for year, each in evidence.items()}
    whole = sum(hours.timed_quarters(length) for length, _ in held)
    assert worth == {2026: whole if closing_rules.attendance(found).is_enough(FIRST) else 0}


def test_a_class_over_new_year_s_eve_is_split_by_the_days_it_was_held_on() -> None:
    eve = datetime(2026, 12, 31, 1, 0, tzinfo=UTC)
    night = datetime(2026, 12, 31, 14, 0, tzinfo=UTC)
    found = [
        Meeting(eve, eve + timedelta(hours=8), Extent.FULL_DAY, True),
        Meeting(night, night + timedelta(hours=4), Extent.TIMED, True),
        Meeting(eve + timedelta(days=1), eve + timedelta(days=1, hours=3), Extent.HALF_DAY, True),
    ]
    evidence = closing_rules.evidence_by_year(found)
    assert {year: hours.recompute(each, FIRST) for year, each in evidence.items()} == {
        2026: 32 + 8,
        2027: 8 + 16,
    }


def test_why_a_class_was_not_completed_names_the_time_missed_first() -> None:
    assert closing_rules.why_not_completed(Attendance(3600, 3 * 3600 + 1800), FIRST, quiz_passed=True) == (
        "缺课 2 小时 30 分钟，超过总课时 3 小时 30 分钟 的 1/7"
    )
    assert closing_rules.why_not_completed(Attendance(7, 7), FIRST, quiz_passed=False) == "结业测验未通过"
    assert closing_rules.why_not_completed(Attendance(7, 7), FIRST, quiz_passed=None) == ""


# --- weakened rules are noticed


def test_the_property_of_promotion_notices_a_rule_that_forgets_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room, "has", lambda room, quota: room.taken < room.places)
    with pytest.raises((AssertionError, ExceptionGroup)):
        test_promotion_never_passes_places_or_quotas_and_leaves_nobody_waiting_who_has_room()


def test_the_property_of_attendance_notices_a_rule_that_forgives_a_sixth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        closing_rules, "class_quarters", lambda whole, was, held, _policy: whole if 6 * (held - was) <= held else 0
    )
    with pytest.raises((AssertionError, ExceptionGroup)):
        test_enough_is_at_least_six_sevenths_of_the_time()
