"""The yearly report: groups of figures by unit, their sums, and the median of other units. Pure.

Every figure is an integer (heads, times, per cent) or hours in quarters turned to a number with at most two decimals, once, here: the page and
the file both write what stands in the cells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Number = int | float
LEAST_OTHERS = 3
"""The median is shown of at least so many other units: of fewer it would tell the figures of a single one."""


@dataclass(frozen=True)
class Group:
    """Columns that belong together."""

    key: str
    title: str
    columns: tuple[str, ...]
    scale: int = 1
    """What one of the figures is divided by for reading: 4 for quarter-hours."""


@dataclass(frozen=True)
class Ratio:
    """A column that is worked out of two others of its group: `done` × 100 ÷ `of`, rounded down."""

    title: str
    done: int
    of: int


@dataclass(frozen=True)
class Line:
    """One row of the report: its cells by group key."""

    unit_id: int | None
    name: str
    cells: Mapping[str, Sequence[Number]]


@dataclass(frozen=True)
class Block:
    """A group with what is worked out of it, as it is shown: titles of all its columns."""

    group: Group
    ratio: Ratio | None = None

    @property
    def titles(self) -> tuple[str, ...]:
        return (*self.group.columns, *([self.ratio.title] if self.ratio else []))

    def cells(self, raw: Sequence[int]) -> list[Number]:
        """Of one row of whole figures."""
        shown: list[Number] = [readable(value, self.group.scale) for value in raw]
        return [*shown, percent(raw[self.ratio.done], raw[self.ratio.of])] if self.ratio else shown


def readable(value: int, scale: int) -> Number:
    """7 quarters → 1.75, 8 quarters → 2."""
    whole, rest = divmod(value, scale)
    return whole if not rest else value / scale


def percent(done: int, of: int) -> int:
    """Rounded down; 100 when nothing was asked, as a unit without duties lacks none."""
    return done * 100 // of if of else 100


def median(values: Sequence[int]) -> float | None:
    """The middle one, or the mean of the two in the middle, with two decimals; None of fewer than LEAST_OTHERS."""
    if len(values) < LEAST_OTHERS:
        return None
    ordered, middle = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return round((ordered[middle - 1] + ordered[middle]) / 2, 2)


@dataclass(frozen=True)
class Measure:
    """A figure by which units of unlike size can be put side by side, in hundredths."""

    title: str
    unit: str
    of: Callable[[Mapping[str, Sequence[int]]], int | None]


def _share(key: str, done: int, of: int) -> Callable[[Mapping[str, Sequence[int]]], int | None]:
    def work_out(raw: Mapping[str, Sequence[int]]) -> int | None:
        return percent(raw[key][done], raw[key][of]) * 100 if raw[key][of] else None

    return work_out


def _hours_a_head(raw: Mapping[str, Sequence[int]]) -> int | None:
    return raw["hours"][-1] * 25 // raw["people"][0] if raw["people"][0] else None


MEASURES = (
    Measure("人均学时", " 学时", _hours_a_head),
    Measure("达到要求", "%", _share("people", 1, 0)),
    Measure("必修计划完成", "%", _share("plan", 1, 0)),
    Measure("参训结业", "%", _share("classes", 3, 2)),
)


@dataclass(frozen=True)
class Comparison:
    """Own figure beside the median of other units; each None where nothing can be said."""

    title: str
    unit: str
    own: float | None
    median: float | None

    def said(self, figure: float | None, otherwise: str) -> str:
        return otherwise if figure is None else f"{figure:g}{self.unit}"

    @property
    def own_words(self) -> str:
        return self.said(self.own, "没有要求")

    @property
    def median_words(self) -> str:
        return self.said(self.median, "单位太少，不显示")


def compare(own: Mapping[str, Sequence[int]], others: Sequence[Mapping[str, Sequence[int]]]) -> list[Comparison]:
    """The units of `others` go into the median only; it is of those for which the figure has a meaning."""
    found = []
    for measure in MEASURES:
        mine = measure.of(own)
        theirs = [value for value in map(measure.of, others) if value is not None]
        middle = median(theirs)
        found.append(
            Comparison(
                measure.title,
                measure.unit,
                None if mine is None else mine / 100,
                None if middle is None else round(middle / 100, 2),
            )
        )
    return found


def total(rows: Sequence[Sequence[int]], width: int) -> list[int]:
    return [sum(row[place] for row in rows) for place in range(width)]
