"""Many answers at once, for history that is loaded instead of lived."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.quizzes.models import Answer, Attempt, CurrentAnswer
from lms.quizzes.services.answers import canonical_choice

Choice = Sequence[int] | Sequence[str]


def keep_answers(session: Session, attempt: Attempt, choices: Mapping[int, tuple[Choice, datetime]]) -> None:
    """Position → (choice, moment): journal and current answers of an open attempt nobody has answered yet."""
    rows = [
        {"attempt_id": attempt.id, "position": p, "sequence": 1, "choice": canonical_choice(choice), "saved_at": at}
        for p, (choice, at) in choices.items()
    ]
    if rows:
        session.execute(insert(Answer), [row | {"is_counted": True} for row in rows])
        session.execute(insert(CurrentAnswer), rows)
