"""The periods of programmes: months, quarters and years of Asia/Shanghai, as days. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Period(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    CONTEST = "contest"
    """One cycle for each published contest; no period of the calendar."""


PERIODS = {Period.MONTH: "每月", Period.QUARTER: "每季度", Period.YEAR: "每年", Period.CONTEST: "每场比拼"}
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
_QUARTERS = "一二三四"


@dataclass(frozen=True)
class Span:
    """One period, first and last day included. `key` names it within its programme: 2026-09, 2026-Q3, 2026."""

    key: str
    first_on: date
    last_on: date

    @property
    def label(self) -> str:
        """2026年9月, 2026年第三季度, 2026年."""
        year, _, rest = self.key.partition("-")
        if not rest:
            return f"{year}年"
        return f"{year}年第{_QUARTERS[int(rest[1]) - 1]}季度" if rest[0] == "Q" else f"{year}年{int(rest)}月"


def span_of(period: Period, on: date) -> Span:
    """The period of the calendar that holds the day."""
    months = _MONTHS[period]
    first = date(on.year, (on.month - 1) // months * months + 1, 1)
    after = first.month + months
    last = date(first.year + (after > 12), (after - 1) % 12 + 1, 1) - timedelta(days=1)
    keys = {
        Period.MONTH: f"{first.year}-{first.month:02d}",
        Period.QUARTER: f"{first.year}-Q{(first.month + 2) // 3}",
        Period.YEAR: f"{first.year}",
    }
    return Span(keys[period], first, last)


def due_spans(period: Period, *, since: date, today: date) -> Iterator[Span]:
    """The periods that are over and did not end before the day since which the programme runs, oldest first."""
    span = span_of(period, since)
    while span.last_on < today:
        yield span
        span = span_of(period, span.last_on + timedelta(days=1))


def last_finished(period: Period, today: date) -> Span:
    return span_of(period, span_of(period, today).first_on - timedelta(days=1))
