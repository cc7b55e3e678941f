"""One clock. Instants are aware UTC datetimes; days, months and years are those of Asia/Shanghai.

Working days follow the Chinese public holidays and their shifted working days (调休). Years the calendar does not know
yet fall back to Monday to Friday; `is_known_year` lets admins be warned.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")

_offset = timedelta(0)


def now() -> datetime:
    """The present instant in UTC: the host's clock plus the measured offset to the database's clock."""
    return datetime.now(UTC) + _offset


def set_offset(offset: timedelta) -> timedelta:
    """Adopt the offset database minus host; returns by how much it moved."""
    global _offset
    moved, _offset = offset - _offset, offset
    return moved


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(at: datetime) -> int:
    """The instant in whole milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def local(at: datetime) -> datetime:
    """The same instant on a Shanghai wall clock."""
    return at.astimezone(SHANGHAI)


def today(at: datetime) -> date:
    """The Shanghai day that holds the instant."""
    return local(at).date()


def month_of(at: datetime) -> date:
    """The first day of the Shanghai month that holds the instant."""
    return today(at).replace(day=1)


def start_of(on: date) -> datetime:
    """The instant at which the Shanghai day begins."""
    return datetime.combine(on, time(0), SHANGHAI).astimezone(UTC)


def at_local(on: date, hour: int, minute: int = 0) -> datetime:
    """The instant of a Shanghai wall-clock time."""
    return datetime.combine(on, time(hour, minute), SHANGHAI).astimezone(UTC)


def is_known_year(year: int) -> bool:
    """True when the official holiday calendar of that year is built in."""
    try:
        chinese_calendar.is_workday(date(year, 6, 1))
    except NotImplementedError:
        return False
    return True


def is_working_day(on: date, overrides: Mapping[date, bool] | None = None) -> bool:
    """True on a working day; `overrides` (day → works) wins over the built-in calendar."""
    if overrides and on in overrides:
        return overrides[on]
    if not is_known_year(on.year):
        return on.weekday() < 5
    return bool(chinese_calendar.is_workday(on))


def add_working_days(on: date, count: int, overrides: Mapping[date, bool] | None = None) -> date:
    """The `count`-th working day after the given day (`count` ≥ 0; 0 is the day itself)."""
    while count > 0:
        on += timedelta(days=1)
        count -= is_working_day(on, overrides)
    return on
