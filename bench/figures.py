"""The rows of the table: what must hold, what is aimed at, and what was measured (median of the repetitions)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One number of a row. `at_least`: more is better. `must` None: only told, not judged."""

    name: str
    unit: str
    must: float | None = None
    goal: float | None = None
    at_least: bool = False

    def holds(self, limit: float | None, value: float) -> bool:
        if limit is None:
            return True
        return not math.isnan(value) and (value >= limit if self.at_least else value <= limit)


@dataclass(frozen=True)
class Row:
    """A row of the table; its first figure is the one it is known by."""

    id: str
    title: str
    figures: tuple[Figure, ...]


Once = dict[str, dict[str, float]]
"""Row id → figure name → value, of one repetition."""


class Skipped(Exception):
    """The row cannot be measured here; the message names what is missing."""


@dataclass(frozen=True)
class Group:
    """Rows measured together. `measure` gives one repetition; `repetitions` of them are made."""

    rows: tuple[Row, ...]
    measure: Callable[..., Once]
    repetitions: int = 3


@dataclass
class Measured:
    row: Row
    values: dict[str, list[float]] = field(default_factory=dict)
    skipped: str = ""

    def add(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)

    def as_json(self) -> dict[str, object]:
        if self.skipped:
            return self._skipped()
        told = [self._figure(figure) for figure in self.row.figures if figure.name in self.values]
        first = told[0]
        return {
            "id": self.row.id,
            "title": self.row.title,
            **{name: first[name] for name in ("must", "goal", "measured", "unit")},
            "must_ok": all(figure["must_ok"] for figure in told),
            "goal_ok": all(figure["goal_ok"] for figure in told),
            "figures": told,
        }

    def _skipped(self) -> dict[str, object]:
        """The same keys as of a row that was measured: nothing was, so nothing is reached."""
        first = self.row.figures[0] if self.row.figures else None
        return {
            "id": self.row.id,
            "title": self.row.title,
            "must": first.must if first else None,
            "goal": first.goal if first else None,
            "measured": None,
            "unit": first.unit if first else "",
            "must_ok": False,
            "goal_ok": False,
            "skipped": self.skipped,
        }

    def _figure(self, figure: Figure) -> dict[str, object]:
        values = self.values[figure.name]
        middle = median(values)
        return {
            "name": figure.name,
            "unit": figure.unit,
            "must": figure.must,
            "goal": figure.goal,
            "at_least": figure.at_least,
            "measured": round(middle, 3),
            "spread": [round(min(values), 3), round(max(values), 3)],
            "must_ok": figure.holds(figure.must, middle),
            "goal_ok": figure.holds(figure.goal, middle),
        }
