"""Results come in: one line in the journal, and everything derived from it in the same transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import Table, Update, bindparam, exists, insert, literal, select, update
from sqlalchemy.orm import Session

from lms.db import Base, Prepared, flushed, insert_ignore, is_sqlite, writes_in_with
from lms.db.dialect import ignoring
from lms.errors import Invalid
from lms.leaderboard.errors import BoardClosed
from lms.leaderboard.models import TAKES_RESULTS, Board, BoardBucket, BoardEntry, BoardResult, BoardState, BoardUnit
from lms.leaderboard.rules import HIGHEST_SCORE, LOWEST_SCORE, BoardRule, bucket_of, rank_key
from lms.leaderboard.services.freezing import keep_frozen

Row = Mapping[str, Any]
CHUNK = 5_000
LINE = (
    "board_id",
    "person_id",
    "unit_id",
    "score_millis",
    "seconds",
    "submitted_at",
    "is_ranked",
    "source_kind",
    "source_id",
)
KEPT = ("board_id", "person_id", "unit_id", "score_millis", "seconds", "submitted_at", "source_id")


class Begun(Protocol):
    """What a rank key needs of a board."""

    @property
    def begins_at(self) -> datetime: ...


class TakesResults(Begun, Protocol):
    """What a result needs of a board."""

    @property
    def state(self) -> BoardState: ...

    @property
    def rule(self) -> dict[str, Any]: ...

    @property
    def freezes_at(self) -> datetime | None: ...


def record(
    session: Session,
    board_id: int,
    *,
    person_id: int,
    unit_id: int | None,
    score_millis: int,
    seconds: int,
    submitted_at: datetime,
    source_id: int,
    now: datetime,
    source_kind: str = "attempt",
    is_ranked: bool = True,
    board: TakesResults | None = None,
) -> bool:
    """The result stands in the journal, and on the board if it is the person's best; False when its source was recorded before.
    `board`: the columns of the board, where they have just been read."""
    if not LOWEST_SCORE <= score_millis <= HIGHEST_SCORE:
        raise Invalid("得分超出榜单能记录的范围。", field="score_millis")
    board = board or _BOARD.first(flushed(session), {"board": board_id})
    if board is None or board.state not in TAKES_RESULTS:
        raise BoardClosed()
    if board.freezes_at is not None:
        keep_frozen(session, board_id, now=now)
    row = {
        "board_id": board_id,
        "person_id": person_id,
        "unit_id": unit_id,
        "score_millis": score_millis,
        "seconds": seconds,
        "submitted_at": submitted_at,
        "is_ranked": is_ranked,
        "source_kind": source_kind,
        "source_id": source_id,
        "revision": 0,
        "recorded_at": now,
    }
    entry = entry_of(board, BoardRule.from_json(board.rule), row) if is_ranked else None
    connection = flushed(session)
    if entry is not None and writes_in_with(connection):
        done = _BOTH.first(connection, row | entry)
        if done.is_in_journal and done.is_on_board:
            count_change(session, board_id, entry, None)
        elif done.is_in_journal:
            _keep_best(session, entry, is_there=True)
        return bool(done.is_in_journal)
    if _JOURNAL[is_sqlite(session)].run(connection, row) != 1:
        return False
    if entry is not None:
        _keep_best(session, entry)
    return True


_BOARDS = cast(Table, Board.__table__)
_BOARD = Prepared(
    select(_BOARDS.c.state, _BOARDS.c.rule, _BOARDS.c.begins_at, _BOARDS.c.freezes_at).where(
        _BOARDS.c.id == bindparam("board")
    )
)


def record_many(session: Session, board_id: int, rows: Sequence[Row]) -> None:
    """The results stand in the journal; `rebuild` afterwards. For loading history in bulk (columns of BoardResult but board_id)."""
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(BoardResult), [{**row, "board_id": board_id} for row in rows[start : start + CHUNK]])


def standing(lines: Iterable[Row]) -> Iterable[Row]:
    """Of each source the last of its lines, in the order in which the sources first came in; `lines` in the order of the
    journal."""
    last: dict[tuple[str, int], Row] = {}
    for line in lines:
        last[line["source_kind"], line["source_id"]] = line
    return last.values()


def entry_of(board: Begun, rule: BoardRule, result: Row) -> dict[str, Any]:
    """The board entry that a line of the journal makes. Hand-ins within one second of the clock are equal, whatever part of a
    second the board began at."""
    after = int(result["submitted_at"].timestamp()) - int(board.begins_at.timestamp())
    key = rank_key(rule, result["score_millis"], result["seconds"], after)
    return {name: result[name] for name in KEPT} | {"rank_key": key}


ENTRIES = cast(Table, BoardEntry.__table__)
MINE = (ENTRIES.c.board_id == bindparam("of_board"), ENTRIES.c.person_id == bindparam("of_person"))
FIND = Prepared(select(ENTRIES.c.rank_key, ENTRIES.c.score_millis, ENTRIES.c.unit_id).where(*MINE))
SWAP = Prepared(
    update(ENTRIES)
    .where(*MINE, ENTRIES.c.rank_key == bindparam("old_key"))
    .values({name: bindparam(name) for name in (*KEPT, "rank_key")})
)


def _ignoring(model: type[Base], key: tuple[str, ...], left_out: str = "") -> dict[bool, Prepared]:
    """By "on SQLite": the insert of one row, unless its key is there."""
    names = [column.name for column in cast(Table, model.__table__).columns if column.name != left_out]
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return {on_sqlite: Prepared(ignoring(on_sqlite, model, key).values(values).inline()) for on_sqlite in (True, False)}


_JOURNAL = _ignoring(BoardResult, ("board_id", "source_kind", "source_id", "revision"), left_out="id")
NEW = _ignoring(BoardEntry, ("board_id", "person_id"))


def _journal_and_entry() -> Prepared:
    """On PostgreSQL both in one statement: whether the line is new, and whether the person's first entry is it."""
    names = [column.name for column in cast(Table, BoardResult.__table__).columns if column.name != "id"]
    line = ignoring(False, BoardResult, ("board_id", "source_kind", "source_id", "revision"))
    line = line.values({name: bindparam(name) for name in names}).returning(literal(1).label("one")).cte("line")
    entry = select(*(bindparam(c.name, type_=c.type).label(c.name) for c in ENTRIES.columns)).select_from(line)
    made = ignoring(False, BoardEntry, ("board_id", "person_id")).from_select([c.name for c in ENTRIES.columns], entry)
    made = made.returning(literal(1).label("one")).cte("made")
    return Prepared(
        select(exists(line.select()).label("is_in_journal"), exists(made.select()).label("is_on_board")), writes=True
    )


