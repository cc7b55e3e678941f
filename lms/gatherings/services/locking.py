"""The lock: written once by the scheduler, in force by the rule whether or not it was there."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.db import changed
from lms.gatherings.models import Change, Gathering
from lms.gatherings.rules import GatheringState


def lock(session: Session, gathering_id: int, *, now: datetime) -> bool:
    """The lock that was due is written down with a line of the history; False when another run was faster or nothing is due."""
    due = (
        update(Gathering)
        .where(Gathering.id == gathering_id, Gathering.locked_at.is_(None), Gathering.locks_at <= now)
        .where(Gathering.state != GatheringState.CANCELLED)
    )
    if not changed(session.execute(due.values(locked_at=Gathering.locks_at))):
        return False
    session.add(Change(gathering_id=gathering_id, act="lock", detail={}, by_id=None, at=now))
    return True
