"""Parts and their states, the usual day of a month and how far it may slip, deadlines of make-up study. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from lms import clock
from lms.gatherings.rules import GatheringState, first_friday

SLIP_DAYS = 7
MAKE_UP_DAYS = 30
PLAN_DAYS_BEFORE = 3
MOST_FILES = 10
SUBJECT = "branch_month"
"""The kind of a gathering's subject that was planned for a branch month; the number is that of the branch month."""


class PartKind(StrEnum):
    LESSON = "lesson"
    FILM = "film"
    PRACTICE = "practice"


PARTS = {PartKind.LESSON: "一课", PartKind.FILM: "一片", PartKind.PRACTICE: "一实践"}
TO_MAKE_UP = (PartKind.LESSON, PartKind.FILM)


class PartState(StrEnum):
    OPEN = "open"
    PLANNED = "planned"
    DONE = "done"


PART_STATES = {PartState.OPEN: "未安排", PartState.PLANNED: "已安排", PartState.DONE: "已完成"}


class MonthState(StrEnum):
    """How far a branch is with a month. HELD: the roll is closed, minutes are missing."""

    OPEN = "open"
    PLANNED = "planned"
    HELD = "held"
    RECORDED = "recorded"


MONTH_STATES = {
    MonthState.OPEN: "未安排",
    MonthState.PLANNED: "已安排",
    MonthState.HELD: "待写记录",
    MonthState.RECORDED: "已记录",
}


def part_state(gathering: GatheringState | None, done_on: date | None) -> PartState:
    """Of a part covered by a gathering in that state, or done apart on a day. A cancelled gathering covers nothing."""
    if done_on is not None or gathering is GatheringState.HELD:
        return PartState.DONE
    return PartState.PLANNED if gathering is GatheringState.PLANNED else PartState.OPEN


def month_state(gatherings: Iterable[tuple[GatheringState, bool]], *, any_apart: bool) -> MonthState:
    """Of the gatherings that cover parts, each (state, minutes are written), and whether some part was done apart."""
    standing = [(state, is_written) for state, is_written in gatherings if state is not GatheringState.CANCELLED]
    if any(state is GatheringState.HELD and not is_written for state, is_written in standing):
        return MonthState.HELD
    if any(state is GatheringState.PLANNED for state, _ in standing):
        return MonthState.PLANNED
    return MonthState.RECORDED if standing or any_apart else MonthState.OPEN


# Days


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def usual_day(month: date, overrides: Mapping[date, bool]) -> date:
    """The first Friday of the month that is a working day; the first working day where no Friday is one."""
    fridays = [first_friday(month) + timedelta(weeks=week) for week in range(5)]
    working = (on for on in fridays if on < next_month(month) and clock.is_working_day(on, overrides))
    return next(working, clock.add_working_days(month - timedelta(days=1), 1, overrides))


def proposed_day(month: date, today: date, overrides: Mapping[date, bool]) -> date:
    """The usual day while it is to come; then the next working Friday of the month, or its next working day; once the month is over,
    the usual day again, for who enters it late."""
    usual = usual_day(month, overrides)
    left = [today + timedelta(days=n) for n in range(31) if today + timedelta(days=n) < next_month(month)]
    working = [on for on in left if on >= month and clock.is_working_day(on, overrides)]
    if usual >= today or not working:
        return usual
    return next((on for on in working if on.weekday() == 4), working[0])


def last_day(month: date, overrides: Mapping[date, bool]) -> date:
    """The last day that needs no reason: seven days after the usual one, within the month."""
    return min(usual_day(month, overrides) + timedelta(days=SLIP_DAYS), next_month(month) - timedelta(days=1))


def needs_reason(on: date, month: date, overrides: Mapping[date, bool]) -> bool:
    """Whether a theme day of the month on that day has to be explained."""
    return not month <= on <= last_day(month, overrides)


def plan_by(month: date, overrides: Mapping[date, bool]) -> date:
    """The day by which branches should have planned, if the pack says nothing else."""
    return usual_day(month, overrides) - timedelta(days=PLAN_DAYS_BEFORE)


def month_shown(today: date, *, is_settled: bool, next_is_out: bool, overrides: Mapping[date, bool]) -> date:
    """The month a branch's page opens with: this one, or the next as soon as its pack is out and this one is recorded or too late."""
    month = today.replace(day=1)
    is_late = today > last_day(month, overrides)
    return next_month(month) if next_is_out and (is_settled or is_late) else month


# Make-up study


def make_up_due(held_on: date) -> date:
    """The last Shanghai day of make-up study."""
    return held_on + timedelta(days=MAKE_UP_DAYS)


def is_in_time(finished_at: datetime, due_on: date) -> bool:
    """What was finished before the meeting counts too: nobody studies the same thing twice."""
    return clock.today(finished_at) <= due_on


# Words


def month_text(month: date) -> str:
    """The month in an address: 2026-12."""
    return f"{month.year:04}-{month.month:02}"


def parse_month(text: str) -> date | None:
    """The first day of a month written so; None for anything else."""
    year, dash, number = text.partition("-")
    if not (dash and len(year) == 4 and len(number) == 2 and (year + number).isascii() and (year + number).isdigit()):
        return None
    return date(int(year), int(number), 1) if 2000 <= int(year) <= 2100 and 1 <= int(number) <= 12 else None


def agenda_line(kind: PartKind, text: str) -> str:
    """一课：《…》, as the agenda says it."""
    return f"{PARTS[kind]}：{text}"[:100]
