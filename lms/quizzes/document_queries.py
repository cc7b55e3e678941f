"""Source documents and the questions that rest on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.people.access import Scope
from lms.people.models import Unit
from lms.quizzes.bank_models import SourceDocument
from lms.quizzes.document_rules import Known, Links, bare_title
from lms.quizzes.models import AnswerKey, Question, QuestionVersion
from lms.quizzes.rules import Readiness

MOST_UNLISTED = 20_000


def list_documents(scope: Scope) -> Select[SourceDocument]:
    """Documents of the units in scope: by title, the newest version first."""
    query = select(SourceDocument).join(Unit, Unit.id == SourceDocument.owner_unit_id)
    order = (SourceDocument.title, SourceDocument.issued_on.desc(), SourceDocument.id.desc())
    return query.where(scope.units_filter(Unit.path)).order_by(*order)


def find_document(session: Session, document_id: int) -> tuple[SourceDocument, str] | None:
    """The document and the path of its unit."""
    row = session.execute(
        select(SourceDocument, Unit.path)
        .join(Unit, Unit.id == SourceDocument.owner_unit_id)
        .where(SourceDocument.id == document_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def find_links(session: Session, unit_id: int) -> Links:
    """What a question of this unit may rest on: documents of the unit and those above it, the nearest first."""
    path = session.scalars(select(Unit.path).where(Unit.id == unit_id)).one()
    rows = session.execute(
        select(SourceDocument, Unit.path)
        .join(Unit, Unit.id == SourceDocument.owner_unit_id)
        .order_by(func.length(Unit.path).desc(), SourceDocument.id.desc())
    )
    return Links(
        Known(each.id, each.title, each.version, each.superseded_on is not None)
        for each, owner_path in rows
        if path.startswith(owner_path)
    )


def count_questions(session: Session, document_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Document → (ready questions that rest on it, how many of them wait to be looked at again)."""
    rows = session.execute(
        select(Question.document_id, func.count(), func.count(Question.review_since))
        .where(Question.document_id.in_(document_ids), Question.readiness == Readiness.READY)
        .group_by(Question.document_id)
    )
    return {id: (count, waiting) for id, count, waiting in rows if id is not None}


def _waiting(scope: Scope) -> Select[Question]:
    return (
        select(Question)
        .join(Unit, Unit.id == Question.owner_unit_id)
        .where(scope.units_filter(Unit.path), Question.review_since.is_not(None))
        .where(Question.readiness == Readiness.READY)
    )


def list_to_review(scope: Scope) -> Select[Question]:
    """Ready questions whose source was superseded, those that have waited longest first."""
    return _waiting(scope).order_by(Question.review_since, Question.id)


def count_to_review(session: Session, scope: Scope) -> int:
    return session.scalar(select(func.count()).select_from(_waiting(scope).subquery())) or 0


def list_bases(session: Session, scope: Scope) -> list[tuple[int, int, dict[str, str]]]:
    """(question, its unit, its basis) of the questions in scope that rest on no registered document."""
    rows = session.execute(
        select(Question.id, Question.owner_unit_id, AnswerKey.basis)
        .join(Unit, Unit.id == Question.owner_unit_id)
        .join(
            QuestionVersion, (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version)
        )
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .where(scope.units_filter(Unit.path), Question.document_id.is_(None))
        .order_by(Question.id.desc())
        .limit(MOST_UNLISTED)
    )
    return [(id, unit_id, basis) for id, unit_id, basis in rows if basis.get("law")]


@dataclass(frozen=True)
class Unlisted:
    """A law and version that questions name and nobody has registered."""

    title: str
    version: str
    count: int


def list_unlisted(session: Session, scope: Scope, limit: int) -> list[Unlisted]:
    """The most used first."""
    counts: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for _, _, basis in list_bases(session, scope):
        law, version = basis["law"], basis.get("version", "")
        counts.setdefault((bare_title(law), bare_title(version)), []).append((law, version))
    found = sorted(counts.values(), key=len, reverse=True)[:limit]
    return [Unlisted(*texts[0], len(texts)) for texts in found]
