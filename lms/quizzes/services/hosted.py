"""Attempts of people who answered one question after the other as a host asked them: graded by the same rules as all others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.clock import today
from lms.quizzes import key_queries
from lms.quizzes.grade_rules import earned, fraction_of
from lms.quizzes.models import Answer, AnswerKey, Attempt, AttemptItem, CurrentAnswer, Paper, QuestionVersion
from lms.quizzes.rules import Purpose, State, marking_from
from lms.quizzes.services.answers import canonical_choice
from lms.quizzes.services.drawing import Stored


@dataclass(frozen=True)
class HostedPart:
    """One person's part: position (1 is the first question) → choice and the moment it came in; `seconds` of time used."""

    person_id: int
    seconds: int
    choices: Mapping[int, tuple[list[int], datetime]]


Grade = Callable[[Sequence[int]], int]


def grader(session: Session, paper: Paper, version_ids: Sequence[int]) -> dict[int, Grade]:
    """Version → a function from choice to fraction (0…1000), for what options answer."""
    found = key_queries.find_versions(session, version_ids)

    def grading(version: QuestionVersion, key: AnswerKey) -> Grade:
        marking = marking_from(key.marking)
        return lambda choice: fraction_of(version.kind, key.key, choice, paper.scoring, marking) or 0

    return {id: grading(*found[id]) for id in version_ids}


def add_hosted(
    session: Session,
    paper: Paper,
    asked: Stored,
    parts: Sequence[HostedPart],
    *,
    purpose: Purpose,
    subject_id: int,
    started_at: datetime,
    ended_at: datetime,
) -> list[Attempt]:
    """The attempts, submitted and graded, in the order of the parts; `asked` are the questions in the order in which they were asked; their keys are no secret any more. What follows from them
    (`settle`) is the caller's. A second attempt of somebody is refused by the schema."""
    grade = grader(session, paper, [version for version, _, _ in asked])
    made, items, answers = [], [], []
    for part in parts:
        rows = [_item(position, one, part, grade) for position, one in enumerate(asked, start=1)]
        made.append(
            Attempt(
                paper_id=paper.id, person_id=part.person_id, purpose=purpose, subject_id=subject_id, number=1,
                state=State.SUBMITTED, scoring=paper.scoring, started_at=started_at, started_on=today(started_at),
                submitted_at=ended_at, release_at=ended_at, seconds_used=part.seconds,
                score_millis=sum(row["score_millis"] for row in rows), max_millis=sum(points for _, points, _ in asked),
            )
        )  # fmt: skip
        items.append(rows)
        answers.append(
            [
                {"position": p, "sequence": 1, "choice": canonical_choice(choice), "saved_at": at}
                for p, (choice, at) in sorted(part.choices.items())
            ]
        )
    session.add_all(made)
    session.flush()  # items and answers need the numbers of their attempts
    session.execute(insert(AttemptItem), numbered(made, items))
    if given := numbered(made, answers):
        session.execute(insert(Answer), [row | {"is_counted": True} for row in given])
        session.execute(insert(CurrentAnswer), given)
    return made


def _item(
    position: int, one: tuple[int, int, list[int]], part: HostedPart, grade: Mapping[int, Grade]
) -> dict[str, Any]:
    version, points, order = one
    fraction = grade[version](part.choices[position][0]) if position in part.choices else 0
    return {
        "position": position, "version_id": version, "option_order": order, "points_millis": points, "fraction": fraction,
        "score_millis": earned(points, fraction),
    }  # fmt: skip


def numbered(attempts: Sequence[Attempt], rows: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows of each attempt with its number."""
    return [row | {"attempt_id": a.id} for a, many in zip(attempts, rows, strict=True) for row in many]
