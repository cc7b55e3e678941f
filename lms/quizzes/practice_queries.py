"""The read side of practice, always of one person. Nothing here reads a key."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, Integer, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.quizzes.models import (
    Attempt,
    AttemptItem,
    CurrentAnswer,
    Paper,
    PaperItem,
    Question,
    QuestionVersion,
)  # fmt: skip
from lms.quizzes.practice_memory import Event, Memory, remember
from lms.quizzes.practice_models import PracticeCard, PracticeEntry, PracticeRun
from lms.quizzes.practice_rules import LOOK_BACK, Act, Mode, is_right
from lms.quizzes.queries import ShownQuestion, as_shown
from lms.quizzes.rules import BY_HAND, GRACE, Kind, PaperKind, Purpose, Readiness, State

# --- which questions


def _unreleased(now: datetime) -> ColumnElement[bool]:
    """The attempt's key is not shown to its person yet: `release_rules.visible` in SQL."""
    return _withheld(now, now - GRACE)


def _withheld(now: Any, before: Any) -> ColumnElement[bool]:
    """The same with both instants as values or as parameters; `before` is GRACE before now."""
    waits_for_hand = and_(
        Paper.is_released_by_hand,
        Attempt.purpose != Purpose.MOCK,
        or_(Paper.released_at.is_(None), Paper.released_at > now),
    )
    return or_(Attempt.state == State.OPEN, Attempt.release_at >= before, waits_for_hand)


def _asked_in_attempts(person_id: int) -> Select[int]:
    return (
        select(QuestionVersion.question_id)
        .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .where(Attempt.person_id == person_id)
    )


def find_withheld(session: Session, person_id: int, now: datetime) -> set[int]:
    """Questions whose key the person must not meet now: they stand in an attempt of theirs that is open or not released."""
    return set(session.scalars(_asked_in_attempts(person_id).where(_unreleased(now))))


def find_last_release(session: Session, attempt: Attempt, now: datetime) -> datetime | None:
    """The latest release of other attempts of its person that ask a question of this one and are not released; None when there is
    none. One without a date counts as released in a day."""
    here = select(QuestionVersion.question_id).join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
    here = here.where(AttemptItem.attempt_id == attempt.id)
    query = _asked_in_attempts(attempt.person_id).where(_unreleased(now), Attempt.id != attempt.id)
    rows = session.execute(query.where(QuestionVersion.question_id.in_(here)).with_only_columns(Attempt.release_at))
    return max((row.release_at or now + timedelta(days=1) for row in rows), default=None)


@dataclass(frozen=True)
class Found:
    """A question that may be asked, by its newest version."""

    question_id: int
    version_id: int
    line: Line
    kind: Kind
    options: list[str]


def _askable() -> Select[int, int, Line, Kind, Any]:
    newest = (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version)
    query = select(Question.id, QuestionVersion.id, Question.line, QuestionVersion.kind, QuestionVersion.options)
    return query.join(QuestionVersion, newest).where(
        Question.readiness == Readiness.READY, Question.kind.not_in(BY_HAND)
    )


def list_pool(
    session: Session, person_id: int, unit_path: str, *, line: Line | None = None, kind: Kind | None = None, limit: int
) -> list[Found]:
    """A random choice of the questions the person may practise: of their unit and the units above it, not those of a fixed paper
    (its quiz or contest would be known beforehand) unless the person has had them."""
    above = [int(part) for part in unit_path.split("/") if part]
    fixed = select(PaperItem.question_id).join(Paper, Paper.id == PaperItem.paper_id)
    fixed = fixed.where(Paper.kind == PaperKind.FIXED)
    query = _askable().join(Unit, Unit.id == Question.owner_unit_id).where(Unit.id.in_(above))
    query = query.where(or_(Question.id.not_in(fixed), Question.id.in_(_met(person_id))))
    if line:
        query = query.where(Question.line == line)
    if kind:
        query = query.where(Question.kind == kind)
    return [Found(*row) for row in session.execute(query.order_by(func.random()).limit(limit))]


