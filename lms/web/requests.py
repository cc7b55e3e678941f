"""What a view needs of the present request, and the few answers it gives."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from flask import Response, current_app, g, make_response, redirect, render_template, request
from flask import flash as flask_flash
from pydantic import BaseModel, ValidationError

from lms import clock
from lms.errors import Invalid, LmsError

ModelT = TypeVar("ModelT", bound=BaseModel)
View = TypeVar("View", bound=Callable[..., Any])

JSON_LIMIT_BYTES = 64_000
JSON_DEPTH = 8


class BadBody(LmsError):
    status = 400
    message = "请求内容无法识别，请刷新页面后再试。"


def now() -> datetime:
    """The instant at which this request came in, read once."""
    if "now" not in g:
        g.now = clock.now()
    at: datetime = g.now
    return at


def where_from() -> tuple[str, str]:
    """The address this request comes from, and what its browser calls itself."""
    return request.remote_addr or "", request.user_agent.string


def day_asked(name: str, otherwise: date) -> date:
    """The day in the query string; the other one when there is none or it is no day."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise


def wants_json() -> bool:
    """True for the JSON interface and for scripts that ask for JSON."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def page(template: str, status: int = 200, **context: Any) -> Response:
    """The rendered page. Personal by default: nobody may store it."""
    return html_page(render_template(template, **context), status)


def html_page(html: str, status: int = 200) -> Response:
    """A page that is rendered already, as `page` answers it."""
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def see_other(url: str, *, flash: str | None = None, kind: str = "done") -> Response:
    """303 to the page that shows the result, with one sentence for it."""
    if flash:
        flask_flash(flash, kind)
    return make_response(redirect(url, 303))


def _plain(value: object) -> object:
    """What JSON has no word for, as Flask writes it: dates, decimals, ids."""
    return current_app.json.default(value)  # type: ignore[attr-defined]


def json_reply(body: dict[str, Any], status: int = 200, *, raw: Mapping[str, str] | None = None) -> Response:
    """`raw` are further members whose JSON text (`json_text`) is made already."""
    return Response(json_of(body, raw), status, [("Cache-Control", "no-store")], mimetype="application/json")


def json_of(body: dict[str, Any], raw: Mapping[str, str] | None = None) -> str:
    """The text of `json_reply`."""
    text = json_text(body)
    if not raw:
        return text
    members = ",".join(f'"{name}":{value}' for name, value in raw.items())
    return f"{text[:-1]},{members}}}" if body else f"{{{members}}}"


json_text: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def attachment(body: bytes, name: str, mimetype: str) -> Response:
    """A file to be saved under that name, for this person only."""
    response = make_response(body)
    response.headers["Content-Type"] = mimetype
    response.headers.set("Content-Disposition", "attachment", filename=" ".join(name.split()))
    response.headers["Cache-Control"] = "no-store"
    return response


def json_body(model: type[ModelT], *, limit_bytes: int = JSON_LIMIT_BYTES) -> ModelT:
    """The body as the model says; anything else is refused with the field's name. Unknown fields are refused by the model."""
    if request.mimetype != "application/json":
        raise BadBody()
    return read_json(model, request.get_data(cache=True), limit_bytes=limit_bytes)


def read_json(model: type[ModelT], raw: bytes, *, limit_bytes: int = JSON_LIMIT_BYTES) -> ModelT:
    """`json_body` of the bytes of a body. Raises BadBody, Invalid."""
    if len(raw) > limit_bytes:
        raise BadBody()
    try:
        text = raw.decode("utf-8")
        if text.count("{") + text.count("[") > JSON_DEPTH and _depth(text) > JSON_DEPTH:
            raise BadBody()
        return model.model_validate(json.loads(text))
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"请求里的“{field}”不对，请刷新页面后再试。", field=field) from problem
    except (ValueError, RecursionError) as problem:
        raise BadBody() from problem


def _depth(text: str) -> int:
    """The deepest nesting of brackets, those inside strings included: an upper bound that needs no parsing."""
    deepest = depth = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def large_body(view: View) -> View:
    """The view takes an upload: the body may be as large as LMS_UPLOAD_LIMIT_BYTES instead of the small default."""
    view.large_body = True  # type: ignore[attr-defined]
    return view


def body_up_to(limit_bytes: int) -> Callable[[View], View]:
    """The view takes a file of at most so many bytes, more than the small default body."""

    def mark(view: View) -> View:
        view.body_limit_bytes = limit_bytes  # type: ignore[attr-defined]
        return view

    return mark
