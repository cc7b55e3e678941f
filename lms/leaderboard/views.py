"""The big screen of a board. Its address is the permission: no session is read, no cookie set, and a proxy may keep it for a second."""

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, current_app, make_response, request

from lms.errors import NotFound
from lms.leaderboard import access, queries, rules
from lms.leaderboard.models import BoardState
from lms.leaderboard.queries import BoardHead
from lms.web import now, session
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
    """The same bytes for everybody: rendered without the context of a request, which would bring a cookie with it."""
    preferences = SimpleNamespace(theme="dark", type_size="normal")
    rendered = current_app.jinja_env.get_template(template).render(preferences=preferences, csrf_token="", **context)
    response = make_response(rendered)
    response.headers["Cache-Control"] = "public, max-age=1"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
