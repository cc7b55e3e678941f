"""What follows from a submitted attempt, by its purpose: one literal table, passed as the plain argument `settle`.

Called in the transaction of the submission, so that a finished course, credited hours or a board's new result are stored with it or not at all.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.contests import services as contests
from lms.courses.services import progress
from lms.quizzes.rules import Purpose

Settle = Callable[[Session, Any, datetime], None]

BY_PURPOSE: Mapping[str, Settle] = {
    Purpose.COURSE: lambda session, attempt, now: progress.settle_quiz(session, attempt, now=now),
    Purpose.CONTEST: contests.settle_attempt,
}


def settle(session: Session, attempt: Any, now: datetime) -> None:
    """Do what follows from the attempt; a purpose without an entry (practice) has no consequence."""
    follow = BY_PURPOSE.get(attempt.purpose)
    if follow is not None:
        follow(session, attempt, now)
