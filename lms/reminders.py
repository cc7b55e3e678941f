"""What people may be reminded of: the literal table of sources.

Each domain lists in its `reminders.py` what waits for somebody, and for whom: only what a person was given or holds (a decision to carry
out, a request to decide), never what anybody might do.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from lms.lectures import reminders as lectures
from lms.notices.rules import Due
from lms.records import reminders as records
from lms.stars import reminders as stars
from lms.themedays import duties_reminders as duties
from lms.themedays import reminders as themedays
from lms.training import reminders as training

# `list_due(session, *, now) -> list[Due]`: reads, writes nothing.
ListDue = Callable[..., list[Due]]

SOURCES: tuple[ListDue, ...] = (
    lectures.list_due,
    records.list_due,
    themedays.list_due,
    duties.list_due,
    stars.list_due,
    training.list_due,
)


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Everything that waits for anybody, in the order of the table."""
    return [due for source in SOURCES for due in source(session, now=now)]
