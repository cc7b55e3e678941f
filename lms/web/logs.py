"""Structured logs: one JSON line per event, each request with its id. No password, token, phone number or key ever enters a line."""

import logging
import re
import secrets
import sys
import time

import structlog
from flask import Flask, Response, g, request

REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
LONG = re.compile(r"(?<=/)[\w-]{20,}")  # media links and big screens: who knows the address may look
QUIET = ("/healthz", "/readyz", "/static/")

log = structlog.get_logger("lms.request")


def configure_logs(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def register_logs(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.match(given) else secrets.token_hex(8)
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers["X-Request-Id"] = g.request_id
    if not request.path.startswith(QUIET):
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
