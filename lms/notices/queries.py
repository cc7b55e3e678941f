"""Read notices and feedback."""

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
from lms.notices.models import Feedback, Notice


def count_unread(session: Session, person_id: int) -> int:
    return int(UNREAD.first(flushed(session), {"person": person_id}).unread)


UNREAD = Prepared(
    select(func.count().label("unread"))
    .select_from(Notice)
    .where(Notice.person_id == bindparam("person"), Notice.read_at.is_(None))
)


def list_notices(person_id: int) -> Select[Notice]:
    return select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc())


def list_feedback(person_id: int | None = None, *, answered: bool | None = None) -> Select[Feedback]:
    """Newest first; of one person, or of all; answered, open, or both (None)."""
    query = select(Feedback).order_by(Feedback.id.desc())
    if answered is not None:
        query = query.where(Feedback.replied_at.is_not(None) if answered else Feedback.replied_at.is_(None))
    return query if person_id is None else query.where(Feedback.person_id == person_id)


def count_unanswered(session: Session, within: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Feedback).where(Feedback.replied_at.is_(None), within)
    return session.scalar(query) or 0
