"""Built assets, served for ever under their hash, without a look at any session."""

import mimetypes
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, TypeVar

from flask import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import NotFound

from lms.web.assets import BUILT, COMPRESSED, IMMUTABLE, STATIC

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
    folder = STATIC / tree if tree == "vendor" else BUILT / tree
    is_text = PurePath(name).suffix in COMPRESSED
    response = _compressed(folder, name) if is_text and request.accept_encodings.quality("gzip") else None
    response = response or send_from_directory(folder, name)
    response.headers["Cache-Control"] = IMMUTABLE
    if is_text:
        response.headers["Vary"] = "Accept-Encoding"
    return response


def _compressed(folder: Path, name: str) -> Response | None:
    """The compressed file beside it; None where there is none, as in a tree that an earlier release built."""
    try:
        response = send_from_directory(folder, f"{name}.gz", mimetype=mimetypes.guess_type(name)[0])
    except NotFound:
        return None
    response.headers["Content-Encoding"] = "gzip"
    return response
