"""Appeals against the marking of one question."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.people.access import Scope
from lms.people.models import Person, Unit
from lms.quizzes.models import (
    Appeal,
    Attempt,
    AttemptItem,
    Paper,
    QuestionVersion,
)  # fmt: skip


def _appeals(scope: Scope) -> Select[Appeal]:
    return (
        select(Appeal)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(Unit, Unit.id == Paper.owner_unit_id)
        .where(scope.units_filter(Unit.path))
    )


def list_appeals(scope: Scope) -> Select[Appeal]:
    """Appeals against papers in scope: those without an answer first, each kind by age."""
    return _appeals(scope).order_by(Appeal.is_upheld.is_not(None), Appeal.id)


def count_open_appeals(session: Session, scope: Scope) -> int:
    return (
        session.scalar(select(func.count()).select_from(_appeals(scope).where(Appeal.is_upheld.is_(None)).subquery()))
        or 0
    )


def find_appeal(session: Session, appeal_id: int) -> tuple[Appeal, str] | None:
    """The appeal and the path of its paper's unit."""
    row = session.execute(
        select(Appeal, Unit.path)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(Unit, Unit.id == Paper.owner_unit_id)
        .where(Appeal.id == appeal_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


@dataclass(frozen=True)
class Appealed:
    """What an appeal is about, for those who answer it."""

    person: str
    paper: str
    question_id: int
    stem: str


def find_appealed(session: Session, appeals: Sequence[Appeal]) -> dict[int, Appealed]:
    """Appeal id → what it is about, for one page of a list."""
    rows = session.execute(
        select(Appeal.id, Person.name, Paper.title, QuestionVersion.question_id, QuestionVersion.stem)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Person, Person.id == Attempt.person_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(AttemptItem, (AttemptItem.attempt_id == Appeal.attempt_id) & (AttemptItem.position == Appeal.position))
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .where(Appeal.id.in_([appeal.id for appeal in appeals]))
    )
    return {id: Appealed(person, paper, question, stem) for id, person, paper, question, stem in rows}


def list_own_appeals(session: Session, attempt_id: int) -> dict[int, Appeal]:
    """Position → the appeal of the attempt's person."""
    return {a.position: a for a in session.scalars(select(Appeal).where(Appeal.attempt_id == attempt_id))}
