"""Leaving the page of a contest attempt is noted for those who review it, and never punished."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lms.db import insert_ignore, upsert
from lms.errors import Conflict
from lms.quizzes import queries
from lms.quizzes.models import Attempt, AttemptLeave
from lms.quizzes.rules import Purpose

MAX_LEAVES = 200  # of one attempt; what comes beyond is acknowledged and not kept
_KEY = ["attempt_id", "mark"]


@dataclass(frozen=True)
class Leave:
    """`seconds_ago` the page was left, `away_seconds` it stayed so (None: it still is). Both are the device's own count."""

    mark: str
    seconds_ago: int
    away_seconds: int | None


def note_leaves(session: Session, attempt: Attempt, leaves: Sequence[Leave], *, now: datetime) -> int:
    """Keeps each leave once, however often and late it is told; a later telling may only add how long it lasted. What is
    said to have happened after the end of the attempt is left out. Returns how many of the attempt are kept now. Raises
    Conflict for an attempt at anything but a contest."""
    if attempt.purpose is not Purpose.CONTEST:
        raise Conflict("只有比拼记录离开页面的情况。")
    kept = queries.find_leave_marks(session, attempt.id)
    ends = attempt.submitted_at or now
    rows = {}
    for leave in leaves:
        left_at = max(attempt.started_at, now - timedelta(seconds=leave.seconds_ago))
        if left_at <= ends and (leave.mark in kept or len(kept) < MAX_LEAVES):
            kept.add(leave.mark)
            rows[leave.mark] = {
                "attempt_id": attempt.id, "mark": leave.mark, "left_at": left_at, "away_seconds": leave.away_seconds,
            }  # fmt: skip
    insert_ignore(session, AttemptLeave, [row for row in rows.values() if row["away_seconds"] is None], key=_KEY)
    ended = [row for row in rows.values() if row["away_seconds"] is not None]
    upsert(session, AttemptLeave, ended, key=_KEY, update=["away_seconds"])
    return len(kept)
