"""What an export gives: the file, and what is not in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lms.quizzes.importing.normal import Draft
from lms.quizzes.rules import Kind, marking_from

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U0010ff00-\U0010ffff]")


@dataclass(frozen=True)
class Left:
    """Something a format cannot carry. `number`: of the question. `is_whole`: the question is not in the file at all."""

    number: int
    stem: str
    message: str
    is_whole: bool = True


@dataclass
class Exported:
    data: bytes
    count: int
    left: list[Left] = field(default_factory=list)


class CannotCarry(Exception):
    """Why a question is not exported, as a sentence."""


def left_out(draft: Draft, message: str, *, is_whole: bool = True) -> Left:
    return Left(draft.row, draft.stem[:80], message, is_whole)


def clean(text: str) -> str:
    """Without the characters no XML and no workbook can hold; line ends are one character."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def cleaned(draft: Draft) -> Draft:
    """The same question with clean texts."""
    key: Any = [each if isinstance(each, int) else [clean(text) for text in each] for each in draft.key]
    return Draft(
        draft.row, draft.kind, clean(draft.stem), [clean(each) for each in draft.options], key, clean(draft.explanation),
        {name: clean(value) for name, value in draft.basis.items()}, draft.difficulty, clean(draft.line),
        [clean(each) for each in draft.prompts], clean(draft.material), draft.marking,
    )  # fmt: skip


def numbers(draft: Draft) -> list[int]:
    return [each for each in draft.key if isinstance(each, int)]


def texts(draft: Draft) -> list[list[str]]:
    return [[str(text) for text in each] for each in draft.key if not isinstance(each, (int, str))]


def by_tags_only(draft: Draft) -> Iterable[Left]:
    """What a format without a place for it holds as a tag: other programs do not grade by it."""
    marking = marking_from(draft.marking)
    if marking.also and draft.kind in (Kind.MATCHING, Kind.ORDERING):
        yield left_out(draft, "另行认可的答案没有导出", is_whole=False)
    elif marking.also:
        yield left_out(draft, "另行认可的答案只写在标签里，别的系统不按它计分", is_whole=False)
    if marking.scoring:
        yield left_out(draft, "这道题自己的计分规则只写在标签里，别的系统不按它计分", is_whole=False)
