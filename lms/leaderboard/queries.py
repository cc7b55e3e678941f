"""The read side of boards. Live lists may be half a second old (one reader renews them); the own place is exact."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    Table,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms import clock
from lms.db import Base, Prepared, SiteMark, flushed
from lms.leaderboard import rules
from lms.leaderboard.live import Fresh
from lms.leaderboard.models import Board, BoardBucket, BoardEntry, BoardResult, BoardState, BoardUnit, PublishedRanking
from lms.leaderboard.rules import HIDDEN_NAME, BoardRule, Criterion, UnitFigures, UnitStanding
from lms.people.models import Person, Unit

SWITCH = "rankings"


def _table(model: type[Base]) -> Table:
    table: Table = model.__table__  # type: ignore[assignment]
    return table


BOARD, ENTRY, BUCKET = _table(Board), _table(BoardEntry), _table(BoardBucket)
UNIT, PERSON, MARK = _table(Unit), _table(Person), _table(SiteMark)


@dataclass(frozen=True)
class BoardHead:
    """All that pages and rules need to know of a board, read by one statement. It is the true board, for who keeps it; everybody
    else looks at `as_shown` of it."""

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
    freezes_at: datetime | None = None
    revealed_at: datetime | None = None
    frozen_of_id: int | None = None
    copy_id: int | None = None
    copy_key: str | None = None
    is_frozen: bool = False

    def freezes(self, now: datetime) -> bool:
        return rules.is_frozen(self.freezes_at, self.revealed_at, now)


def as_shown(board: BoardHead, now: datetime) -> BoardHead:
    """The board as everybody may see it: frozen, it is the copy that was made of it, whose lines, places, units and address are
    those of the moment of freezing. As long as nothing has come in since then there is no copy yet, and the board itself says the same."""
    if not board.freezes(now):
        return board
    return replace(board, id=board.copy_id or board.id, live_key=board.copy_key or board.live_key, is_frozen=True)


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


def _heads(which: Column[Any], name: str) -> Select[*tuple[Any, ...]]:
    """Plain columns, built once: this stands before every look at a board, and the ORM would cost more than the database."""
    board, audience, root, copy = BOARD.c, UNIT.alias(), UNIT.alias(), BOARD.alias()
    switch = select(MARK.c.value).where(MARK.c.key == SWITCH).scalar_subquery()
    found_in = (
        BOARD.join(root, board.root_unit_id == root.c.id)
        .outerjoin(audience, board.audience_unit_id == audience.c.id)
        .outerjoin(copy, copy.c.frozen_of_id == board.id)
    )
    return (
        select(
            board.id,
            board.title,
            board.rule,
            board.full_millis,
            board.state,
            board.is_visible,
            func.coalesce(audience.c.path, "/").label("audience_path"),
            root.c.path.label("root_path"),
            board.cut_off_on,
            board.live_key,
            func.coalesce(switch, "on").label("switch"),
            board.freezes_at,
            board.revealed_at,
            board.frozen_of_id,
            copy.c.id.label("copy_id"),
            copy.c.live_key.label("copy_key"),
        )
        .select_from(found_in)
        .where(which == bindparam(name))
    )


HEAD_BY_ID = Prepared(_heads(BOARD.c.id, "board_id").where(BOARD.c.frozen_of_id.is_(None)))
HEAD_BY_KEY = Prepared(_heads(BOARD.c.live_key, "live_key"))


def _head(row: Any) -> BoardHead | None:
    if row is None:
        return None
    values = row._asdict()
    rule, switch = BoardRule.from_json(values.pop("rule")), values.pop("switch")
    return BoardHead(**values, rule=rule, rankings_on=switch == "on")


def find_board(session: Session, board_id: int) -> BoardHead | None:
    return _head(HEAD_BY_ID.first(flushed(session), {"board_id": board_id}))


def find_root_path(session: Session, board_id: int) -> str:
    """The path of the unit whose children compete."""
    path: str = _ROOT_PATH.first(flushed(session), {"board_id": board_id}).path
    return path


_ROOT_PATH = Prepared(
    select(UNIT.c.path)
    .select_from(BOARD.join(UNIT, BOARD.c.root_unit_id == UNIT.c.id))
    .where(BOARD.c.id == bindparam("board_id"))
)


def find_live_board(session: Session, live_key: str, now: datetime) -> BoardHead | None:
    """The board whose big screen has this address now, as it is shown: freezing gives it another one, revealing again another."""
    found = _head(HEAD_BY_KEY.first(flushed(session), {"live_key": live_key}))
    board = find_board(session, found.frozen_of_id) if found and found.frozen_of_id else found
    shown = as_shown(board, now) if board is not None else None
    return shown if shown is not None and shown.live_key == live_key else None


def are_rankings_on(session: Session) -> bool:
    return session.scalar(select(SiteMark.value).where(SiteMark.key == SWITCH)) in (None, "on")


# --- people --------------------------------------------------------------------------------------------------------


LINES = (
    select(
        ENTRY.c.rank_key,
        ENTRY.c.person_id,
        PERSON.c.name,
        PERSON.c.is_unlisted,
        func.coalesce(UNIT.c.name, "").label("unit"),
        ENTRY.c.score_millis,
        ENTRY.c.seconds,
        ENTRY.c.submitted_at,
    )
    .select_from(ENTRY.join(PERSON, ENTRY.c.person_id == PERSON.c.id).outerjoin(UNIT, ENTRY.c.unit_id == UNIT.c.id))
    .where(ENTRY.c.board_id == bindparam("board_id"))
    .order_by(ENTRY.c.rank_key, ENTRY.c.person_id)
)


def top(session: Session, board: BoardHead, *, now: datetime) -> Top:
    """The public lines as they stand: who opted out is 不公开."""
    wanted = board.rule.shown_people
    rows = session.execute(LINES.limit(wanted + 1), {"board_id": board.id}).all()
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


TOTAL = select(func.coalesce(func.sum(BUCKET.c.people), 0)).where(BUCKET.c.board_id == bindparam("board_id"))


def count_people(session: Session, board_id: int) -> int:
    total: int = session.scalars(TOTAL, {"board_id": board_id}).one()
    return total


def list_lines(session: Session, board: BoardHead, *, offset: int = 0, limit: int | None = None) -> list[Line]:
    """The complete order, for reviewers: real names, each line with its exact place. Pages are disjoint and complete."""
    query = LINES.offset(offset) if limit is None else LINES.offset(offset).limit(limit)
    rows = session.execute(query, {"board_id": board.id}).all()
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
    other, shift = ENTRY.alias(), literal(rules.BUCKET_SHIFT)
    bucket = key.bitwise_rshift(shift)
    buckets = select(func.coalesce(func.sum(BUCKET.c.people), 0)).where(
        BUCKET.c.board_id == board_id, BUCKET.c.bucket < bucket
    )
    within = select(func.count()).where(
        other.c.board_id == board_id, other.c.rank_key >= bucket.bitwise_lshift(shift), other.c.rank_key < key
    )
    return _of_entry(buckets) + _of_entry(within)


def _of_entry(query: Select[int]) -> ScalarSelect[int]:
    return query.correlate(ENTRY).scalar_subquery()


def _near(is_before: bool) -> ScalarSelect[str]:
    """The keys of those nearest to an entry as one text: a key tells score and time, and nothing else may be told."""
    other = ENTRY.alias()
    nearest = select(other.c.rank_key).where(
        other.c.board_id == ENTRY.c.board_id, other.c.person_id != ENTRY.c.person_id
    )
    if is_before:
        nearest = nearest.where(other.c.rank_key < ENTRY.c.rank_key).order_by(other.c.rank_key.desc())
    else:
        nearest = nearest.where(other.c.rank_key >= ENTRY.c.rank_key).order_by(other.c.rank_key)
    keys = nearest.correlate(ENTRY).limit(bindparam("neighbours")).subquery()
    return select(func.aggregate_strings(cast(keys.c.rank_key, String(20)), ",")).scalar_subquery()


OWN = Prepared(
    select(
        (_better_than(ENTRY.c.board_id, ENTRY.c.rank_key) + 1).label("place"),
        ENTRY.c.score_millis,
        ENTRY.c.seconds,
        ENTRY.c.submitted_at,
        ENTRY.c.unit_id,
        ENTRY.c.source_id,
        _near(True).label("before"),
        _near(False).label("after"),
    ).where(ENTRY.c.board_id == bindparam("board_id"), ENTRY.c.person_id == bindparam("person_id"))
)


def place_of_key(session: Session, board_id: int, key: int) -> int:
    better = _better_than(literal(board_id), literal(key))
    return session.scalars(select(better + 1)).one()


def find_own(session: Session, board: BoardHead, person_id: int) -> Own | None:
    """The person's exact standing with the neighbours: one statement, one row; None when not ranked."""
    values = {"board_id": board.id, "person_id": person_id, "neighbours": board.rule.neighbours}
    row = OWN.first(flushed(session), values)
    if row is None:
        return None
    found: dict[str, Any] = row._asdict()
    before, after = (_neighbours(board, found.pop(side)) for side in ("before", "after"))
    return Own(**found, before=before, after=after)


