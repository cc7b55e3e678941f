"""A board's life: made, shown, moved from state to state; and the switch for all of them."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, mark, upsert
from lms.leaderboard.errors import BoardMoved
from lms.leaderboard.models import Board, BoardState, BoardUnit
from lms.leaderboard.rules import RULE_VERSION, BoardRule
from lms.leaderboard.services.freezing import keep_frozen

SWITCH = "rankings"


def create_board(
    session: Session,
    *,
    title: str,
    rule: BoardRule,
    full_millis: int,
    root_unit_id: int,
    audience_unit_id: int | None,
    cut_off_on: date,
    begins_at: datetime,
    now: datetime,
) -> Board:
    """A live board nobody sees yet, with an id."""
    board = Board(
        title=title,
        rule=rule.to_json(),
        rule_version=RULE_VERSION,
        full_millis=full_millis,
        root_unit_id=root_unit_id,
        audience_unit_id=audience_unit_id,
        cut_off_on=cut_off_on,
        begins_at=begins_at,
        live_key=secrets.token_urlsafe(24),
        created_at=now,
    )
    session.add(board)
    session.flush()  # results and rounds refer to its id
    return board


def change_board(session: Session, board_id: int, *, rule: BoardRule, **values: object) -> None:
    """Another rule and other settings (title, full_millis, cut_off_on, begins_at) of a board nobody has seen; raises BoardMoved for
    others."""
    unseen = update(Board).where(Board.id == board_id, Board.state == BoardState.LIVE, Board.is_visible.is_(False))
    if not changed(session.execute(unseen.values(rule=rule.to_json(), **values))):
        raise BoardMoved()


def remove_board(session: Session, board_id: int) -> None:
    """A board nobody has seen is gone; raises BoardMoved for others."""
    session.execute(delete(BoardUnit).where(BoardUnit.board_id == board_id))
    unseen = delete(Board).where(Board.id == board_id, Board.state == BoardState.LIVE, Board.is_visible.is_(False))
    if not changed(session.execute(unseen)):
        raise BoardMoved()


def show_board(session: Session, board: Board, *, is_visible: bool = True) -> None:
    """The audience sees the board, or no longer; the big screen's address changes with it."""
    board.is_visible = is_visible
    board.live_key = secrets.token_urlsafe(24)


def move_board(session: Session, board_id: int, old: BoardState, new: BoardState) -> None:
    """The board is in its new state; raises BoardMoved unless it was in the old one. Publication changes the big screen's address."""
    values = {"state": new}
    if new is BoardState.PUBLISHED:
        values["live_key"] = secrets.token_urlsafe(24)  # type: ignore[assignment]
    statement = update(Board).where(Board.id == board_id, Board.state == old).values(values)
    if not changed(session.execute(statement)):
        raise BoardMoved()


def set_rosters(session: Session, board_id: int, rosters: Mapping[int, int], *, now: datetime) -> None:
    """How many people of each competing unit could take part (units missing here keep what they had)."""
    keep_frozen(session, board_id, now=now)
    rows = [
        {"board_id": board_id, "unit_id": unit_id, "roster": people, "people": 0, "score_millis": 0}
        for unit_id, people in sorted(rosters.items())
    ]
    upsert(session, BoardUnit, rows, key=["board_id", "unit_id"], update=["roster"])


def switch_rankings(session: Session, *, on: bool, actor_id: int, now: datetime) -> None:
    """All rankings of the site are shown, or none. Results go on being recorded."""
    mark(session, SWITCH, "on" if on else "off")
    audit.record(session, actor_id, "rankings:switch", "site", {"on": on}, now=now)
