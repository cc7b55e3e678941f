"""The short way of requests that come by the hundred in a second: an answer, a beat, a lease.

Flask's context, routing, hooks and response cost several times what such a request needs. A view with `@short_way` is also answered without
them as long as everything is as usual: our host, a cookie of a live sign-in, the policy met, the page's token, a body the model takes.
The checks are the guard's own, in the guard's order. Whatever is not plainly a yes goes the whole way from its beginning, which alone
refuses and says why; so the short way can never let in more, and a request that takes both must be harmless to repeat.
"""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from flask import Flask
from pydantic import BaseModel
from werkzeug.sansio.utils import host_is_trusted

from lms import clock
from lms.people.guard import COOKIE, check_person, cookie_name, is_token_of
from lms.people.principal import CACHE, Principal
from lms.web import json_text
from lms.web.headers import protection
from lms.web.hosts import asked_host, is_package_host
from lms.web.logs import count, request_id
from lms.web.requests import JSON_LIMIT_BYTES, read_json

View = TypeVar("View", bound=Callable[..., Any])
Serve = Callable[[Any, Any, int, Any, datetime, tuple[str, str]], dict[str, Any] | None]
Environ = dict[str, Any]

_NUMBER = re.compile("[0-9]{1,18}")


def short_way(body: type[BaseModel], serve: Serve, *, keeps_operations: bool = False) -> Callable[[View], View]:
    """The view, a POST with one number in its address, may be answered by what `serve(extensions, person, number, body, now,
    where_from)` returns, which has a transaction of its own: the members of a JSON reply that is a yes, or None for the whole way.
    `keeps_operations`: a request with an operation id goes the whole way, where its answer is kept for a repeat."""

    def mark(view: View) -> View:
        view.short_way = body, serve, keeps_operations  # type: ignore[attr-defined]
        view.own_transaction = not keeps_operations  # type: ignore[attr-defined]
        return view

    return mark


@dataclass(frozen=True)
class _Route:
    endpoint: str
    policy: str
    body: type[BaseModel]
    serve: Serve
    keeps_operations: bool


class ShortWay:
    """The site's WSGI entry: the short way where there is one, Flask's for everything else."""

    def __init__(self, app: Flask) -> None:
        self._whole_way, self._extensions = app.wsgi_app, app.extensions
        self._routes = _routes_of(app)
        trusted = app.config["TRUSTED_HOSTS"]
        self._is_ours = lru_cache(256)(lambda host: host_is_trusted(host, trusted))
        self._cookie = re.compile(
            rf"(?:^|; ){cookie_name(COOKIE, app.extensions['settings'].https)}=([A-Za-z0-9_-]+)(?:;|$)"
        )
        self._headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), *protection(app.config)]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        head, _, rest = environ["PATH_INFO"].rpartition("/")
        before, _, number = head.rpartition("/")
        route = self._routes.get((before, rest))
        if route is not None and _NUMBER.fullmatch(number) and _is_usual(environ, route):
            reply = self._reply(route, int(number), environ)
            if reply is not None:
                named = request_id(environ.get("HTTP_X_REQUEST_ID", ""))
                more = [("Content-Length", str(len(reply))), ("X-Request-Id", named)]
                start_response("200 OK", self._headers + more)
                return [reply]
        return self._whole_way(environ, start_response)

    def _reply(self, route: _Route, number: int, environ: Environ) -> bytes | None:
        """The yes, or None. What fails here fails again on the whole way, where it is answered and told."""
        now = clock.now()
        token = _token(environ, self._cookie)
        host = asked_host(environ)
        if not token or not self._is_ours(host) or is_package_host(self._extensions["settings"], host):
            return None
        try:
            person = self._person(token, now)
            if person is None:
                return None
            check_person(person, route.policy, route.endpoint)
            if not is_token_of(self._extensions["keys"], token, environ.get("HTTP_X_CSRF_TOKEN", "")):
                return None
            body = read_json(route.body, _raw_body(environ))
            where = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_USER_AGENT", "")
            members = route.serve(self._extensions, person, number, body, now, where)
        except Exception:
            return None
        if members is None:
            return None
        count(route.endpoint)
        return json_text(members).encode()

    def _person(self, token: str, now: datetime) -> Principal | None:
        """Whose sign-in it is: remembered, or read as the guard reads it."""
        known = CACHE.find(token, now)
        if known is not None:
            return known
        with self._extensions["make_session"]() as session:
            return CACHE.load(session, token, now)


def _routes_of(app: Flask) -> dict[tuple[str, str], _Route]:
    """The short ways by what stands before and after the number of their address."""
    routes = {}
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if hasattr(view, "short_way"):
            before, after = re.split(r"/<int:\w+>/", rule.rule)
            routes[before, after] = _Route(rule.endpoint, view.policy, *view.short_way)
    return routes


def _is_usual(environ: Environ, route: _Route) -> bool:
    """A POST of a small JSON body of known length, by a browser and not by a token, with no answer to keep."""
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("CONTENT_TYPE") == "application/json"
        and "HTTP_AUTHORIZATION" not in environ
        and not (route.keeps_operations and "HTTP_X_OPERATION_ID" in environ)
        and "HTTP_TRANSFER_ENCODING" not in environ
        and not environ.get("SCRIPT_NAME")
        and (length := environ.get("CONTENT_LENGTH", "")).isdecimal()
        and int(length) <= JSON_LIMIT_BYTES
    )


def _token(environ: Environ, cookie: re.Pattern[str]) -> str:
    """The cookie of the sign-in; "" when it is not there exactly once in its plain form."""
    given = environ.get("HTTP_COOKIE", "")
    found = cookie.search(given)
    return found[1] if found and given.count(COOKIE) == 1 else ""


def _raw_body(environ: Environ) -> bytes:
    """The bytes of the body, which stay readable for the whole way."""
    raw: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(raw)
    return raw
