"""When a course counts as finished, what of it is locked and why, and how its lessons are put in order. Pure.

Finished stays finished: a rule that is changed afterwards asks more only of those who are still on their way. The pre-test
only compares before and after; it exempts nobody, because hours stand for study that took place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar


class Completion(StrEnum):
    """What finishes a course; whatever the rule, a course with a quiz also asks for its pass."""

    REQUIRED = "required"
    """All required lessons, or all lessons where none is required."""
    ELECTIVES = "electives"
    """All required lessons and so many of the elective ones."""
    QUIZ = "quiz"
    """The quiz alone; lessons are there for whoever needs them."""


COMPLETION_NAMES = {
    Completion.REQUIRED: "学完全部必学课时",
    Completion.ELECTIVES: "必学课时，另选学若干个",
    Completion.QUIZ: "课后测验及格即可",
}


class Done(Protocol):
    """A lesson as far as finishing goes."""

    @property
    def is_required(self) -> bool: ...
    @property
    def is_finished(self) -> bool: ...


DoneT = TypeVar("DoneT", bound=Done)


def required_of(completion: Completion, lessons: Sequence[DoneT]) -> list[DoneT]:
    """The lessons that everybody has to finish."""
    if completion is Completion.QUIZ:
        return []
    required = [lesson for lesson in lessons if lesson.is_required]
    return required or (list(lessons) if completion is Completion.REQUIRED else [])


def electives_missing(completion: Completion, needed: int, lessons: Sequence[Done]) -> int:
    """How many elective lessons are still to be finished; a course that offers fewer asks for all it offers."""
    if completion is not Completion.ELECTIVES:
        return 0
    electives = [lesson for lesson in lessons if not lesson.is_required]
    return max(0, min(needed, len(electives)) - sum(lesson.is_finished for lesson in electives))


def are_lessons_done(completion: Completion, needed: int, lessons: Sequence[Done]) -> bool:
    """Whether the lessons leave nothing more to do; a course without lessons is never done."""
    if not lessons:
        return False
    required = required_of(completion, lessons)
    return all(lesson.is_finished for lesson in required) and not electives_missing(completion, needed, lessons)


def is_finished(completion: Completion, needed: int, lessons: Sequence[Done], *, passed: bool | None) -> bool:
    """`passed` None: the course has no quiz."""
    return are_lessons_done(completion, needed, lessons) and passed is not False


# --- what is locked


@dataclass(frozen=True)
class Gate:
    """What stands between one person and a course's lessons."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    missing: tuple[str, ...] = ()
    """Titles of courses that come first and are not finished."""
    wants_pretest: bool = False
    """There is a pre-test and this person has not handed it in."""
    is_finished: bool = False
    """This person has finished the course: nothing of it is locked any more."""


class Lock(StrEnum):
    """Why a course cannot be studied at the moment."""

    NOT_OPEN = "not_open"
    CLOSED = "closed"
    PREREQUISITE = "prerequisite"
    PRETEST = "pretest"


def lock_of(gate: Gate, now: datetime) -> Lock | None:
    """The first thing in the way, in the order in which it can be removed."""
    if gate.is_finished:
        return None
    if gate.opens_at is not None and now < gate.opens_at:
        return Lock.NOT_OPEN
    if gate.closes_at is not None and now >= gate.closes_at:
        return Lock.CLOSED
    if gate.missing:
        return Lock.PREREQUISITE
    return Lock.PRETEST if gate.wants_pretest else None


class Placed(Done, Protocol):
    """A lesson in its row."""

    @property
    def is_open(self) -> bool: ...


def waits_for(completion: Completion, lessons: Sequence[Placed], *, is_ordered: bool) -> list[int | None]:
    """For each lesson the place (from 0) of the earlier lesson to be finished first; None: it is not locked by the order. Only
    what everybody has to finish holds others up, and not while it cannot be studied itself; a finished lesson is free."""
    waiting: int | None = None
    required = {id(lesson) for lesson in required_of(completion, lessons)}
    found = []
    for place, lesson in enumerate(lessons):
        found.append(waiting if is_ordered and not lesson.is_finished else None)
        if waiting is None and id(lesson) in required and lesson.is_open and not lesson.is_finished:
            waiting = place
    return found


# --- the order of sections and lessons


@dataclass(frozen=True)
class Token:
    """A line of a course's table of contents: the heading of a section, or a lesson."""

    id: int
    is_section: bool = False

    def __str__(self) -> str:
        return f"{'s' if self.is_section else 'l'}{self.id}"


def contents(section_ids: Sequence[int], lessons: Iterable[tuple[int, int | None]]) -> list[Token]:
    """The table of contents from sections in order and (lesson, its section) in order."""
    of: dict[int | None, list[Token]] = {None: [], **{each: [] for each in section_ids}}
    for lesson_id, section_id in lessons:
        of.get(section_id, of[None]).append(Token(lesson_id))
    return of[None] + [token for each in section_ids for token in (Token(each, is_section=True), *of[each])]


def moved(tokens: Sequence[Token], token: Token, *, up: bool) -> list[Token]:
    """A lesson changes places with the line beside it; past a heading it belongs to the other section. A section changes
    places with its neighbour, with all its lessons. At the end of the row nothing happens."""
    if token.is_section:
        return _section_moved(tokens, token, up=up)
    row, at = list(tokens), list(tokens).index(token)
    to = at - 1 if up else at + 1
    if 0 <= to < len(row):
        row[at], row[to] = row[to], row[at]
    return row


def _section_moved(tokens: Sequence[Token], section: Token, *, up: bool) -> list[Token]:
    blocks: list[list[Token]] = [[]]
    for token in tokens:
        if token.is_section:
            blocks.append([])
        blocks[-1].append(token)
    at = next(n for n, block in enumerate(blocks) if section in block[:1])
    to = at - 1 if up else at + 1
    if 1 <= to < len(blocks):
        blocks[at], blocks[to] = blocks[to], blocks[at]
    return [token for block in blocks for token in block]


def read_order(text: str, tokens: Sequence[Token]) -> list[Token] | None:
    """The same lines in the order that a page sends ("s3,l5,l6"); None when it does not name exactly these."""
    by_name = {str(token): token for token in tokens}
    names = text.split(",") if text else []
    if sorted(names) != sorted(by_name):
        return None
    return [by_name[name] for name in names]


def sections_of(tokens: Sequence[Token]) -> list[tuple[int, int | None]]:
    """(lesson, its section) in the order of the lines."""
    section: int | None = None
    found = []
    for token in tokens:
        if token.is_section:
            section = token.id
        else:
            found.append((token.id, section))
    return found


# --- prerequisites


def leads_back(course_id: int, required_id: int, requires: Mapping[int, Iterable[int]]) -> bool:
    """Whether asking for `required_id` before `course_id` would make somebody wait for a course that waits for itself."""
    seen, open_ids = set(), [required_id]
    while open_ids:
        each = open_ids.pop()
        if each == course_id:
            return True
        if each not in seen:
            seen.add(each)
            open_ids.extend(requires.get(each, ()))
    return False
