"""Answers that stand together at the end of a paper: `1-5 ABCDA`, `1.A 2.BC 3.√`, under headings or not."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lms.quizzes.importing.assembling import Raw
from lms.quizzes.importing.normal import shadow
from lms.quizzes.rules import Kind

_RUN = re.compile(r"(\d{1,4})\s*(?:-+|—+|~|至)\s*(\d{1,4})\s*[:.、题]*\s*((?:[A-J√×✓✗对错]\s*)+)")
_ONE = re.compile(r"(\d{1,4})\s*[.、:)]?\s*((?:[A-J](?:[,、]?[A-J])*)|√|×|✓|✗|对|错|正确|错误|T)(?![A-Z])")


@dataclass
class Answer:
    kind: Kind | None  # of the heading above
    number: int
    key: str
    row: int
    used: bool = False


def answers_in(text: str, kind: Kind | None, row: int) -> list[Answer]:
    """The answers a line lists; empty unless the whole line is such a list."""
    half = shadow(text).replace("TRUE", "√").replace("FALSE", "×")
    found: list[Answer] = []
    at = 0
    for match in re.finditer(rf"{_RUN.pattern}|{_ONE.pattern}", half):
        if half[at : match.start()].strip(" ,;。.、"):
            return []
        at = match.end()
        if match[4]:
            found.append(Answer(kind, int(match[4]), match[5], row))
            continue
        first, last, keys = int(match[1]), int(match[2]), re.sub(r"\s", "", match[3])
        if last - first + 1 != len(keys):
            return []
        found += [Answer(kind, first + n, key, row) for n, key in enumerate(keys)]
    return [] if half[at:].strip(" ,;。.、") else found


def hand_out(answers: Iterable[Answer], questions: Iterable[tuple[int, Kind | None, Raw]]) -> Iterator[Answer]:
    """Gives every question without a key the first unused answer of its number and heading; yields those left over."""
    answers = list(answers)
    for number, kind, raw in questions:
        if raw.key.strip():
            continue
        for answer in answers:
            if not answer.used and answer.number == number and answer.kind in (None, kind):
                raw.key, answer.used = answer.key, True
                raw.places["key"] = (answer.row, "答案")
                break
    yield from (answer for answer in answers if not answer.used)
