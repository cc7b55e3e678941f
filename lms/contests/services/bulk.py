"""Many people's part in a round at once, for history that is loaded instead of lived."""

from collections.abc import Sequence
from datetime import date, datetime
from random import Random

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.contests.models import Round, RoundEntry
from lms.contests.queries import RoundLine
from lms.leaderboard import services as boards
from lms.leaderboard.models import Board
from lms.leaderboard.rules import competing_unit
from lms.people.models import Membership, Unit
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose
from lms.quizzes.services import bulk
from lms.quizzes.services.bulk import Sitting


def take_part(session: Session, line: RoundLine, sittings: Sequence[Sitting], *, rng: Random, now: datetime) -> None:
    """Entries, attempts and results of people who have not taken part before and are no organisers; the board is counted anew."""
    round_ = line.round
    attempts = bulk.add_attempts(
        session,
        session.get_one(Paper, round_.paper_id),
        sittings,
        purpose=Purpose.CONTEST,
        subject_id=round_.id,
        closes_at=round_.closes_at,
        release_at=round_.closes_at,
        rng=rng,
    )
    board = session.get_one(Board, round_.board_id)
    units = _units_of(session, board, round_.cut_off_on)
    first = {attempt.person_id: attempt for attempt in reversed(attempts)}
    session.execute(insert(RoundEntry), [_entry(round_, attempt, units) for attempt in first.values()])
    boards.record_many(session, board.id, [_result(attempt, units) for attempt in attempts])
    boards.rebuild(session, board)


def _units_of(session: Session, board: Board, on: date) -> dict[int, int | None]:
    """Person → the unit they count for on that day."""
    root_path = session.scalars(select(Unit.path).where(Unit.id == board.root_unit_id)).one()
    rows = session.execute(
        select(Membership.person_id, Unit.path)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.from_on <= on, Membership.until_on.is_(None) | (Membership.until_on > on))
        .order_by(Membership.from_on)
    )
    return {person_id: competing_unit(path, root_path) for person_id, path in rows}


def _entry(round_: Round, attempt: Attempt, units: dict[int, int | None]) -> dict[str, object]:
    return {
        "round_id": round_.id,
        "person_id": attempt.person_id,
        "unit_id": units.get(attempt.person_id),
        "is_ranked": True,
        "entered_at": attempt.started_at,
    }


def _result(attempt: Attempt, units: dict[int, int | None]) -> dict[str, object]:
    return {
        "person_id": attempt.person_id,
        "unit_id": units.get(attempt.person_id),
        "score_millis": attempt.score_millis,
        "seconds": attempt.seconds_used,
        "submitted_at": attempt.submitted_at,
        "is_ranked": True,
        "source_kind": "attempt",
        "source_id": attempt.id,
        "recorded_at": attempt.submitted_at,
    }
