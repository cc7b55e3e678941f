"""`python -m bench [P1 …] [--postgres] [--seconds N]`: measure, print, and keep the results."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import baseline, boards, bulk, exam, pages, process, study, table, video
from bench.bureau import Bureau, opened
from bench.figures import Group, Measured, Skipped
from bench.server import Server

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
            *video.groups(),
            *bulk.groups(self.bureau, lambda: self.server),
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
    given = asked.parse_args()
    wanted = [*FIRST, *(row.upper() for row in given.rows)] if given.rows else []
    began = time.monotonic()
    with opened(postgres=given.postgres) as bureau:
        print("… filling the bureau", flush=True)
        bureau.fill()
        bench = Bench(bureau, given.seconds, given.port)
        try:
            rows = _measure_all(bench.groups(), wanted)
        finally:
            bench.close()
    database = "postgres" if given.postgres else "sqlite"
    name = "-".join(row.lower() for row in wanted[1:]) or "all"
    RESULTS.mkdir(exist_ok=True)
    result = {
        "database": database,
        "measured_on": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "python": sys.version.split()[0],
        "seconds": given.seconds,
        "rows": rows,
    }
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    (RESULTS / f"{name}-{database}.json").write_text(text, "utf-8")
    if not wanted:
        table.keep(result)
    print(f"… {time.monotonic() - began:.0f} s; kept in bench/results/{name}-{database}.json")
    return 0


def _measure_all(groups: Sequence[Group], wanted: Sequence[str]) -> list[dict[str, object]]:
    known = {row.id for group in groups for row in group.rows}
    if strange := set(wanted) - known:
        raise SystemExit(f"no such row: {', '.join(sorted(strange))}; there are {', '.join(sorted(known))}")
    rows = []
    for group in groups:
        if not wanted or any(row.id in wanted for row in group.rows):
            for measured in measure(group, wanted):
                row = measured.as_json()
                print(table.line(row), flush=True)
                rows.append(row)
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
