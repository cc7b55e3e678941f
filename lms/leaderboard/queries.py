"""The read side of boards. Live lists may be half a second old (one reader renews them); the own place is exact."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, bindparam, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from lms import clock
from lms.db import SiteMark
from lms.leaderboard import rules
from lms.leaderboard.live import Fresh
from lms.leaderboard.models import Board, BoardBucket, BoardEntry, BoardState, BoardUnit, PublishedRanking
from lms.leaderboard.rules import HIDDEN_NAME, BoardRule, Criterion, UnitFigures, UnitStanding
from lms.people.models import Person, Unit

SWITCH = "rankings"


@dataclass(frozen=True)
class BoardHead:
    """All that pages and rules need to know of a board, read by one statement."""

    id: int
    title: str
    rule: BoardRule
    full_millis: int
    state: BoardState
    is_visible: bool
    audience_path: str
    root_path: str
    cut_off_on: date
    live_key: str
    rankings_on: bool


class HandedIn:
    """Something with an instant of submission, written short for narrow columns."""

    submitted_at: datetime

    @property
    def stamp(self) -> str:
        """11月21日 9:18, in Shanghai."""
        at = clock.local(self.submitted_at)
        return f"{at.month}月{at.day}日 {at.hour}:{at.minute:02d}"


@dataclass(frozen=True)
class Line(HandedIn):
    """One person's line in the order of the board."""

    place: int
    person_id: int
    name: str
    unit: str
    score_millis: int
    seconds: int
    submitted_at: datetime


@dataclass(frozen=True)
class Top:
    """The lines everybody may see, as of one moment; `total` counts everybody ranked."""

    lines: Sequence[Line]
    total: int
    as_of: datetime


@dataclass(frozen=True)
class Neighbour:
    """Somebody close by: figures, no name, no unit."""

    score_millis: int
    seconds: int | None


@dataclass(frozen=True)
class Own(HandedIn):
    """Where one person stands: exact place, and the figures of those just before (best first) and just after."""

    place: int
    score_millis: int
    seconds: int
    submitted_at: datetime
    unit_id: int | None
    source_id: int
    before: Sequence[Neighbour]
    after: Sequence[Neighbour]


@dataclass(frozen=True)
class UnitLine:
    place: int
    unit_id: int
    name: str
    band: str
    roster: int
    people: int
    score_millis: int
    rate_millis: int
    mean_millis: int


@dataclass(frozen=True)
class UnitBoard:
    """All units in order; pages show `listed`, a unit's own line and the median of all."""

    lines: Sequence[UnitLine]
    listed: Sequence[UnitLine]
    median_millis: int
    as_of: datetime

    def of(self, unit_id: int | None) -> UnitLine | None:
        return next((line for line in self.lines if line.unit_id == unit_id), None)


# --- boards --------------------------------------------------------------------------------------------------------


def _heads() -> Select[*tuple[Any, ...]]:
    audience, root = aliased(Unit), aliased(Unit)
    switch = select(SiteMark.value).where(SiteMark.key == SWITCH).scalar_subquery()
    return (
        select(
            Board.id,
            Board.title,
            Board.rule,
            Board.full_millis,
            Board.state,
            Board.is_visible,
            func.coalesce(audience.path, "/").label("audience_path"),
            root.path.label("root_path"),
            Board.cut_off_on,
            Board.live_key,
            func.coalesce(switch, "on").label("switch"),
        )
        .join(root, Board.root_unit_id == root.id)
        .outerjoin(audience, Board.audience_unit_id == audience.id)
    )


HEADS = _heads()


def _find_head(session: Session, which: ColumnElement[bool]) -> BoardHead | None:
    row = session.execute(HEADS.where(which)).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    return BoardHead(
        **values | {"rule": BoardRule.from_json(values["rule"]), "rankings_on": values.pop("switch") == "on"}
    )


def find_board(session: Session, board_id: int) -> BoardHead | None:
    return _find_head(session, Board.id == board_id)


def find_live_board(session: Session, live_key: str) -> BoardHead | None:
    """The board whose big screen has this address."""
    return _find_head(session, Board.live_key == live_key)


def are_rankings_on(session: Session) -> bool:
    return session.scalar(select(SiteMark.value).where(SiteMark.key == SWITCH)) in (None, "on")


