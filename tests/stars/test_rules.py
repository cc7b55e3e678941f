"""The rules of stars as properties. Each property is also shown to fail for a chooser that is weaker by one thing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.stars import catalogue_rules, period_rules, rules
from lms.stars.catalogue_rules import CATALOGUE, Gate, Holder, Measure, Source
from lms.stars.period_rules import Period, due_spans, last_finished, span_of
from lms.stars.preset_rules import LEARNING, PRESETS
from lms.stars.rules import Choice, Contender, Criterion, StarRule, choose, in_force, points, quota

Chooser = Callable[[StarRule, int, Sequence[Contender]], Choice]

# --- the catalogue ---


def test_the_catalogue_is_closed_and_holds_nothing_of_time_spent_logins_or_streaks():
    assert {source.value for source in CATALOGUE} == {
        "accuracy", "contest_accuracy", "quiz_accuracy", "contest_score", "lectures", "materials", "cases",
        "branch_recommendation", "unit_recommendation", "member_accuracy", "participation", "meetings", "attendance",
        "judged_1", "judged_2", "judged_3",
    }  # fmt: skip
    banned = ("minute", "second", "duration", "online", "login", "sign_in", "visit", "streak", "days", "click")
    assert not [source for source in Source if any(word in source.value for word in banned)]
    words = "".join(entry.label + entry.hint for entry in CATALOGUE.values())
    assert not [word for word in ("时长", "登录", "打卡", "连续", "在线") if word in words]
    assert set(CATALOGUE) == set(Source)


def test_a_rule_with_a_source_or_gate_that_is_not_in_the_catalogue_cannot_be_read():
    forged = LEARNING.to_json()
    forged["criteria"][0]["source"] = "minutes_online"
    with pytest.raises(ValueError, match="minutes_online"):
        StarRule.from_json(forged)
    with pytest.raises(ValueError, match="logged_in_daily"):
        StarRule.from_json(LEARNING.to_json() | {"gates": ["logged_in_daily"]})


@pytest.mark.parametrize("title", ["在线学习时长", "登录次数", "连续打卡", "每日签到", "活跃天数"])
def test_a_title_of_one_s_own_cannot_bring_it_in_by_hand(title):
    assert catalogue_rules.is_forbidden_title(title)


def test_titles_of_real_merit_are_free():
    assert not [t for t in ("创新成果", "推广应用", "专利和论文", "技术攻关") if catalogue_rules.is_forbidden_title(t)]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.key)
def test_every_preset_adds_up_to_a_hundred_and_survives_being_stored(preset):
    assert preset.rule.full_millis == 100_000
    assert StarRule.from_json(preset.rule.to_json()) == preset.rule
    assert all(preset.holder in criterion.entry.holders for criterion in preset.rule.criteria)


def test_the_preset_of_learning_stars_is_40_accuracy_30_contribution_30_recommendation_behind_the_gate_of_hours():
    weights = {criterion.source: criterion.weight for criterion in LEARNING.criteria}
    assert weights[Source.ACCURACY] == 40
    assert weights[Source.LECTURES] + weights[Source.MATERIALS] + weights[Source.CASES] == 30
    assert weights[Source.BRANCH_RECOMMENDATION] + weights[Source.UNIT_RECOMMENDATION] == 30
    assert LEARNING.gates == (Gate.HOURS_ON_PACE,)
    assert "不看学习时长、登录次数和连续天数" in rules.explain(LEARNING)[0]


# --- scores ---


@pytest.mark.parametrize(
    ("source", "weight", "full", "amounts", "expected"),
    [
        (Source.ACCURACY, 40, 2, [900, 800], 34_000),
        (Source.ACCURACY, 40, 2, [1000], 20_000),  # one easy quiz is not a whole quarter
        (Source.ACCURACY, 40, 2, [1000, 500, 600], 28_000),
        (Source.ACCURACY, 40, 2, [], 0),
        (Source.MATERIALS, 10, 2, [1000], 5_000),
        (Source.MATERIALS, 10, 2, [1000] * 7, 10_000),
        (Source.BRANCH_RECOMMENDATION, 15, 1, [1000], 15_000),
        (Source.JUDGED_1, 30, 1, [850], 25_500),
    ],
)
def test_points_of_a_criterion(source, weight, full, amounts, expected):
    assert points(Criterion(source, weight, full), amounts) == expected


amounts = st.lists(st.integers(0, 1000), max_size=8)
criteria = st.builds(Criterion, st.sampled_from(list(Source)), st.integers(1, 100), st.integers(1, 6))


@given(criteria, amounts, st.randoms(use_true_random=False))
def test_points_lie_within_the_weight_and_know_no_order(criterion: Criterion, of: list[int], chance: Random):
    mixed = chance.sample(of, len(of))
    assert 0 <= points(criterion, of) <= criterion.weight * 1000
    assert points(criterion, of) == points(criterion, mixed)


@given(criteria, amounts)
def test_a_further_lecture_text_or_mark_never_costs_points(criterion: Criterion, of: list[int]):
    if criterion.entry.measure is not Measure.SHARE:
        assert points(criterion, [*of, 1000]) >= points(criterion, of)


# --- who is named ---

ids = st.integers(1, 60)
contenders = st.lists(
    st.builds(
        Contender, ids, st.integers(0, 12).map(lambda n: n * 1000), st.integers(1, 4) | st.none(),
        st.sampled_from(["", "", "", "学时没有跟上进度", "前几期已当选"]), st.integers(0, 2),
    ),
    max_size=60, unique_by=lambda c: c.id,
)  # fmt: skip
star_rules = st.builds(
    StarRule, st.just(LEARNING.criteria), most_percent=st.integers(1, 5), most=st.integers(0, 6),
    most_each=st.integers(0, 3), least_millis=st.sampled_from([0, 3000, 6000]),
)  # fmt: skip
heads = st.integers(1, 400)


def key(contender: Contender) -> tuple[int, int]:
    return -contender.score_millis, contender.tie


def check_quota(chooser: Chooser, rule: StarRule, head: int, of: Sequence[Contender]) -> None:
    """Without the last group of equals the quota is not reached; a per cent of heads is at most five and gives at least one."""
    named = [c for c in of if c.id in chooser(rule, head, of).named]
    if named:
        worst = max(key(c) for c in named)
        assert sum(key(c) < worst for c in named) < quota(rule, head)
    assert quota(rule, head) <= max(1, head * 5 // 100)
    assert quota(rule, head) >= 1


def check_ties(chooser: Chooser, rule: StarRule, head: int, of: Sequence[Contender]) -> None:
    """Equals are named together or not at all, but for a unit that had its number before them."""
    free = replace(rule, most_each=0)
    named = chooser(free, head, of).named
    for one in of:
        for other in of:
            if key(one) == key(other) and not one.obstacle and not other.obstacle:
                assert (one.id in named) == (other.id in named)
                assert named.get(one.id) == named.get(other.id)


def check_barred(chooser: Chooser, rule: StarRule, head: int, of: Sequence[Contender]) -> None:
    """Nobody with an obstacle (a closed gate, named lately, vetoed), without points or below the least is named."""
    for contender in of:
        if contender.id in chooser(rule, head, of).named:
            assert not contender.obstacle
            assert contender.score_millis >= max(1, rule.least_millis)


def check_order(chooser: Chooser, rule: StarRule, head: int, of: Sequence[Contender]) -> None:
    for seed in range(3):
        mixed = Random(seed).sample(of, len(of))
        assert dict(chooser(rule, head, mixed).named) == dict(chooser(rule, head, of).named)


def check_best(chooser: Chooser, rule: StarRule, head: int, of: Sequence[Contender]) -> None:
    """Whoever stands better than somebody named is named, or a reason is given."""
    choice = chooser(rule, head, of)
    for better in of:
        if better.id not in choice.named:
            assert choice.reasons[better.id]
        for worse in of:
            if key(better) < key(worse) and worse.id in choice.named and better.id not in choice.named:
                assert better.obstacle or choice.reasons[better.id] == rules.BY_UNIT


def check_units(chooser: Chooser, rule: StarRule, head: int, of: Sequence[Contender]) -> None:
    """A unit goes beyond its number only by equals."""
    named = [c for c in of if c.id in chooser(rule, head, of).named]
    for unit in {c.unit_id for c in named} - {None}:
        mine = [c for c in named if c.unit_id == unit]
        worst = max(key(c) for c in mine)
        assert not rule.most_each or sum(key(c) < worst for c in mine) < rule.most_each


CHECKS = [check_quota, check_ties, check_barred, check_order, check_best, check_units]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@given(star_rules, heads, contenders)
def test_the_choice_keeps(check, rule: StarRule, head: int, of: list[Contender]):
    check(choose, rule, head, of)


def _with_names(rule: StarRule, of: Sequence[Contender], named: Sequence[Contender]) -> Choice:
    places = {c.id: 1 + sum(key(o) < key(c) for o in named) for c in named}
    return Choice(places, {c.id: rules.BY_QUOTA for c in of if c.id not in places})


def cuts_ties_by_number(rule: StarRule, head: int, of: Sequence[Contender]) -> Choice:
    able = sorted((c for c in of if not c.obstacle and c.score_millis > 0), key=lambda c: (key(c), c.id))
    return _with_names(rule, of, able[: quota(rule, head)])


def names_in_the_order_given(rule: StarRule, head: int, of: Sequence[Contender]) -> Choice:
    able = [c for c in of if not c.obstacle and c.score_millis >= max(1, rule.least_millis)]
    return _with_names(rule, of, able[: quota(rule, head)])


def forgets_obstacles(rule: StarRule, head: int, of: Sequence[Contender]) -> Choice:
    return choose(rule, head, [replace(c, obstacle="") for c in of])


def names_one_more(rule: StarRule, head: int, of: Sequence[Contender]) -> Choice:
    return choose(replace(rule, most_percent=0, most=quota(rule, head) + 1), head, of)


def forgets_units(rule: StarRule, head: int, of: Sequence[Contender]) -> Choice:
    return choose(replace(rule, most_each=0), head, of)


def names_the_last(rule: StarRule, head: int, of: Sequence[Contender]) -> Choice:
    able = sorted((c for c in of if not c.obstacle and c.score_millis > 0), key=key, reverse=True)
    return _with_names(rule, of, able[: quota(rule, head)])


FOUR = [Contender(1, 9000, 1), Contender(2, 8000, 1), Contender(3, 8000, 2), Contender(4, 9500, 1, "前几期已当选")]
TWO_OF_FORTY = StarRule(LEARNING.criteria, most_percent=5)
ONE_EACH = StarRule(LEARNING.criteria, most_percent=5, most_each=1)


@pytest.mark.parametrize(
    ("weak", "check", "rule"),
    [
        (cuts_ties_by_number, check_ties, TWO_OF_FORTY),
        (names_in_the_order_given, check_order, replace(TWO_OF_FORTY, most=1)),
        (forgets_obstacles, check_barred, TWO_OF_FORTY),
        (names_one_more, check_quota, replace(TWO_OF_FORTY, most=1)),
        (forgets_units, check_units, replace(ONE_EACH, most_percent=5)),
        (names_the_last, check_best, replace(TWO_OF_FORTY, most=1)),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)  # fmt: skip
def test_a_weaker_choice_fails(weak, check, rule):
    check(choose, rule, 40, FOUR)
    with pytest.raises(AssertionError):
        check(weak, rule, 40, FOUR)


def test_in_a_bureau_of_nineteen_there_is_one_and_equals_share_it():
    equal = [Contender(n, 50_000) for n in (1, 2, 3)]
    assert choose(TWO_OF_FORTY, 19, [*equal, Contender(4, 49_999)]).named == {1: 1, 2: 1, 3: 1}


def test_pacesetters_are_the_first_eight_of_the_contest_with_85_points_by_its_own_order():
    rule = PRESETS["pacesetters"].rule
    of = [Contender(n, 100_000 if n < 12 else 84_999, tie=n) for n in range(1, 20)]
    assert choose(rule, 300, of).named == {n: n for n in range(1, 9)}
    few = [Contender(1, 85_000, tie=1), Contender(2, 84_999, tie=2)]
    assert choose(rule, 300, few).named == {1: 1}


# --- versions ---


def at(day: int) -> datetime:
    return datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=day)


def test_a_change_of_the_rule_affects_later_periods_only():
    versions = [(1, at(-30)), (2, at(10)), (3, at(100))]
    assert in_force(versions, period_began_at=at(0), started_at=at(-20)) == 1
    assert in_force(versions, period_began_at=at(92), started_at=at(-20)) == 2
    assert in_force(versions, period_began_at=at(184), started_at=at(-20)) == 3


def test_the_first_period_follows_the_rule_with_which_the_programme_was_started():
    assert in_force([(1, at(1)), (2, at(5)), (3, at(9))], period_began_at=at(0), started_at=at(6)) == 2


@given(
    st.lists(st.integers(-200, 200), min_size=1, max_size=6, unique=True), st.integers(-100, 100), st.integers(0, 99)
)
def test_no_version_made_after_the_period_began_and_the_start_is_ever_followed(days, began, start):
    versions = [(number, at(day)) for number, day in enumerate(sorted(days), start=1)]
    followed = in_force(versions, period_began_at=at(began), started_at=at(start))
    later = [v for v, made in versions if made > max(at(began), at(start))]
    assert followed not in later or len(later) == len(versions)


# --- periods ---


@pytest.mark.parametrize(
    ("period", "on", "key", "first", "last", "label"),
    [
        (Period.MONTH, date(2026, 2, 28), "2026-02", date(2026, 2, 1), date(2026, 2, 28), "2026年2月"),
        (Period.MONTH, date(2026, 12, 31), "2026-12", date(2026, 12, 1), date(2026, 12, 31), "2026年12月"),
        (Period.QUARTER, date(2026, 11, 27), "2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "2026年第四季度"),
        (Period.QUARTER, date(2026, 7, 1), "2026-Q3", date(2026, 7, 1), date(2026, 9, 30), "2026年第三季度"),
        (Period.YEAR, date(2026, 5, 5), "2026", date(2026, 1, 1), date(2026, 12, 31), "2026年"),
    ],
)
def test_periods_of_the_calendar(period, on, key, first, last, label):
    span = span_of(period, on)
    assert (span.key, span.first_on, span.last_on, span.label) == (key, first, last, label)


@given(st.sampled_from([Period.MONTH, Period.QUARTER, Period.YEAR]), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_every_day_lies_in_one_period_and_periods_follow_each_other(period, on):
    span = span_of(period, on)
    assert span.first_on <= on <= span.last_on
    assert span_of(period, span.last_on) == span_of(period, span.first_on) == span
    assert span_of(period, span.last_on + timedelta(days=1)).first_on == span.last_on + timedelta(days=1)


@given(
    st.sampled_from([Period.MONTH, Period.QUARTER, Period.YEAR]),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.integers(-50, 800),
)
def test_due_periods_are_those_that_ended_since_the_start_each_once(period, since, days):
    today = since + timedelta(days=days)
    spans = list(due_spans(period, since=since, today=today))
    assert [span.key for span in spans] == list(dict.fromkeys(span.key for span in spans))
    assert all(since <= span.last_on < today for span in spans)
    assert len(list(due_spans(period, since=since, today=today + timedelta(days=800)))) > len(spans)


def test_the_last_finished_quarter():
    assert last_finished(Period.QUARTER, date(2026, 1, 1)).key == "2025-Q4"


# --- corrections ---


def line(holder: int, place: int, score: int) -> dict[str, int]:
    return {"holder_id": holder, "place": place, "score_millis": score}


def test_a_correction_names_who_came_who_went_and_whose_figures_changed():
    old = [line(1, 1, 90), line(2, 2, 80), line(3, 3, 70)]
    new = [line(2, 1, 95), line(4, 2, 75), line(3, 3, 70)]
    changes = rules.differences(old, new)
    assert [(c["old"] and c["old"]["holder_id"], c["new"] and c["new"]["holder_id"]) for c in changes] == [
        (2, 2), (None, 4), (1, None),
    ]  # fmt: skip
    assert rules.differences(old, old) == []


def test_each_holder_has_sources_to_choose_and_a_contest_s_score_only_where_the_period_is_a_contest():
    for holder in Holder:
        assert catalogue_rules.entries_for(holder, of_contests=False)
    of_quarters = catalogue_rules.entries_for(Holder.PERSON, of_contests=False)
    assert Source.CONTEST_SCORE not in [entry.source for entry in of_quarters]
    assert period_rules.PERIODS.keys() == set(Period)
