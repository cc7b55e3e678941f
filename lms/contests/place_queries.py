"""Where one person stands and stood: what a place opens to, the contests of the years, and boards of a rank band or a business line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from lms.certificates.models import Certificate
from lms.contests import queries
from lms.contests.award_models import RoundEffect
from lms.contests.models import Round, RoundEntry
from lms.contests.queries import RoundLine
from lms.contests.rules import Phase, RoundKind
from lms.leaderboard import queries as boards
from lms.leaderboard.models import BoardEntry
from lms.leaderboard.queries import BoardHead
from lms.leaderboard.rules import HIDDEN_NAME, places, shown
from lms.people import queries as people
from lms.people.line_rules import Line
from lms.people.models import Person, Unit
from lms.people.rules import RankBand
from lms.quizzes.models import Attempt, AttemptItem, Question, QuestionVersion
from lms.quizzes.rules import Purpose, State

# --- one place -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """The own entry in a round: its unit of the cut-off day, with how many of it could and did take part; unranked where a guest."""

    is_ranked: bool
    unit: str
    roster: int
    took_part: int


def find_own_part(session: Session, line: RoundLine, board: BoardHead, person_id: int, *, now: datetime) -> Part | None:
    """None for who has not begun."""
    entry = session.get(RoundEntry, (line.round.id, person_id))
    if entry is None:
        return None
    unit = boards.unit_board(session, board, now=now).of(entry.unit_id)
    return Part(entry.is_ranked, unit.name if unit else "", unit.roster if unit else 0, unit.people if unit else 0)


def list_own_attempts(session: Session, round_id: int, person_id: int) -> Sequence[Attempt]:
    """Handed-in attempts of the person, in their order."""
    query = select(Attempt).where(
        Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id, Attempt.person_id == person_id,
        Attempt.state != State.OPEN, Attempt.score_millis.is_not(None),
    )  # fmt: skip
    return session.scalars(query.order_by(Attempt.number)).all()


@dataclass(frozen=True)
class Around:
    """How many stand before a place: by points, by less time at the same points, by handing in earlier; and how many share it."""

    by_score: int
    by_time: int
    by_submission: int
    equal: int


def count_around(session: Session, board: BoardHead, own: boards.Own, person_id: int) -> Around:
    """By the columns of the order itself, so that it adds up to the place."""
    mine = select(BoardEntry.rank_key).where(BoardEntry.board_id == board.id, BoardEntry.person_id == person_id)
    key = session.scalars(mine).one()
    better = BoardEntry.rank_key < key
    same_score = BoardEntry.score_millis == own.score_millis
    same_time = BoardEntry.seconds == own.seconds
    counts = (
        (better, BoardEntry.score_millis > own.score_millis),
        (better, same_score, BoardEntry.seconds < own.seconds),
        (better, same_score, same_time),
        (BoardEntry.rank_key == key, BoardEntry.person_id != person_id),
    )
    found = [_count(session, board, *conditions) for conditions in counts]
    return Around(*found)


def _count(session: Session, board: BoardHead, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(BoardEntry).where(BoardEntry.board_id == board.id, *conditions)
    return session.scalars(query).one()


# --- the years -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """A round somebody took part in. `place` is the published one; None before the publication, and for guests."""

    line: RoundLine
    score_millis: int | None
    place: int | None
    total: int
    certificate: Certificate | None


def list_past(session: Session, person_id: int, *, now: datetime) -> list[Past]:
    """Rounds with a board that the person entered, those that close last first."""
    mine = select(RoundEntry.round_id).where(RoundEntry.person_id == person_id)
    lines = queries.list_rounds(session, Round.id.in_(mine), now=now)
    lines = [line for line in lines if line.round.kind is not RoundKind.PRACTICE]
    parts = queries.my_parts(session, [line.round.id for line in lines], person_id, now=now)
    papers = _certificates(session, person_id)
    return [_past(session, line, parts[line.round.id], papers.get(line.round.id), person_id) for line in lines]


def _past(
    session: Session, line: RoundLine, part: queries.MyPart, certificate: Certificate | None, person_id: int
) -> Past:
    place, total = _published_place(session, line, person_id) if line.phase is Phase.PUBLISHED else (None, line.people)
    return Past(line, part.best.score_millis if part.best else None, place, total, certificate)


def _published_place(session: Session, line: RoundLine, person_id: int) -> tuple[int | None, int]:
    """As the newest version says it, also when the board has moved since."""
    newest = boards.find_publication(session, line.round.board_id)
    if newest is None or not boards.has_moved_since(session, line.round.board_id, newest.published_at):
        board = boards.find_board(session, line.round.board_id)
        return (boards.place_of(session, board, person_id) if board else None), line.people
    complete = boards.load_complete(session, newest)
    mine = (row["place"] for row in complete["people"] if row["person_id"] == person_id)
    return next(mine, None), complete["total"]


def _certificates(session: Session, person_id: int) -> dict[int, Certificate]:
    """Round → the certificate that stands."""
    query = (
        select(RoundEffect.round_id, Certificate)
        .join(Certificate, Certificate.id == RoundEffect.certificate_id)
        .where(RoundEffect.person_id == person_id)
        .order_by(Certificate.id)
    )
    return {round_id: paper for round_id, paper in session.execute(query) if paper.is_valid}


# --- a part of a board ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartLine:
    place: int
    person_id: int
    name: str
    unit: str
    score_millis: int
    seconds: int


@dataclass(frozen=True)
class PartBoard:
    """The first lines of a rank band or a business line, and the own line of who belongs to it."""

    lines: Sequence[PartLine]
    own: PartLine | None
    total: int


def band_board(session: Session, board: BoardHead, band: RankBand, person_id: int) -> PartBoard:
    """People who had that rank band on the cut-off day among themselves, in the order of the board."""
    key = BoardEntry.rank_key
    query = _entries(board, key, BoardEntry.score_millis).where(people.band_on(board.cut_off_on) == band)
    return _part_board(session, query.order_by(key, Person.id), board, person_id, lambda row: row.key)


def line_board(session: Session, board: BoardHead, line: Line, person_id: int) -> PartBoard:
    """By the points of the questions of that business line in everybody's best attempt: more points, then less time. For rounds that
    are over: points of parts would tell which answers were right."""
    points = func.sum(AttemptItem.score_millis)
    query = (
        _entries(board, BoardEntry.rank_key, points)
        .join(AttemptItem, AttemptItem.attempt_id == BoardEntry.source_id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.line == line)
        .group_by(
            BoardEntry.rank_key, BoardEntry.seconds, Person.id, Person.name, Person.is_unlisted, Unit.name
        )
        .order_by(points.desc(), BoardEntry.seconds, Person.id)
    )  # fmt: skip
    return _part_board(session, query, board, person_id, lambda row: (-row.score_millis, row.seconds))


def list_lines_of(session: Session, round_: Any) -> list[Line]:
    """The business lines whose questions were asked in the round."""
    query = (
        select(Question.line)
        .join(QuestionVersion, QuestionVersion.question_id == Question.id)
        .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_.id)
        .distinct()
    )
    asked = set(session.scalars(query))
    return [line for line in Line if line in asked]


def _entries(board: BoardHead, key: Any, score: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            key.label("key"), Person.id.label("person_id"), Person.name, Person.is_unlisted,
            func.coalesce(Unit.name, "").label("unit"), score.label("score_millis"), BoardEntry.seconds,
        )
        .select_from(BoardEntry)
        .join(Person, Person.id == BoardEntry.person_id)
        .outerjoin(Unit, Unit.id == BoardEntry.unit_id)
        .where(BoardEntry.board_id == board.id)
    )  # fmt: skip


def _part_board(
    session: Session, query: Select[*tuple[Any, ...]], board: BoardHead, person_id: int, order: Any
) -> PartBoard:
    """Publicity as on the whole board: at most so many lines and the own one, who opted out is 不公开."""
    rows = session.execute(query).all()
    found = places(order(row) for row in rows)
    lines = [_part_line(row, place) for row, place in zip(rows, found, strict=True)]
    own = next((line for line in lines if line.person_id == person_id), None)
    hidden = {row.person_id for row in rows if row.is_unlisted}
    listed = [
        PartLine(one.place, one.person_id, HIDDEN_NAME, "", one.score_millis, one.seconds)
        if one.person_id in hidden and one.person_id != person_id
        else one
        for one in shown(lines, board.rule.shown_people)
    ]
    return PartBoard(listed, own, len(lines))


def _part_line(row: Any, place: int) -> PartLine:
    return PartLine(place, row.person_id, row.name, row.unit, int(row.score_millis or 0), row.seconds)
