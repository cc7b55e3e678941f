"""The read side of contests."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import rules
from lms.contests.models import Contest, Objection, Round, RoundEntry, RoundLeave
from lms.contests.rules import ONCE_KINDS, ContestState, ItemResult, Phase, RoundKind
from lms.db import Prepared, UtcDateTime, flushed
from lms.leaderboard.models import Board, BoardBucket, BoardState
from lms.leaderboard.rules import competing_unit, is_frozen
from lms.people.access import Scope
from lms.people.models import Membership, Person, Unit
from lms.quizzes import exam_queries
from lms.quizzes.models import Attempt, AttemptItem, AttemptLeave
from lms.quizzes.rules import Purpose, State


@dataclass(frozen=True)
class RoundLine:
    """A round with its contest as lists and pages show it. `people` counts everybody on its board; a board that is frozen is shown
    as it stood at `freezes_at`."""

    contest: Contest
    round: Round
    board_state: BoardState
    phase: Phase
    people: int
    owner_path: str
    owner_name: str
    freezes_at: datetime | None = None
    is_frozen: bool = False

    @property
    def phase_name(self) -> str:
        if self.is_over and self.round.kind is RoundKind.PRACTICE:
            return "已结束"
        return rules.PHASES[self.phase]

    @property
    def is_over(self) -> bool:
        """Nobody can begin any more; key and explanations may be shown."""
        return self.phase not in (Phase.UPCOMING, Phase.RUNNING)


@dataclass(frozen=True)
class MyPart:
    """What one person has done in a round. The best is the first handed-in attempt with the highest score."""

    used_today: int
    submitted: int
    open_attempt_id: int | None
    best: Attempt | None


def list_rounds(session: Session, *conditions: ColumnElement[bool], now: datetime) -> list[RoundLine]:
    """Rounds that meet the conditions, those that close last first."""
    return _lines(session.execute(LINES.where(*conditions)), now)


def _lines(rows: Iterable[Any], now: datetime) -> list[RoundLine]:
    return [_line(now, *row) for row in rows]


def _line(
    now: datetime,
    contest: Contest,
    round_: Round,
    state: BoardState,
    people: int,
    path: str,
    name: str,
    freezes_at: datetime | None,
    revealed_at: datetime | None,
) -> RoundLine:
    phase = rules.phase_of(state, round_.opens_at, round_.closes_at, now)
    frozen = is_frozen(freezes_at, revealed_at, now)
    return RoundLine(contest, round_, state, phase, people, path, name, freezes_at, frozen)


# Everybody on a board stands in its histogram, which is short; a count would read every entry.
PEOPLE = select(func.coalesce(func.sum(BoardBucket.people), 0)).where(BoardBucket.board_id == Round.board_id)
LINES = (
    select(
        Contest,
        Round,
        Board.state,
        PEOPLE.correlate(Round).scalar_subquery(),
        Unit.path,
        Unit.name,
        Board.freezes_at,
        Board.revealed_at,
    )
    .join(Round, Round.contest_id == Contest.id)
    .join(Board, Board.id == Round.board_id)
    .join(Unit, Unit.id == Contest.owner_unit_id)
    .order_by(Round.closes_at.desc(), Round.id.desc())
)


def find_round(session: Session, round_id: int, *, now: datetime) -> RoundLine | None:
    return next(iter(list_rounds(session, Round.id == round_id, now=now)), None)


def list_rounds_of(session: Session, contest_id: int, *, now: datetime) -> list[RoundLine]:
    return list_rounds(session, Contest.id == contest_id, now=now)


def in_order(lines: Iterable[RoundLine]) -> list[RoundLine]:
    """The rounds of a contest from the first to the last."""
    return sorted(lines, key=lambda line: (line.round.opens_at, line.round.id))


def list_rounds_for(session: Session, unit_path: str, *, now: datetime) -> list[RoundLine]:
    """Rounds of open contests whose audience holds the unit."""
    return _lines(session.execute(LINES_FOR, {"above": audiences_of(unit_path)}), now)


def find_round_for(session: Session, unit_path: str, round_id: int, *, now: datetime) -> RoundLine | None:
    """The round, if its contest is open and its audience holds the unit."""
    values = {"round": round_id, "above": audiences_of(unit_path)}
    return next(iter(_lines(session.execute(LINE_FOR, values), now)), None)


@dataclass(frozen=True)
class Entrance:
    """What taking part in a round asks of it; a RoundLine has the same. `round` is to read only."""

    round: Any
    board_state: BoardState
    owner_path: str


def find_entrance(session: Session, unit_path: str, round_id: int) -> Entrance | None:
    """`find_round_for` for who is about to begin."""
    found = ENTRANCE.first(flushed(session), {"round": round_id})
    if found is None or found.audience_unit_id not in (None, *audiences_of(unit_path)):
        return None
    return Entrance(found, found.board_state, found.owner_path)


ENTRANCE = Prepared(
    select(
        *Round.__table__.columns,
        Contest.audience_unit_id,
        Board.state.label("board_state"),
        Unit.path.label("owner_path"),
    )
    .select_from(Round)
    .join(Contest, Contest.id == Round.contest_id)
    .join(Board, Board.id == Round.board_id)
    .join(Unit, Unit.id == Contest.owner_unit_id)
    .where(Contest.state == ContestState.OPEN, Round.id == bindparam("round"))
)


def list_rounds_in(session: Session, scope: Scope, *, now: datetime) -> list[RoundLine]:
    """Rounds of contests owned within the scope, withdrawn ones too."""
    return list_rounds(session, scope.units_filter(Unit.path), now=now)


def audiences_of(unit_path: str) -> list[int]:
    """The units a contest may be meant for so that this unit is among them: itself and those above it."""
    return [int(part) for part in unit_path.split("/") if part]


LINES_FOR = LINES.where(
    Contest.state == ContestState.OPEN,
    or_(Contest.audience_unit_id.is_(None), Contest.audience_unit_id.in_(bindparam("above", expanding=True))),
)
LINE_FOR = LINES_FOR.where(Round.id == bindparam("round"))


def list_boards(session: Session, round_ids: Sequence[int]) -> list[tuple[int, str, int, bool]]:
    """(round, title, board, whether its ranking is published) of these rounds that keep a board."""
    rows = session.execute(
        select(Round.id, Contest.title, Round.title, Round.board_id, Board.state)
        .join(Contest, Contest.id == Round.contest_id)
        .join(Board, Board.id == Round.board_id)
        .where(Round.id.in_(round_ids), Round.kind != RoundKind.PRACTICE)
        .order_by(Round.id)
    )
    return [
        (id, f"{contest} · {title}", board, state is BoardState.PUBLISHED) for id, contest, title, board, state in rows
    ]


def my_part(session: Session, round_id: int, person_id: int, *, now: datetime) -> MyPart:
    return my_parts(session, [round_id], person_id, now=now)[round_id]


def my_parts(session: Session, round_ids: Sequence[int], person_id: int, *, now: datetime) -> dict[int, MyPart]:
    """Round → the person's part in it, for each of the rounds."""
    if not round_ids:
        return {}
    attempts = session.scalars(ATTEMPTS_IN, {"rounds": round_ids, "person": person_id}).all()
    return {id: _part_of([a for a in attempts if a.subject_id == id], now) for id in round_ids}


