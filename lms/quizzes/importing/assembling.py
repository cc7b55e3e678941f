"""A raw question, texts as they were found, made into a checked one or into a problem that says what to mend."""

import re
from collections.abc import Sequence

from lms.quizzes.content_rules import faults
from lms.quizzes.importing.exact import key_of_cell, level_of, lines_of_cell, marking_of
from lms.quizzes.importing.keys import Answered, answered, are_truths, numbered_items
from lms.quizzes.importing.normal import (
    Draft,
    Reading,
    basis_of,
    is_case,
    is_kind_mark,
    kind_of,
    letters,
    order_of,
    truth,
    unsupported_kind,
)  # fmt: skip
from lms.quizzes.importing.raw import FIELD_LABELS, Raw, Unreadable
from lms.quizzes.rules import KIND_LABELS, Kind, Marking, letter, marking_from

__all__ = ["FIELD_LABELS", "Raw", "Unreadable", "accept", "read_into"]

_BRACKETS = re.compile(r"[（(\[【［]\s*([^（）()\[\]【】［］]{1,24}?)\s*[)）\]】］]")
_USUAL = Marking()
EMPTY_BRACKETS = "（　）"
_NO_BRACKET_KEY = (Kind.BLANK, Kind.NUMERIC, Kind.MATCHING, Kind.SHORT)


def read_into(reading: Reading, raw: Raw) -> None:
    """Adds to `reading` either the question or what is wrong with it."""
    try:
        draft = _exact_draft(raw) if raw.is_exact else _draft(raw)
    except Unreadable as unreadable:
        reading.errors.append(unreadable.problem)
        return
    accept(reading, draft, raw)


def accept(reading: Reading, draft: Draft, raw: Raw) -> None:
    """Adds the question, or what the bank would refuse about it with the texts of `raw` quoted."""
    marking = marking_from(draft.marking) if draft.marking else _USUAL
    wrong = faults(
        draft.kind, draft.stem, draft.options, draft.key,
        prompts=draft.prompts, marking=marking, material=draft.material,
    )  # fmt: skip
    quoted = {
        "stem": raw.stem or raw.material, "options": "　".join(raw.options), "key": raw.key or raw.stem, "material": raw.material,
        "prompts": raw.prompts or raw.stem, "tolerance": raw.tolerance or raw.key, "rubric": raw.rubric or raw.stem,
    }  # fmt: skip
    reading.errors += [raw.problem(each.field, quoted[each.field], each.message) for each in wrong]
    if not wrong:
        reading.questions.append(draft)


def _draft(raw: Raw) -> Draft:
    stem, marked = _without_kind_mark(raw.stem.strip())
    declared = _declared(raw, marked)
    options = [option.strip() for option in raw.options]
    if not options and declared in (Kind.SINGLE, Kind.MULTIPLE, None) and order_of(raw.key) is not None:
        stem, options = _circled(stem)
    if raw.letters and raw.letters != "".join(letter(n) for n in range(len(raw.letters))):
        raise Unreadable(raw.problem("options", "　".join(options), f"选项字母不连续：{'、'.join(raw.letters)}"))
    stem, key_text = _inline_key(raw, stem, options, declared)
    return _built(raw, answered(raw, declared, stem, options, key_text))


def _circled(stem: str) -> tuple[str, list[str]]:
    """Options that are written ①甲 ②乙."""
    return numbered_items(stem) if "①" in stem else (stem, [])


def _built(raw: Raw, found: Answered) -> Draft:
    raw.unit = raw.unit or found.unit
    raw.tolerance = raw.tolerance or found.tolerance
    marking = marking_of(raw, found.kind)
    return Draft(
        row=raw.row, kind=found.kind, stem=found.stem, options=found.options, key=found.key,
        explanation=raw.explanation.strip(), basis=_basis(raw), difficulty=level_of(raw), line=raw.line.strip(),
        prompts=found.prompts, material=raw.material.strip(), marking={} if marking == _USUAL else marking.stored(),
    )  # fmt: skip


def _exact_draft(raw: Raw) -> Draft:
    kind = next((kind for kind, label in KIND_LABELS.items() if label == raw.kind.strip()), None)
    if kind is None:
        said = "、".join(KIND_LABELS.values())
        raise Unreadable(raw.problem("kind", raw.kind, f"题型写 {said} 中的一种"))
    key = key_of_cell(kind, raw.key)
    if key is None:
        raise Unreadable(raw.problem("key", raw.key, f"看不懂答案“{raw.key[:40]}”，写成 A、AB、正确或错误"))
    options = list(raw.options) if kind is not Kind.BOOLEAN else ["正确", "错误"]
    draft = _built(raw, Answered(kind, raw.stem, options, key, lines_of_cell(raw.prompts)))
    draft.basis = {name: text.strip() for name, text in raw.basis.items() if text.strip()}
    return draft


def _declared(raw: Raw, marked: str) -> Kind | None:
    """The kind that heading, column or mark name. Raises Unreadable for one we do not have or do not know."""
    word = marked or raw.kind
    if name := unsupported_kind(word):
        raise Unreadable(raw.problem("kind", word, f"暂不支持{name}，这道题没有读入；可以改成选择题或简答题"))
    declared = kind_of(word)
    if word and not declared and not is_case(word) and "选择" not in word:
        said = "、".join(KIND_LABELS.values())
        raise Unreadable(raw.problem("kind", word, f"不认识题型“{word}”，写{said}或案例题"))
    raw.kind = word if marked else raw.kind
    return declared


def _without_kind_mark(stem: str) -> tuple[str, str]:
    """(stem, "单选题") for `[单选题]…` and `…（单选）`; the stem untouched when there is no such mark."""
    for found in _BRACKETS.finditer(stem):
        at_edge = found.start() == 0 or found.end() == len(stem)
        if at_edge and is_kind_mark(found[1]):
            return (stem[: found.start()] + stem[found.end() :]).strip(), found[1]
    return stem, ""


def _inline_key(raw: Raw, stem: str, options: Sequence[str], declared: Kind | None) -> tuple[str, str]:
    """The stem with a key in brackets emptied, and the key. Raises when brackets and answer line disagree."""
    if declared in _NO_BRACKET_KEY or (not options and declared in (Kind.SINGLE, Kind.MULTIPLE)):
        return stem, raw.key
    for found in reversed(list(_BRACKETS.finditer(stem))):
        inside = found[1]
        said = letters(inside) if options else truth(inside)
        if said is None and options and truth(inside) is not None and are_truths(options):
            said = truth(inside)
        if said is None:
            continue
        if raw.key.strip() and not _same_key(inside, raw.key):
            raise Unreadable(raw.problem("key", raw.key, f"题干括号里是“{inside}”，答案写的是“{raw.key.strip()}”"))
        return stem[: found.start()] + EMPTY_BRACKETS + stem[found.end() :], raw.key.strip() or inside
    return stem, raw.key


def _same_key(one: str, other: str) -> bool:
    first, second = letters(one), letters(other)
    if first is not None and second is not None:
        return set(first) == set(second)
    return truth(one) is not None and truth(one) == truth(other)


def _basis(raw: Raw) -> dict[str, str]:
    given = {name: text.strip() for name, text in raw.basis.items() if text.strip()}
    return (
        basis_of(given["law"]) | {name: text for name, text in given.items() if name != "law"}
        if "law" in given
        else given
    )
