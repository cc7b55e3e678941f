"""Two states of the code measured in turns: `./dev bench P4 --compare REV`.

REV is checked out into a temporary worktree and measured by this state's bench. Each side has a process, a bureau and a server of its own;
both are filled before the first turn, then they measure by turns, so that whatever else the machine does meets both.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import IO, Any

from bench.figures import Group, Once, Skipped

HERE = Path(__file__).resolve().parent.parent
VENDOR = Path("lms") / "static" / "vendor"  # made by ./dev assets, in no commit
TURNS = 3


def serve(groups: Sequence[Group], wanted: Sequence[str], asked: IO[str], told: IO[str]) -> None:
    """Measure once for each line asked, and tell the values as a line of JSON."""
    chosen = [group for group in groups if not wanted or any(row.id in wanted for row in group.rows)]
    _tell(told, {})
    for _ in asked:
        values: Once = {}
        for group in chosen:
            try:
                values |= group.measure()
            except Skipped:
                continue
        _tell(told, {row_id: figures for row_id, figures in values.items() if not wanted or row_id in wanted})


def _tell(told: IO[str], values: Once) -> None:
    print(json.dumps(values), file=told, flush=True)


class Side:
    """The bench of one state of the code, in a process of its own, ready to measure."""

    def __init__(self, root: Path, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", "bench", "--turns", *arguments]
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._process = subprocess.Popen(
            command, cwd=root, env=kept, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._heard()

    def measure(self) -> Once:
        assert self._process.stdin is not None
        print("again", file=self._process.stdin, flush=True)
        return self._heard()

    def _heard(self) -> Once:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the measuring process ended with {self._process.wait()}")
        once: Once = json.loads(line)
        return once

    def __enter__(self) -> "Side":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        with self._process:  # closes both its ends; it ends when nothing more is asked
            pass


@contextmanager
def checked_out(rev: str, root: Path = HERE) -> Iterator[Path]:
    """That commit in a temporary worktree, with the bench of this one and the third-party scripts; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lms-compare-") as name:
        tree = Path(name) / "tree"
        _git(root, "worktree", "add", "--detach", str(tree), rev)
        try:
            shutil.rmtree(tree / "bench", ignore_errors=True)
            shutil.copytree(root / "bench", tree / "bench", ignore=shutil.ignore_patterns("__pycache__", "results"))
            if (root / VENDOR).is_dir():
                shutil.copytree(root / VENDOR, tree / VENDOR, dirs_exist_ok=True)
            yield tree
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _git(root: Path, *arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {arguments[0]}: {done.stderr.strip()}")


def taken(before: Side, after: Side, turns: int = TURNS) -> list[tuple[Once, Once]]:
    """Each turn's values of both sides; who begins changes from turn to turn."""
    values = []
    for n in range(turns):
        if n % 2:
            second = after.measure()
            values.append((before.measure(), second))
        else:
            first = before.measure()
            values.append((first, after.measure()))
    return values


def compared(values: Sequence[tuple[Once, Once]]) -> list[dict[str, Any]]:
    """A line for each figure of each row that both sides measured; `ratio` is that of the medians, after to before."""
    lines = []
    first = values[0][0]
    for row_id, figures in first.items():
        for name in figures:
            sides = [[once[row_id][name] for once in side if row_id in once] for side in zip(*values, strict=True)]
            if not all(sides):
                continue
            before, after = (median(side) for side in sides)
            lines.append(
                {
                    "id": row_id, "figure": name, "before": round(before, 3), "after": round(after, 3),
                    "ratio": round(after / before, 3) if before else None,
                    "spread_before": _spread(sides[0]), "spread_after": _spread(sides[1]),
                }
            )  # fmt: skip
    return lines


def _spread(values: Sequence[float]) -> list[float]:
    return [round(min(values), 3), round(max(values), 3)]


def line(one: Mapping[str, Any]) -> str:
    """`P10 CPU: 17.9 (17.0–18.8) → 9.1 (8.8–9.3), × 0.51`."""
    told = [
        f"{one[side]:.3g} ({one[f'spread_{side}'][0]:.3g}–{one[f'spread_{side}'][1]:.3g})"
        for side in ("before", "after")
    ]
    ratio = "" if one["ratio"] is None else f", × {one['ratio']:.2f}"
    return f"{one['id']:<5} {one['figure']}: {told[0]} → {told[1]}{ratio}"


def compare(rev: str, arguments: Sequence[str], kept: Path, root: Path = HERE) -> int:
    """Measure REV and this state by turns, print before, after and their ratio, and keep them in that file."""
    with checked_out(rev, root) as tree:
        print(f"… filling two bureaus, of {rev} and of what is here", flush=True)
        with Side(tree, arguments) as before, Side(root, arguments) as after:
            lines = compared(taken(before, after))
    for one in lines:
        print(line(one), flush=True)
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps({"before": rev, "turns": TURNS, "rows": lines}, indent=1) + "\n", "utf-8")
    return 0
