"""Cells that say exactly what a question is: what our own workbook export writes, and reads back without guessing.

Lists in a cell are divided by ；, alternatives by /, lines of the left side by line breaks; a backslash before any of these
(and before itself) makes it an ordinary character, and `\\n` is a line break inside an item.
"""

import re
from collections.abc import Sequence

from lms.quizzes.importing.normal import difficulty_of, truth
from lms.quizzes.importing.raw import Raw, Unreadable
from lms.quizzes.rules import SCORING_LABELS, TRUTH_OPTIONS, TYPED, Key, Kind, Marking, Scoring, letter

EXACT = "原样"
_SPECIAL = re.compile(r"[\\；/]")


def escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], text).replace("\n", "\\n")


def _split(text: str, divider: str) -> list[str]:
    """Parts between dividers that have no backslash; the escapes of the other level stay."""
    parts, at = [""], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            parts[-1] += text[at : at + 2]
            at += 2
            continue
        if text[at] == divider:
            parts.append("")
        else:
            parts[-1] += text[at]
        at += 1
    return parts


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def key_cell(kind: Kind, key: Key) -> str:
    """A key as a cell of the export."""
    if kind in TYPED:
        return "；".join("/".join(map(escaped, each)) for each in key if not isinstance(each, (int, str)))
    numbers = [each for each in key if isinstance(each, int)]
    return TRUTH_OPTIONS[numbers[0]] if kind is Kind.BOOLEAN else "".join(map(letter, numbers))


def key_of_cell(kind: Kind, text: str) -> Key | None:
    """The key out of a cell of the export; None when somebody has made something else of it."""
    if kind in TYPED:
        blanks = _split(text, "；") if text else []
        return [[unescaped(each).strip() for each in _split(blank, "/")] for blank in blanks]
    if kind is Kind.BOOLEAN:
        said = truth(text)
        return None if said is None else [0 if said else 1]
    return [ord(each) - ord("A") for each in text] if re.fullmatch("[A-J]+", text) else None


def lines_cell(items: Sequence[str]) -> str:
    return "\n".join(map(escaped, items))


def lines_of_cell(text: str) -> list[str]:
    return [unescaped(line) for line in text.splitlines()]


def marking_cells(kind: Kind, marking: Marking) -> dict[str, str]:
    """The cells of a marking: only what differs from the default."""
    return {
        "scoring": SCORING_LABELS[marking.scoring] if marking.scoring else "",
        "is_order_free": "是" if marking.is_order_free else "",
        "tolerance": "" if marking.tolerance == "0" else marking.tolerance,
        "unit": marking.unit,
        "also": "\n".join(key_cell(kind, key) for key in marking.also),
        "rubric": marking.rubric,
    }


_SCORINGS = {label: scoring for scoring, label in SCORING_LABELS.items()} | {
    "全部选对才得分": Scoring.ALL, "全对": Scoring.ALL, "漏选得一半": Scoring.HALF, "一半": Scoring.HALF,
    "按比例": Scoring.PROPORTIONAL, "部分得分": Scoring.PROPORTIONAL,
} | {scoring.value: scoring for scoring in Scoring}  # fmt: skip


def marking_of(raw: Raw, kind: Kind) -> Marking:
    """The marking a row asks for. Raises Unreadable at the cell that says something else."""
    scoring = raw.scoring.strip()
    if scoring and scoring not in _SCORINGS:
        said = "、".join(SCORING_LABELS.values())
        raise Unreadable(raw.problem("scoring", scoring, f"计分写“{said}”中的一种，或者不填"))
    return Marking(
        scoring=_SCORINGS.get(scoring),
        is_order_free=kind is Kind.BLANK and _is_yes(raw),
        tolerance=(raw.tolerance.strip().lstrip("±").strip() or "0") if kind is Kind.NUMERIC else "0",
        unit=raw.unit.strip() if kind is Kind.NUMERIC else "",
        also=tuple(_also(raw, kind)),
        rubric=raw.rubric.strip(),
    )


def _is_yes(raw: Raw) -> bool:
    said = truth(raw.is_order_free) if raw.is_order_free.strip() else False
    if said is None:
        raise Unreadable(raw.problem("is_order_free", raw.is_order_free, "不分顺序写“是”或“否”"))
    return said


def _also(raw: Raw, kind: Kind) -> list[Key]:
    keys = [key_of_cell(kind, line) for line in raw.also.splitlines() if line.strip()]
    if None in keys:
        raise Unreadable(raw.problem("also", raw.also, "“也算对”每行写一个答案，写法与答案列相同"))
    return [key for key in keys if key is not None]


def level_of(raw: Raw) -> int:
    """1, 2 or 3; nothing written is 2. Raises Unreadable."""
    if not raw.difficulty.strip():
        return 2
    level = difficulty_of(raw.difficulty)
    if level is None:
        message = f"难度写易、中或难，现在是“{raw.difficulty.strip()}”"
        raise Unreadable(raw.problem("difficulty", raw.difficulty, message))
    return level
