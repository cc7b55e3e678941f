"""When the site was last backed up, kept in the site itself."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.db import MakeSession, find_mark, mark, unit_of_work

MARK = "backup.newest"


def note(make_session: MakeSession, made_at: str) -> None:
    """The site remembers when its newest backup was made, so that it can say when none came."""
    with unit_of_work(make_session) as session:
        mark(session, MARK, made_at)


def newest(session: Session) -> datetime | None:
    """The instant the newest backup holds; None when none was made by `flask backup create`."""
    made_at = find_mark(session, MARK)
    return datetime.fromisoformat(made_at) if made_at else None
