"""The table: one line per row on the terminal, and all of them in README.md between their markers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

README = Path(__file__).parent / "README.md"


def line(row: Mapping[str, Any]) -> str:
    if "skipped" in row:
        return f"{row['id']:<5} skipped: {row['skipped']}"
    told = "; ".join(_told(figure) for figure in row["figures"])
    return f"{row['id']:<5} {_verdict(row):<5} {row['title']}: {told}"


def _told(figure: Mapping[str, Any]) -> str:
    low, high = figure["spread"]
    spread = "" if low == high else f" ({_short(low)}–{_short(high)})"
    return f"{figure['name']} {_short(figure['measured'])} {figure['unit']}{spread}".replace("  ", " ")


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


def keep(result: Mapping[str, Any], name: str) -> None:
    """The table of that name in README.md is that of the result, if it has one."""
    begin, end = (f"<!-- {name}: {mark} -->" for mark in ("begin", "end"))
    text = README.read_text("utf-8")
    if begin not in text:
        return
    head = f"Measured on {result['measured_on']}, {result['processors']} processors, load average {result['load_average']}, Python {result['python']}."
    lines = [head, "", "| row | what | must | goal | measured (spread) | reached |", "|---|---|---|---|---|---|"]
    for row in result["rows"]:
        if "skipped" in row:
            lines.append(f"| {row['id']} | {row['title']} | | | skipped: {row['skipped']} | |")
        else:
            told = "; ".join(_told(figure) for figure in row["figures"])
            limits = f"{_limits(row, 'must')} | {_limits(row, 'goal')}"
            lines.append(f"| {row['id']} | {row['title']} | {limits} | {told} | {_verdict(row)} |")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    README.write_text("\n".join([before + begin, *lines, end + after]), "utf-8")
