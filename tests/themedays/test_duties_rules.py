"""What is asked of a branch in a period, and how it stands."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.gatherings.kind_rules import KINDS, GatheringKind, Period
from lms.themedays import duties_rules as rules
from lms.themedays.duties_rules import Meeting, Organisation, Standing

TODAY = date(2026, 11, 27)
SINCE = date(2026, 1, 1)
USUAL = Organisation(members=20, full_members=18)


def meeting(kind: GatheringKind, on: date, *, held: bool = True, recorded: bool = True) -> Meeting:
    return Meeting(1, kind, on, KINDS[kind].name, held, held and recorded)


def row(kind: GatheringKind, *meetings: Meeting, branch: Organisation = USUAL, since: date | None = SINCE) -> rules.Row:
    rows = rules.rows_of(2026, meetings, lambda on: branch, today=TODAY, since=since)
    return next(each for each in rows if each.kind is kind)


def standings(kind: GatheringKind, *meetings: Meeting, **how: object) -> list[str]:
    return [cell.standing.value for cell in row(kind, *meetings, **how).cells]  # type: ignore[arg-type]


def test_a_quarterly_duty_is_met_by_one_meeting_in_each_quarter() -> None:
    held = [meeting(GatheringKind.MEMBERS, date(2026, month, 5)) for month in (1, 9)]
    assert standings(GatheringKind.MEMBERS, *held) == ["met", "missed", "met", "open"]


def test_a_meeting_that_is_planned_is_not_held() -> None:
    coming = meeting(GatheringKind.PARTY_CLASS, date(2026, 12, 4), held=False)
    assert standings(GatheringKind.PARTY_CLASS, coming)[3] == "planned"
    past = meeting(GatheringKind.PARTY_CLASS, date(2026, 11, 20), held=False)
    assert standings(GatheringKind.PARTY_CLASS, past)[3] == "open"


def test_months_to_come_wait_and_the_present_one_is_open() -> None:
    held = [meeting(GatheringKind.COMMITTEE, date(2026, month, 5)) for month in range(1, 11)]
    assert standings(GatheringKind.COMMITTEE, *held)[9:] == ["met", "open", "coming"]


def test_a_branch_below_seven_full_members_has_no_committee_unless_it_says_so() -> None:
    small = Organisation(members=8, full_members=6)
    cells = row(GatheringKind.COMMITTEE, branch=small).cells
    assert {cell.standing for cell in cells} == {Standing.EXEMPT}
    assert "不足 7 人" in cells[0].why
    says = Organisation(members=8, full_members=6, says_committee=True)
    assert standings(GatheringKind.COMMITTEE, branch=says)[0] == "missed"
    without = Organisation(members=20, full_members=18, says_committee=False)
    assert row(GatheringKind.COMMITTEE, branch=without).cells[0].why == "不设支委会"


def test_groups_meet_once_a_month_each_and_without_groups_nothing_is_asked() -> None:
    assert set(standings(GatheringKind.GROUP)) == {"exempt"}
    three = Organisation(members=20, full_members=18, groups=3)
    held = [meeting(GatheringKind.GROUP, date(2026, 11, day)) for day in (5, 6)]
    cell = row(GatheringKind.GROUP, *held, branch=three).cells[10]
    assert (cell.standing, cell.times, cell.missing) == (Standing.OPEN, 3, 1)
    assert rules.sentence(cell) == "党小组会（11月）还差 1 次"


def test_a_branch_without_members_is_asked_nothing() -> None:
    nobody = Organisation(members=0, full_members=0)
    assert {each for kind in rules.DUTIES for each in standings(kind, branch=nobody)} == {"exempt"}


def test_what_began_before_the_site_was_in_use_is_not_counted_as_missed() -> None:
    assert standings(GatheringKind.MEMBERS, since=date(2026, 8, 1)) == ["exempt", "exempt", "exempt", "open"]
    assert standings(GatheringKind.MEMBERS, since=date(2026, 7, 1)) == ["exempt", "exempt", "missed", "open"]
    assert standings(GatheringKind.MEMBERS, since=None)[:3] == ["exempt"] * 3


def test_what_is_open_is_listed_by_what_ends_first() -> None:
    rows = rules.rows_of(2026, [], lambda on: USUAL, today=TODAY, since=SINCE)
    kinds = [cell.kind.value for cell in rules.open_cells(rows)]
    assert kinds == ["theme_day", "committee", "members", "party_class", "org_life"]


def test_frequencies_are_those_of_the_kinds() -> None:
    for each in rules.DUTIES:
        frequency = KINDS[each].frequency
        assert frequency is not None
        assert {cell.times for cell in row(each, branch=Organisation(20, 18, groups=1)).cells} == {frequency.times}


@given(st.sampled_from(Period), st.dates(date(2021, 1, 1), date(2027, 12, 31)))
def test_every_day_of_a_year_lies_in_exactly_one_period(period: Period, on: date) -> None:
    spans = rules.spans_of(period, on.year)
    assert sum(span.holds(on) for span in spans) == 1
    assert all(a.last + timedelta(days=1) == b.first for a, b in itertools.pairwise(spans))
    assert (spans[0].first, spans[-1].last) == (date(on.year, 1, 1), date(on.year, 12, 31))


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(st.lists(st.builds(meeting, st.sampled_from(rules.DUTIES), DAYS, held=st.booleans()), max_size=30), DAYS)
def test_a_period_is_met_exactly_when_enough_was_held_in_it(meetings: list[Meeting], today: date) -> None:
    branch = Organisation(20, 18, groups=2)
    for each in rules.rows_of(2026, meetings, lambda on: branch, today=today, since=SINCE):
        for cell in each.cells:
            held = [
                m for m in meetings if m.is_held and m.kind is each.kind and cell.span.first <= m.on <= cell.span.last
            ]
            assert (cell.standing is Standing.MET) == (len(held) >= cell.times)
            assert (cell.standing is Standing.MISSED) == (len(held) < cell.times and cell.span.last < today)
            assert cell.is_open == (len(held) < cell.times and cell.span.holds(today))


def test_the_months_cells_are_those_of_the_year() -> None:
    held = [meeting(GatheringKind.MEMBERS, date(2026, 8, 5)), meeting(GatheringKind.COMMITTEE, date(2026, 9, 5))]
    rows = rules.rows_of(2026, held, lambda on: USUAL, today=TODAY, since=SINCE)
    month = date(2026, 9, 1)
    picked = rules.cells_of_month(month, held, lambda on: USUAL, today=TODAY, since=SINCE)
    assert list(picked) == [cell for each in rows for cell in each.cells if cell.span.holds(month)]


@pytest.mark.parametrize(
    ("present", "due", "shown"), [(18, 20, "90%"), (1, 3, "33.3%"), (0, 5, "0%"), (7, 7, "100%"), (0, 0, "—")]
)
def test_rates_are_written_as_pages_write_them(present: int, due: int, shown: str) -> None:
    assert rules.rate_text(present, due) == shown
