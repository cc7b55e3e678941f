"""A whole sheet saved at once: the way of a browser without scripts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.db import upsert
from lms.quizzes import queries
from lms.quizzes.errors import OutOfTime
from lms.quizzes.models import Answer, Attempt, CurrentAnswer
from lms.quizzes.rules import Choice, is_over
from lms.quizzes.services.answers import canonical_choice
from lms.quizzes.services.attempts import take_lease


def save_sheet(
    session: Session,
    attempt: Attempt,
    choices: Mapping[int, Choice],
    *,
    lease: str,
    take_over: bool,
    now: datetime,
) -> int:
    """Position → choice, journalled where it differs from what is current; returns how many did. In one transaction, so
    all of it or nothing. Raises Invalid for what is no choice, OutOfTime, and Ended or LeaseTaken like any device."""
    written = {position: canonical_choice(choice) for position, choice in choices.items()}
    if is_over(attempt.deadline_at, now):
        raise OutOfTime()
    take_lease(session, attempt, lease=lease, take_over=take_over, now=now)
    rows = []
    for shown in queries.list_shown_questions(session, attempt.id):
        choice = written.get(shown.position)
        if choice is not None and json.loads(choice) != shown.choice:
            rows.append(
                {
                    "attempt_id": attempt.id, "position": shown.position, "sequence": shown.sequence + 1,
                    "choice": choice, "saved_at": now,
                }
            )  # fmt: skip
    _keep(session, rows)
    return len(rows)


def _keep(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Nobody else can write these: the lease is ours until the transaction ends."""
    if rows:
        session.execute(insert(Answer), [row | {"is_counted": True} for row in rows])
        newest = ["sequence", "choice", "saved_at"]
        upsert(session, CurrentAnswer, rows, key=["attempt_id", "position"], update=newest)