def _met(person_id: int) -> Select[int]:
    return select(PracticeEntry.question_id).where(PracticeEntry.person_id == person_id)


def find_met(session: Session, person_id: int) -> set[int]:
    """Questions the person's journal speaks of."""
    return set(session.scalars(_met(person_id).distinct()))


def find_questions(session: Session, question_ids: Iterable[int]) -> dict[int, Found]:
    """Those of the questions that may still be asked, by their newest version."""
    rows = session.execute(_askable().where(Question.id.in_(list(question_ids))))
    return {row[0]: Found(*row) for row in rows}


# --- runs


def find_run(session: Session, person_id: int, run_id: int) -> PracticeRun | None:
    return session.scalars(
        select(PracticeRun).where(PracticeRun.id == run_id, PracticeRun.person_id == person_id)
    ).one_or_none()


def find_daily(session: Session, person_id: int, on: date) -> PracticeRun | None:
    query = select(PracticeRun).where(PracticeRun.person_id == person_id, PracticeRun.daily_on == on)
    return session.scalars(query).one_or_none()


def list_answers(session: Session, run_id: int) -> dict[int, PracticeEntry]:
    """Position → what was answered there."""
    rows = session.scalars(select(PracticeEntry).where(PracticeEntry.run_id == run_id).order_by(PracticeEntry.position))
    return {row.position or 0: row for row in rows}


