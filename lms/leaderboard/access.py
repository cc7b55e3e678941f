"""Who may see a board: those who may enter contests and whom it is meant for, once it is shown and while rankings are on.

The three admins see none: they administer, and hold no place in any ranking.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.leaderboard import queries
from lms.leaderboard.errors import RankingsOff
from lms.leaderboard.queries import BoardHead
from lms.people.principal import Principal


def board_to_see(session: Session, person: Principal, board_id: int, *, now: datetime) -> BoardHead:
    """The board of the person's audience as it is shown, frozen or not; NotFound otherwise, RankingsOff when the switch is off."""
    board = queries.find_board(session, board_id)
    if board is None or not board.is_visible or not person.unit_path.startswith(board.audience_path):
        raise NotFound()
    return queries.as_shown(_while_on(board), now)


def board_to_show(session: Session, live_key: str, *, now: datetime) -> BoardHead | None:
    """The board whose big screen has this address; None when the address is no longer in use. Knowing it is the permission."""
    board = queries.find_live_board(session, live_key, now)
    return board if board is not None and board.is_visible and board.rankings_on else None


def _while_on(board: BoardHead) -> BoardHead:
    if not board.rankings_on:
        raise RankingsOff()
    return board
