"""`python -m bench [P1 …] [--postgres] [--seconds N] [--compare REV]`: measure, print, and keep the results."""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import account, baseline, boards, bulk, crowd, exam, hall, media, pages, process, study, table, video
from bench.bureau import Bureau, opened
from bench.figures import Group, Measured, Skipped
from bench.server import Server
from bench.turns import compare, serve

RESULTS = Path(__file__).parent / "results"
FIRST = ("bare",)


class Bench:
    """One bureau and one server for all rows, opened when the first row asks."""

    def __init__(self, bureau: Bureau, seconds: float, port: int) -> None:
        self.bureau, self.seconds, self.port = bureau, seconds, port
        self._server: Server | None = None
        self._exams: exam.Exams | None = None

    @property
    def server(self) -> Server:
        if self._server is None:
            pid = self.bureau.database_pid
            self._server = Server(
                "wsgi:app", self.bureau.environment, self.bureau.folder, port=self.port, database_pid=pid
            )
            self._server.wait()
        return self._server

    def exams(self) -> exam.Exams:
        if self._exams is None:
            self._exams = exam.Exams(self.bureau, self.server, self.seconds)
        return self._exams

    def groups(self) -> list[Group]:
        return [
            *baseline.groups(self.bureau, self.seconds),
            *exam.groups(self.exams),
            *study.groups(self.bureau, lambda: self.server, self.seconds),
            *boards.groups(self.bureau, lambda: self.server, self.seconds),
            *pages.groups(self.bureau, lambda: self.server),
            *process.groups(self.bureau, self.exams),
            *video.groups(self.bureau, self.seconds),
            *media.groups(self.bureau),
            *bulk.groups(self.bureau, lambda: self.server),
            *account.groups(self.bureau, lambda: self.server),
            *hall.groups(self.bureau),
            *crowd.groups(self.bureau),
        ]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()


def measure(group: Group, wanted: Sequence[str]) -> list[Measured]:
    """The wanted rows of a group, after its repetitions."""
    measured = {row.id: Measured(row) for row in group.rows if not wanted or row.id in wanted}
    try:
        for _ in range(group.repetitions):
            for row_id, values in group.measure().items():
                if row_id in measured:
                    measured[row_id].add(values)
    except Skipped as missing:
        for one in measured.values():
            one.skipped = str(missing)
    return list(measured.values())


def main() -> int:
    asked = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    asked.add_argument("rows", nargs="*", metavar="P1", help="rows to measure; all of them when none is named")
    asked.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    asked.add_argument("--seconds", type=float, default=4.0, help="length of one repetition of a rate (default 4)")
    asked.add_argument("--port", type=int, default=0, help="port of the site under measurement (default: a free one)")
    asked.add_argument(
        "--compare", metavar="REV", help="measure that commit and this state by turns: before, after, ratio"
    )
    asked.add_argument("--turns", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.compare:
        return _compare(given)
    wanted = [*FIRST, *given.rows] if given.rows else []
    if given.turns:
        return _serve(given, wanted)
    began = time.monotonic()
    with opened(postgres=given.postgres) as bureau:
        print("… filling the bureau", flush=True)
        bureau.fill()
        bench = Bench(bureau, given.seconds, given.port)
        kept = Kept(given, wanted)
        try:
            _measure_all(bench.groups(), wanted, kept)
        finally:
            bench.close()
    print(f"… {time.monotonic() - began:.0f} s; kept in {kept.path.relative_to(RESULTS.parent.parent)}")
    return 0


def _serve(given: argparse.Namespace, wanted: Sequence[str]) -> int:
    """One side of a comparison: what it prints besides its values goes to the other stream."""
    told, sys.stdout = sys.stdout, sys.stderr
    with opened(postgres=given.postgres) as bureau:
        bureau.fill()
        bench = Bench(bureau, given.seconds, given.port)
        try:
            groups = bench.groups()
            serve(groups, _all_meant(wanted, groups), sys.stdin, told)
        finally:
            bench.close()
    return 0


def _compare(given: argparse.Namespace) -> int:
    options = ["--seconds", str(given.seconds), *(["--postgres"] if given.postgres else [])]
    rev = re.sub(r"[^0-9A-Za-z]+", "-", given.compare)
    name = "-".join(["compare", rev, *(row.lower() for row in given.rows)])
    return compare(given.compare, [*given.rows, *options], RESULTS / f"{name}.json")


class Kept:
    """The result file, written anew after each group, so that a run cut short keeps what it measured."""

    def __init__(
        self, given: argparse.Namespace, wanted: Sequence[str], folder: Path = RESULTS, readme: Path = table.README
    ) -> None:
        database = "postgres" if given.postgres else "sqlite"
        name = "-".join(row.lower() for row in wanted[len(FIRST) :]) or "all"
        self.path = folder / f"{name}-{database}.json"
        self._latest, self._readme = folder / f"latest-{database}.json", readme
        self._rows: list[dict[str, object]] = []
        self._load = 0.0  # the highest of five minutes: what else the machine had to do
        self._about = {
            "database": database,
            "measured_on": time.strftime("%Y-%m-%d"),
            "processors": os.cpu_count(),
            "python": sys.version.split()[0],
            "seconds": given.seconds,
        }

    def add(self, rows: Sequence[dict[str, object]]) -> None:
        self._rows += rows
        self._load = max(self._load, os.getloadavg()[1])
        result = {**self._about, "load_average": round(self._load, 1), "rows": self._rows}
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
        table.keep(table.merged(result, self._latest), self._readme)


def _meant(name: str, known: Sequence[str]) -> list[str]:
    """The row of that name, or its parts: P16 means P16a to P16d."""
    meant = [
        row for row in known if row.lower() == name.lower() or (row[:-1].lower() == name.lower() and row[-1] in "abcdm")
    ]
    if not meant:
        raise SystemExit(f"no such row: {name}; there are {', '.join(known)}")
    return meant


def _all_meant(wanted: Sequence[str], groups: Sequence[Group]) -> list[str]:
    known = [row.id for group in groups for row in group.rows]
    return [row for name in wanted for row in _meant(name, known)]


def _measure_all(groups: Sequence[Group], wanted: Sequence[str], kept: Kept) -> None:
    wanted = _all_meant(wanted, groups)
    for group in groups:
        if not wanted or any(row.id in wanted for row in group.rows):
            rows = [measured.as_json() for measured in measure(group, wanted)]
            kept.add(rows)
            for row in rows:
                print(table.line(row), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