ATTEMPTS_IN = (
    select(Attempt)
    .where(Attempt.person_id == bindparam("person"), Attempt.purpose == Purpose.CONTEST)
    .where(Attempt.subject_id.in_(bindparam("rounds", expanding=True)))
    .order_by(Attempt.number)
)


def _part_of(attempts: Sequence[Attempt], now: datetime) -> MyPart:
    today = clock.today(now)
    done = [a for a in attempts if a.state is not State.OPEN and a.score_millis is not None]
    best = max(done, key=lambda a: (a.score_millis or 0, -(a.seconds_used or 0), -a.number), default=None)
    open_ids = [a.id for a in attempts if a.state is State.OPEN and (a.deadline_at is None or now < a.deadline_at)]
    used = sum(1 for a in attempts if a.started_on == today)
    return MyPart(used, len(done), open_ids[0] if open_ids else None, best)


def keys_from(session: Session, round_: Any) -> datetime:
    """Of a Round or its columns: when nobody can answer any more, whatever somebody was granted: from then on keys may be shown."""
    granted, closes_at = exam_queries.latest_close(session, Purpose.CONTEST, round_.id), round_.closes_at
    at: datetime = max(closes_at, granted) if granted else closes_at
    return at


def count_open_attempts(session: Session, round_id: int) -> int:
    query = select(func.count()).where(
        Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id, Attempt.state == State.OPEN
    )
    return session.scalars(query).one()


