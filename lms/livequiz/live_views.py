"""What everybody sees: the big screen, its moving part, the state that phones poll. The address is the permission: the same bytes for
everybody, no session, no cookie, and a proxy may keep them for a second."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from lms.clock import to_ms
from lms.errors import NotFound
from lms.leaderboard.live import Fresh
from lms.livequiz import face_rules, queries, wall_queries
from lms.livequiz.queries import Running
from lms.web import json_text, now, session
from lms.web.shared import rendered, shared
from lms.web.shared_way import marked
from lms.web.static_files import sessionless

bp = Blueprint("livequiz_live", __name__, url_prefix="/live/quiz")

WALL_SECONDS = 1
_bodies: Fresh[str] = Fresh(0.2)
"""At most so old, as far as it is not the last step: of many askers one reads and renders."""


@bp.get("/<live_key>")
@sessionless
@marked(queries.find_head)
def screen(live_key: str) -> Response:
    return _shared(live_key, "wall", lambda running: _rendered("livequiz/screen.html", running))


@bp.get("/<live_key>/board")
@sessionless
@marked(queries.find_head)
def board(live_key: str) -> Response:
    """The moving part of the screen."""
    return _shared(live_key, "board", lambda running: _rendered("livequiz/_screen.html", running))


@bp.get("/<live_key>/state")
@sessionless
@marked(queries.find_head)
def state(live_key: str) -> Response:
    """What stands, as JSON: small, with an ETag; every instant in it is the server's, in milliseconds."""
    write = lambda running: json_text(wall_queries.face_of(session(), running))  # noqa: E731
    return _shared(live_key, "state", write, "application/json")


def _rendered(template: str, running: Running) -> str:
    face: dict[str, Any] = wall_queries.face_of(session(), running)
    at = to_ms(now())
    return rendered(
        template, live_key=running.quiz.live_key, face=face, seconds=WALL_SECONDS, stretch=running.state.stretch(at),
        phase_name=face_rules.phase_name(running.state, at),
        answered=queries.count_answers(session(), running.quiz.id, running.state.turn),
        joined=queries.count_joined(session(), running.round.id),
    )  # fmt: skip


def _shared(live_key: str, part: str, write: Callable[[Running], str], mimetype: str = "text/html") -> Response:
    head = queries.find_head(session(), live_key)
    if head is None:
        raise NotFound()

    def read() -> str:
        running = queries.find_running(session(), head.id)
        assert running is not None
        return write(running)

    return shared(_bodies.get(f"{part} {live_key} {head.sequence}", read), mimetype)
