"""What an attempt's purpose decides, as literal tables: how it begins, what follows from its submission, which page it belongs to.

`settle` is called in the transaction of the submission, so that a finished course, credited hours or a board's new result are stored with it or not at all.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.courses.services import progress
from lms.errors import NotFound
from lms.quizzes.rules import Purpose

Settle = Callable[[Session, Any, datetime], None]

BY_PURPOSE: Mapping[str, Settle] = {
    Purpose.COURSE: lambda session, attempt, now: progress.settle_quiz(session, attempt, now=now),
}


def settle(session: Session, attempt: Any, now: datetime) -> None:
    """Do what follows from the attempt; a purpose without an entry (practice) has no consequence."""
    follow = BY_PURPOSE.get(attempt.purpose)
    if follow is not None:
        follow(session, attempt, now)


# Purpose → (session, principal, subject id, now) → the attempt, with the subject's own checks of access, window and number of attempts.
Begin = Callable[[Session, Any, int, datetime], Any]
BEGIN_BY_PURPOSE: Mapping[str, Begin] = {}

# Purpose → label, endpoint and argument of the page to go back to.
SUBJECT_PAGES: Mapping[str, tuple[str, str, str]] = {}


def begin(session: Session, person: Any, purpose: str, subject_id: int, now: datetime) -> Any:
    """The person's open attempt at the subject, started if need be. Raises NotFound for a purpose that has no start of its own."""
    start = BEGIN_BY_PURPOSE.get(purpose)
    if start is None:
        raise NotFound()
    return start(session, person, subject_id, now)