def list_item_results(session: Session, attempt_id: int) -> list[ItemResult]:
    """What each question of a graded attempt earned, but for those a person has yet to grade. Only for its own candidate,
    after the round has closed."""
    query = select(AttemptItem.position, AttemptItem.fraction).where(AttemptItem.attempt_id == attempt_id)
    rows = session.execute(query.order_by(AttemptItem.position)).all()
    return [ItemResult(row.position, row.fraction) for row in rows if row.fraction is not None]


def has_entry(session: Session, round_id: int, person_id: int) -> bool:
    return session.get(RoundEntry, (round_id, person_id)) is not None


def find_part_of(session: Session, attempt_id: int) -> Any:
    """What the result of an attempt in a contest needs: id, kind, board_id, hours_quarters, carry_percent, unit_id, is_ranked, and of
    its board state, rule, begins_at, freezes_at; None without an entry."""
    return PART_OF.first(flushed(session), {"attempt": attempt_id})


PART_OF = Prepared(
    select(
        Round.id,
        Round.kind,
        Round.board_id,
        Round.hours_quarters,
        Round.carry_percent,
        RoundEntry.unit_id,
        RoundEntry.is_ranked,
        Board.state,
        Board.rule,
        Board.begins_at,
        Board.freezes_at,
    )
    .join(RoundEntry, RoundEntry.round_id == Round.id)
    .join(Board, Board.id == Round.board_id)
    .join(Attempt, (Attempt.subject_id == Round.id) & (Attempt.person_id == RoundEntry.person_id))
    .where(Attempt.id == bindparam("attempt"), Attempt.purpose == Purpose.CONTEST),
    lasts=True,
)


# --- rosters -------------------------------------------------------------------------------------------------------


def rosters(session: Session, round_id: int, root_path: str, on: date) -> dict[int, int]:
    """Head count of each competing unit on that day, less the approved leave of those who did not take part after all."""
    on_day = (Membership.from_on <= on, Membership.until_on.is_(None) | (Membership.until_on > on))
    subtree = Unit.path.startswith(root_path, autoescape=True)
    everybody = select(Unit.path, func.count()).join(Membership, Membership.unit_id == Unit.id).where(*on_day, subtree)
    took_part = select(RoundEntry.person_id).where(RoundEntry.round_id == round_id)
    away = everybody.join(RoundLeave, RoundLeave.person_id == Membership.person_id).where(
        RoundLeave.round_id == round_id, RoundLeave.person_id.not_in(took_part)
    )
    counted: Counter[int] = Counter()
    for sign, query in ((1, everybody), (-1, away)):
        for path, people in session.execute(query.group_by(Unit.path)):
            unit_id = competing_unit(path, root_path)
            if unit_id is not None:
                counted[unit_id] += sign * people
    return dict(counted)


def competing_unit_of(session: Session, person_id: int, root_path: str, on: date) -> int | None:
    """The unit the person counts for on that day; None outside the root or before joining."""
    found = UNIT_ON.first(flushed(session), {"person": person_id, "on": on})
    return competing_unit(found.path, root_path) if found else None


def unit_on(day: Any) -> Select[str]:
    """The path of the unit to which the person bound as `person` belonged on the day."""
    return (
        select(Unit.path)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == bindparam("person"), Membership.from_on <= day)
        .where(Membership.until_on.is_(None) | (Membership.until_on > day))
        .order_by(Membership.from_on.desc())
        .limit(1)
    )


