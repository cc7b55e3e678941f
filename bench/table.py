"""The table: one line per row on the terminal, and all of them in README.md between their markers."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.limits import LIMITS, SPENT

README = Path(__file__).parent / "README.md"


def line(row: Mapping[str, Any]) -> str:
    if "skipped" in row:
        return f"{row['id']:<5} skipped: {row['skipped']}"
    told = "; ".join(_told(figure) for figure in row["figures"])
    return f"{row['id']:<5} {_verdict(row):<5} {row['title']}: {told}"


def _told(figure: Mapping[str, Any]) -> str:
    low, high = figure["spread"]
    spread = "" if low == high else f" ({_short(low)}–{_short(high)})"
    return f"{figure['name']} {_short(figure['measured'])} {figure['unit']}{spread}".replace("  ", " ").strip()


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _verdict(row: Mapping[str, Any]) -> str:
    if all(figure["must"] is None and figure["goal"] is None for figure in row["figures"]):
        return "–"
    return "goal" if row["goal_ok"] else "must" if row["must_ok"] else "below"


def _limits(row: Mapping[str, Any], which: str) -> str:
    signs = {True: "≥", False: "≤"}
    told = [
        f"{signs[f['at_least']]} {_short(f[which])} {f['unit']}".strip() for f in row["figures"] if f[which] is not None
    ]
    return "; ".join(told) or "–"


def merged(result: Mapping[str, Any], latest: Path) -> dict[str, Any]:
    """The newest values of each row, kept in `latest`: those of the result, and of rows it has not, what was there."""
    about = {name: value for name, value in result.items() if name != "rows"}
    rows = {row["id"]: row for row in json.loads(latest.read_text("utf-8"))["rows"]} if latest.exists() else {}
    rows |= {
        row["id"]: {**row, "measured_on": result["measured_on"], "load_average": result["load_average"]}
        for row in result["rows"]
    }
    whole = {**about, "rows": sorted(rows.values(), key=_order)}
    latest.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return whole


def _order(row: Mapping[str, Any]) -> tuple[str, int, str]:
    """bare, then by letter and number: P2 before P10."""
    found = re.match(r"([A-Z]*)(\d*)(.*)", row["id"])
    assert found is not None
    return found[1], int(found[2] or 0), found[3]


def keep(result: Mapping[str, Any], readme: Path = README) -> None:
    """The table of this database in README.md is that of the result, and below it stands where the time of missed goals goes."""
    begin, end = (f"<!-- {result['database']}: {mark} -->" for mark in ("begin", "end"))
    head = f"{result['processors']} processors, Python {result['python']}; each row as it was measured last."
    lines = [
        head,
        "",
        "| row | what | limit | must | goal | measured (spread) | reached | on, load average |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_table_line(row) for row in result["rows"]]
    missed = [row["id"] for row in result["rows"] if not row["goal_ok"] and row["id"] in SPENT]
    if missed:
        lines += [
            "",
            "Where the time of missed goals goes:",
            "",
            *(f"* {row_id}: {SPENT[row_id]}." for row_id in missed),
        ]
    text = readme.read_text("utf-8")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    readme.write_text("\n".join([before + begin, *lines, end + after]), "utf-8")


def _table_line(row: Mapping[str, Any]) -> str:
    when = f"{row['measured_on']}, {row['load_average']:.1f}"
    limit = LIMITS.get(row["id"], "–")
    if "skipped" in row:
        return f"| {row['id']} | {row['title']} | {limit} | | | skipped: {row['skipped']} | | {when} |"
    told = "; ".join(_told(figure) for figure in row["figures"])
    limits = f"{limit} | {_limits(row, 'must')} | {_limits(row, 'goal')}"
    return f"| {row['id']} | {row['title']} | {limits} | {told} | {_verdict(row)} | {when} |"
