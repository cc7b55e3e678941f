"""Answers that are the same bytes for everybody: live fragments and big screens. No session, no cookie; a proxy may keep them for a second."""

from types import SimpleNamespace
from typing import Any

from flask import Response, current_app, make_response, request


def rendered(template: str, **context: Any) -> str:
    """The template without the context of a request, which would bring a cookie with it; as a big screen is, dark."""
    preferences = SimpleNamespace(theme="dark", type_size="normal")
    return current_app.jinja_env.get_template(template).render(preferences=preferences, csrf_token="", **context)


def shared(body: str, mimetype: str = "text/html") -> Response:
    """Kept for a second by whoever likes, with an ETag: 304 to who has it."""
    response = make_response(body)
    response.mimetype = mimetype
    response.headers["Cache-Control"] = "public, max-age=1"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
