"""Aiken: only questions with one right option, each stem and option on one line."""

import re
from collections.abc import Sequence

from lms.quizzes.exporting.results import CannotCarry, Exported, Left, cleaned, left_out, numbers
from lms.quizzes.importing.keys import are_truths
from lms.quizzes.importing.normal import Draft
from lms.quizzes.rules import KIND_LABELS, TRUTH_OPTIONS, Kind, letter


def to_aiken(drafts: Sequence[Draft]) -> Exported:
    """UTF-8. What Aiken cannot say is named: other kinds, and explanation, basis, difficulty and line of every question."""
    blocks: list[str] = []
    left: list[Left] = []
    for draft in map(cleaned, drafts):
        try:
            blocks.append(_block(draft))
        except CannotCarry as reason:
            left.append(left_out(draft, str(reason)))
            continue
        if draft.explanation or draft.basis or draft.marking:
            left.append(left_out(draft, "Aiken 只有题干、选项和答案；解析、依据和计分没有导出", is_whole=False))
    return Exported(("\n\n".join(blocks) + "\n").encode(), len(blocks), left)


def _block(draft: Draft) -> str:
    if draft.kind not in (Kind.SINGLE, Kind.BOOLEAN):
        raise CannotCarry(f"Aiken 没有{KIND_LABELS[draft.kind]}")
    if draft.material:
        raise CannotCarry("Aiken 没有共用的材料")
    options = list(TRUTH_OPTIONS) if draft.kind is Kind.BOOLEAN else draft.options
    if draft.kind is Kind.SINGLE and are_truths(options):
        raise CannotCarry("选项只有正确和错误，Aiken 会读成判断题")
    if any("\n" in text for text in [draft.stem, *options]):
        raise CannotCarry("Aiken 的题干和选项各只能有一行")
    if re.match(r"[A-Z][.)、]|ANSWER\s*[:：]|\d{1,4}[.、)]\s", draft.stem, re.IGNORECASE) or re.search(
        r"[（(\[【［]\s*(?:[A-Ja-jＡ-Ｊ]+|[TFXYN√×对错是否])\s*[)）\]】］]", draft.stem
    ):
        raise CannotCarry("题干的开头或括号里的字母会被读成选项或答案")
    lines = [f"{letter(n)}. {option}" for n, option in enumerate(options)]
    return "\n".join([draft.stem, *lines, f"ANSWER: {letter(numbers(draft)[0])}"])
