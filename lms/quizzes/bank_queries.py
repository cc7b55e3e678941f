"""What the bank's pages list besides the questions: tags, history, use, acts on many, look-alikes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from lms.people.access import Scope
from lms.people.models import Person, Unit
from lms.quizzes.bank_models import (
    QuestionBatch,
    QuestionChange,
    QuestionPicture,
    QuestionTag,
    QuestionTwin,
    VersionPicture,
)
from lms.quizzes.models import AnswerKey, Attempt, AttemptItem, Paper, PaperItem, Question, QuestionVersion
from lms.quizzes.rules import Kind, Readiness, State
from lms.quizzes.statistics_rules import Asked, Mark, Sheet, items

MOST_TAGS = 60
MOST_MARKS = 5000  # the newest answers that the facility is taken from


def find_questions(session: Session, question_ids: Sequence[int]) -> dict[int, Question]:
    found: dict[int, Question] = {}
    for start in range(0, len(question_ids), 500):
        some = select(Question).where(Question.id.in_(question_ids[start : start + 500]))
        found |= {question.id: question for question in session.scalars(some)}
    return found


def list_chosen(session: Session, scope: Scope, question_ids: Sequence[int]) -> list[Question]:
    """Those of these questions that lie in scope."""
    inside = select(Question).join(Unit, Unit.id == Question.owner_unit_id).where(scope.units_filter(Unit.path))
    return list(session.scalars(inside.where(Question.id.in_(question_ids)).order_by(Question.id)))


def find_tags(session: Session, question_ids: Sequence[int]) -> dict[int, list[str]]:
    """Question → its tags in alphabetical order; questions without one are left out."""
    found: dict[int, list[str]] = {}
    for start in range(0, len(question_ids), 500):
        some = select(QuestionTag).where(QuestionTag.question_id.in_(question_ids[start : start + 500]))
        for row in session.scalars(some.order_by(QuestionTag.tag)):
            found.setdefault(row.question_id, []).append(row.tag)
    return found


def list_tags(session: Session, scope: Scope) -> list[tuple[str, int]]:
    """The most used tags of the questions in scope with how often."""
    rows = session.execute(
        select(QuestionTag.tag, func.count())
        .join(Question, Question.id == QuestionTag.question_id)
        .join(Unit, Unit.id == Question.owner_unit_id)
        .where(scope.units_filter(Unit.path))
        .group_by(QuestionTag.tag)
        .order_by(func.count().desc(), QuestionTag.tag)
        .limit(MOST_TAGS)
    )
    return [(tag, count) for tag, count in rows]


# --- history


@dataclass(frozen=True)
class KeptVersion:
    """One version with its key, as keepers read it."""

    version: QuestionVersion
    key: AnswerKey
    author: str | None


def list_versions(session: Session, question_id: int) -> list[KeptVersion]:
    """Newest first."""
    rows = session.execute(
        select(QuestionVersion, AnswerKey, Person.name)
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .outerjoin(Person, Person.id == QuestionVersion.created_by_id)
        .where(QuestionVersion.question_id == question_id)
        .order_by(QuestionVersion.number.desc())
    )
    return [KeptVersion(version, key, name) for version, key, name in rows]


def list_changes(session: Session, question_id: int) -> list[tuple[QuestionChange, str | None]]:
    """(change, who), newest first."""
    rows = session.execute(
        select(QuestionChange, Person.name)
        .outerjoin(Person, Person.id == QuestionChange.made_by_id)
        .where(QuestionChange.question_id == question_id)
        .order_by(QuestionChange.id.desc())
    )
    return [(change, name) for change, name in rows]


# --- use


@dataclass(frozen=True)
class Use:
    """How often answers to a question were marked: by paper (title, attempts, last start; a paper that only holds it has no
    attempts), the share of points earned where known, and the last time."""

    papers: list[tuple[int, str, int, datetime | None]]
    attempts: int
    facility: float | None
    last_at: datetime | None


def find_use(session: Session, question: Question) -> Use:
    asked = session.execute(
        select(Paper.id, Paper.title, func.count(Attempt.id), func.max(Attempt.started_at))
        .select_from(QuestionVersion)
        .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .where(QuestionVersion.question_id == question.id, AttemptItem.fraction.is_not(None))
        .group_by(Paper.id, Paper.title)
        .order_by(func.max(Attempt.started_at).desc())
    ).all()
    papers: list[tuple[int, str, int, datetime | None]] = [(id, title, n, last) for id, title, n, last in asked]
    known = {id for id, *_ in papers}
    held = session.execute(
        select(Paper.id, Paper.title)
        .join(PaperItem, PaperItem.paper_id == Paper.id)
        .where(PaperItem.question_id == question.id)
        .order_by(Paper.id.desc())
    )
    papers += [(id, title, 0, None) for id, title in held if id not in known]
    return Use(
        papers,
        sum(count for _, _, count, _ in papers),
        _facility(session, question),
        max((last for *_, last in papers if last), default=None),
    )


def _facility(session: Session, question: Question) -> float | None:
    """Over the newest marked answers to any version."""
    rows = session.execute(
        select(AttemptItem.score_millis, AttemptItem.points_millis)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .where(QuestionVersion.question_id == question.id, AttemptItem.fraction.is_not(None))
        .where(Attempt.state.in_((State.SUBMITTED, State.CLOSED)))
        .order_by(AttemptItem.attempt_id.desc())
        .limit(MOST_MARKS)
    )
    sheets = [Sheet([Mark(question.id, (score or 0) / 1000, points / 1000)]) for score, points in rows]
    found = items(sheets, {question.id: Asked(question.kind)}, is_fixed=False)
    return found[0].facility if found else None


# --- acts on many


def list_batches(scope: Scope) -> Select[QuestionBatch]:
    query = select(QuestionBatch).join(Unit, Unit.id == QuestionBatch.owner_unit_id)
    return query.where(scope.units_filter(Unit.path)).order_by(QuestionBatch.id.desc())


def find_batch(session: Session, batch_id: int) -> tuple[QuestionBatch, str] | None:
    """The act and the path of its unit."""
    query = select(QuestionBatch, Unit.path).join(Unit, Unit.id == QuestionBatch.owner_unit_id)
    row = session.execute(query.where(QuestionBatch.id == batch_id)).one_or_none()
    return (row[0], row[1]) if row else None


def find_names(session: Session, person_ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
    return {id: name for id, name in rows}


# --- look-alikes


def list_stems_of(session: Session, unit_path: str, kind: Kind) -> list[tuple[int, str, str]]:
    """(question, stem, material) of the kind in the unit and below, without retired ones."""
    rows = session.execute(
        select(Question.id, QuestionVersion.stem, QuestionVersion.material)
        .join(Unit, Unit.id == Question.owner_unit_id)
        .join(
            QuestionVersion, (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version)
        )
        .where(Unit.path.startswith(unit_path), Question.kind == kind, Question.readiness != Readiness.RETIRED)
        .order_by(Question.id)
    )
    return [(id, stem, material) for id, stem, material in rows]


def list_twins(scope: Scope) -> Select[QuestionTwin]:
    """Pairs in scope that nobody has settled: both in use, not dismissed; the most alike first."""
    first, second, here, there = aliased(Question), aliased(Question), aliased(Unit), aliased(Unit)
    return (
        select(QuestionTwin)
        .join(first, first.id == QuestionTwin.first_id)
        .join(second, second.id == QuestionTwin.second_id)
        .join(here, here.id == first.owner_unit_id)
        .join(there, there.id == second.owner_unit_id)
        .where(scope.units_filter(here.path), scope.units_filter(there.path))
        .where(first.readiness != Readiness.RETIRED, second.readiness != Readiness.RETIRED)
        .where(QuestionTwin.is_dismissed.is_(False))
        .order_by(QuestionTwin.percent.desc(), QuestionTwin.first_id, QuestionTwin.second_id)
    )


# --- pictures


def find_picture(session: Session, picture_id: int) -> tuple[QuestionPicture, str] | None:
    """The picture and the path of its unit."""
    query = select(QuestionPicture, Unit.path).join(Unit, Unit.id == QuestionPicture.owner_unit_id)
    row = session.execute(query.where(QuestionPicture.id == picture_id)).one_or_none()
    return (row[0], row[1]) if row else None


def list_pictures(scope: Scope) -> Select[QuestionPicture]:
    query = select(QuestionPicture).join(Unit, Unit.id == QuestionPicture.owner_unit_id)
    return query.where(scope.units_filter(Unit.path)).order_by(QuestionPicture.id.desc())


def is_shown_to(session: Session, picture_id: int, person_id: int) -> bool:
    """Whether an attempt of the person's holds a version that shows the picture."""
    query: Select[Any] = (
        select(Attempt.id)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(VersionPicture, VersionPicture.version_id == AttemptItem.version_id)
        .where(VersionPicture.picture_id == picture_id, Attempt.person_id == person_id)
    )
    return session.scalars(query.limit(1)).first() is not None
