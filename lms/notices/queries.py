"""Read notices, digests and a person's wishes."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
from lms.notices import announcement_queries
from lms.notices.models import Digest, Notice, NoticeSettings, Reminder
from lms.notices.rules import NoticeKind


def count_unread(session: Session, person_id: int) -> int:
    return int(UNREAD.first(flushed(session), {"person": person_id}).unread)


UNREAD = Prepared(
    select(func.count().label("unread"))
    .select_from(Notice)
    .where(Notice.person_id == bindparam("person"), Notice.read_at.is_(None))
)


def count_new(session: Session, person_id: int, on: date) -> int:
    """Unread notices and announcements: the figure beside 消息."""
    return count_unread(session, person_id) + announcement_queries.count_unread(session, person_id, on)


def list_notices(person_id: int, kind: NoticeKind | None = None, *, unread: bool = False) -> Select[Notice]:
    query = select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc())
    if kind is not None:
        query = query.where(Notice.kind == kind)
    return query.where(Notice.read_at.is_(None)) if unread else query


def find_settings(session: Session, person_id: int) -> NoticeSettings | None:
    return session.get(NoticeSettings, person_id)


def list_reminders(session: Session, digest_id: int) -> Sequence[Reminder]:
    """The items of a digest, in the order they were said."""
    return session.scalars(select(Reminder).where(Reminder.digest_id == digest_id).order_by(Reminder.id)).all()


def find_digest(session: Session, digest_id: int) -> Digest | None:
    return session.get(Digest, digest_id)