# --- people --------------------------------------------------------------------------------------------------------


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            BoardEntry.rank_key,
            BoardEntry.person_id,
            Person.name,
            Person.is_unlisted,
            func.coalesce(Unit.name, "").label("unit"),
            BoardEntry.score_millis,
            BoardEntry.seconds,
            BoardEntry.submitted_at,
        )
        .join(Person, BoardEntry.person_id == Person.id)
        .outerjoin(Unit, BoardEntry.unit_id == Unit.id)
        .order_by(BoardEntry.rank_key, BoardEntry.person_id)
    )


LINES = _lines()


def top(session: Session, board: BoardHead, *, now: datetime) -> Top:
    """The public lines as they stand: who opted out is 不公开."""
    wanted = board.rule.shown_people
    rows = session.execute(LINES.where(BoardEntry.board_id == board.id).limit(wanted + 1)).all()
    places = rules.places(row.rank_key for row in rows)
    lines = [
        Line(
            place,
            row.person_id,
            HIDDEN_NAME if row.is_unlisted else row.name,
            "" if row.is_unlisted else row.unit,
            row.score_millis,
            row.seconds,
            row.submitted_at,
        )
        for place, row in zip(places, rows, strict=True)
    ]
    return Top(rules.shown(lines, wanted), count_people(session, board.id), now)


def count_people(session: Session, board_id: int) -> int:
    total = select(func.coalesce(func.sum(BoardBucket.people), 0)).where(BoardBucket.board_id == board_id)
    return session.scalars(total).one()


def list_lines(session: Session, board: BoardHead, *, offset: int = 0, limit: int | None = None) -> list[Line]:
    """The complete order, for reviewers: real names, each line with its exact place. Pages are disjoint and complete."""
    query = LINES.where(BoardEntry.board_id == board.id).offset(offset)
    rows = session.execute(query if limit is None else query.limit(limit)).all()
    if not rows:
        return []
    before = place_of_key(session, board.id, rows[0].rank_key)
    lines: list[Line] = []
    key, place = rows[0].rank_key, before
    for position, row in enumerate(rows, start=offset + 1):
        if row.rank_key != key:
            key, place = row.rank_key, position
        lines.append(Line(place, row.person_id, row.name, row.unit, row.score_millis, row.seconds, row.submitted_at))
    return lines


def _better_than(board_id: ColumnElement[int], key: ColumnElement[int]) -> ColumnElement[int]:
    """How many entries are better: whole buckets of the histogram, and a count within the key's own bucket."""
    other, shift = aliased(BoardEntry), rules.BUCKET_SHIFT
    bucket = key.bitwise_rshift(literal(shift))
    buckets = select(func.coalesce(func.sum(BoardBucket.people), 0)).where(
        BoardBucket.board_id == board_id, BoardBucket.bucket < bucket
    )
    within = select(func.count()).where(
        other.board_id == board_id, other.rank_key >= bucket.bitwise_lshift(literal(shift)), other.rank_key < key
    )
    return _own(buckets) + _own(within)


def _own(query: Select[int]) -> ScalarSelect[int]:
    return query.correlate(BoardEntry).scalar_subquery()


def _near(is_before: bool) -> ScalarSelect[str]:
    """The keys of those nearest to an entry as one text: a key tells score and time, and nothing else may be told."""
    other = aliased(BoardEntry)
    nearest = select(other.rank_key).where(
        other.board_id == BoardEntry.board_id, other.person_id != BoardEntry.person_id
    )
    if is_before:
        nearest = nearest.where(other.rank_key < BoardEntry.rank_key).order_by(other.rank_key.desc())
    else:
        nearest = nearest.where(other.rank_key >= BoardEntry.rank_key).order_by(other.rank_key)
    keys = nearest.correlate(BoardEntry).limit(bindparam("neighbours")).subquery()
    return select(func.aggregate_strings(cast(keys.c.rank_key, String(20)), ",")).scalar_subquery()


PLACE = select(_better_than(BoardEntry.__table__.c.board_id, BoardEntry.__table__.c.rank_key) + 1)
OWN = select(
    (_better_than(BoardEntry.__table__.c.board_id, BoardEntry.__table__.c.rank_key) + 1).label("place"),
    BoardEntry.score_millis,
    BoardEntry.seconds,
    BoardEntry.submitted_at,
    BoardEntry.unit_id,
    BoardEntry.source_id,
    _near(True).label("before"),
    _near(False).label("after"),
).where(BoardEntry.board_id == bindparam("board_id"), BoardEntry.person_id == bindparam("person_id"))


def place_of_key(session: Session, board_id: int, key: int) -> int:
    better = _better_than(literal(board_id), literal(key))
    return session.scalars(select(better + 1)).one()


