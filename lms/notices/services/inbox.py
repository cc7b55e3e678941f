"""Tell people, mark as read."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.db import insert_ignore
from lms.notices import announcement_queries as announcements
from lms.notices.models import Announcement, AnnouncementRead, Notice

QUIET = timedelta(days=7)
READ_AT_ONCE = 200


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


def read(session: Session, notice: Notice, *, now: datetime) -> None:
    session.execute(update(Notice).where(Notice.id == notice.id, Notice.read_at.is_(None)).values(read_at=now))


def read_all(session: Session, person_id: int, *, now: datetime) -> None:
    """Every notice and every announcement the person is shown (the newest 200 unread ones) counts as read."""
    unread = session.scalars(announcements.list_for(person_id, clock.today(now), unread=True).limit(READ_AT_ONCE)).all()
    marks = [_mark(session, announcement, person_id, now) for announcement in unread]
    insert_ignore(session, AnnouncementRead, marks, key=["announcement_id", "person_id"])
    session.execute(update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None)).values(read_at=now))


def read_announcement(session: Session, announcement: Announcement, person_id: int, *, now: datetime) -> None:
    """The person has opened it; the first time counts."""
    mark = _mark(session, announcement, person_id, now)
    insert_ignore(session, AnnouncementRead, [mark], key=["announcement_id", "person_id"])


def _mark(session: Session, announcement: Announcement, person_id: int, now: datetime) -> dict[str, object]:
    counted = session.scalars(announcements.was_meant_for(person_id, announcement)).first() is not None
    return {"announcement_id": announcement.id, "person_id": person_id, "is_counted": counted, "read_at": now}
