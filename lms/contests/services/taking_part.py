"""Somebody takes part: the entry, the attempt, and the result that moves the board at submission."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import access, queries
from lms.contests.errors import NotOpen
from lms.contests.models import Round, RoundEntry
from lms.contests.queries import RoundLine
from lms.contests.rules import Phase, RoundKind
from lms.db import insert_ignore
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.people.principal import Principal
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose


def start(session: Session, line: RoundLine, person: Principal, *, now: datetime) -> Attempt:
    """The person's open attempt in the round, begun if need be; the entry stands with the unit of the cut-off day.

    Raises NotOpen before and after the round's time, AttemptsUsedUp when today's attempts are spent.
    """
    _check_open(line)
    round_ = line.round
    entry = None if queries.find_entry(session, round_.id, person.id) else _entry(session, line, person, now)
    attempt = quizzes.start_attempt(
        session,
        session.get_one(Paper, round_.paper_id),
        person_id=person.id,
        purpose=Purpose.CONTEST,
        subject_id=round_.id,
        closes_at=round_.closes_at,
        release_at=round_.closes_at,
        limit_per_day=round_.attempts_per_day,
        now=now,
    )
    if entry is not None:
        insert_ignore(session, RoundEntry, [entry], key=["round_id", "person_id"])
    return attempt


def _check_open(line: RoundLine) -> None:
    if line.phase is Phase.UPCOMING:
        raise NotOpen("比拼还没有开始，请到时间再来。")
    if line.phase is not Phase.RUNNING:
        raise NotOpen("比拼已经结束，不能再开始作答。")


def _entry(session: Session, line: RoundLine, person: Principal, now: datetime) -> dict[str, object]:
    board = boards.find_board(session, line.round.board_id)
    assert board is not None
    return {
        "round_id": line.round.id,
        "person_id": person.id,
        "unit_id": queries.competing_unit_of(session, person.id, board.root_path, line.round.cut_off_on),
        "is_ranked": not access.is_unranked(session, person, line.owner_path),
        "entered_at": now,
    }


def settle_attempt(session: Session, attempt: Attempt, now: datetime) -> None:
    """The result of a handed-in or closed attempt stands on the board, in the transaction of the submission. Practice leaves no result."""
    round_ = session.get_one(Round, attempt.subject_id)
    entry = queries.find_entry(session, round_.id, attempt.person_id)
    if round_.kind is RoundKind.PRACTICE or entry is None:
        return
    assert attempt.score_millis is not None
    assert attempt.submitted_at is not None
    board_services.record(
        session,
        round_.board_id,
        person_id=attempt.person_id,
        unit_id=entry.unit_id,
        score_millis=attempt.score_millis,
        seconds=attempt.seconds_used or 0,
        submitted_at=attempt.submitted_at,
        source_id=attempt.id,
        is_ranked=entry.is_ranked,
        now=now,
    )
