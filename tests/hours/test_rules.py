"""Conversion, requirements and caps, row by row as DOMAIN states them."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.hours import policy_rules, requirement_rules, rules
from lms.hours.policy_rules import PRESETS, Subject
from lms.hours.requirement_rules import Exemption, Standing
from lms.hours.rules import Bucket, Extent, Policy, SourceRule


@pytest.mark.parametrize(
    "minutes, quarters", [(0, 0), (1, 1), (14.99, 1), (15, 2), (29.99, 2), (30, 4), (48, 4), (180, 4)]
)
def test_a_video_or_sound_earns_by_its_length(minutes: float, quarters: int) -> None:
    assert rules.lesson_quarters("video", int(minutes * 60)) == quarters
    assert rules.lesson_quarters("audio", int(minutes * 60)) == quarters


@pytest.mark.parametrize("minutes, quarters", [(0, 0), (14, 0), (15, 1), (29, 1), (30, 2), (60, 4), (300, 4)])
def test_a_document_or_article_earns_a_quarter_for_each_fifteen_minutes_and_at_most_one_hour(
    minutes: int, quarters: int
) -> None:
    assert rules.lesson_quarters("document", minutes * 60) == quarters
    assert rules.lesson_quarters("article", minutes * 60) == quarters


def test_a_link_earns_nothing() -> None:
    assert rules.lesson_quarters("link", 7200) == 0


@pytest.mark.parametrize(
    "extent, minutes, quarters",
    [
        (Extent.FULL_DAY, 0, 32), (Extent.HALF_DAY, 0, 16), (Extent.TIMED, 29, 0), (Extent.TIMED, 30, 2),
        (Extent.TIMED, 60, 4), (Extent.TIMED, 89, 4), (Extent.TIMED, 90, 6), (Extent.TIMED, 150, 10),
    ],
)  # fmt: skip
def test_an_offline_event_earns_by_day_half_day_or_hours(extent: Extent, minutes: int, quarters: int) -> None:
    assert rules.offline_quarters(extent, minutes * 60) == quarters


def test_the_preset_six_three_gives_six_hours_a_day_and_three_for_half() -> None:
    assert rules.offline_quarters(Extent.FULL_DAY, policy=policy_rules.NANJING) == 24
    assert rules.offline_quarters(Extent.HALF_DAY, policy=policy_rules.NANJING) == 12


def test_missing_more_than_a_seventh_of_a_class_earns_nothing() -> None:
    assert rules.class_quarters(32, attended_seconds=6 * 3600, held_seconds=7 * 3600) == 32
    assert rules.class_quarters(32, attended_seconds=6 * 3600 - 1, held_seconds=7 * 3600) == 0


def test_a_theme_day_earns_one_for_each_full_hour_and_four_for_half_a_day() -> None:
    assert rules.theme_day_quarters(Extent.TIMED, 59 * 60) == 0
    assert rules.theme_day_quarters(Extent.TIMED, 119 * 60) == 4
    assert rules.theme_day_quarters(Extent.HALF_DAY) == 16


def test_giving_a_lecture_earns_double_the_first_time_in_a_year_and_then_nothing() -> None:
    assert rules.lecture_quarters(5400, is_first_this_year=True) == 12
    assert rules.lecture_quarters(5400, is_first_this_year=False) == 0


def test_an_event_across_new_year_in_shanghai_is_split_by_date() -> None:
    begin = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    assert rules.split_by_year(begin, begin + timedelta(hours=3)) == [(2026, 3600), (2027, 7200)]
    assert rules.split_by_year(begin, begin + timedelta(minutes=30)) == [(2026, 1800)]
    assert rules.split_by_year(begin, begin) == []


@given(st.integers(0, 10 * 365 * 86400), st.integers(0, 10**8))
def test_splitting_by_year_loses_no_second(begins: int, seconds: int) -> None:
    begin = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=begins)
    parts = rules.split_by_year(begin, begin + timedelta(seconds=seconds))
    assert sum(part for _, part in parts) == seconds
    assert len({year for year, _ in parts}) == len(parts)


@pytest.mark.parametrize(
    "standing, member, committee, expected",
    [
        (Standing.COUNTY, True, False, {Bucket.OFFLINE: 110, Bucket.ONLINE: 50, Bucket.PARTY: 32}),
        (Standing.TOWNSHIP, True, True, {Bucket.OFFLINE: 90, Bucket.ONLINE: 50, Bucket.PARTY: 56}),
        (Standing.TOWNSHIP, False, False, {Bucket.OFFLINE: 90, Bucket.ONLINE: 50}),
        (Standing.TECHNICAL, False, False, {Bucket.ONLINE: 50, Bucket.PROFESSIONAL: 60, None: 90}),
    ],
)
def test_requirements_follow_rank_and_party_standing(
    standing: Standing, member: bool, committee: bool, expected: dict[Bucket | None, int]
) -> None:
    found = requirement_rules.requirements(standing, is_member=member, is_committee=committee)
    assert {each.bucket: each.target // 4 for each in found} == expected


def test_the_hundred_and_ten_hours_of_county_rank_are_a_pace_line_and_not_a_duty() -> None:
    county = requirement_rules.requirements(Standing.COUNTY, is_member=True, is_committee=False)
    assert [each.is_duty for each in county if each.bucket is Bucket.OFFLINE] == [False]
    asked = requirement_rules.FIRST
    assert (asked.five_years_from, asked.five_years_until, asked.five_years_total) == (2023, 2027, 550)


def test_an_exemption_lifts_the_target_by_its_days_and_overlaps_count_once() -> None:
    half = Exemption(date(2026, 1, 1), date(2026, 7, 2))
    assert requirement_rules.reduced(365, 2026, [half]) == 182
    assert requirement_rules.reduced(365, 2026, [half, half]) == 182
    assert requirement_rules.reduced(360, 2026, [Exemption(date(2025, 6, 1), date(2027, 6, 1))]) == 0
    assert requirement_rules.reduced(360, 2026, [Exemption(date(2026, 1, 1), date(2026, 12, 31), percent=50)]) == 180
    assert requirement_rules.reduced(360, 2026, [Exemption(date(2025, 1, 1), date(2025, 12, 31))]) == 360


def test_the_pace_line_runs_evenly_over_the_year() -> None:
    assert requirement_rules.pace(365, date(2026, 1, 1), 2026) == 1
    assert requirement_rules.pace(365, date(2026, 12, 31), 2026) == 365
    assert requirement_rules.pace(365, date(2025, 12, 31), 2026) == 0
    assert requirement_rules.pace(365, date(2027, 3, 1), 2026) == 365


def test_caps_and_carrying_over_are_off_by_default_and_work_when_set() -> None:
    assert not rules.FIRST.sources
    assert not rules.FIRST.carry_over
    assert rules.capped(8, already=100, cap=None) == 8
    assert [rules.capped(8, already, 20) for already in (0, 14, 20, 30)] == [8, 6, 0, 0]
    assert rules.carried_over(220, 200, None) == 0
    assert [rules.carried_over(earned, 200, 12) for earned in (190, 205, 300)] == [0, 5, 12]


@pytest.mark.parametrize(
    "evidence, quarters",
    [
        ({"conversion": "lesson", "kind": "video", "seconds": 1800}, 4),
        ({"conversion": "quiz", "percent": 60, "pass_percent": 60}, 2),
        ({"conversion": "quiz", "percent": 59, "pass_percent": 60}, 0),
        ({"conversion": "offline", "extent": "half_day"}, 16),
        ({"conversion": "theme_day", "extent": "timed", "seconds": 7200}, 8),
        ({"conversion": "lecture", "seconds": 3600, "is_first": True}, 8),
        ({"conversion": "given", "quarters": 24}, 24),
        ({"conversion": "given"}, None),
        ({"conversion": "unheard of"}, None),
        ({}, None),
    ],
)
def test_an_entry_is_recomputed_from_its_evidence(evidence: dict[str, object], quarters: int | None) -> None:
    assert rules.recompute(evidence, rules.FIRST) == quarters


def test_the_rule_version_of_2026_says_what_it_said_when_it_was_made() -> None:
    """A changed figure is a new version, so this literal never changes."""
    assert rules.RULE_VERSION == "2026-1"
    policy = rules.FIRST
    assert policy.media == ((1800, 4), (900, 2), (0, 1))
    assert (policy.reading_step_seconds, policy.reading_most, policy.quiz) == (900, 4, 2)
    assert (policy.full_day, policy.half_day, policy.theme_half_day) == (32, 16, 16)
    assert (policy.absence_limit, policy.lecture_factor) == ((1, 7), 2)


# --- policies as data


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_stored_and_read_back_as_it_was(name: str) -> None:
    policy = PRESETS[name].policy
    stored = json.loads(json.dumps(policy_rules.policy_json(policy)))
    assert policy_rules.policy_of(stored) == policy
    asked = json.loads(json.dumps(requirement_rules.as_json(PRESETS[name].asked)))
    assert requirement_rules.asked_of(asked) == PRESETS[name].asked


def test_two_presets_differ_in_words_that_a_person_understands() -> None:
    default, nanjing = (policy_rules.policy_json(PRESETS[name].policy) for name in ("default", "nanjing"))
    said = policy_rules.differences(Subject.CONVERSION, default, nanjing)
    assert ("集中培训", "全天 8，半天 4", "全天 6，半天 3") in said
    assert ("授课", "时长 × 2，同一题目一年一次", "时长 × 5，同一题目一年一次") in said
    assert ("个人申报", "—", "每年最多 48") in said
    assert policy_rules.differences(Subject.CONVERSION, nanjing, nanjing) == []


def test_a_lecture_of_exactly_fifteen_minutes_is_a_micro_course_in_yunnan() -> None:
    assert rules.media_quarters(900) == 2
    assert rules.media_quarters(900, policy_rules.YUNNAN) == 1
    assert rules.media_quarters(901, policy_rules.YUNNAN) == 2


def test_a_factor_touches_what_is_converted_and_not_what_somebody_set() -> None:
    half = Policy(sources={"import": SourceRule(factor_percent=50)})
    day = {"conversion": "offline", "extent": "full_day"}
    assert rules.recompute(day, half, "import") == 16
    assert rules.recompute(day, half, "gathering") == 32
    assert rules.recompute({"conversion": "given", "quarters": 6}, half, "import") == 6


@pytest.mark.parametrize(
    "evidence, left",
    [
        ({"conversion": "lesson", "kind": "document", "seconds": 720}, 720),
        ({"conversion": "lesson", "kind": "article", "seconds": 1020}, 120),
        ({"conversion": "lesson", "kind": "document", "seconds": 4000}, 400),
        ({"conversion": "lesson", "kind": "video", "seconds": 1234}, 0),
        ({"conversion": "theme_day", "extent": "timed", "seconds": 4320}, 720),
        ({"conversion": "theme_day", "extent": "half_day"}, 0),
        ({"conversion": "offline", "extent": "timed", "seconds": 6120}, 720),
        ({"conversion": "given", "quarters": 4}, 0),
    ],
)
def test_what_a_conversion_leaves_out_is_known_to_the_second(evidence: dict[str, object], left: int) -> None:
    assert rules.remainder(evidence, rules.FIRST)[0] == left


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 2000) | st.none(), st.integers(0, 2000))
def test_carrying_over_never_creates_hours(earned: int, target: int, most: int | None, brought: int) -> None:
    carried = rules.carried_over(earned, target, most, brought=brought)
    assert 0 <= carried <= max(0, earned - target)
    assert carried <= max(0, earned - brought)
    assert carried <= (most or 0)


@given(st.lists(st.integers(0, 40), max_size=20), st.integers(0, 200))
def test_a_cap_never_creates_hours_and_is_never_passed(given_quarters: list[int], cap: int) -> None:
    counted = 0
    for quarters in given_quarters:
        allowed = rules.capped(quarters, counted, cap)
        assert 0 <= allowed <= quarters
        counted += allowed
    assert counted == min(cap, sum(given_quarters))
