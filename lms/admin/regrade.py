"""What a corrected key would change everywhere: scores, places, passes and with them hours, seen before anything happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lms.contests import entry_queries as entries
from lms.contests import queries as contests
from lms.contests.models import Round
from lms.contests.rules import PASS_PERCENT
from lms.leaderboard import services as boards
from lms.leaderboard.services import Move
from lms.people import queries as people
from lms.quizzes import queries as quizzes
from lms.quizzes.grade_rules import is_passed
from lms.quizzes.models import Attempt
from lms.quizzes.regrade_rules import Change
from lms.quizzes.rules import Purpose

SHOWN = 20  # rows a preview prints; the counts are of all


@dataclass(frozen=True)
class ScoreLine:
    name: str
    old_millis: int
    new_millis: int


@dataclass(frozen=True)
class RoundMoves:
    """A round whose board would move. `is_published`: its published ranking stays until its next version."""

    title: str
    is_published: bool
    moved: int
    lines: Sequence[tuple[str, Move]]


@dataclass(frozen=True)
class Cascade:
    """`passes` and `losses` count attempts that would cross their pass mark: hours follow them."""

    attempts: int
    higher: int
    lower: int
    passes: int
    losses: int
    scores: Sequence[ScoreLine]
    rounds: Sequence[RoundMoves]


def find_cascade(session: Session, changes: Sequence[Change]) -> Cascade:
    attempts = quizzes.find_attempts(session, [change.attempt_id for change in changes])
    higher = sum(change.new_total_millis > change.old_total_millis for change in changes)
    crossing = [_crosses(change, *attempts[change.attempt_id]) for change in changes]
    names = people.names_of(session, [attempts[c.attempt_id][0].person_id for c in changes[:SHOWN]])
    return Cascade(
        attempts=len(changes),
        higher=higher,
        lower=len(changes) - higher,
        passes=crossing.count(1),
        losses=crossing.count(-1),
        scores=[
            ScoreLine(names[attempts[c.attempt_id][0].person_id], c.old_total_millis, c.new_total_millis)
            for c in changes[:SHOWN]
        ],
        rounds=_rounds(session, changes, {id: attempt for id, (attempt, _) in attempts.items()}),
    )


def _crosses(change: Change, attempt: Attempt, pass_percent: int) -> int:
    """1 passed now, -1 no longer, 0 as before."""
    line = PASS_PERCENT if attempt.purpose is Purpose.CONTEST else pass_percent
    was, will = (
        is_passed(total, attempt.max_millis, line) for total in (change.old_total_millis, change.new_total_millis)
    )
    return int(will) - int(was)


def _rounds(session: Session, changes: Sequence[Change], attempts: Mapping[int, Attempt]) -> list[RoundMoves]:
    scores: dict[int, dict[int, tuple[int, int]]] = {}
    for change in changes:
        attempt = attempts[change.attempt_id]
        if attempt.purpose is Purpose.CONTEST:
            scores.setdefault(attempt.subject_id, {})[attempt.id] = (attempt.person_id, change.new_total_millis)
    found = []
    for round_id, title, board_id, is_published in contests.list_boards(session, list(scores)):
        on_board = entries.board_scores(session, session.get_one(Round, round_id), scores[round_id])
        moves = boards.moves(session, board_id, on_board)
        names = people.names_of(session, [move.person_id for move in moves[:SHOWN]])
        lines = [(names[move.person_id], move) for move in moves[:SHOWN]]
        found.append(RoundMoves(title, is_published, len(moves), lines))
    return found
