"""Questions with their versions and corrections, and files that were read in. No keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import Session

from lms.db import search
from lms.db.bigrams import phrases
from lms.db.search import Sought
from lms.people.access import Scope
from lms.people.line_rules import Line
from lms.people.models import Person, Unit
from lms.quizzes import rich
from lms.quizzes.bank_models import QuestionTag
from lms.quizzes.models import (
    Attempt,
    AttemptChange,
    KeyCorrection,
    Paper,
    Question,
    QuestionImport,
    QuestionVersion,
)  # fmt: skip
from lms.quizzes.rules import Kind, Readiness


def newest() -> Select[Question, QuestionVersion]:
    return select(Question, QuestionVersion).join(
        QuestionVersion,
        (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version),
    )


QUESTION = "question"  # the kind of a question's search texts


@dataclass(frozen=True)
class QuestionFilter:
    """None and empty: any. `text`: words that must stand in stem, material or options of the newest version."""

    line: Line | None = None
    kind: Kind | None = None
    difficulty: int | None = None
    text: str = ""
    readiness: Readiness | None = None
    tag: str = ""
    document_id: int | None = None


def list_questions(session: Session, scope: Scope, wanted: QuestionFilter) -> Select[Question]:
    """Questions of the units in scope, newest first."""
    query = select(Question).join(Unit, Unit.id == Question.owner_unit_id).where(scope.units_filter(Unit.path))
    if wanted.line:
        query = query.where(Question.line == wanted.line)
    if wanted.kind:
        query = query.where(Question.kind == wanted.kind)
    if wanted.difficulty:
        query = query.where(Question.difficulty == wanted.difficulty)
    if wanted.readiness:
        query = query.where(Question.readiness == wanted.readiness)
    if wanted.document_id:
        query = query.where(Question.document_id == wanted.document_id)
    if wanted.tag:
        query = query.where(Question.id.in_(select(QuestionTag.question_id).where(QuestionTag.tag == wanted.tag)))
    asked = phrases(wanted.text)
    if wanted.text.strip() and not asked:  # nothing but punctuation, which stands in no index
        query = query.where(false())
    elif asked:
        query = query.where(Question.id.in_(search.subjects(session, Sought(QUESTION, asked))))
    return query.order_by(Question.id.desc())


def list_some_questions(
    session: Session, listed: Select[Question], *, before: int | None, limit: int
) -> Sequence[Question]:
    """The questions of a list with ids below `before`, newest first."""
    if before is not None:
        listed = listed.where(Question.id < before)
    return session.scalars(listed.limit(limit)).all()


def find_newest_versions(session: Session, question_ids: Sequence[int]) -> dict[int, QuestionVersion]:
    """Question id → its newest version, for one page of a list."""
    rows = session.execute(newest().where(Question.id.in_(question_ids)))
    return {question.id: version for question, version in rows}


def list_stems(session: Session, scope: Scope, question_ids: Sequence[int]) -> list[tuple[str, Kind]]:
    """Stem and kind of those of these questions that lie in scope, in the order given."""
    rows = session.execute(
        newest()
        .join(Unit, Unit.id == Question.owner_unit_id)
        .where(Question.id.in_(question_ids), scope.units_filter(Unit.path))
        .with_only_columns(Question.id, QuestionVersion.stem, QuestionVersion.markup, QuestionVersion.kind)
    )
    found = {id: (rich.words(stem, markup), kind) for id, stem, markup, kind in rows}
    return [found[each] for each in question_ids if each in found]


def find_question(session: Session, question_id: int) -> tuple[Question, str] | None:
    """The question and the path of its unit."""
    row = session.execute(
        select(Question, Unit.path).join(Unit, Unit.id == Question.owner_unit_id).where(Question.id == question_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def find_version(session: Session, question_id: int, number: int) -> QuestionVersion | None:
    return session.scalars(
        select(QuestionVersion).where(QuestionVersion.question_id == question_id, QuestionVersion.number == number)
    ).one_or_none()


def list_corrections(session: Session, question_id: int) -> list[tuple[KeyCorrection, int, str, int]]:
    """(correction, number of the version, who, how many scores it changed), newest first."""
    changes = select(func.count()).where(AttemptChange.correction_id == KeyCorrection.id).scalar_subquery()
    rows = session.execute(
        select(KeyCorrection, QuestionVersion.number, Person.name, changes)
        .join(QuestionVersion, QuestionVersion.id == KeyCorrection.version_id)
        .join(Person, Person.id == KeyCorrection.made_by_id)
        .where(QuestionVersion.question_id == question_id)
        .order_by(KeyCorrection.id.desc())
    )
    return [(correction, number, name, count) for correction, number, name, count in rows]


def list_attempt_changes(session: Session, attempt_id: int) -> list[tuple[AttemptChange, str]]:
    """(what a correction changed in the attempt, its reason), in the order in which it happened."""
    rows = session.execute(
        select(AttemptChange, KeyCorrection.reason)
        .join(KeyCorrection, KeyCorrection.id == AttemptChange.correction_id)
        .where(AttemptChange.attempt_id == attempt_id)
        .order_by(AttemptChange.correction_id)
    )
    return [(change, reason) for change, reason in rows]


def find_attempts(session: Session, attempt_ids: Sequence[int]) -> dict[int, tuple[Attempt, int]]:
    """Id → (attempt, pass mark of its paper in percent)."""
    found = {}
    for start in range(0, len(attempt_ids), 500):
        some = select(Attempt, Paper.pass_percent).join(Paper, Paper.id == Attempt.paper_id)
        for attempt, percent in session.execute(some.where(Attempt.id.in_(attempt_ids[start : start + 500]))):
            found[attempt.id] = (attempt, percent)
    return found


def count_questions_of(session: Session, owner_unit_id: int, question_ids: Sequence[int]) -> int:
    """How many of these are ready questions of the unit or one below it."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Question)
            .join(Unit, Unit.id == Question.owner_unit_id)
            .where(Question.id.in_(question_ids), Unit.path.startswith(path_of(session, owner_unit_id)))
            .where(Question.readiness == Readiness.READY)
        )
        or 0
    )


def known_fingerprints(session: Session, owner_unit_id: int, fingerprints: Sequence[str]) -> set[str]:
    return set(
        session.scalars(
            select(Question.fingerprint).where(
                Question.owner_unit_id == owner_unit_id, Question.fingerprint.in_(fingerprints)
            )
        )
    )


def path_of(session: Session, unit_id: int) -> str:
    return session.scalars(select(Unit.path).where(Unit.id == unit_id)).one()


def find_import(session: Session, import_id: int) -> QuestionImport | None:
    return session.get(QuestionImport, import_id)
