"""Built assets, served for ever under their hash, without a look at any session."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

from lms.web.assets import BUILT, IMMUTABLE, STATIC

View = TypeVar("View", bound=Callable[..., Any])

bp = Blueprint("site", __name__)


def sessionless(view: View) -> View:
    """The answer depends on nothing but its address: no cookie is read or set."""
    view.sessionless = True  # type: ignore[attr-defined]
    view.policy = "public"  # type: ignore[attr-defined]
    return view


@bp.get("/static/<tree>/<path:name>")
@sessionless
def static_file(tree: str, name: str) -> Response:
    if tree.startswith(".") or not tree.isalnum():
        raise NotFound()
    response = send_from_directory(STATIC / tree if tree == "vendor" else BUILT / tree, name)
    response.headers["Cache-Control"] = IMMUTABLE
    return response
