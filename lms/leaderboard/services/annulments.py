"""Results that do not count, and count again: further lines in the journal, so that the board can always be counted from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from lms.db import changed
from lms.errors import Conflict
from lms.leaderboard.models import Board, BoardEntry, BoardResult
from lms.leaderboard.rules import bucket_of
from lms.leaderboard.services.freezing import keep_frozen
from lms.leaderboard.services.results import BUCKETS, KEPT, LINE, MINE, UNITS, Row, count_change, entry_of, standing

_MOVING = "这份榜单正在变动，请稍后再试。"


def annul(session: Session, board_id: int, person_id: int, *, now: datetime) -> list[int]:
    """None of the person's results counts from now on; the sources whose results did, to be reinstated. Whatever state the board
    is in: a published ranking changes by its next version only."""
    lines = [line for line in _standing_lines(session, board_id, person_id) if line["is_ranked"]]
    _turn(session, board_id, person_id, lines, is_ranked=False, now=now)
    return [line["source_id"] for line in lines]


def reinstate(session: Session, board_id: int, person_id: int, source_ids: Sequence[int], *, now: datetime) -> None:
    """These results count again, with the scores they have by now."""
    wanted = set(source_ids)
    lines = [line for line in _standing_lines(session, board_id, person_id) if line["source_id"] in wanted]
    _turn(session, board_id, person_id, [line for line in lines if not line["is_ranked"]], is_ranked=True, now=now)


def _standing_lines(session: Session, board_id: int, person_id: int) -> list[dict[str, Any]]:
    columns = [getattr(BoardResult, name) for name in (*LINE, "revision")]
    query = select(*columns).where(BoardResult.board_id == board_id, BoardResult.person_id == person_id)
    journal = session.execute(query.order_by(BoardResult.id)).mappings()
    return [dict(line) for line in standing(dict(line) for line in journal)]


def _turn(
    session: Session, board_id: int, person_id: int, lines: Sequence[Row], *, is_ranked: bool, now: datetime
) -> None:
    if not lines:
        return
    keep_frozen(session, board_id, now=now)
    further = [
        {name: line[name] for name in LINE}
        | {"is_ranked": is_ranked, "revision": line["revision"] + 1, "recorded_at": now}
        for line in lines
    ]
    session.execute(insert(BoardResult), further)
    _stand_anew(session, session.get_one(Board, board_id), person_id)


def _stand_anew(session: Session, board: Board, person_id: int) -> None:
    """The person's entry is the best of what counts in the journal; none when nothing does. Raises Conflict when another result
    comes in between."""
    mine = {"of_board": board.id, "of_person": person_id}
    table = cast(Table, BoardEntry.__table__)
    old = session.execute(select(table).where(*MINE), mine).mappings().one_or_none()
    counted = [line for line in _standing_lines(session, board.id, person_id) if line["is_ranked"]]
    made = [entry_of(board, board.ranking_rule, line) for line in counted]
    new = min(made, key=lambda entry: int(entry["rank_key"]), default=None)
    if old is None and new is not None:
        session.execute(insert(table).values(new))
        count_change(session, new, None)
    elif old is not None and new is None:
        gone = delete(table).where(*MINE, table.c.rank_key == old["rank_key"])
        _only_one(changed(session.execute(gone, mine)))
        _count_away(session, dict(old))
    elif old is not None and new is not None:
        swap = update(table).where(*MINE, table.c.rank_key == old["rank_key"])
        _only_one(changed(session.execute(swap.values({n: new[n] for n in (*KEPT, "rank_key")}), mine)))
        count_change(session, new, dict(old))


def _only_one(was_changed: bool) -> None:
    if not was_changed:
        raise Conflict(_MOVING)


def _count_away(session: Session, old: Row) -> None:
    """Histogram and unit totals without this entry."""
    BUCKETS.add(session, old["board_id"], bucket_of(old["rank_key"]), {"people": -1})
    if old["unit_id"] is not None:
        UNITS.add(session, old["board_id"], old["unit_id"], {"people": -1, "score_millis": -old["score_millis"]})