def place_of(session: Session, board: BoardHead, person_id: int) -> int | None:
    own = find_own(session, board, person_id)
    return own.place if own else None


def _neighbours(board: BoardHead, keys: str | None) -> list[Neighbour]:
    """In the order of the board."""
    told = [rules.read_key(board.rule, key) for key in sorted(int(key) for key in keys.split(","))] if keys else []
    return [Neighbour(result.get(Criterion.SCORE, 0), result.get(Criterion.SECONDS)) for result in told]


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


def has_moved_since(session: Session, board_id: int, at: datetime) -> bool:
    """Whether anything came into the board's journal after that moment: a correction, an annulment."""
    later = select(BoardResult.id).where(BoardResult.board_id == board_id, BoardResult.recorded_at > at)
    return session.scalars(later.limit(1)).first() is not None


@dataclass(frozen=True)
class Proven:
    """A published version, and the newest one of its board."""

    title: str
    version: int
    newest: int
    published_at: datetime
    key_name: str


def find_by_digest(session: Session, digest: str) -> Proven | None:
    """The version whose public or complete part has this SHA-256."""
    of_board = select(func.max(PublishedRanking.version)).where(PublishedRanking.board_id == Board.id).correlate(Board)
    query = (
        select(
            Board.title, PublishedRanking.version, of_board.scalar_subquery(), PublishedRanking.published_at,
            PublishedRanking.key_name,
        )
        .join(Board, Board.id == PublishedRanking.board_id)
        .where((PublishedRanking.public_digest == digest) | (PublishedRanking.complete_digest == digest))
        .limit(1)
    )  # fmt: skip
    found = session.execute(query).one_or_none()
    return Proven(*found) if found else None


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
