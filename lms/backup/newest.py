"""When the site was last backed up and a backup last tried, kept in the site itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.db import MakeSession, find_mark, mark, unit_of_work

MARK, REHEARSED = "backup.newest", "backup.rehearsed"


def note(make_session: MakeSession, made_at: str) -> None:
    """The site remembers when its newest backup was made, so that it can say when none came."""
    _remember(make_session, MARK, made_at)


def note_rehearsal(make_session: MakeSession, now: datetime) -> None:
    """The site remembers when a backup last came back whole."""
    _remember(make_session, REHEARSED, now.isoformat(timespec="seconds"))


def _remember(make_session: MakeSession, what: str, at: str) -> None:
    with unit_of_work(make_session) as session:
        mark(session, what, at)


def newest(session: Session) -> datetime | None:
    """The instant the newest backup holds; None when none was made by `flask backup create` or `nightly`."""
    return _remembered(session, MARK)


def rehearsed(session: Session) -> datetime | None:
    """When `flask backup rehearse` last ended well; None when it never did."""
    return _remembered(session, REHEARSED)


def _remembered(session: Session, what: str) -> datetime | None:
    at = find_mark(session, what)
    return datetime.fromisoformat(at) if at else None
