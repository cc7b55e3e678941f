"""The big screen of a board. Its address is the permission: no session is read, no cookie set, and a proxy may keep it for a second."""

from typing import Any

from flask import Blueprint, Response

from lms.errors import NotFound
from lms.leaderboard import access, queries, rules
from lms.leaderboard.models import BoardState
from lms.leaderboard.queries import BoardHead
from lms.web import now, session
from lms.web.shared import rendered, shared
from lms.web.static_files import sessionless

bp = Blueprint("boards", __name__, url_prefix="/live")

SCREEN_LINES = 10
PHASES = {
    BoardState.LIVE: "进行中",
    BoardState.ENDED: "已结束，正在收卷",
    BoardState.SETTLING: "已结束，等待复核",
    BoardState.REVIEWED: "已复核",
    BoardState.NOTICE: "公示中",
    BoardState.PUBLISHED: "已公布",
}


@bp.get("/<live_key>")
@sessionless
def screen(live_key: str) -> Response:
    board = access.board_to_show(session(), live_key, now=now())
    if board is None:
        raise NotFound()
    return _shared("leaderboard/screen.html", board=board, live_key=live_key, **_standings(board))


@bp.get("/<live_key>/standings")
@sessionless
def standings(live_key: str) -> Response:
    """The lines alone, for the screen that stands. When the address is out of use the screen is told so and stops asking."""
    board = access.board_to_show(session(), live_key, now=now())
    if board is None:
        response = _shared("leaderboard/_gone.html")
        response.headers["X-Stop"] = "1"
        return response
    return _shared("leaderboard/_standings.html", board=board, **_standings(board))


def _standings(board: BoardHead) -> dict[str, Any]:
    top = queries.live_top(session(), board, now=now())
    units = queries.live_unit_board(session(), board, now=now())
    return {
        "lines": rules.shown(top.lines, SCREEN_LINES),
        "total": top.total,
        "units": units.listed,
        "phase": PHASES[board.state],
    }


def _shared(template: str, **context: Any) -> Response:
    return shared(rendered(template, **context))
