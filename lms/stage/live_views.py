"""What the hall sees: the big screen, the same for phones, its moving part, and the state that devices poll. The address is the
permission: the same bytes for everybody, no session, no cookie, and a proxy may keep them for a second."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from lms.clock import to_ms
from lms.errors import NotFound
from lms.leaderboard.live import Fresh
from lms.stage import queries
from lms.web import json_reply, json_text, now, session
from lms.web.shared import rendered, shared
from lms.web.shared_way import marked
from lms.web.static_files import sessionless

bp = Blueprint("stage_live", __name__, url_prefix="/live/stage")

WALL_SECONDS, WATCHER_SECONDS = 0.6, 3
_bodies: Fresh[str] = Fresh(0.15)
"""At most so old, as far as it is not the last step: of many askers one reads and renders."""


@bp.get("/<live_key>")
@sessionless
@marked(queries.find_head)
def screen(live_key: str) -> Response:
    return _shared(live_key, "wall", lambda face: _rendered("stage/screen.html", live_key, face, WALL_SECONDS))


@bp.get("/<live_key>/watch")
@sessionless
@marked(queries.find_head)
def watch(live_key: str) -> Response:
    """The same for the phones of those who watch: asked for less often."""
    return _shared(live_key, "watch", lambda face: _rendered("stage/screen.html", live_key, face, WATCHER_SECONDS))


@bp.get("/<live_key>/board")
@sessionless
@marked(queries.find_head)
def board(live_key: str) -> Response:
    """The moving part of the screen."""
    return _shared(live_key, "board", lambda face: _rendered("stage/_screen.html", live_key, face))


@bp.get("/<live_key>/state")
@sessionless
@marked(queries.find_head)
def state(live_key: str) -> Response:
    """What stands, as JSON: small, with an ETag; every instant in it is the server's, in milliseconds."""
    return _shared(live_key, "state", json_text, "application/json")


@bp.get("/<live_key>/clock")
@sessionless
def clock(live_key: str) -> Response:
    """The server's clock, for screens that count down."""
    return json_reply({"server_ms": to_ms(now())})


def _rendered(template: str, live_key: str, face: dict[str, Any], seconds: float = 0) -> str:
    return rendered(template, live_key=live_key, face=face, seconds=seconds)


def _shared(live_key: str, part: str, write: Callable[[dict[str, Any]], str], mimetype: str = "text/html") -> Response:
    head = queries.find_head(session(), live_key)
    if head is None:
        raise NotFound()
    body = _bodies.get(
        f"{part} {live_key} {head.sequence}", lambda: write(queries.face_of(session(), head.id, now=now()))
    )
    return shared(body, mimetype)
