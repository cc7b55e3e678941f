"""Days, states and words of theme days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms import clock
from lms.gatherings.rules import GatheringState
from lms.themedays import rules
from lms.themedays.rules import MonthState, PartState

MONTHS = st.dates(date(2025, 1, 1), date(2027, 12, 31)).map(lambda on: on.replace(day=1))


@pytest.mark.parametrize(
    ("month", "usual"),
    [
        (date(2026, 12, 1), date(2026, 12, 4)),
        (date(2026, 5, 1), date(2026, 5, 8)),  # the first of May is a Friday and a holiday
        (date(2025, 10, 1), date(2025, 10, 10)),  # the third is a holiday
    ],
)
def test_the_usual_day_is_the_first_friday_that_is_a_working_day(month: date, usual: date) -> None:
    assert rules.usual_day(month, {}) == usual


def test_the_site_s_own_calendar_moves_the_usual_day() -> None:
    assert rules.usual_day(date(2026, 12, 1), {date(2026, 12, 4): False}) == date(2026, 12, 11)


@given(MONTHS, st.integers(-40, 70))
def test_what_is_proposed_is_a_working_day_of_the_month_and_not_past_while_it_can_be(month: date, after: int) -> None:
    today = month + timedelta(days=after)
    on = rules.proposed_day(month, today, {})
    assert month <= on < rules.next_month(month)
    assert clock.is_working_day(on)
    left = [month + timedelta(days=n) for n in range(31)]
    still = [each for each in left if today <= each < rules.next_month(month) and clock.is_working_day(each)]
    assert on >= today or not still


@given(MONTHS, st.integers(-35, 45))
def test_a_day_needs_a_reason_exactly_outside_the_month_or_seven_days_after_the_usual_one(
    month: date, after: int
) -> None:
    on = month + timedelta(days=after)
    inside = on.replace(day=1) == month and (on - rules.usual_day(month, {})).days <= 7
    assert rules.needs_reason(on, month, {}) is not inside


def test_a_part_is_done_by_a_closed_roll_or_apart_and_never_by_a_plan() -> None:
    assert rules.part_state(None, None) is PartState.OPEN
    assert rules.part_state(GatheringState.CANCELLED, None) is PartState.OPEN
    assert rules.part_state(GatheringState.PLANNED, None) is PartState.PLANNED
    assert rules.part_state(GatheringState.HELD, None) is PartState.DONE
    assert rules.part_state(None, date(2026, 12, 4)) is PartState.DONE


def test_the_month_s_state_is_what_is_left_to_do() -> None:
    held, planned, off = GatheringState.HELD, GatheringState.PLANNED, GatheringState.CANCELLED
    assert rules.month_state([], any_apart=False) is MonthState.OPEN
    assert rules.month_state([(off, False)], any_apart=False) is MonthState.OPEN
    assert rules.month_state([], any_apart=True) is MonthState.RECORDED
    assert rules.month_state([(planned, False)], any_apart=False) is MonthState.PLANNED
    assert rules.month_state([(planned, False), (held, False)], any_apart=False) is MonthState.HELD
    assert rules.month_state([(planned, False), (held, True)], any_apart=False) is MonthState.PLANNED
    assert rules.month_state([(held, True)], any_apart=False) is MonthState.RECORDED


def test_the_page_opens_with_the_next_month_when_its_pack_is_out_and_this_one_is_over_or_recorded() -> None:
    november, december = date(2026, 11, 1), date(2026, 12, 1)

    def shown(today: date, *, settled: bool = False, out: bool = True) -> date:
        return rules.month_shown(today, is_settled=settled, next_is_out=out, overrides={})

    assert shown(date(2026, 11, 10)) == november
    assert shown(date(2026, 11, 10), settled=True) == december
    assert shown(date(2026, 11, 14)) == december
    assert shown(date(2026, 11, 30), settled=True, out=False) == november


def test_what_is_finished_on_the_thirtieth_day_in_shanghai_is_in_time() -> None:
    due = rules.make_up_due(date(2026, 12, 4))
    assert due == date(2027, 1, 3)
    last = datetime(2027, 1, 3, 15, 59, 59, tzinfo=UTC)
    assert rules.is_in_time(last, due)
    assert not rules.is_in_time(last + timedelta(seconds=1), due)
    assert rules.is_in_time(datetime(2026, 3, 1, tzinfo=UTC), due)


@given(MONTHS)
def test_a_month_is_read_as_it_is_written(month: date) -> None:
    assert rules.parse_month(rules.month_text(month)) == month


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "26-01", "2026/01", "２０２６-01", "", "2026-01-01", "1999-01"]
)
def test_anything_else_is_no_month(text: str) -> None:
    assert rules.parse_month(text) is None
