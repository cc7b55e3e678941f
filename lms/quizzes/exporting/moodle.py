"""Moodle XML. Texts are plain text, so that nothing in them becomes markup."""

import re
from collections.abc import Sequence
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from lms.quizzes.exporting.results import CannotCarry, Exported, Left, by_tags_only, cleaned, left_out, numbers, texts
from lms.quizzes.grade_rules import margin, number_of
from lms.quizzes.importing.carriers import tags_of, with_material, with_tail
from lms.quizzes.importing.gift_answers import plain_number
from lms.quizzes.importing.normal import Draft
from lms.quizzes.rules import GAP, Kind, gaps, marking_from


def to_moodle(drafts: Sequence[Draft]) -> Exported:
    """UTF-8. Lines become categories, difficulty and the like tags."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    left: list[Left] = []
    line_name, count = "", 0
    for draft in map(cleaned, drafts):
        try:
            body = _body(draft)
        except CannotCarry as reason:
            left.append(left_out(draft, str(reason)))
            continue
        left += by_tags_only(draft)
        if draft.line != line_name:
            line_name = draft.line
            path = f"$course$/top/{line_name}" if line_name else "$course$/top"
            parts.append(f'<question type="category"><category><text>{escape(path)}</text></category></question>')
        parts.append(body)
        count += 1
    return Exported("\n".join([*parts, "</quiz>", ""]).encode(), count, left)


def _text(name: str, text: str, more: str = "", **attributes: str) -> str:
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f'<{name} format="plain_text"{given}><text>{escape(text)}</text>{more}</{name}>'


def _body(draft: Draft) -> str:
    writer = {
        Kind.SINGLE: _choice, Kind.MULTIPLE: _choice, Kind.BOOLEAN: _truth, Kind.BLANK: _blank, Kind.NUMERIC: _number,
        Kind.MATCHING: _matching, Kind.ORDERING: _ordering, Kind.SHORT: _essay,
    }[draft.kind]  # fmt: skip
    name, stem, inside = writer(draft)
    tags = "".join(f"<tag><text>{escape(tag)}</text></tag>" for tag in tags_of(draft, without=_native(draft)))
    return "\n".join([
        f'<question type="{name}">', f"<name><text>{draft.row}</text></name>",
        _text("questiontext", with_material(stem, draft.material)),
        _text("generalfeedback", with_tail(draft, reference=True)),
        "<defaultgrade>1</defaultgrade><penalty>0</penalty><hidden>0</hidden>",
        *inside, f"<tags>{tags}</tags>" if tags else "", "</question>",
    ])  # fmt: skip


def _native(draft: Draft) -> set[str]:
    tolerance = marking_from(draft.marking).tolerance
    value = number_of(tolerance)
    native = {"条线", "单位"} | ({"误差"} if value is not None and plain_number(value) == tolerance else set())
    return native | (
        {"也算对"}
        if draft.kind in (Kind.MATCHING, Kind.ORDERING)
        else {"题型"}
        if draft.kind is Kind.MULTIPLE
        else set()
    )


_Written = tuple[str, str, list[str]]  # type, stem, elements


def _choice(draft: Draft) -> _Written:
    key, is_single = numbers(draft), draft.kind is Kind.SINGLE
    share = f"{Decimal(100) / len(key):.5f}".rstrip("0").rstrip(".") if len(key) > 1 else "100"
    wrong = "0" if is_single else "-100"
    answers = [_text("answer", option, fraction=share if n in key else wrong) for n, option in enumerate(draft.options)]
    single = f"<single>{str(is_single).lower()}</single><shuffleanswers>true</shuffleanswers><answernumbering>ABCD</answernumbering>"
    return "multichoice", draft.stem, [single, *answers]


def _truth(draft: Draft) -> _Written:
    is_true = numbers(draft) == [0]
    answers = [
        _text("answer", name, fraction="100" if (name == "true") is is_true else "0") for name in ("true", "false")
    ]
    return "truefalse", draft.stem, answers


def _blank(draft: Draft) -> _Written:
    blanks = texts(draft)
    if len(blanks) == 1:
        answers = [_text("answer", text.replace("*", "\\*"), fraction="100") for text in blanks[0]]
        return "shortanswer", draft.stem, ["<usecase>0</usecase>", *answers]
    if re.search(r"\{\d*:\w+:", draft.stem):
        raise CannotCarry("题干里有 {1:…:，Moodle 会读成另一个空")
    fields = [f"{{1:SHORTANSWER:{'~'.join('=' + _cloze(text) for text in each)}}}" for each in blanks]
    left = iter(fields)
    if gaps(draft.stem) == len(fields):
        return "cloze", GAP.sub(lambda _: next(left), draft.stem), []
    return "cloze", " ".join([draft.stem, *fields]), []


def _cloze(text: str) -> str:
    return re.sub(r'([\\}#~/"])', r"\\\1", text)


def _number(draft: Draft) -> _Written:
    marking, answers = marking_from(draft.marking), []
    if len(texts(draft)[0]) > 1 and marking.tolerance.strip().endswith("%"):
        raise CannotCarry("几个答案各有按百分比的误差，Moodle XML 读回来会不同")
    for text in texts(draft)[0]:
        value = number_of(text, marking.unit)
        width = margin(marking.tolerance, value) if value is not None else None
        if value is None or width is None:
            raise CannotCarry("答案不是数")
        tolerance = f"<tolerance>{plain_number(width)}</tolerance>"
        answers.append(_text("answer", plain_number(value), tolerance, fraction="100"))
    unit = f"<units><unit><multiplier>1</multiplier><unit_name>{escape(marking.unit)}</unit_name></unit></units>"
    return "numerical", draft.stem, [*answers, *([unit] if marking.unit else [])]


def _matching(draft: Draft) -> _Written:
    key = numbers(draft)
    pairs = [(prompt, draft.options[n]) for prompt, n in zip(draft.prompts, key, strict=True)]
    pairs += [("", option) for n, option in enumerate(draft.options) if n not in key]
    inside = [_text("subquestion", left, f"<answer><text>{escape(right)}</text></answer>") for left, right in pairs]
    return "matching", draft.stem, ["<shuffleanswers>true</shuffleanswers>", *inside]


def _ordering(draft: Draft) -> _Written:
    items = [_text("answer", draft.options[n], fraction=str(place)) for place, n in enumerate(numbers(draft), 1)]
    return "ordering", draft.stem, ["<layouttype>VERTICAL</layouttype><selecttype>ALL</selecttype>", *items]


def _essay(draft: Draft) -> _Written:
    rubric = marking_from(draft.marking).rubric
    return (
        "essay",
        draft.stem,
        [_text("graderinfo", rubric), "<responseformat>editor</responseformat><responserequired>1</responserequired>"],
    )
