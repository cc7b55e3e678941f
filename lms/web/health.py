"""Is the process alive, and can it do its work? For load balancers; told to anybody, so it names no path, version or reason."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, make_response

from lms.db import MakeSession
from lms.db.migrate import is_current
from lms.web.node_clock import NODE_CLOCK
from lms.web.requests import json_reply
from lms.web.static_files import sessionless

ASKED_AGAIN_AFTER_SECONDS = 3.0

Check = Callable[[], bool]

bp = Blueprint("health", __name__)
log = structlog.get_logger("lms.health")


class Readiness:
    """Answers of the checks, at most a few seconds old: however often anybody asks, the house is not kept busy by it."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._turn = threading.Lock()
        self._known: dict[str, bool] = {}
        self._known_at = 0.0

    def results(self) -> dict[str, bool]:
        """Check → whether it holds. While one request looks, the others are told what was known before."""
        if self._turn.acquire(blocking=not self._known):
            try:
                if not self._known or time.monotonic() - self._known_at > ASKED_AGAIN_AFTER_SECONDS:
                    self._known = {name: _holds(name, check) for name, check in self._checks.items()}
                    self._known_at = time.monotonic()
            finally:
                self._turn.release()
        return self._known


def _holds(name: str, check: Check) -> bool:
    try:
        return check()
    except Exception as problem:  # whatever it is, the part is not ready; the log says why
        log.error("not ready", part=name, exc_info=problem)
        return False


def database_checks(make_session: MakeSession) -> dict[str, Check]:
    """The database answers, and it is at the newest schema."""

    def database() -> bool:
        with make_session() as session:
            return session.connection().exec_driver_sql("SELECT 1").scalar() == 1

    def migrations() -> bool:
        with make_session() as session:
            return is_current(session.connection())

    return {"database": database, "migrations": migrations}


@bp.get("/healthz")
@sessionless
def healthz() -> Response:
    """The process answers."""
    return make_response(("ok\n", 200, {"Content-Type": "text/plain"}))


@bp.get("/readyz")
@sessionless
def readyz() -> Response:
    """200 when every part works, 503 otherwise; a clock that jumped is shown and does not stop the service."""
    parts = current_app.extensions["readiness"].results()
    body: dict[str, Any] = {"ready": all(parts.values()), **parts, "clock": NODE_CLOCK.facts()}
    return json_reply(body, 200 if body["ready"] else 503)
