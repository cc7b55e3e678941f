"""A raw question, texts as they were found, made into a checked one or into a problem that says what to mend."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lms.quizzes.content_rules import faults
from lms.quizzes.importing.normal import (
    Draft,
    Problem,
    Reading,
    basis_of,
    blanks,
    difficulty_of,
    kind_of,
    letters,
    truth,
    unsupported_kind,
)  # fmt: skip
from lms.quizzes.rules import GAP, TRUTH_OPTIONS, Key, Kind, gaps, letter, plain

FIELD_LABELS = {
    "stem": "题干", "options": "选项", "key": "答案", "kind": "题型", "explanation": "解析",
    "difficulty": "难度", "line": "条线", "basis": "依据",
}  # fmt: skip


@dataclass
class Raw:
    """A question as found: texts only. `places` says for each field where it stood (row, column)."""

    row: int
    stem: str = ""
    options: list[str] = field(default_factory=list)
    key: str = ""
    kind: str = ""
    explanation: str = ""
    basis: dict[str, str] = field(default_factory=dict)
    difficulty: str = ""
    line: str = ""
    places: dict[str, tuple[int, str]] = field(default_factory=dict)
    letters: str = ""  # the letters in front of the options as written

    def problem(self, name: str, text: str, message: str) -> Problem:
        row, column = self.places.get(name, (self.row, FIELD_LABELS.get(name, "")))
        return Problem(row, column, text[:200], message)


class Unreadable(Exception):
    """Why a raw question cannot be read; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


_BRACKETS = re.compile(r"[（(\[【［]\s*([^（）()\[\]【】［］]{1,24}?)\s*[)）\]】］]")
EMPTY_BRACKETS = "（　）"


def read_into(reading: Reading, raw: Raw) -> None:
    """Adds to `reading` either the question or what is wrong with it."""
    try:
        draft = _draft(raw)
    except Unreadable as unreadable:
        reading.errors.append(unreadable.problem)
        return
    wrong = faults(draft.kind, draft.stem, draft.options, draft.key)
    quoted = {"stem": raw.stem, "options": "　".join(raw.options), "key": raw.key or raw.stem}
    reading.errors += [raw.problem(each.field, quoted[each.field], each.message) for each in wrong]
    if not wrong:
        reading.questions.append(draft)


def _draft(raw: Raw) -> Draft:
    stem, marked = _without_kind_mark(raw.stem.strip())
    word = raw.kind or marked
    if name := unsupported_kind(word):
        raise Unreadable(raw.problem("kind", word, f"暂不支持{name}，这道题没有读入"))
    declared = kind_of(word)
    if raw.kind and not declared and "选择" not in raw.kind:
        raise Unreadable(raw.problem("kind", raw.kind, f"不认识题型“{raw.kind}”，写单选题、多选题、判断题或填空题"))
    options = [option.strip() for option in raw.options]
    if raw.letters and raw.letters != "".join(letter(n) for n in range(len(raw.letters))):
        raise Unreadable(raw.problem("options", "　".join(options), f"选项字母不连续：{'、'.join(raw.letters)}"))
    stem, key_text = _inline_key(raw, stem, options, declared)
    kind, options, key = _kind_and_key(raw, declared, stem, options, key_text)
    return Draft(
        row=raw.row, kind=kind, stem=stem, options=options, key=key, explanation=raw.explanation.strip(),
        basis=_basis(raw),
        difficulty=_difficulty(raw), line=raw.line.strip(),
    )  # fmt: skip


def _without_kind_mark(stem: str) -> tuple[str, str]:
    """(stem, "单选题") for `[单选题]…` and `…（单选）`; the stem untouched when there is no such mark."""
    for found in _BRACKETS.finditer(stem):
        at_edge = found.start() == 0 or found.end() == len(stem)
        if at_edge and (kind_of(found[1]) or unsupported_kind(found[1])) and len(found[1]) <= 7:
            return (stem[: found.start()] + stem[found.end() :]).strip(), found[1]
    return stem, ""


def _inline_key(raw: Raw, stem: str, options: Sequence[str], declared: Kind | None) -> tuple[str, str]:
    """The stem with a key in brackets emptied, and the key. Raises when brackets and answer line disagree."""
    if declared is Kind.BLANK or (not options and declared in (Kind.SINGLE, Kind.MULTIPLE)):
        return stem, raw.key
    for found in reversed(list(_BRACKETS.finditer(stem))):
        inside = found[1]
        said = letters(inside) if options else truth(inside)
        if said is None and options and truth(inside) is not None and _are_truths(options):
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


def _are_truths(options: Sequence[str]) -> bool:
    return len(options) == 2 and {truth(option) for option in options} == {True, False}


def _kind_and_key(
    raw: Raw, declared: Kind | None, stem: str, options: list[str], key_text: str
) -> tuple[Kind, list[str], Key]:
    if not key_text.strip():
        raise Unreadable(raw.problem("key", stem, "没有找到答案"))
    if declared is Kind.BLANK or (declared is None and not options and truth(key_text) is None and GAP.search(stem)):
        return Kind.BLANK, [], blanks(key_text, gaps(stem))
    if declared is None and not options and truth(key_text) is None:
        message = "没有找到选项，答案也不是“正确”或“错误”；选项每个一行，写成 A. B. C."
        raise Unreadable(raw.problem("options", stem, message))
    if declared is Kind.BOOLEAN or (declared is None and (_are_truths(options) or not options)):
        return Kind.BOOLEAN, list(TRUTH_OPTIONS), [0 if _truth_key(raw, options, key_text) else 1]
    numbers = letters(key_text)
    if numbers is None:
        numbers = [n for n, option in enumerate(options) if plain(option) == plain(key_text)]
    if not numbers:
        raise Unreadable(raw.problem("key", key_text, f"看不懂答案“{key_text.strip()[:40]}”，写成 A 或 AB"))
    kind = declared or (Kind.SINGLE if len(numbers) == 1 else Kind.MULTIPLE)
    if kind is Kind.MULTIPLE and len(numbers) == 1 and "不定项" not in raw.kind + raw.stem:
        raise Unreadable(raw.problem("key", key_text, "多选题至少有两个答案；只有一个时题型写单选题或不定项选择题"))
    return kind, options, sorted(numbers)


def _truth_key(raw: Raw, options: Sequence[str], key_text: str) -> bool:
    said = truth(key_text)
    numbers = letters(key_text)
    if said is None and numbers and len(numbers) == 1:
        if not options:  # The usual answer sheet: A is right, B is wrong.
            said = {0: True, 1: False}.get(numbers[0])
        elif numbers[0] < len(options):
            said = truth(options[numbers[0]])
    if said is None:
        raise Unreadable(raw.problem("key", key_text, f"判断题的答案写“正确”或“错误”，现在是“{key_text.strip()[:40]}”"))
    return said


def _basis(raw: Raw) -> dict[str, str]:
    given = {name: text.strip() for name, text in raw.basis.items() if text.strip()}
    return (
        basis_of(given["law"]) | {name: text for name, text in given.items() if name != "law"}
        if "law" in given
        else given
    )


def _difficulty(raw: Raw) -> int:
    if not raw.difficulty.strip():
        return 2
    level = difficulty_of(raw.difficulty)
    if level is None:
        raise Unreadable(
            raw.problem("difficulty", raw.difficulty, f"难度写易、中或难，现在是“{raw.difficulty.strip()}”")
        )
    return level
