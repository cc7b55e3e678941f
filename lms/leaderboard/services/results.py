"""Results come in: one line in the journal, and everything derived from it in the same transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from lms.db import Base, Prepared, flushed, insert_ignore, is_sqlite
from lms.db.dialect import ignoring
from lms.errors import Invalid
from lms.leaderboard.errors import BoardClosed
from lms.leaderboard.models import TAKES_RESULTS, Board, BoardBucket, BoardEntry, BoardResult, BoardUnit
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
) -> bool:
    """The result stands in the journal, and on the board if it is the person's best; False when its source was recorded before."""
    if not LOWEST_SCORE <= score_millis <= HIGHEST_SCORE:
        raise Invalid("得分超出榜单能记录的范围。", field="score_millis")
    board = _BOARD.first(flushed(session), {"board": board_id})
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
    if _JOURNAL[is_sqlite(session)].run(flushed(session), row) != 1:
        return False
    if is_ranked:
        _keep_best(session, entry_of(board, BoardRule.from_json(board.rule), row))
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


class Begun(Protocol):
    """What a rank key needs of a board."""

    @property
    def begins_at(self) -> datetime: ...


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


def _keep_best(session: Session, new: Row) -> None:
    """Compare and swap until the entry is the new one or a better one: safe beside another result of the same person."""
    mine = {"of_board": new["board_id"], "of_person": new["person_id"]}
    connection = flushed(session)
    while True:
        old = FIND.first(connection, mine)
        if old is None:
            if NEW[is_sqlite(session)].run(connection, new) == 1:
                count_change(session, new["board_id"], new, None)
                return
        elif old.rank_key <= new["rank_key"]:
            return
        elif SWAP.run(connection, {**new, **mine, "old_key": old.rank_key}) == 1:
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
    for bucket in sorted(bucket for bucket, people in buckets.items() if people):
        BUCKETS.add(session, board_id, bucket, {"people": buckets[bucket]})
    for unit_id, change in sorted(units.items()):
        UNITS.add(session, board_id, unit_id, change)


def _tally(units: dict[int, Counter[str]], entry: Row, sign: int) -> None:
    if entry["unit_id"] is not None:
        units[entry["unit_id"]]["people"] += sign
        units[entry["unit_id"]]["score_millis"] += sign * entry["score_millis"]


@dataclass(frozen=True)
class _Sums:
    """A derived table that adds up entries of a board by a key; `empty` is what a new row begins with."""

    model: type[Base]
    key: str
    empty: Row
    grow: Prepared

    def add(self, session: Session, board_id: int, key: int, change: Mapping[str, int]) -> None:
        """The row of the key has grown by the change; it is made if need be."""
        values = {"of_board": board_id, "of_key": key} | {f"by_{name}": by for name, by in change.items()}
        if self.grow.run(flushed(session), values) != 1:
            row = {"board_id": board_id, self.key: key, **self.empty}
            insert_ignore(session, self.model, [row], key=["board_id", self.key])
            self.grow.run(flushed(session), values)


def _sums(model: type[Base], key: str, *sums: str, **rest: int) -> _Sums:
    table = cast(Table, model.__table__)
    row = (table.c.board_id == bindparam("of_board"), table.c[key] == bindparam("of_key"))
    grow = update(table).where(*row).values({name: table.c[name] + bindparam(f"by_{name}") for name in sums})
    return _Sums(model, key, dict.fromkeys(sums, 0) | rest, Prepared(grow))


BUCKETS = _sums(BoardBucket, "bucket", "people")
UNITS = _sums(BoardUnit, "unit_id", "people", "score_millis", roster=0)
