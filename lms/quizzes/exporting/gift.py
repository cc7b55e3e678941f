r"""GIFT as Moodle reads it. Every control character is escaped; tags stand in the comment above a question."""

import re
from collections.abc import Sequence

from lms.quizzes.exporting.results import CannotCarry, Exported, Left, by_tags_only, cleaned, left_out, numbers, texts
from lms.quizzes.grade_rules import margin, number_of
from lms.quizzes.importing.carriers import tags_of, with_material, with_tail
from lms.quizzes.importing.gift_answers import plain_number
from lms.quizzes.importing.normal import Draft
from lms.quizzes.rules import Kind, marking_from


def escaped(text: str) -> str:
    return re.sub(r"([\\:#={}~])", r"\\\1", text).replace("\n", "\\n")


def _item(text: str) -> str:
    """An answer: what could be taken for a weight, a format or HTML is marked as plain text."""
    return f"[plain]{escaped(text)}" if re.match(r"[%\[]|.*</?\w", text, re.DOTALL) else escaped(text)


def to_gift(drafts: Sequence[Draft]) -> Exported:
    """UTF-8. Ordering and several blanks have no place in GIFT."""
    lines = ["// 题库导出，GIFT 格式"]
    left: list[Left] = []
    line_name, count = "", 0
    for draft in map(cleaned, drafts):
        try:
            answers = _answers(draft)
        except CannotCarry as reason:
            left.append(left_out(draft, str(reason)))
            lines += ["", f"// 没有导出第 {draft.row} 号题：{reason}"]
            continue
        left += by_tags_only(draft)
        if draft.line != line_name:
            line_name = draft.line
            lines += ["", f"$CATEGORY: {escaped(line_name) or 'top'}"]
        lines += [
            "",
            *_comment(draft),
            f"::{draft.row}::[plain]{escaped(with_material(draft.stem, draft.material))}{{{answers}}}",
        ]
        count += 1
    return Exported(("\n".join(lines) + "\n").encode(), count, left)


def _comment(draft: Draft) -> list[str]:
    native = {"条线"} | ({"误差"} if _is_native_tolerance(draft) else set())
    native |= {"也算对"} if draft.kind in (Kind.MATCHING, Kind.ORDERING) else set()
    tags = tags_of(draft, without=native)
    held = "".join(f" [tag:{escaped(tag)}]" for tag in tags if "]" not in tag)
    return [f"//{held}"] if held else []


def _is_native_tolerance(draft: Draft) -> bool:
    tolerance = marking_from(draft.marking).tolerance
    value = number_of(tolerance)
    return value is not None and plain_number(value) == tolerance


def _answers(draft: Draft) -> str:
    """What stands in the braces. Raises CannotCarry."""
    writer = {
        Kind.SINGLE: _choice, Kind.MULTIPLE: _choice, Kind.BOOLEAN: _truth, Kind.BLANK: _blank, Kind.NUMERIC: _number,
        Kind.MATCHING: _matching, Kind.SHORT: _essay,
    }.get(draft.kind)  # fmt: skip
    if writer is None:
        raise CannotCarry("GIFT 没有排序题")
    feedback = with_tail(draft, reference=True, rubric=True)
    return writer(draft) + (f"####[plain]{escaped(feedback)}" if feedback else "")


def _essay(draft: Draft) -> str:
    return ""


def _choice(draft: Draft) -> str:
    key = numbers(draft)
    if draft.kind is Kind.SINGLE or len(key) == 1:
        return " ".join(("=" if n in key else "~") + _item(option) for n, option in enumerate(draft.options))
    share = f"{100 / len(key):.5f}".rstrip("0").rstrip(".")
    return " ".join(
        f"~%{share}%{_item(option)}" if n in key else f"~%-100%{_item(option)}"
        for n, option in enumerate(draft.options)
    )


def _truth(draft: Draft) -> str:
    return "T" if numbers(draft) == [0] else "F"


def _blank(draft: Draft) -> str:
    blanks = texts(draft)
    if len(blanks) != 1:
        raise CannotCarry("GIFT 的一道题只有一个空")
    if any("->" in text for text in blanks[0]):
        raise CannotCarry("答案里有 ->，GIFT 会读成匹配题")
    return " ".join(f"={_item(text)}" for text in blanks[0])


def _number(draft: Draft) -> str:
    marking, values = marking_from(draft.marking), texts(draft)[0]
    if len(values) > 1 and marking.tolerance.strip().endswith("%"):
        raise CannotCarry("几个答案各有按百分比的误差，GIFT 写不出来")
    parts = []
    for text in values:
        value = number_of(text, marking.unit)
        width = margin(marking.tolerance, value) if value is not None else None
        if value is None or width is None:
            raise CannotCarry("答案不是数")
        parts.append(plain_number(value) + (f":{plain_number(width)}" if width else ""))
    return "#" + (parts[0] if len(parts) == 1 else "".join(f"={part} " for part in parts).strip())


def _matching(draft: Draft) -> str:
    if any("->" in text for text in [*draft.prompts, *draft.options]):
        raise CannotCarry("左项或选项里有 ->，GIFT 写不出来")
    key = numbers(draft)
    pairs = [f"={_item(prompt)} -> {_item(draft.options[n])}" for prompt, n in zip(draft.prompts, key, strict=True)]
    spare = [f"= -> {_item(option)}" for n, option in enumerate(draft.options) if n not in key]
    return "\n" + "\n".join([*pairs, *spare]) + "\n"