_BOTH = _journal_and_entry()


def _keep_best(session: Session, new: Row, *, is_there: bool = False) -> None:
    """Compare and swap until the entry is the new one or a better one: safe beside another result of the same person. `is_there`: the
    person had an entry a moment ago."""
    mine = {"of_board": new["board_id"], "of_person": new["person_id"]}
    connection = flushed(session)
    while True:
        if not is_there and NEW[is_sqlite(session)].run(connection, new) == 1:
            count_change(session, new["board_id"], new, None)
            return
        old = FIND.first(connection, mine)
        is_there = old is not None
        if old is None:
            continue  # taken away in between
        if old.rank_key <= new["rank_key"]:
            return
        if SWAP.run(connection, {**new, **mine, "old_key": old.rank_key}) == 1:
            count_change(session, new["board_id"], new, old._asdict())
            return


def count_change(session: Session, board_id: int, new: Row | None, old: Row | None) -> None:
    """Histogram and unit totals follow the entry, which is new, another one or (`new` None) gone. Rows are touched in the order of their
    keys, so that two of us never wait in a ring."""
    buckets: Counter[int] = Counter()
    units: dict[int, Counter[str]] = defaultdict(Counter)
    for entry, sign in ((new, 1), (old, -1)):
        if entry is not None:
            buckets[bucket_of(entry["rank_key"])] += sign
            _tally(units, entry, sign)
    grown: list[Growth] = [
        (BUCKETS, bucket, {"people": people}) for bucket, people in sorted(buckets.items()) if people
    ]
    grown += [(UNITS, unit_id, change) for unit_id, change in sorted(units.items())]
    if [sums for sums, _, _ in grown] == [BUCKETS, UNITS] and writes_in_with(flushed(session)):
        grown = _add_both(session, board_id, *grown)
    for sums, key, change in grown:
        sums.add(session, board_id, key, change)


