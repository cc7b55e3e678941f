"""Many attempts at once, for history that is loaded instead of lived: drawn, answered, handed in and graded by the same rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.clock import today
from lms.quizzes import queries
from lms.quizzes.draw_rules import draw, rules_from
from lms.quizzes.grade_rules import earned, fraction_of
from lms.quizzes.models import Answer, AnswerKey, Attempt, AttemptItem, CurrentAnswer, Paper
from lms.quizzes.queries import SheetRow
from lms.quizzes.rules import Kind, PaperKind, Purpose, State, deadline
from lms.quizzes.services.answers import canonical_choice
from lms.quizzes.services.drawing import Sheet, arrange, rows_of
from lms.quizzes.services.hosted import numbered

Choose = Callable[[Kind, Sequence[str], Sequence[Any]], list[Any]]
"""(kind, options, key) → the choice."""


@dataclass(frozen=True)
class Sitting:
    """One person's attempt: the `number`-th at this subject, handed in after `seconds`."""

    person_id: int
    number: int
    started_at: datetime
    seconds: int
    choose: Choose


def add_attempts(
    session: Session,
    paper: Paper,
    sittings: Sequence[Sitting],
    *,
    purpose: Purpose,
    subject_id: int,
    closes_at: datetime | None = None,
    release_at: datetime | None = None,
    rng: Random,
) -> list[Attempt]:
    """The attempts, submitted and graded, in the order of the sittings. What follows from them (`settle`) is the caller's."""
    if not sittings:
        return []
    sheets = _sheets(session, paper, len(sittings), rng)
    keys = _keys(session, sheets)
    made, items, answers = [], [], []
    for sitting, sheet in zip(sittings, sheets, strict=True):
        rows = _answered(sitting, sheet, keys, paper)
        attempt = Attempt(
            paper_id=paper.id, person_id=sitting.person_id, purpose=purpose, subject_id=subject_id,
            number=sitting.number, state=State.SUBMITTED, scoring=paper.scoring, started_at=sitting.started_at,
            started_on=today(sitting.started_at), release_at=release_at, seconds_used=sitting.seconds,
            deadline_at=deadline(sitting.started_at, paper.duration_seconds, closes_at),
            submitted_at=sitting.started_at + timedelta(seconds=sitting.seconds),
            score_millis=sum(item["score_millis"] or 0 for item, _ in rows), max_millis=sum(p for _, p, _ in sheet),
        )  # fmt: skip
        made.append(attempt)
        items.append([item for item, _ in rows])
        answers.append([answer for _, answer in rows])
    session.add_all(made)
    session.flush()  # items and answers need the numbers of their attempts
    session.execute(insert(AttemptItem), numbered(made, items))
    given = numbered(made, answers)
    session.execute(insert(Answer), [row | {"is_counted": True} for row in given])
    session.execute(insert(CurrentAnswer), given)
    return made


def _sheets(session: Session, paper: Paper, count: int, rng: Random) -> list[Sheet]:
    """As many sheets as sittings; the pool is read once."""
    if paper.kind is PaperKind.FIXED:
        fixed = queries.list_paper_rows(session, paper.id)
        return [arrange(fixed, is_shuffled=paper.is_shuffled, rng=rng) for _ in range(count)]
    rules = rules_from(paper.rules)
    pool = queries.list_candidates(session, paper.owner_unit_id, rules)
    versions = queries.find_sheet_rows(session, [version for each in pool for version in each.parts or (each.id,)])
    drawn: list[list[tuple[SheetRow, int]]] = [rows_of(draw(rules, pool, rng), versions) for _ in range(count)]
    return [arrange(rows, is_shuffled=paper.is_shuffled, rng=rng) for rows in drawn]


def _keys(session: Session, sheets: Sequence[Sheet]) -> dict[int, Any]:
    versions = {row.version_id for sheet in sheets for row, _, _ in sheet}
    rows = session.execute(select(AnswerKey.version_id, AnswerKey.key).where(AnswerKey.version_id.in_(versions)))
    return {version_id: key for version_id, key in rows}


def _answered(
    sitting: Sitting, sheet: Sheet, keys: dict[int, Any], paper: Paper
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(item, answer) for each position, answered one after the other in the time used."""
    pause = timedelta(seconds=sitting.seconds) / (len(sheet) + 1)
    rows = []
    for position, (row, points, order) in enumerate(sheet, start=1):
        choice = sitting.choose(row.kind, row.options, keys[row.version_id])
        fraction = fraction_of(row.kind, keys[row.version_id], choice, paper.scoring)
        item = {
            "position": position, "version_id": row.version_id, "option_order": order, "points_millis": points,
            "fraction": fraction, "score_millis": None if fraction is None else earned(points, fraction),
        }  # fmt: skip
        answer = {
            "position": position, "sequence": 1, "choice": canonical_choice(choice),
            "saved_at": sitting.started_at + pause * position,
        }  # fmt: skip
        rows.append((item, answer))
    return rows


def keep_answers(session: Session, attempt: Attempt, choices: dict[int, tuple[list[Any], datetime]]) -> None:
    """Position → (choice, moment): journal and current answers of an open attempt nobody has answered yet."""
    rows = [
        {"attempt_id": attempt.id, "position": p, "sequence": 1, "choice": canonical_choice(choice), "saved_at": at}
        for p, (choice, at) in choices.items()
    ]
    if rows:
        session.execute(insert(Answer), [row | {"is_counted": True} for row in rows])
        session.execute(insert(CurrentAnswer), rows)
