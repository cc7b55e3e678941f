"""`python -m drill [R05 …] [--long] [--postgres] [--mutants] [--again]`: drill, print, and keep the results."""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.bureau import opened
from bench.figures import Measured
from drill import converters, degraded, durable, full, hall, late, meetings, nodes, once, restoring, suite, uploads
from drill.mutants import MUTANTS, applied
from drill.site import BANK, Drill, Site, is_ci

RESULTS = Path(__file__).parent / "results"
DRILLS: Sequence[Drill] = sorted(
    [
        *durable.DRILLS,
        *once.DRILLS,
        *meetings.DRILLS,
        *late.DRILLS,
        *suite.DRILLS,
        *converters.DRILLS,
        *uploads.DRILLS,
        *nodes.DRILLS,
        *degraded.DRILLS,
        *full.DRILLS,
        *hall.DRILLS,
        *restoring.DRILLS,
    ],
    key=lambda drill: drill.row.id,
)
ELSEWHERE = f"/usr/sbin:/usr/local/sbin:{Path(sys.executable).parent}"
"""Where a program may lie that an ordinary PATH does not name: Debian's nginx, what came with the environment."""
SHORT_CROWD, LONG_CROWD = 1500, 12_000


def missing(drill: Drill, database: str) -> str:
    """Why the drill cannot be done here; "" when it can."""
    if drill.only and drill.only != database:
        return f"it is a drill of {drill.only}"
    if drill.needs and not (shutil.which(drill.needs) or shutil.which(drill.needs, path=ELSEWHERE)):
        return f"{drill.needs} is not installed"
    return ""


def done(drill: Drill, site: Site, mutant: str = "") -> dict[str, object]:
    """The row of the result. What cannot be done counts as held only outside CI."""
    began = time.monotonic()
    site.mutant, measured, stopped = mutant, Measured(drill.row), ""
    measured.skipped = missing(drill, "sqlite" if site.bureau.is_sqlite else "postgres")
    if not measured.skipped:
        try:
            with applied(mutant):
                measured.add(drill.run(site))
        except Exception as problem:  # a drill that cannot go its way has not held
            stopped = f"{type(problem).__name__}: {problem}"[:500]
    row: dict[str, object] = {"id": drill.row.id, "title": drill.row.title, "stopped": stopped}
    if not stopped:
        row = measured.as_json()
    row["seconds"] = round(time.monotonic() - began, 1)
    if mutant:
        row["mutant"] = mutant
    return row


def has_held(row: dict[str, object], *, in_ci: bool) -> bool:
    if "skipped" in row:
        return not (in_ci and "not installed" in str(row["skipped"]))
    return "stopped" not in row and bool(row["must_ok"])


def is_caught(row: dict[str, object]) -> bool:
    """Whether a figure shows the mutant; a drill that only stopped shows nothing."""
    return "skipped" not in row and "stopped" not in row and not row["must_ok"]


def line(row: dict[str, object], *, in_ci: bool) -> str:
    """What a person reads: id, what was done with its counts, how it ended, seconds."""
    name = f"{row['id']}{' + ' + str(row['mutant']) if 'mutant' in row else ''}"
    held = has_held(row, in_ci=in_ci)
    if "skipped" in row:
        return f"{name}: {row['title']}: {'skipped' if held else 'FAILED'} because {row['skipped']}"
    verdict = "held" if held else "FAILED"
    if "mutant" in row:
        verdict = "caught" if is_caught(row) else "NOT CAUGHT"
    before = f" (the time before: {row['before']})" if "before" in row else ""
    return f"{name}: {row['title']}: {_counts(row)}: {verdict}, {row['seconds']} s{before}"


def _counts(row: dict[str, object]) -> str:
    if "stopped" in row:
        return str(row["stopped"])
    figures: list[dict[str, object]] = row["figures"]  # type: ignore[assignment]
    return "; ".join(f"{f['name']} {f['measured']:g} {f['unit']}".strip() for f in figures)


def each(
    drills: Sequence[Drill], site: Site, *, mutants: bool, again: bool = False, in_ci: bool = False
) -> Iterator[dict[str, object]]:
    """`again`: what did not hold is done once more on the same bureau, with what was found the first time in its row."""
    for drill in drills:
        for mutant in drill.mutants if mutants else ("",):
            row = done(drill, site, mutant)
            if again and not mutant and not has_held(row, in_ci=in_ci):
                row = {**done(drill, site), "before": _counts(row) if "skipped" not in row else str(row["skipped"])}
            yield row


def main() -> int:
    asked = argparse.ArgumentParser(prog="./dev drill", description=__doc__)
    asked.add_argument("rows", nargs="*", metavar="R01", help="drills to do; all of them when none is named")
    asked.add_argument("--long", action="store_true", help="the counts of the long form")
    asked.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    asked.add_argument("--mutants", action="store_true", help="put each defect back: every drill must catch its own")
    asked.add_argument(
        "--again", action="store_true", help="what did not hold is done once more, and fails if it fails again"
    )
    asked.add_argument("--port", type=int, default=0, help="port of the site (default: a free one)")
    given = asked.parse_args()
    wanted = [name.upper() for name in given.rows]
    if strange := set(wanted) - {drill.row.id for drill in DRILLS}:
        raise SystemExit(f"no such drill: {', '.join(sorted(strange))}")
    drills = [drill for drill in DRILLS if not wanted or drill.row.id in wanted]
    assert {name for drill in DRILLS for name in drill.mutants} == set(MUTANTS)
    began, rows, in_ci = time.monotonic(), [], is_ci()
    with opened(postgres=given.postgres) as bureau:
        bureau.fill(LONG_CROWD if given.long else SHORT_CROWD, BANK)
        print(
            f"… a bureau of {LONG_CROWD if given.long else SHORT_CROWD} people, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        site = Site(bureau, given.port, given.long)
        for row in each(drills, site, mutants=given.mutants, again=given.again, in_ci=in_ci):
            print(line(row, in_ci=in_ci), flush=True)
            rows.append(row)
    total = time.monotonic() - began
    _keep(given, wanted, rows, total)
    bad = [row for row in rows if _is_bad(row, in_ci=in_ci)]
    print(f"… {total:.0f} s, {len(rows)} rows, {len(bad)} {'not caught' if given.mutants else 'failed'}")
    return 1 if bad else 0


def _is_bad(row: dict[str, object], *, in_ci: bool) -> bool:
    if "mutant" in row and "skipped" not in row:
        return not is_caught(row)
    return not has_held(row, in_ci=in_ci)


def _keep(given: argparse.Namespace, wanted: Sequence[str], rows: list[dict[str, object]], seconds: float) -> None:
    database = "postgres" if given.postgres else "sqlite"
    form = "mutants" if given.mutants else "long" if given.long else "short"
    result = {
        "database": database,
        "form": form,
        "measured_on": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "python": sys.version.split()[0],
        "seconds": round(seconds, 1),
        "rows": rows,
    }
    RESULTS.mkdir(exist_ok=True)
    name = "-".join(row.lower() for row in wanted) or "all"
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    (RESULTS / f"{name}-{form}-{database}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
