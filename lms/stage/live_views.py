"""What the hall sees: the big screen, its moving part, and the state that phones poll. The address is the permission: the same bytes for
everybody, no session, no cookie, and a proxy may keep them for a second."""

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, current_app, make_response, request

from lms.errors import NotFound
from lms.stage import queries
from lms.stage.rules import to_ms
from lms.web import json_reply, json_text, now, session
from lms.web.static_files import sessionless

bp = Blueprint("stage_live", __name__, url_prefix="/live/stage")


@bp.get("/<live_key>")
@sessionless
def screen(live_key: str) -> Response:
    return _shared(_rendered("stage/screen.html", live_key))


@bp.get("/<live_key>/board")
@sessionless
def board(live_key: str) -> Response:
    """The moving part of the screen."""
    return _shared(_rendered("stage/_screen.html", live_key))


@bp.get("/<live_key>/state")
@sessionless
def state(live_key: str) -> Response:
    """What stands, as JSON: small, with an ETag; every instant in it is the server's, in milliseconds."""
    response = _shared(json_text(_face(live_key)))
    response.mimetype = "application/json"
    return response


@bp.get("/<live_key>/clock")
@sessionless
def clock(live_key: str) -> Response:
    """The server's clock, for screens that count down."""
    return json_reply({"server_ms": to_ms(now())})


def _face(live_key: str) -> dict[str, Any]:
    found = queries.find_face(session(), live_key, now=now())
    if found is None:
        raise NotFound()
    return found


def _rendered(template: str, live_key: str) -> str:
    """Without the context of a request, which would bring a cookie with it."""
    preferences = SimpleNamespace(theme="dark", type_size="normal")
    face = _face(live_key)
    return current_app.jinja_env.get_template(template).render(
        preferences=preferences, csrf_token="", live_key=live_key, face=face
    )


def _shared(body: str) -> Response:
    response = make_response(body)
    response.headers["Cache-Control"] = "public, max-age=1"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
