"""A record in words: the same in the handbook and in the outside platform's table. Pure."""

from collections.abc import Sequence
from datetime import date, datetime

from lms import clock
from lms.gatherings.rules import CAUSES, Cause, DecisionState

DECISION_STATES = {DecisionState.OPEN: "落实中", DecisionState.DONE: "已办结", DecisionState.DROPPED: "不再办"}
WEEKDAYS = "一二三四五六日"
DIGITS = "〇一二三四五六七八九"


def minute_text(at: datetime) -> str:
    """2026年12月4日（周五）15:00."""
    wall = clock.local(at)
    return f"{wall.year}年{wall.month}月{wall.day}日（周{WEEKDAYS[wall.weekday()]}）{wall:%H:%M}"


def short_text(at: datetime) -> str:
    """12月4日 周五 15:00, inside one year."""
    wall = clock.local(at)
    return f"{wall.month}月{wall.day}日 周{WEEKDAYS[wall.weekday()]} {wall:%H:%M}"


def span_text(starts_at: datetime, ends_at: datetime) -> str:
    """2026年12月4日（周五）15:00—17:00; the second day is named when it is another."""
    first, last = clock.local(starts_at), clock.local(ends_at)
    end = f"{last:%H:%M}" if first.date() == last.date() else minute_text(ends_at)
    return f"{minute_text(starts_at)}—{end}"


def day_text(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def reasons_text(absent: Sequence[tuple[str, Cause | None]], otherwise: str) -> str:
    """张三（因公）、李四（缺席）."""
    return "、".join(f"{name}（{CAUSES[cause] if cause else otherwise}）" for name, cause in absent)


def chinese(number: int) -> str:
    """1 → 一, 12 → 十二, 40 → 四十: from 1 to 99, larger ones in figures."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return ten + (DIGITS[ones] if ones else "")


def numbered(items: Sequence[str]) -> list[str]:
    return [f"{number}. {item}" for number, item in enumerate(items, 1)]
