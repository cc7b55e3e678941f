"""Freezing: from a moment on everybody sees the board as it stood then, until an organiser reveals it.

The frozen board is a copy, made by whatever comes in first after the moment, in the same transaction and before it counts. Until then
the board itself is what it was at that moment. The copy counts the journal up to one of its lines, so that `verify` recounts it too.
"""

import secrets
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, func, insert, literal, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import Base, changed, insert_ignore
from lms.errors import Invalid
from lms.leaderboard.errors import BoardMoved
from lms.leaderboard.models import TAKES_RESULTS, Board, BoardBucket, BoardEntry, BoardResult, BoardUnit
from lms.leaderboard.rules import is_frozen

DERIVED: tuple[type[Base], ...] = (BoardEntry, BoardBucket, BoardUnit)


def set_freeze(session: Session, board: Board, at: datetime | None, *, actor_id: int, now: datetime) -> None:
    """The board freezes at that moment; None: not at all. Raises Invalid for a moment that is over, BoardMoved once it is frozen,
    was revealed, or takes no results any more."""
    if at is not None and at < now:
        raise Invalid("封榜时间不能早于现在。", field="freezes_at")
    open_to_it = (
        Board.id == board.id, Board.state.in_(TAKES_RESULTS), Board.revealed_at.is_(None),
        Board.freezes_at.is_(None) | (Board.freezes_at > now),
    )  # fmt: skip
    if not changed(session.execute(update(Board).where(*open_to_it).values(freezes_at=at))):
        raise BoardMoved()
    audit.record(
        session, actor_id, "board:freeze", f"board:{board.id}", {"at": at.isoformat() if at else None}, now=now
    )


def reveal(session: Session, board: Board, *, actor_id: int, now: datetime) -> None:
    """Everybody sees the true board, at a new address. Raises BoardMoved when it is not frozen."""
    frozen = (Board.id == board.id, Board.freezes_at <= now, Board.revealed_at.is_(None))
    values = {"revealed_at": now, "live_key": secrets.token_urlsafe(24)}
    if not changed(session.execute(update(Board).where(*frozen).values(values))):
        raise BoardMoved()
    audit.record(session, actor_id, "board:reveal", f"board:{board.id}", {}, now=now)


def keep_frozen(session: Session, board_id: int, *, now: datetime) -> None:
    """Call before anything of the board changes: a board that is frozen has its copy from here on. On PostgreSQL who changes a board
    that is to freeze and who copies it wait for each other; on SQLite one writes at a time anyway."""
    freezing = (Board.freezes_at, Board.revealed_at)
    found = session.execute(select(*freezing).where(Board.id == board_id)).one()
    if found.freezes_at is None or found.revealed_at is not None:
        return
    copies = is_frozen(found.freezes_at, found.revealed_at, now)
    locked = select(Board.id).where(Board.id == board_id).with_for_update(read=not copies, of=Board)
    session.execute(locked)
    if copies and session.scalar(select(Board.id).where(Board.frozen_of_id == board_id)) is None:
        _copy(session, session.get_one(Board, board_id))


def _copy(session: Session, board: Board) -> None:
    last = select(func.coalesce(func.max(BoardResult.id), 0)).where(BoardResult.board_id == board.id)
    row = {column.key: getattr(board, column.key) for column in Board.__table__.columns if column.key != "id"}
    row |= {
        "live_key": secrets.token_urlsafe(24), "is_visible": False, "frozen_of_id": board.id, "freezes_at": None,
        "journal_until": session.scalars(last).one(),
    }  # fmt: skip
    if insert_ignore(session, Board, [row], key=["frozen_of_id"]) != 1:
        return
    copy_id = session.scalars(select(Board.id).where(Board.frozen_of_id == board.id)).one()
    for model in DERIVED:
        _copy_rows(session, cast(Table, model.__table__), board.id, copy_id)


def _copy_rows(session: Session, table: Table, board_id: int, copy_id: int) -> None:
    names = [column.name for column in table.columns]
    values: list[ColumnElement[Any]] = [literal(copy_id) if n == "board_id" else table.c[n] for n in names]
    session.execute(insert(table).from_select(names, select(*values).where(table.c.board_id == board_id)))