def find_own(session: Session, board: BoardHead, person_id: int) -> Own | None:
    """The person's exact standing with the neighbours: one statement, one row; None when not ranked."""
    values = {"board_id": board.id, "person_id": person_id, "neighbours": board.rule.neighbours}
    row = session.execute(OWN, values).one_or_none()
    if row is None:
        return None
    own = Own(**row._mapping)
    before, after = (sorted(_keys(text)) for text in (row.before, row.after))
    return replace(own, before=[_neighbour(board, k) for k in before], after=[_neighbour(board, k) for k in after])


def place_of(session: Session, board: BoardHead, person_id: int) -> int | None:
    own = find_own(session, board, person_id)
    return own.place if own else None


def _keys(text: str | None) -> list[int]:
    return [int(key) for key in text.split(",")] if text else []


def _neighbour(board: BoardHead, key: int) -> Neighbour:
    told = rules.read_key(board.rule, key)
    return Neighbour(told.get(Criterion.SCORE, 0), told.get(Criterion.SECONDS))


# --- units ---------------------------------------------------------------------------------------------------------


def unit_board(session: Session, board: BoardHead, *, now: datetime) -> UnitBoard:
    query = (
        select(BoardUnit.unit_id, BoardUnit.roster, BoardUnit.people, BoardUnit.score_millis, Unit.name)
        .join(Unit, BoardUnit.unit_id == Unit.id)
        .where(BoardUnit.board_id == board.id)
    )
    rows = {row.unit_id: row for row in session.execute(query)}
    figures = [UnitFigures(row.unit_id, row.roster, row.people, row.score_millis) for row in rows.values()]
    standings = rules.rank_units(board.rule.unit, figures, board.full_millis)
    lines = [_unit_line(standing, rows[standing.unit_id]) for standing in standings]
    return UnitBoard(lines, _listed_units(board.rule, lines), rules.median([s.score_millis for s in standings]), now)


def _unit_line(standing: UnitStanding, row: object) -> UnitLine:
    values = {name: getattr(row, name) for name in ("name", "roster", "people")}
    return UnitLine(**values, **standing.__dict__)


def _listed_units(rule: BoardRule, lines: Sequence[UnitLine]) -> list[UnitLine]:
    """The first units of each band, at most as many as the rule says altogether, none of which nobody took part."""
    bands = list(dict.fromkeys(line.band for line in lines))
    each = max(1, rule.shown_units // max(1, len(bands)))
    first = [line for band in bands for line in rules.shown([x for x in lines if x.band == band], each)]
    return [line for line in first if line.people][: rule.shown_units]


# --- live ----------------------------------------------------------------------------------------------------------

_tops: Fresh[Top] = Fresh(0.5)
_unit_boards: Fresh[UnitBoard] = Fresh(2.0)


def live_top(session: Session, board: BoardHead, *, now: datetime) -> Top:
    """`top`, at most half a second old. The key of the live address names the value, so a new phase never shows the old one's."""
    return _tops.get(board.live_key, lambda: top(session, board, now=now))


def live_unit_board(session: Session, board: BoardHead, *, now: datetime) -> UnitBoard:
    """`unit_board`, at most two seconds old."""
    return _unit_boards.get(board.live_key, lambda: unit_board(session, board, now=now))


# --- publications --------------------------------------------------------------------------------------------------


def find_publication(session: Session, board_id: int, version: int | None = None) -> PublishedRanking | None:
    """That version, or the newest."""
    query = select(PublishedRanking).where(PublishedRanking.board_id == board_id)
    if version is not None:
        query = query.where(PublishedRanking.version == version)
    return session.scalars(query.order_by(PublishedRanking.version.desc()).limit(1)).one_or_none()


def load_public(session: Session, published: PublishedRanking) -> dict[str, Any]:
    """What everybody may read of a publication."""
    return _load(session, published, PublishedRanking.public)


def load_complete(session: Session, published: PublishedRanking) -> dict[str, Any]:
    """All of a publication. Only for reviewers and publishers."""
    return _load(session, published, PublishedRanking.complete)


def _load(session: Session, published: PublishedRanking, column: InstrumentedAttribute[Any]) -> dict[str, Any]:
    payload: dict[str, Any] = session.scalars(select(column).where(PublishedRanking.id == published.id)).one()
    return payload


def list_versions(session: Session, board_id: int) -> Sequence[PublishedRanking]:
    query = select(PublishedRanking).where(PublishedRanking.board_id == board_id)
    return session.scalars(query.order_by(PublishedRanking.version.desc())).all()
