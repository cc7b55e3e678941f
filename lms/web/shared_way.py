"""Answers that are the same bytes for everybody, without Flask for all but the first of a moment.

Behind nginx one request a second comes here; without it two thousand watchers ask Python themselves. A view with `@marked` is answered with
what it said a moment ago as long as its mark (the last step of what it shows) still stands; the mark is read for every request, so a step
is seen at once.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.sansio.utils import host_is_trusted

from lms import metrics
from lms.db import reading_only, reading_turns
from lms.web.hosts import asked_host, is_package_host
from lms.web.logs import count, request_id

View = TypeVar("View", bound=Callable[..., Any])
Mark = Callable[[Session, str], Sequence[Hashable] | None]
Environ = dict[str, Any]
Start = Callable[..., Any]
Further = Callable[[Environ, Start], Iterable[bytes]]

FRESH_SECONDS = 0.1
KEPT = 200
OF_BODY = ("Content-Length", "Content-Type", "Content-Encoding")
LEFT_OUT = ("x-request-id", "date")


def marked(find_mark: Mark) -> Callable[[View], View]:
    """The view, a sessionless GET whose address holds one key, says the same to everybody as long as `find_mark(session, key)` does and
    FRESH_SECONDS have not passed. None: nothing is there, which the view says itself."""

    def mark(view: View) -> View:
        view.shared_mark = find_mark  # type: ignore[attr-defined]
        return view

    return mark


@dataclass(frozen=True)
class _Said:
    at: float
    mark: Hashable
    etag: str
    headers: list[tuple[str, str]]
    body: bytes


class SharedWay:
    """Stands before the site's other ways in."""

    def __init__(self, app: Flask, further: Further) -> None:
        self._further, self._extensions = further, app.extensions
        self._routes = _routes_of(app)
        self._said: OrderedDict[str, _Said] = OrderedDict()
        self._mutex = threading.Lock()
        self._reading = reading_turns(app.extensions["engine"])
        self._trusted = app.config["TRUSTED_HOSTS"]

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        began, found = time.perf_counter(), self._found(environ)
        if found is None:
            return self._further(environ, start_response)
        endpoint, mark = found
        path = environ["PATH_INFO"]
        said = self._said.get(path)
        if said is None or said.mark != mark or time.monotonic() - said.at > FRESH_SECONDS:
            said = self._asked(environ, path, mark)
        if said is None:
            return self._further(environ, start_response)
        same = said.etag in environ.get("HTTP_IF_NONE_MATCH", "")
        metrics.request_answered(endpoint, 304 if same else 200, time.perf_counter() - began)
        count(endpoint)
        named = ("X-Request-Id", request_id(environ.get("HTTP_X_REQUEST_ID", "")))
        if same:
            start_response("304 NOT MODIFIED", [*(pair for pair in said.headers if pair[0] not in OF_BODY), named])
            return []
        start_response("200 OK", [*said.headers, named])
        return [said.body]

    def _found(self, environ: Environ) -> tuple[str, Hashable] | None:
        """The endpoint and its present mark; None for the further way."""
        if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING") or environ.get("SCRIPT_NAME"):
            return None
        path = environ["PATH_INFO"]
        if not path.startswith("/live/"):
            return None
        host = asked_host(environ)
        if not host_is_trusted(host, self._trusted) or is_package_host(self._extensions["settings"], host):
            return None
        for pattern, endpoint, find_mark in self._routes:
            if (given := pattern.fullmatch(path)) is not None:
                try:
                    with self._reading, reading_only(), self._extensions["make_session"]() as session:
                        mark = find_mark(session, given[1])
                except Exception:  # it fails again on the further way, where it is told
                    return None
                return None if mark is None else (endpoint, tuple(mark))
        return None

    def _asked(self, environ: Environ, path: str, mark: Hashable) -> _Said | None:
        """What the view says now, kept for the next ones; None when it is not for everybody."""
        told: list[tuple[str, list[tuple[str, str]]]] = []
        at, asked = time.monotonic(), {**environ, "HTTP_IF_NONE_MATCH": "", "HTTP_COOKIE": ""}
        answer = self._further(asked, lambda status, headers, _=None: told.append((status, headers)))
        body = b"".join(answer)
        getattr(answer, "close", lambda: None)()
        status, headers = told[0]
        named = {name.lower(): value for name, value in headers}
        if (
            not status.startswith("200")
            or not named.get("cache-control", "").startswith("public")
            or "etag" not in named
        ):
            return None
        kept = [pair for pair in headers if pair[0].lower() not in LEFT_OUT]
        said = _Said(at, mark, named["etag"], kept, body)
        with self._mutex:
            self._said[path] = said
            self._said.move_to_end(path)
            if len(self._said) > KEPT:
                self._said.popitem(last=False)
        return said


def _routes_of(app: Flask) -> list[tuple[re.Pattern[str], str, Mark]]:
    found = []
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if hasattr(view, "shared_mark"):
            pattern = re.sub(r"<\w+>", "([A-Za-z0-9_-]+)", rule.rule)
            found.append((re.compile(pattern), rule.endpoint, view.shared_mark))
    return found
