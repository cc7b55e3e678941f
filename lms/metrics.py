"""Figures of this process for who runs it: counters and histograms, told in Prometheus' text format (version 0.0.4). Standard library only.

Each thread counts in cells of its own and nobody waits for anybody: `observe` takes no lock, and no count is lost although threads may be
interrupted anywhere. Who asks adds the cells up; those of threads that ended are put together then, so churn of threads leaks nothing.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Labels = Mapping[str, str]
Key = tuple[str, ...]


class Histogram:
    """How often, how much together, and how the values spread, by label values. A counter is one without bounds."""

    def __init__(self, name: str, told: str, labels: Sequence[str] = (), bounds: Sequence[float] = ()) -> None:
        self.name, self.told, self.labels, self.bounds = name, told, tuple(labels), tuple(bounds)
        self._local = threading.local()
        self._cells: list[tuple[threading.Thread, dict[Key, list[float]]]] = []
        self._ended: dict[Key, list[float]] = {}
        self._mutex = threading.Lock()

    def observe(self, value: float, *key: str) -> None:
        """Count one value under these label values."""
        try:
            cells: dict[Key, list[float]] = self._local.cells
        except AttributeError:
            cells = self._begin()
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = [0.0] * (len(self.bounds) + 2)
        cell[bisect_left(self.bounds, value)] += 1
        cell[-1] += value

    def _begin(self) -> dict[Key, list[float]]:
        cells: dict[Key, list[float]] = {}
        self._local.cells = cells
        with self._mutex:  # once in a thread's life
            self._cells.append((threading.current_thread(), cells))
        return cells

    def totals(self) -> dict[Key, list[float]]:
        """By label values: how many up to each bound and beyond the last (each once), and the sum of all."""
        with self._mutex:
            living = []
            for thread, cells in self._cells:
                if thread.is_alive():  # asked once: it may end at any moment
                    living.append((thread, cells))
                else:
                    _add(self._ended, cells)
            self._cells = living
            whole = {key: list(cell) for key, cell in self._ended.items()}
            for _, cells in living:
                _add(whole, cells)
        return whole

    def text(self) -> Iterator[str]:
        yield from head(self.name, self.told, "histogram" if self.bounds else "counter")
        for key, cell in sorted(self.totals().items()):
            labels = dict(zip(self.labels, key, strict=True))
            if not self.bounds:
                yield sample(self.name, labels, cell[0])
                continue
            reached = 0.0
            for bound, count in zip((*self.bounds, "+Inf"), cell, strict=False):
                reached += count
                yield sample(f"{self.name}_bucket", {**labels, "le": f"{bound}"}, reached)
            yield sample(f"{self.name}_sum", labels, cell[-1])
            yield sample(f"{self.name}_count", labels, reached)


def _add(to: dict[Key, list[float]], cells: dict[Key, list[float]]) -> None:
    for key in list(cells):  # its thread may be adding one at this moment
        cell = cells[key]
        whole = to.setdefault(key, [0.0] * len(cell))
        for i, value in enumerate(cell):
            whole[i] += value


@dataclass(frozen=True)
class Gauge:
    """A value as it is at the moment of asking, by labels."""

    name: str
    told: str
    samples: Sequence[tuple[Labels, float]]
    kind: str = "gauge"

    def text(self) -> Iterator[str]:
        yield from head(self.name, self.told, self.kind)
        for labels, value in self.samples:
            yield sample(self.name, labels, value)


def head(name: str, told: str, kind: str) -> tuple[str, str]:
    escaped = told.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {name} {escaped}", f"# TYPE {name} {kind}"


def sample(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def page(of: Iterable[Any]) -> str:
    """Everything as one page; each has `text()`."""
    return "\n".join(line for one in of for line in one.text()) + "\n"


SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
REQUESTS = Histogram("jiangtai_requests_total", "Requests answered.", ("group", "status"))
REQUEST_SECONDS = Histogram("jiangtai_request_seconds", "Seconds until the answer was made.", ("group",), SECONDS)
GROUP_ROWS = Histogram(
    "jiangtai_group_rows", "Rows of one group commit.", ("writer",), (1, 2, 4, 8, 16, 32, 64, 128)
)  # fmt: skip
GROUP_SECONDS = Histogram(
    "jiangtai_group_seconds", "Seconds from the group's turn until it was stored.", ("writer",), (0.001, *SECONDS)
)
OF_PROCESS = (REQUESTS, REQUEST_SECONDS, GROUP_ROWS, GROUP_SECONDS)


def request_answered(endpoint: str, status: int, seconds: float) -> None:
    """Called once for each request; `group` is what stands before the dot of the endpoint's name."""
    group = endpoint.partition(".")[0] or "none"
    REQUESTS.observe(1, group, _CLASSES[status // 100])
    REQUEST_SECONDS.observe(seconds, group)


_CLASSES = ("other", "1xx", "2xx", "3xx", "4xx", "5xx")
