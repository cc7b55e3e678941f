"""When somebody may be reminded, and of what: working hours of working days, once an item and week, one digest a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from lms import clock
from lms.notices.rules import Due

DAYS_BETWEEN = 7
TEXT_MOST = 120
NAMED_IN_DIGEST = 2


@dataclass(frozen=True)
class Window:
    """A stretch of a Shanghai working day, its end excluded."""

    start: time
    end: time


def windows_of(text: str) -> tuple[Window, ...]:
    """ "09:00-11:30,14:00-17:30" → two windows. Raises ValueError for anything that is not a list of such stretches in order."""
    found = []
    for stretch in text.split(","):
        start, end = stretch.split("-")
        found.append(Window(time.fromisoformat(start.strip()), time.fromisoformat(end.strip())))
    bounds = [moment for window in found for moment in (window.start, window.end)]
    if any(first >= second for first, second in pairwise(bounds)):
        raise ValueError(f"windows are not in order: {text}")
    return tuple(found)


def window_at(at: datetime, windows: Sequence[Window], overrides: Mapping[date, bool]) -> Window | None:
    """The window the instant lies in; None outside of them and on days that are not worked."""
    local = clock.local(at)
    if not clock.is_working_day(local.date(), overrides):
        return None
    return next((window for window in windows if window.start <= local.time() < window.end), None)


def end_of(window: Window, at: datetime) -> datetime:
    """The instant at which that day's window ends."""
    return clock.at_local(clock.today(at), window.end.hour, window.end.minute)


def week_of(on: date) -> date:
    """The Monday of the day's week."""
    return on - timedelta(days=on.weekday())


def fresh(dues: Iterable[Due], last_on: Mapping[str, date], today: date) -> list[Due]:
    """Those whose item was last told at least seven days ago, or never; each item once, in the order given.

    A last day that lies ahead (a clock that was set back) is no reason to tell again.
    """
    found: dict[str, Due] = {}
    for due in dues:
        last = last_on.get(due.item)
        if last is None or (today - last).days >= DAYS_BETWEEN:
            found.setdefault(due.item, due)
    return list(found.values())


def sentence(dues: Sequence[Due]) -> str:
    """What the inbox and a message say of a digest: the thing itself, or how many and the first of them."""
    if len(dues) == 1:
        return f"待办提醒：{dues[0].text[:TEXT_MOST]}"
    named = "；".join(due.text[:TEXT_MOST] for due in dues[:NAMED_IN_DIGEST])
    return f"待办提醒：{len(dues)} 件事等你办——{named}{'等' if len(dues) > NAMED_IN_DIGEST else ''}"
