"""The address of a person's calendar feed: made, shown once, revoked."""

import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.db import changed
from lms.errors import Conflict
from lms.lectures.models import LectureFeed
from lms.people.principal import token_hash


def make_feed(session: Session, person_id: int, *, now: datetime) -> str:
    """The secret of a new address, which nobody can read again; the one before opens nothing any more."""
    _revoke(session, person_id, now)
    token = secrets.token_urlsafe(32)
    session.add(LectureFeed(person_id=person_id, token_hash=token_hash(token), made_at=now))
    return token


def revoke_feed(session: Session, person_id: int, *, now: datetime) -> None:
    """The address opens nothing any more. Raises Conflict when there is none."""
    if not _revoke(session, person_id, now):
        raise Conflict("订阅地址已经作废。")


def _revoke(session: Session, person_id: int, now: datetime) -> bool:
    live = update(LectureFeed).where(LectureFeed.person_id == person_id, LectureFeed.revoked_at.is_(None))
    return changed(session.execute(live.values(revoked_at=now)))
