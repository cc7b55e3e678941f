"""Where a person stands on a board: by the best of what counts in the journal."""

from typing import Any, cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from lms.db import changed, is_sqlite
from lms.errors import Conflict
from lms.leaderboard.models import Board, BoardEntry, BoardResult
from lms.leaderboard.services.results import KEPT, LINE, MINE, NEW, count_change, entry_of, standing


def standing_lines(session: Session, board_id: int, person_id: int) -> list[dict[str, Any]]:
    """Of each of the person's sources the last line of the journal."""
    columns = [getattr(BoardResult, name) for name in (*LINE, "revision")]
    query = select(*columns).where(BoardResult.board_id == board_id, BoardResult.person_id == person_id)
    journal = session.execute(query.order_by(BoardResult.id)).mappings()
    return [dict(line) for line in standing(dict(line) for line in journal)]


def stand_anew(session: Session, board: Board, person_id: int) -> None:
    """The person's entry is the best of what counts in the journal, and there is none when nothing does; histogram and unit totals
    follow. Raises Conflict when another result comes in between."""
    mine = {"of_board": board.id, "of_person": person_id}
    table = cast(Table, BoardEntry.__table__)
    old = session.execute(select(table).where(*MINE), mine).mappings().one_or_none()
    counted = [line for line in standing_lines(session, board.id, person_id) if line["is_ranked"]]
    made = [entry_of(board, board.ranking_rule, line) for line in counted]
    new = min(made, key=lambda entry: int(entry["rank_key"]), default=None)
    if old is None and new is None:
        return
    if old is None:
        is_done = NEW[is_sqlite(session)].run(session.connection(), new or {}) == 1
    else:
        here = (*MINE, table.c.rank_key == old["rank_key"])
        swap = update(table).values({name: new[name] for name in (*KEPT, "rank_key")}) if new else delete(table)
        is_done = changed(session.execute(swap.where(*here), mine))
    if not is_done:
        raise Conflict("这份榜单正在变动，请稍后再试。")
    count_change(session, board.id, new, dict(old) if old else None)