def _tally(units: dict[int, Counter[str]], entry: Row, sign: int) -> None:
    if entry["unit_id"] is not None:
        units[entry["unit_id"]]["people"] += sign
        units[entry["unit_id"]]["score_millis"] += sign * entry["score_millis"]


@dataclass(frozen=True)
class _Sums:
    """A derived table that adds up entries of a board by a key; `empty` is what a new row begins with."""

    model: type[Base]
    key: str
    sums: Sequence[str]
    empty: Row

    def add(self, session: Session, board_id: int, key: int, change: Mapping[str, int]) -> None:
        """The row of the key has grown by the change; it is made if need be."""
        values, grow = self.growth("", board_id, key, change), _GROW[self.key]
        if grow.run(flushed(session), values) != 1:
            row = {"board_id": board_id, self.key: key, **self.empty}
            insert_ignore(session, self.model, [row], key=["board_id", self.key])
            grow.run(flushed(session), values)

    def growing(self, prefix: str) -> Update:
        """The statement that adds what `growth` gives with the same prefix of its names."""
        table = cast(Table, self.model.__table__)
        of = (table.c.board_id == bindparam(f"{prefix}board"), table.c[self.key] == bindparam(f"{prefix}key"))
        return (
            update(table)
            .where(*of)
            .values({name: table.c[name] + bindparam(f"{prefix}by_{name}") for name in self.sums})
        )

    @staticmethod
    def growth(prefix: str, board_id: int, key: int, change: Mapping[str, int]) -> dict[str, int]:
        return {f"{prefix}board": board_id, f"{prefix}key": key} | {f"{prefix}by_{n}": by for n, by in change.items()}


BUCKETS = _Sums(BoardBucket, "bucket", ("people",), {"people": 0})
UNITS = _Sums(BoardUnit, "unit_id", ("people", "score_millis"), {"people": 0, "score_millis": 0, "roster": 0})
_GROW = {sums.key: Prepared(sums.growing("")) for sums in (BUCKETS, UNITS)}
Growth = tuple[_Sums, int, Mapping[str, int]]
"""(which sums, of which key, by how much)"""


def _growing_both() -> Prepared:
    """On PostgreSQL a bucket and a unit in one statement, the bucket first: whether their rows were there."""
    bucket = BUCKETS.growing("bucket_").returning(literal(1).label("one")).cte("bucket")
    is_there = exists(bucket.select())
    unit = UNITS.growing("unit_").where(is_there).returning(literal(1).label("one")).cte("unit")
    return Prepared(select(is_there.label("has_bucket"), exists(unit.select()).label("has_unit")), writes=True)


def _add_both(session: Session, board_id: int, bucket: Growth, unit: Growth) -> list[Growth]:
    """What is still to be added."""
    values = BUCKETS.growth("bucket_", board_id, *bucket[1:]) | UNITS.growth("unit_", board_id, *unit[1:])
    done = _GROW_BOTH.first(flushed(session), values)
    return [] if done.has_unit else [unit] if done.has_bucket else [bucket, unit]


_GROW_BOTH = _growing_both()
