"""Presets, their dates, last year's dates shifted, and what is due."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import clock
from lms.contests.plan_rules import LAYOUTS, PRESETS, Before, Dates, next_step, schedule, shifted
from lms.contests.rules import EntryMode, RoundKind

days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
overrides = st.dictionaries(st.dates(date(2026, 1, 1), date(2027, 6, 30)), st.booleans(), max_size=30)


@given(st.sampled_from(sorted(PRESETS)), days, overrides)
def test_rounds_of_a_preset_follow_each_other_on_working_days(name, first_on, rest) -> None:
    rounds = PRESETS[name].rounds
    found = schedule(rounds, first_on, rest)
    assert clock.today(found[0].opens_at) >= first_on
    for one, at in zip(rounds, found, strict=True):
        assert at.opens_at < at.closes_at
        assert at.cut_off_on == clock.today(at.opens_at)
        assert clock.is_working_day(clock.today(at.opens_at), rest)
        assert clock.is_working_day(clock.today(at.closes_at), rest)
        assert (at.entry_until is not None) == (one.entry is EntryMode.QUOTA)
        assert at.entry_until is None or at.entry_until < at.opens_at
    assert all(before.closes_at < after.opens_at for before, after in pairwise(found))


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_advances_from_a_round_that_has_places(name) -> None:
    rounds = PRESETS[name].rounds
    for number, one in enumerate(rounds):
        assert one.questions in LAYOUTS
        if one.from_before:
            assert rounds[number - one.from_before].kind is not RoundKind.PRACTICE
            assert one.admission.fault() == ""


@given(days, st.integers(0, 20), st.integers(0, 20), st.integers(0, 700), overrides)
def test_shifted_dates_keep_their_order_and_hours_and_fall_on_working_days(first, length, notice, by, rest) -> None:
    at = Dates(
        clock.at_local(first, 9), clock.at_local(first + timedelta(days=length), 18), first - timedelta(days=notice),
        clock.at_local(first - timedelta(days=1), 18),
    )  # fmt: skip
    moved = shifted(at, timedelta(days=by), rest)
    assert moved.cut_off_on <= clock.today(moved.opens_at)
    assert moved.opens_at < moved.closes_at
    assert moved.entry_until is not None
    assert clock.today(moved.entry_until) <= clock.today(moved.opens_at)
    assert [clock.local(moved.opens_at).hour, clock.local(moved.closes_at).hour] == [9, 18]
    assert clock.today(moved.opens_at) >= first + timedelta(days=by)
    assert all(clock.is_working_day(clock.today(x), rest) for x in (moved.opens_at, moved.closes_at))


BEFORE = Before("初赛", RoundKind.ONLINE, False, True, True, 3, False, "11月2日 9:00", "11月6日 18:00")


@pytest.mark.parametrize(
    ("rounds", "said"),
    [
        ([BEFORE], "现在可以答题：初赛"),
        ([replace(BEFORE, has_begun=True)], "再答一次"),
        ([replace(BEFORE, attempts_left=0)], "机会已用完"),
        ([replace(BEFORE, may_enter=False)], "不用做什么"),
        ([replace(BEFORE, kind=RoundKind.PRACTICE, title="练习"), replace(BEFORE)], "答题：初赛"),
        ([replace(BEFORE, kind=RoundKind.PRACTICE, title="练习")], "练一练：练习"),
        ([replace(BEFORE, kind=RoundKind.STAGE)], "请到会场"),
        ([replace(BEFORE, is_running=False), replace(BEFORE, title="复赛", is_running=False, is_upcoming=True)], "下一轮：复赛"),
        ([replace(BEFORE, is_running=False)], "都已结束"),
    ],
)  # fmt: skip
def test_the_page_says_what_is_due(rounds, said) -> None:
    assert said in next_step(rounds)


def test_a_deadline_before_a_holiday_is_the_last_working_day_before_the_round() -> None:
    chosen = PRESETS["chosen"].rounds
    (first, _) = schedule(chosen, date(2026, 11, 23), {})
    assert clock.local(first.opens_at) == datetime(2026, 11, 30, 9, tzinfo=clock.SHANGHAI)
    assert first.entry_until is not None
    assert clock.local(first.entry_until) == datetime(2026, 11, 27, 18, tzinfo=clock.SHANGHAI)
