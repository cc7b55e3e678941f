"""Tell people, mark as read, take and answer feedback."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.notices.models import Feedback, Notice

QUIET = timedelta(days=7)


def tell(session: Session, person_id: int, text: str, link: str, *, now: datetime) -> Notice | None:
    """One sentence in the person's inbox. None when the same one is still unread there and less than a week old."""
    again = (
        select(Notice.id)
        .where(Notice.person_id == person_id, Notice.link == link, Notice.text == text[:300])
        .where(Notice.read_at.is_(None), Notice.at > now - QUIET)
    )
    if session.scalars(again.limit(1)).first() is not None:
        return None
    notice = Notice(person_id=person_id, text=text[:300], link=link[:200], at=now)
    session.add(notice)
    return notice


def read_all(session: Session, person_id: int, *, now: datetime) -> None:
    session.execute(update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None)).values(read_at=now))


def read(session: Session, notice: Notice, *, now: datetime) -> None:
    session.execute(update(Notice).where(Notice.id == notice.id, Notice.read_at.is_(None)).values(read_at=now))


def give_feedback(session: Session, person_id: int, *, page: str, text: str, now: datetime) -> Feedback:
    """A wish or complaint. Raises Invalid when it is empty."""
    if not text.strip():
        raise Invalid("请写下你的意见或建议。", field="text")
    feedback = Feedback(person_id=person_id, page=page[:200], text=text.strip()[:2000], at=now)
    session.add(feedback)
    return feedback


def reply(session: Session, feedback: Feedback, *, by_id: int, text: str, now: datetime) -> None:
    """Answer once; the writer is told."""
    if not text.strip():
        raise Invalid("请写下答复。", field="reply")
    answered = (
        update(Feedback)
        .where(Feedback.id == feedback.id, Feedback.replied_at.is_(None))
        .values(reply=text.strip()[:2000], replied_by_id=by_id, replied_at=now)
    )
    if not changed(session.execute(answered)):
        raise Conflict("这条意见已经答复过了。")
    tell(session, feedback.person_id, "你的意见有了答复", "/feedback", now=now)
