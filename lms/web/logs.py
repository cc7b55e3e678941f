"""Structured logs: one JSON line per event, each request with its id. No password, token, phone number or key ever enters a line.

What comes hundreds of times a second and went well (`@counted` views: an answer, a beat) is counted, and told in one line every ten seconds.
"""

import logging
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast

import structlog
from flask import Flask, Response, current_app, g, has_request_context, request

from lms import metrics
from lms.web.log_file import LogFile

REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
LONG = re.compile(r"(?<=/)[\w-]{20,}")  # media links and big screens: who knows the address may look
QUIET = ("/healthz", "/readyz", "/metrics", "/static/")

COUNTED_SECONDS = 10.0

View = TypeVar("View", bound=Callable[..., Any])

log = structlog.get_logger("lms.request")
_counts: Counter[str] = Counter()
_told_at = time.monotonic()


def counted(view: View) -> View:
    """Requests of this view that went well leave no line of their own."""
    view.counted = True  # type: ignore[attr-defined]
    return view


def configure_logs(level: str, file: str = "") -> None:
    """Lines go to standard error, where systemd's journal takes them, or to the file."""
    structlog.configure(
        processors=[
            _with_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, LogFile(Path(file))) if file else sys.stderr),
        cache_logger_on_first_use=True,
    )


def register_logs(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _with_request_id(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if has_request_context() and "request_id" in g:
        event.setdefault("request_id", g.request_id)
    return event


def _begin() -> None:
    g.request_id = request_id(request.headers.get("X-Request-Id", ""))
    g.began = time.perf_counter()


def request_id(given: str) -> str:
    """The id a request goes by: the one it came with, or a new one."""
    return given if given and REQUEST_ID.match(given) else secrets.token_hex(8)


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers["X-Request-Id"] = g.request_id
    metrics.request_answered(request.endpoint or "", response.status_code, time.perf_counter() - g.began)
    view = current_app.view_functions.get(request.endpoint or "")
    if response.status_code < 400 and getattr(view, "counted", False):
        count(request.endpoint or "")
    elif not request.path.startswith(QUIET):
        log.info(
            "request",
            method=request.method,
            endpoint=request.endpoint,
            path=LONG.sub("…", request.path)[:200],
            status=response.status_code,
            millis=round((time.perf_counter() - g.began) * 1000, 1),
            person=g.get("person_id"),
        )
    return response


def count(endpoint: str) -> None:
    """A request that went well, told in one line with all others of the last seconds. Two threads may both tell, each its own part."""
    global _told_at
    _counts[endpoint] += 1
    at = time.monotonic()
    if at - _told_at < COUNTED_SECONDS:
        return
    seconds, _told_at = round(at - _told_at, 1), at
    told = {endpoint: _counts.pop(endpoint, 0) for endpoint in list(_counts)}
    log.info("requests counted", seconds=seconds, **{name.replace(".", "_"): n for name, n in told.items() if n})
