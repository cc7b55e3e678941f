"""States, deadlines, the first giving of a topic, months, and calendars by RFC 5545."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.lectures import ical_rules, rules
from lms.lectures.ical_rules import Event
from lms.lectures.rules import Facts, Giving, LectureStep, Worth
from tests.lectures.ical import Calendar, parse

AT = datetime(2026, 12, 4, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "deadline", "late"),
    [
        (date(2026, 1, 31), date(2026, 1, 31), False),
        (date(2026, 2, 1), date(2026, 1, 31), True),
        (date(2025, 12, 20), date(2026, 1, 31), False),
    ],
)
def test_the_last_day_of_the_call_still_counts(on: date, deadline: date, late: bool) -> None:
    assert rules.is_late(on, deadline) is late


def test_from_december_on_proposals_are_meant_for_the_next_year() -> None:
    assert [rules.proposal_year(date(2026, month, 30)) for month in (1, 11, 12)] == [2026, 2026, 2027]


@pytest.mark.parametrize(
    ("slides", "confirmed", "hours_from_end", "held", "recorded", "recording", "step"),
    [
        (None, False, -5, False, True, False, LectureStep.NEEDS_SLIDES),
        (False, False, -5, False, True, False, LectureStep.IN_REVIEW),
        (False, True, -5, False, True, False, LectureStep.IN_REVIEW),
        (True, False, -5, False, True, False, LectureStep.TO_CONFIRM),
        (True, True, -5, False, True, False, LectureStep.READY),
        (True, True, 0, False, True, False, LectureStep.TO_ROLL),
        (None, False, 1, False, True, False, LectureStep.TO_ROLL),
        (True, True, 1, True, True, False, LectureStep.NEEDS_RECORDING),
        (True, True, 60 * 24, True, True, False, LectureStep.NEEDS_RECORDING),
        (True, True, 60 * 24 + 1, True, True, False, LectureStep.DONE),
        (True, True, 1, True, True, True, LectureStep.DONE),
        (None, False, 1, True, False, False, LectureStep.DONE),
    ],
)
def test_a_lecture_asks_for_the_next_thing(
    slides: bool | None,
    confirmed: bool,
    hours_from_end: int,
    held: bool,
    recorded: bool,
    recording: bool,
    step: LectureStep,
) -> None:
    facts = Facts(False, held, AT, slides, confirmed, recorded, recording)
    assert rules.step_of(facts, AT + timedelta(hours=hours_from_end)) is step


# --- the first giving

GIVINGS = st.lists(
    st.builds(
        lambda number, day, given, seconds: Giving(
            number, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day), given, [(2026 + day // 365, seconds)]
        ),
        st.integers(1, 50), st.integers(0, 729), st.booleans(), st.integers(900, 20_000),
    ),
    max_size=8,
    unique_by=lambda giving: giving.lecture_id,
)  # fmt: skip


@given(GIVINGS, st.randoms())
def test_a_topic_counts_once_a_year_whatever_the_order_of_the_rolls(givings: list[Giving], chance: object) -> None:
    found = rules.worths(givings)
    shuffled = list(givings)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rules.worths(shuffled) == found
    for year in (2026, 2027):
        of_year = [worth for worth in found if worth.year == year]
        firsts = [worth for worth in of_year if worth.is_first]
        assert len(firsts) == any(worth.is_given for worth in of_year)
        if firsts:
            earliest = min(
                (g for g in givings if g.is_given and g.parts[0][0] == year), key=lambda g: (g.starts_at, g.lecture_id)
            )
            assert firsts[0].lecture_id == earliest.lecture_id
    assert all(worth.is_given for worth in found if worth.is_first)


def test_a_lecture_over_new_year_s_midnight_counts_its_part_in_each_year() -> None:
    late = Giving(1, datetime(2026, 12, 31, 15, tzinfo=UTC), True, [(2026, 3600), (2027, 3600)])
    again = Giving(2, datetime(2027, 3, 1, tzinfo=UTC), True, [(2027, 7200)])
    assert rules.worths([again, late]) == [
        Worth(1, 2026, 3600, True, True),
        Worth(1, 2027, 3600, True, True),
        Worth(2, 2027, 7200, True, False),
    ]


# --- months


@given(st.dates(date(2000, 1, 1), date(2100, 11, 30)))
def test_months_follow_each_other_and_hold_each_day_once(on: date) -> None:
    month = on.replace(day=1)
    days = rules.month_days(month)
    assert on in days
    assert {day.month for day in days} == {month.month}
    assert rules.previous_month(rules.next_month(month)) == month
    assert rules.read_month(f"{month:%Y-%m}", date(1999, 5, 5)) == month


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "1999-12", "2026-1x", "²026-01", "2026-011"])
def test_a_month_nobody_can_read_is_this_one(text: str) -> None:
    assert rules.read_month(text, date(2026, 12, 4)) == date(2026, 12, 1)


# --- calendars


def event(**given: object) -> Event:
    known = {
        "uid": "lecture-1@jiangtai",
        "starts_at": AT,
        "ends_at": AT + timedelta(hours=2),
        "summary": "讲座",
        "changed_at": AT,
    }
    return Event(**known | given)  # type: ignore[arg-type]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(TEXT, TEXT, TEXT)
def test_whatever_is_written_into_a_calendar_is_read_back_from_it(summary: str, place: str, text: str) -> None:
    written = ical_rules.calendar(
        "讲座", [event(summary=summary, place=place, text=text), event(uid="lecture-2@jiangtai")]
    )
    read = parse(written)
    assert len(read.events) == 2
    for name, given_text in (("SUMMARY", summary), ("LOCATION", place), ("DESCRIPTION", text)):
        assert read.events[0].get(name, "") == plain(given_text)


def plain(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c == "\n" or (c >= " " and c != "\x7f"))


def test_an_event_says_when_and_whether_it_still_takes_place() -> None:
    (read,) = parse(ical_rules.calendar("讲座", [event(is_cancelled=True)])).events
    assert (read["DTSTART"], read["DTEND"], read["STATUS"]) == ("20261204T070000Z", "20261204T090000Z", "CANCELLED")
    assert parse(ical_rules.calendar("讲座", [])) == Calendar("讲座", [])


@pytest.mark.parametrize(
    "broken",
    [
        "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-WR-CALNAME:" + "a" * 80 + "\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nSUMMARY:a;b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ],
)
def test_the_reader_of_these_tests_refuses_what_is_no_calendar(broken: str) -> None:
    with pytest.raises(AssertionError):
        parse(broken)