UNIT_ON = Prepared(unit_on(bindparam("on")))


@dataclass(frozen=True)
class LeaveLine:
    name: str
    staff_no: str
    reason: str
    approved_at: datetime


def list_leaves(session: Session, round_id: int) -> list[LeaveLine]:
    query = (
        select(Person.name, Person.staff_no, RoundLeave.reason, RoundLeave.approved_at)
        .join(Person, Person.id == RoundLeave.person_id)
        .where(RoundLeave.round_id == round_id)
        .order_by(RoundLeave.approved_at)
    )
    return [LeaveLine(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class PageLeaveLine:
    """How often one person left the page of this round's attempts, and for how long altogether where that is known."""

    name: str
    staff_no: str
    times: int
    away_seconds: int
    last_at: datetime


MOST_PAGE_LEAVES = 50


def list_page_leaves(session: Session, round_id: int) -> list[PageLeaveLine]:
    """Who left the page while answering, most often first, at most MOST_PAGE_LEAVES people; for those who handle the round."""
    away = func.sum(func.coalesce(AttemptLeave.away_seconds, 0))
    query = (
        select(Person.name, Person.staff_no, func.count(), away, func.max(AttemptLeave.left_at, type_=UtcDateTime()))
        .select_from(AttemptLeave)
        .join(Attempt, Attempt.id == AttemptLeave.attempt_id)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id)
        .group_by(Person.id, Person.name, Person.staff_no)
        .order_by(func.count().desc(), away.desc(), Person.id)
        .limit(MOST_PAGE_LEAVES)
    )
    rows = session.execute(query)
    return [PageLeaveLine(name, number, times, seconds or 0, last) for name, number, times, seconds, last in rows]


# --- objections ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ObjectionLine:
    """`objection` with the name of who filed it."""

    objection: Objection
    name: str


def list_objections(session: Session, round_id: int) -> list[ObjectionLine]:
    """Unanswered ones first, then by time."""
    query = (
        select(Objection, Person.name)
        .join(Person, Person.id == Objection.person_id)
        .where(Objection.round_id == round_id)
        .order_by(Objection.replied_at.is_not(None), Objection.filed_at)
    )
    return [ObjectionLine(objection, name) for objection, name in session.execute(query)]


def list_my_objections(session: Session, round_id: int, person_id: int) -> Sequence[Objection]:
    return session.scalars(MY_OBJECTIONS, {"round": round_id, "person": person_id}).all()


MY_OBJECTIONS = (
    select(Objection)
    .where(Objection.round_id == bindparam("round"), Objection.person_id == bindparam("person"))
    .order_by(Objection.filed_at)
)


def count_open_objections(session: Session, round_id: int) -> int:
    query = select(func.count()).where(Objection.round_id == round_id, Objection.replied_at.is_(None))
    return session.scalars(query).one()


# --- jobs ----------------------------------------------------------------------------------------------------------


def list_due_round_ids(session: Session, state: BoardState, closed_before: datetime) -> Sequence[int]:
    """Rounds in that state whose time was over before the instant."""
    query = select(Round.id).join(Board, Board.id == Round.board_id)
    return session.scalars(query.where(Board.state == state, Round.closes_at <= closed_before).order_by(Round.id)).all()


def list_rounds_to_prepare(
    session: Session, *, opens_before: datetime, closes_after: datetime
) -> Sequence[tuple[int, int, datetime]]:
    """(round, paper, opening) of open contests' rounds that can be begun soon or now."""
    query = (
        select(Round.id, Round.paper_id, Round.opens_at)
        .join(Contest, Contest.id == Round.contest_id)
        .join(Board, Board.id == Round.board_id)
        .where(Contest.state == ContestState.OPEN, Board.state == BoardState.LIVE)
        .where(Round.opens_at <= opens_before, Round.closes_at > closes_after)
        .where(Round.kind.not_in(ONCE_KINDS))  # a team draws its own, a host for all
        .order_by(Round.opens_at, Round.id)
    )
    return [(round_id, paper_id, opens_at) for round_id, paper_id, opens_at in session.execute(query)]
