"""What a corrected key would change everywhere: scores, places, advancement, honours with their certificates, passes and hours, seen
before anything happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import advancement_queries as advancement
from lms.contests import award_queries as awards
from lms.contests import entry_queries as entries
from lms.contests import queries as contests
from lms.contests.award_queries import Preview
from lms.contests.award_rules import Ranked
from lms.contests.models import Round
from lms.contests.rules import PASS_PERCENT
from lms.leaderboard import services as boards
from lms.leaderboard.services import Move, Standing
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
class ShiftLine:
    """Who would enter a later round instead of whom."""

    title: str
    is_published: bool
    comes: Sequence[str]
    goes: Sequence[str]


@dataclass(frozen=True)
class RoundMoves:
    """A round whose board would move. `outcome`: of a published one, what its next version would bring."""

    round_id: int
    title: str
    moved: int
    lines: Sequence[tuple[str, Move]]
    shifts: Sequence[ShiftLine]
    outcome: Preview | None

    @property
    def is_published(self) -> bool:
        return self.outcome is not None


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

    @property
    def published(self) -> list[RoundMoves]:
        """Rounds whose published ranking would no longer be true."""
        return [one for one in self.rounds if one.outcome is not None and one.outcome.effects]


def find_cascade(session: Session, changes: Sequence[Change], *, now: datetime) -> Cascade:
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
        rounds=_rounds(session, changes, {id: attempt for id, (attempt, _) in attempts.items()}, now),
    )


def _crosses(change: Change, attempt: Attempt, pass_percent: int) -> int:
    """1 passed now, -1 no longer, 0 as before."""
    line = PASS_PERCENT if attempt.purpose is Purpose.CONTEST else pass_percent
    was, will = (
        is_passed(total, attempt.max_millis, line) for total in (change.old_total_millis, change.new_total_millis)
    )
    return int(will) - int(was)


def _rounds(
    session: Session, changes: Sequence[Change], attempts: Mapping[int, Attempt], now: datetime
) -> list[RoundMoves]:
    scores: dict[int, dict[int, tuple[int, int]]] = {}
    for change in changes:
        attempt = attempts[change.attempt_id]
        if attempt.purpose is Purpose.CONTEST:
            scores.setdefault(attempt.subject_id, {})[attempt.id] = (attempt.person_id, change.new_total_millis)
    return [
        _round(session, round_id, title, is_published, scores[round_id], now)
        for round_id, title, _, is_published in contests.list_boards(session, list(scores))
    ]


def _round(
    session: Session,
    round_id: int,
    title: str,
    is_published: bool,
    scores: Mapping[int, tuple[int, int]],
    now: datetime,
) -> RoundMoves:
    round_ = session.get_one(Round, round_id)
    on_board = entries.board_scores(session, round_, scores)
    moves = boards.moves(session, round_.board_id, on_board)
    after = boards.standings_if(session, round_.board_id, on_board)
    names = people.names_of(session, [move.person_id for move in moves[:SHOWN]])
    return RoundMoves(
        round_id,
        title,
        len(moves),
        [(names[move.person_id], move) for move in moves[:SHOWN]],
        [_shift(session, one) for one in advancement.shifts(session, round_, after)],
        _outcome(session, round_id, after, now) if is_published else None,
    )


def _shift(session: Session, shift: advancement.Shift) -> ShiftLine:
    names = people.names_of(session, [*shift.comes, *shift.goes])
    comes, goes = ([names[person] for person in some] for some in (shift.comes, shift.goes))
    return ShiftLine(shift.round.title, shift.is_published, comes, goes)


def _outcome(session: Session, round_id: int, after: Sequence[Standing], now: datetime) -> Preview | None:
    line = contests.find_round(session, round_id, now=now)
    units = {unit.id: unit.name for unit in people.list_units(session)}
    lines = [Ranked(one.person_id, one.place, one.score_millis, units.get(one.unit_id or 0, "")) for one in after]
    return awards.preview(session, line, lines) if line else None
