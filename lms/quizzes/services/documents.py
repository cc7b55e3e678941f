"""Source documents: registered, linked to the questions that name them, superseded."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.people.access import Scope
from lms.quizzes import document_queries
from lms.quizzes.bank_models import SourceDocument
from lms.quizzes.document_rules import Links
from lms.quizzes.models import Question
from lms.quizzes.rules import Readiness

CHUNK = 500


def add_document(
    session: Session,
    *,
    title: str,
    version: str,
    issued_on: date | None,
    owner_unit_id: int,
    scope: Scope,
    by_id: int | None,
    now: datetime,
) -> tuple[SourceDocument, int]:
    """The document, and how many questions in scope were linked to it because their basis names it."""
    document = SourceDocument(
        owner_unit_id=owner_unit_id, title=title.strip().strip("《》"), version=version.strip(), issued_on=issued_on,
        created_by_id=by_id, created_at=now,
    )  # fmt: skip
    with conflict_as(Conflict("这份文件的这个版本已经登记过了。"), session):
        session.add(document)
    return document, _link(session, document, scope)


def _link(session: Session, document: SourceDocument, scope: Scope) -> int:
    links: dict[int, Links] = {}
    mine: list[int] = []
    for question_id, unit_id, basis in document_queries.list_bases(session, scope):
        known = links.get(unit_id) or links.setdefault(unit_id, document_queries.find_links(session, unit_id))
        if known.of(basis) == document.id:
            mine.append(question_id)
    _set(session, mine, document_id=document.id)
    return len(mine)


def _set(session: Session, question_ids: Sequence[int], **values: object) -> None:
    for start in range(0, len(question_ids), CHUNK):
        some = Question.id.in_(question_ids[start : start + CHUNK])
        session.execute(update(Question).where(some).values(**values).execution_options(synchronize_session=False))
    session.expire_all()


def supersede(
    session: Session, document: SourceDocument, *, on: date, by: SourceDocument | None, by_id: int, now: datetime
) -> int:
    """The document is no longer in force; its ready questions are to be looked at again. Returns how many."""
    if by is not None and by.id == document.id:
        raise Invalid("一份文件不能被它自己取代。", field="by")
    if document.issued_on is not None and on < document.issued_on:
        raise Invalid("失效日期不能早于发布日期。", field="on")
    ended = (
        update(SourceDocument)
        .where(SourceDocument.id == document.id, SourceDocument.superseded_on.is_(None))
        .values(superseded_on=on, superseded_by_id=by.id if by else None)
        .execution_options(synchronize_session=False)
    )
    if not changed(session.execute(ended)):
        raise Conflict("这份文件已经标为被取代。")
    instead = f"，由《{by.title}》（{by.version}）取代" if by else ""
    reason = f"《{document.title}》（{document.version}）已失效{instead}"[:300]
    waiting = (
        update(Question)
        .where(Question.document_id == document.id, Question.readiness == Readiness.READY)
        .values(review_since=now, review_reason=reason)
        .execution_options(synchronize_session=False)
    )
    count: int = session.execute(waiting).rowcount  # type: ignore[attr-defined]
    session.expire_all()
    audit.record(session, by_id, "document.superseded", f"source_document:{document.id}", {"questions": count}, now=now)
    return count