def list_askable_positions(session: Session, run: PracticeRun, now: datetime) -> list[int]:
    """Positions whose question is still in use and is not withheld now, in order."""
    versions = [version_id for version_id, _ in run.sheet]
    rows = session.execute(
        select(QuestionVersion.id, QuestionVersion.question_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(QuestionVersion.id.in_(versions), Question.readiness == Readiness.READY)
    )
    questions, withheld = {row[0]: row[1] for row in rows}, find_withheld(session, run.person_id, now)
    return [
        position
        for position, version_id in enumerate(versions, 1)
        if version_id in questions and questions[version_id] not in withheld
    ]


def find_shown(session: Session, run: PracticeRun, position: int, choice: str = "[]") -> ShownQuestion:
    """The question at a position of the run, with what was chosen."""
    version_id, order = run.sheet[position - 1]
    version = session.get_one(QuestionVersion, version_id)
    options = [(number, version.options[number]) for number in order]
    return replace(as_shown(version, 0, position), options=options, choice=json.loads(choice))


def best_challenge(session: Session, person_id: int) -> int:
    """The most right answers in one challenge of the person's; 0 before the first."""
    rights = (
        select(func.count().label("rights"))
        .select_from(PracticeEntry)
        .join(PracticeRun, PracticeRun.id == PracticeEntry.run_id)
        .where(PracticeRun.person_id == person_id, PracticeRun.mode == Mode.CHALLENGE, PracticeEntry.fraction == 1000)
        .group_by(PracticeEntry.run_id)
        .subquery()
    )
    return session.scalar(select(func.max(rights.c.rights))) or 0


# --- the wrong-question book


@dataclass(frozen=True)
class Result:
    """One question of an attempt that was released to the person and is not in the journal yet."""

    attempt_id: int
    position: int
    question_id: int
    version_id: int
    choice: str
    fraction: int
    at: datetime


def list_results(session: Session, person_id: int, now: datetime, *, limit: int = 2000) -> list[Result]:
    """Released results that wait to be taken into the journal, oldest first. What waits for a marker is left out."""
    rows = RESULTS.rows(flushed(session), {"person": person_id, "now": now, "before": now - GRACE, "most": limit})
    return [Result(*row) for row in rows]


def _results() -> Executable:
    taken = select(PracticeEntry.id).where(
        PracticeEntry.attempt_id == AttemptItem.attempt_id, PracticeEntry.position == AttemptItem.position
    )
    withheld = _withheld(bindparam("now"), bindparam("before"))
    return (
        select(
            AttemptItem.attempt_id, AttemptItem.position, QuestionVersion.question_id, QuestionVersion.id.label("version_id"),
            func.coalesce(CurrentAnswer.choice, "[]").label("choice"), AttemptItem.fraction, Attempt.submitted_at,
        )
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .outerjoin(
            CurrentAnswer,
            and_(CurrentAnswer.attempt_id == AttemptItem.attempt_id, CurrentAnswer.position == AttemptItem.position),
        )
        .where(Attempt.person_id == bindparam("person"), or_(Attempt.state == State.SUBMITTED, Attempt.state == State.CLOSED))
        .where(~func.coalesce(withheld, False), AttemptItem.fraction.is_not(None), ~taken.exists())
        .order_by(Attempt.submitted_at, AttemptItem.attempt_id, AttemptItem.position)
        .limit(bindparam("most", type_=Integer))
    )  # fmt: skip


RESULTS = Prepared(_results())


def list_events(session: Session, person_id: int, question_ids: Iterable[int] | None = None) -> dict[int, list[Event]]:
    """Question → its events in the order of time, rows of one instant in the order they were written."""
    query = select(PracticeEntry.question_id, PracticeEntry.act, PracticeEntry.fraction, PracticeEntry.at)
    query = query.where(PracticeEntry.person_id == person_id)
    if question_ids is not None:
        query = query.where(PracticeEntry.question_id.in_(list(question_ids)))
    found: dict[int, list[Event]] = {}
    for question_id, act, fraction, at in session.execute(query.order_by(PracticeEntry.at, PracticeEntry.id)):
        found.setdefault(question_id, []).append(Event(act, fraction, at))
    return found


def list_of_version(
    session: Session, version_id: int, *, after: int, limit: int
) -> list[tuple[PracticeEntry, int | None]]:
    """Rows of everybody's journal with ids above `after` that answer this version, in order; beside a result of an attempt that is
    marked again elsewhere what it has now. For marking again, never for a page."""
    query = (
        select(PracticeEntry, AttemptItem.fraction)
        .outerjoin(Attempt, and_(Attempt.id == PracticeEntry.attempt_id, Attempt.purpose != Purpose.MOCK))
        .outerjoin(
            AttemptItem,
            and_(AttemptItem.attempt_id == Attempt.id, AttemptItem.position == PracticeEntry.position),
        )
        .where(PracticeEntry.version_id == version_id, PracticeEntry.id > after)
        .order_by(PracticeEntry.id)
        .limit(limit)
    )
    return [(entry, fraction) for entry, fraction in session.execute(query)]


def list_people(session: Session) -> list[int]:
    """Ids of everybody with a journal or a card. For verification, never for a page."""
    journals = select(PracticeEntry.person_id).union(select(PracticeCard.person_id))
    return sorted(session.scalars(journals))


def find_memories(session: Session, person_id: int) -> dict[int, Memory]:
    """Question → what its stored card says."""
    cards = session.scalars(select(PracticeCard).where(PracticeCard.person_id == person_id))
    return {card.question_id: memory_of(card) for card in cards}


def find_card(session: Session, person_id: int, question_id: int) -> PracticeCard | None:
    return session.get(PracticeCard, (person_id, question_id), populate_existing=True)


def memory_of(card: Any) -> Memory:
    """Of a card, or of a row with its columns."""
    return Memory(**{name: getattr(card, name) for name in Memory.__dataclass_fields__})


BOOK = Prepared(
    select(PracticeCard.question_id, *(getattr(PracticeCard, name) for name in Memory.__dataclass_fields__)).where(
        PracticeCard.person_id == bindparam("person"), PracticeCard.in_book.is_(True)
    )
)


def find_book(session: Session, person_id: int, now: datetime) -> dict[int, Memory]:
    """Question → memory of the wrong questions in the book, most urgent first: the stored cards, and on top of them the results that
    were released since something was last written."""
    cards = BOOK.rows(flushed(session), {"person": person_id})
    book = {card.question_id: memory_of(card) for card in cards}
    waiting: dict[int, list[Event]] = {}
    for result in list_results(session, person_id, now):
        waiting.setdefault(result.question_id, []).append(Event(Act.RESULT, result.fraction, result.at))
    known = list_events(session, person_id, waiting) if waiting else {}
    for question_id, events in waiting.items():
        memory = remember(sorted([*known.get(question_id, []), *events], key=lambda event: event.at))
        book.pop(question_id, None)
        if memory is not None and memory.in_book:
            book[question_id] = memory
    return dict(sorted(book.items(), key=lambda line: (line[1].due_on, line[1].stability, line[0])))


def due_of(book: dict[int, Memory], usable: Iterable[int], on: date) -> list[int]:
    """Questions of the book that may be asked and are due on that day, most urgent first."""
    able = set(usable)
    return [question_id for question_id, memory in book.items() if memory.due_on <= on and question_id in able]


def count_due(session: Session, person_id: int, now: datetime, on: date) -> int:
    """How many wrong questions are to be reviewed today. As a rule one count; the book is folded only while results wait."""
    if list_results(session, person_id, now, limit=1):
        book = find_book(session, person_id, now)
        able = find_questions(session, book).keys() - find_withheld(session, person_id, now)
        return len(due_of(book, able, on))
    query = (
        select(func.count())
        .select_from(PracticeCard)
        .join(Question, Question.id == PracticeCard.question_id)
        .where(PracticeCard.person_id == person_id, PracticeCard.in_book.is_(True), PracticeCard.due_on <= on)
        .where(Question.readiness == Readiness.READY, Question.kind.not_in(BY_HAND))
        .where(Question.id.not_in(_asked_in_attempts(person_id).where(_unreleased(now))))
    )
    return session.scalar(query) or 0


@dataclass(frozen=True)
class BookLine:
    """A wrong question as its page shows it. `is_renewed`: the question was reworded since it was last met."""

    question_id: int
    stem: str
    line: Line
    kind: Kind
    memory: Memory


def list_book_lines(session: Session, book: dict[int, Memory]) -> list[BookLine]:
    """In the order of the book; retired questions are left out."""
    newest = (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version)
    rows = session.execute(
        select(Question.id, QuestionVersion.stem, Question.line, Question.kind)
        .join(QuestionVersion, newest)
        .where(Question.id.in_(list(book)), Question.readiness == Readiness.READY)
    )
    found = {row[0]: BookLine(*row, memory=book[row[0]]) for row in rows}
    return [found[question_id] for question_id in book if question_id in found]


# --- weak points


def count_by_topic(session: Session, person_id: int, now: datetime) -> Sequence[tuple[Line, Kind, int, int]]:
    """(line, kind, right, answered) of the person's answers and released results of the last LOOK_BACK."""
    right = func.count().filter(PracticeEntry.fraction == 1000)
    query = (
        select(Question.line, Question.kind, right, func.count())
        .select_from(PracticeEntry)
        .join(Question, Question.id == PracticeEntry.question_id)
        .where(PracticeEntry.person_id == person_id, PracticeEntry.at >= now - LOOK_BACK)
        .where(PracticeEntry.fraction.is_not(None))
        .group_by(Question.line, Question.kind)
    )
    counts: dict[tuple[Line, Kind], list[int]] = {}
    for line, kind, rights, total in session.execute(query):
        counts[line, kind] = [rights, total]
    waiting = [each for each in list_results(session, person_id, now) if each.at >= now - LOOK_BACK]
    topics = _topics(session, {each.question_id for each in waiting})
    for each in waiting:
        count = counts.setdefault(topics[each.question_id], [0, 0])
        count[0] += is_right(each.fraction)
        count[1] += 1
    return [(line, kind, rights, total) for (line, kind), (rights, total) in sorted(counts.items())]


def _topics(session: Session, question_ids: set[int]) -> dict[int, tuple[Line, Kind]]:
    if not question_ids:
        return {}
    rows = session.execute(select(Question.id, Question.line, Question.kind).where(Question.id.in_(question_ids)))
    return {id: (line, kind) for id, line, kind in rows}
