"""What a corrected key would change everywhere: scores, places of people and teams, advancement, honours with their certificates,
passes and hours, seen before anything happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import advancement_correction_services as corrections
from lms.contests import advancement_versions as advancement
from lms.contests import award_queries as awards
from lms.contests import entry_queries as entries
from lms.contests import queries as contests
from lms.contests import team_queries
from lms.contests.advancement_versions import ChangeLine
from lms.contests.award_queries import Preview
from lms.contests.award_rules import Ranked
from lms.contests.models import Round
from lms.contests.rules import PASS_PERCENT
from lms.contests.team_queries import TeamStanding
from lms.contests.team_rules import Reached
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
    """Who would enter a later round instead of whom, and why. `obstacle`: why a published list could not be corrected now."""

    round_id: int
    title: str
    is_published: bool
    changes: Sequence[ChangeLine]
    obstacle: str

    @property
    def comes(self) -> list[str]:
        return [one.name.name for one in self.changes if one.change.comes]

    @property
    def goes(self) -> list[str]:
        return [one.name.name for one in self.changes if one.change.goes]


@dataclass(frozen=True)
class TeamMove:
    """A team whose place or score would be another one; None: has none."""

    name: str
    old: TeamStanding | None
    new: TeamStanding | None


@dataclass(frozen=True)
class RoundMoves:
    """A round whose board would move. `outcome`: of a published one, what its next version would bring."""

    round_id: int
    title: str
    moved: int
    lines: Sequence[tuple[str, Move]]
    teams: Sequence[TeamMove]
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
        return [one for one in self.rounds if one.outcome is not None and (one.outcome.effects or one.teams)]

    @property
    def lists(self) -> list[ShiftLine]:
        """Published lists of those who advanced that would no longer follow from the ranking."""
        return [shift for one in self.rounds for shift in one.shifts if shift.is_published]


def find_cascade(session: Session, changes: Sequence[Change], *, by_id: int, now: datetime) -> Cascade:
    """`by_id`: who would correct."""
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
        rounds=_rounds(session, changes, {id: attempt for id, (attempt, _) in attempts.items()}, by_id, now),
    )


def _crosses(change: Change, attempt: Attempt, pass_percent: int) -> int:
    """1 passed now, -1 no longer, 0 as before."""
    line = PASS_PERCENT if attempt.purpose is Purpose.CONTEST else pass_percent
    was, will = (
        is_passed(total, attempt.max_millis, line) for total in (change.old_total_millis, change.new_total_millis)
    )
    return int(will) - int(was)


def _rounds(
    session: Session, changes: Sequence[Change], attempts: Mapping[int, Attempt], by_id: int, now: datetime
) -> list[RoundMoves]:
    scores: dict[int, dict[int, tuple[int, int]]] = {}
    for change in changes:
        attempt = attempts[change.attempt_id]
        if attempt.purpose is Purpose.CONTEST:
            scores.setdefault(attempt.subject_id, {})[attempt.id] = (attempt.person_id, change.new_total_millis)
    return [
        _round(session, round_id, title, is_published, scores[round_id], by_id, now)
        for round_id, title, _, is_published in contests.list_boards(session, list(scores))
    ]


def _round(
    session: Session,
    round_id: int,
    title: str,
    is_published: bool,
    scores: Mapping[int, tuple[int, int]],
    by_id: int,
    now: datetime,
) -> RoundMoves:
    round_ = session.get_one(Round, round_id)
    on_board = entries.board_scores(session, round_, scores)
    moves = boards.moves(session, round_.board_id, on_board)
    after = boards.standings_if(session, round_.board_id, on_board)
    names = people.names_of(session, [move.person_id for move in moves[:SHOWN]])
    reached = {
        one.person_id: Reached(one.person_id, one.score_millis, one.seconds, one.submitted_at) for one in after
    }  # fmt: skip
    teams = team_queries.list_standings(session, round_, reached)
    return RoundMoves(
        round_id,
        title,
        len(moves),
        [(names[move.person_id], move) for move in moves[:SHOWN]],
        _team_moves(team_queries.list_standings(session, round_), teams),
        [_shift(session, one, now, by_id) for one in advancement.list_shifts(session, round_, after, teams, now=now)],
        _outcome(session, round_id, after, teams, now) if is_published else None,
    )


def _team_moves(old: Sequence[TeamStanding], new: Sequence[TeamStanding]) -> list[TeamMove]:
    """In the new order, those gone last."""
    before, after = ({one.team_id: one for one in lines} for lines in (old, new))
    found = [
        TeamMove((after.get(id) or before[id]).name, before.get(id), after.get(id))
        for id in dict.fromkeys((*after, *before))
    ]
    return [one for one in found if _figures(one.old) != _figures(one.new)]


def _figures(one: TeamStanding | None) -> tuple[int, int] | None:
    return (one.place, one.total.score_millis) if one else None


def _shift(session: Session, shift: advancement.Shift, now: datetime, by_id: int) -> ShiftLine:
    target = contests.find_round(session, shift.round.id, now=now)
    source = contests.find_round(session, shift.round.from_round_id or 0, now=now)
    said = corrections.obstacle(target, source, actor_id=by_id) if target and source and shift.is_published else ""
    changes = advancement.named(session, shift.round, shift.changes)
    return ShiftLine(shift.round.id, shift.round.title, shift.is_published, changes, said)


def _outcome(
    session: Session, round_id: int, after: Sequence[Standing], teams: Sequence[TeamStanding], now: datetime
) -> Preview | None:
    line = contests.find_round(session, round_id, now=now)
    units = {unit.id: unit.name for unit in people.list_units(session)}
    lines = [Ranked(one.person_id, one.place, one.score_millis, units.get(one.unit_id or 0, "")) for one in after]
    return awards.preview(session, line, lines, teams) if line else None
