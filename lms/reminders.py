"""What people may be reminded of: the literal table of sources.

Each domain lists in its `reminders.py` what waits for somebody, and for whom: only what a person was given or holds (a decision to carry
out, a request to decide), never what anybody might do.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from lms.notices.rules import Due
from lms.records import reminders as records
from lms.training import reminders as training

# `list_due(session, *, now) -> list[Due]`: reads, writes nothing.
ListDue = Callable[..., list[Due]]

SOURCES: tuple[ListDue, ...] = (records.list_due, training.list_due)


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Everything that waits for anybody, in the order of the table."""
    return [due for source in SOURCES for due in source(session, now=now)]
