"""`/metrics`, for Prometheus: told to this machine or to who brings the token, never to the public.

Whatever is refused is answered as an address that does not exist. Counters are those of the process that answers: where several serve the
site each has a port of its own and is scraped by itself; what concerns the whole site is the same at all of them.
"""

import threading
import time
from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, make_response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound

from lms import metrics
from lms.db.request import make_session
from lms.metrics import Gauge
from lms.upkeep import gauges
from lms.web import now
from lms.web.static_files import sessionless

KEPT_SECONDS = 5.0
TEXT = "text/plain; version=0.0.4; charset=utf-8"
PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
"""What proxies add: with one of them "from this machine" says nothing about who asks."""

bp = Blueprint("upkeep", __name__)


class _Kept:
    """The figures of the whole site, at most a few seconds old, asked of the database by one thread at a time."""

    def __init__(self) -> None:
        self._turn, self._known, self._at = threading.Lock(), list[Gauge](), 0.0

    def gauges(self) -> list[Gauge]:
        with self._turn:
            if not self._known or time.monotonic() - self._at > KEPT_SECONDS:
                self._known, self._at = _of_site(), time.monotonic()
            return self._known

    def forget(self) -> None:
        self._known = []


KEPT = _Kept()


def _of_site() -> list[Gauge]:
    """With "up" 0 alone while the database is away: the figures of the process are told all the same."""
    up = "jiangtai_database_up", "1 while the database answers."
    try:
        with make_session()() as session:
            found = list(gauges.of_site(session, current_app.extensions["job_names"], now()))
        return [Gauge(*up, [({}, 1)]), *found]
    except SQLAlchemyError:
        return [Gauge(*up, [({}, 0)])]


@bp.get("/metrics")
@sessionless
def show() -> Response:
    """Everything, as text."""
    if not may_read(current_app.extensions["settings"].metrics_token, request.remote_addr or "", request.headers):
        raise NotFound()
    of_process = gauges.of_process(current_app.extensions["engine"])
    answer = make_response(metrics.page([*metrics.OF_PROCESS, *of_process, *KEPT.gauges()]))
    answer.headers["Content-Type"], answer.headers["Cache-Control"] = TEXT, "no-store"
    return answer


def may_read(token: str, source: str, headers: Headers | Mapping[str, str]) -> bool:
    """Who brings the token where there is one; where there is none, who comes from this machine, names it, and past no proxy."""
    if token:
        return compare_digest(f"Bearer {token}".encode(), str(headers.get("Authorization", "")).encode())
    if any(name in headers for name in PASSED_ON):
        return False
    host = str(headers.get("Host", "")).rsplit(":", 1)[0].strip("[]")
    return _is_loopback(source) and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
