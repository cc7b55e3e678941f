"""The short way of requests that come by the hundred in a second: an answer, a beat, a lease, the start of an attempt.

Flask's context, routing, hooks and response cost several times what such a request needs. A view with `@short_way` or `@short_act` is also
answered without them as long as everything is as usual: our host, a cookie of a live sign-in, the policy met, the page's token, a body the
model takes.
The checks are the guard's own, in the guard's order. Whatever is not plainly a yes goes the whole way from its beginning, which alone
refuses and says why; so the short way can never let in more, and a request that takes both must be harmless to repeat.
"""

import io
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from flask import Flask
from jinja2 import Environment
from pydantic import BaseModel
from sqlalchemy.orm import Session
from werkzeug.sansio.utils import host_is_trusted

from lms import clock, metrics
from lms.db import reading_only, reading_turns
from lms.people.guard import COOKIE, check_person, cookie_name, is_token_of, token_of
from lms.people.principal import CACHE, Principal
from lms.people.short_acts import Act, ActRow, Asked, Reads, Reply, act_writer, json_yes, no_reads
from lms.web import operations
from lms.web.headers import protection
from lms.web.hosts import asked_host, is_package_host
from lms.web.logs import count, request_id
from lms.web.requests import JSON_LIMIT_BYTES, read_json

View = TypeVar("View", bound=Callable[..., Any])
Serve = Callable[[Any, Any, int, Any, datetime, tuple[str, str]], dict[str, Any] | None]
ShowPage = Callable[[Session, Environment, Asked, str], str | None]
Read = Callable[[Session, Asked], str]
Environ = dict[str, Any]

_NUMBER = re.compile("[0-9]{1,18}")
_FORM = re.compile(rb"csrf_token=([0-9a-f]{16,128})&operation_id=([0-9a-f]{16,64})")
_OPERATION = re.compile("[A-Za-z0-9_-]{1,64}")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
_STATUS = {200: "200 OK", 303: "303 See Other"}


def short_way(
    body: type[BaseModel], serve: Serve, *, keeps_operations: bool = False, rechecks: bool = False
) -> Callable[[View], View]:
    """The view, a POST with at most one number in its address, may be answered by what `serve(extensions, person, number, body, now,
    where_from)` returns, which has a transaction of its own: the members of a JSON reply that is a yes, or None for the whole way.
    `keeps_operations`: a request with an operation id goes the whole way, where its answer is kept for a repeat. `rechecks`:
    what `serve` writes is refused by its own statement once the sign-in is over, so the person may be a remembered one."""

    def mark(view: View) -> View:
        kinds = {"keeps_operations": keeps_operations, "rechecks": rechecks}
        view.short_way = {"body": body, "serve": serve, **kinds}  # type: ignore[attr-defined]
        view.own_transaction = not keeps_operations  # type: ignore[attr-defined]
        return view

    return mark


def short_act(body: type[BaseModel] | None, act: Act, *, reads: Reads = no_reads) -> Callable[[View], View]:
    """The view, a POST with at most one number in its address, may be answered by `act`, which runs in the transaction of a group and
    whose answer is kept for a repeat. `body` None: a form with a token and an operation id and nothing else, as a button sends it.
    `reads`: what the act asks before it writes."""

    def mark(view: View) -> View:
        view.short_way = {"body": body, "act": act, "reads": reads, "rechecks": True}  # type: ignore[attr-defined]
        return view

    return mark


def short_page(show: ShowPage) -> Callable[[View], View]:
    """The view, a GET with one number in its address, may be answered by the page that `show(session, env, asked, csrf_token)` gives,
    or by the whole way where it is None. What Jinja has to write for it needs Flask's context, so a page goes the whole way until
    its parts are kept; so does one with a sentence for who comes back."""

    def mark(view: View) -> View:
        view.short_way = {"body": None, "show": show}  # type: ignore[attr-defined]
        return view

    return mark


def short_read(read: Read) -> Callable[[View], View]:
    """The view, a GET with one number in its address, may be answered by the JSON text that `read(session, asked)` gives; what it
    raises goes the whole way."""

    def show(session: Session, env: Environment, asked: Asked, csrf_token: str) -> str:
        return read(session, asked)

    def mark(view: View) -> View:
        view.short_way = {"body": None, "show": show, "mimetype": JSON}  # type: ignore[attr-defined]
        return view

    return mark


@dataclass(frozen=True)
class _Route:
    """`serve`, `act` or `show` answers it. `body` None: a form with nothing of its own."""

    endpoint: str
    policy: str
    body: type[BaseModel] | None
    serve: Serve | None = None
    act: Act | None = None
    reads: Reads = no_reads
    show: ShowPage | None = None
    mimetype: str = "text/html"
    keeps_operations: bool = False
    rechecks: bool = False


@dataclass(frozen=True)
class _Sent:
    """What a request brought. `operation` is (id, digest of the body)."""

    body: Any
    operation: tuple[str, str] | None


class ShortWay:
    """The site's WSGI entry: the short way where there is one, Flask's for everything else."""

    def __init__(self, app: Flask) -> None:
        self._whole_way, self._extensions = app.wsgi_app, app.extensions
        self._routes = _routes_of(app)
        self._acts = act_writer(app.extensions["engine"])
        self._reading = reading_turns(app.extensions["engine"])
        self._env, self._flashes = app.jinja_env, app.config["SESSION_COOKIE_NAME"]
        trusted = app.config["TRUSTED_HOSTS"]
        self._is_ours = lru_cache(256)(lambda host: host_is_trusted(host, trusted))
        self._cookie = re.compile(
            rf"(?:^|; ){cookie_name(COOKIE, app.extensions['settings'].https)}=([A-Za-z0-9_-]+)(?:;|$)"
        )
        self._headers = [("Cache-Control", "no-store"), *protection(app.config)]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        route, number = self._route(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if route is not None and (_is_usual_page(environ, self._flashes) if route.show else _is_usual(environ, route)):
            began = time.perf_counter()
            reply = self._reply(route, number, environ)
            if reply is not None:
                metrics.request_answered(route.endpoint, reply.status, time.perf_counter() - began)
                return self._told(reply, environ, start_response)
        return self._whole_way(environ, start_response)

    def _route(self, method: str, path: str) -> tuple[_Route | None, int]:
        """With the number in the address, 0 where it has none."""
        head, _, rest = path.rpartition("/")
        before, _, number = head.rpartition("/")
        if _NUMBER.fullmatch(number):
            return self._routes.get((method, before, rest)), int(number)
        if _NUMBER.fullmatch(rest):
            return self._routes.get((method, head, "")), int(rest)
        return self._routes.get((method, path, None)), 0

    def _told(self, reply: Reply, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = reply.body.encode()
        kind = reply.mimetype if reply.mimetype == JSON else f"{reply.mimetype}; charset=utf-8"
        more = [("Content-Length", str(len(body))), ("X-Request-Id", request_id(environ.get("HTTP_X_REQUEST_ID", "")))]
        if reply.mimetype != JSON and not reply.location:
            more.append(("Vary", "Cookie"))
        if reply.location:
            more.append(("Location", reply.location))
        start_response(_STATUS[reply.status], [("Content-Type", kind), *self._headers, *more])
        return [body]

    def _reply(self, route: _Route, number: int, environ: Environ) -> Reply | None:
        """The yes, or None. What fails here fails again on the whole way, where it is answered and told."""
        now = clock.now()
        token = _token(environ, self._cookie)
        host = asked_host(environ)
        if not token or not self._is_ours(host) or is_package_host(self._extensions["settings"], host):
            return None
        try:
            person = self._person(token, now, rechecked=route.rechecks)
            if person is None:
                return None
            check_person(person, route.policy, route.endpoint)
            where = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_USER_AGENT", "")
            asked = Asked(person, number, None, now, where)
            if route.show is not None:
                reply = self._page(route.show, asked, token, route.mimetype)
            else:
                reply = self._answer(route, asked, token, environ)
        except Exception:
            return None
        if reply is not None:
            count(route.endpoint)
        return reply

    def _page(self, show: ShowPage, asked: Asked, token: str, mimetype: str) -> Reply | None:
        with self._reading, reading_only(), self._extensions["make_session"]() as session:
            text = show(session, self._env, asked, token_of(self._extensions["keys"], token))
        return Reply(200, mimetype, text) if text is not None else None

    def _answer(self, route: _Route, asked: Asked, token: str, environ: Environ) -> Reply | None:
        sent = _sent(route, environ, lambda given: is_token_of(self._extensions["keys"], token, given))
        if sent is None:
            return None
        asked = replace(asked, body=sent.body)
        if route.act is not None:
            once = None
            if sent.operation is not None:
                named, digest = sent.operation
                once = operations.Asked(asked.person.id, named, environ["PATH_INFO"], digest)
            return self._acts.save(ActRow(route.act, route.reads, self._extensions, asked, once))
        assert route.serve is not None
        members = route.serve(self._extensions, asked.person, asked.number, asked.body, asked.at, asked.where)
        return json_yes(members) if members is not None else None

    def _person(self, token: str, now: datetime, *, rechecked: bool) -> Principal | None:
        """Whose sign-in it is: remembered, or read as the guard reads it."""
        known = CACHE.find(token, now, rechecked=rechecked)
        if known is not None:
            return known
        with self._extensions["make_session"]() as session:
            return CACHE.load(session, token, now)


def _routes_of(app: Flask) -> dict[tuple[str, str, str | None], _Route]:
    """The short ways by method and what stands before and after the number of their address; None after one without a number."""
    routes: dict[tuple[str, str, str | None], _Route] = {}
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if hasattr(view, "short_way"):
            before, number, after = re.sub(r"/<int:\w+>(/|$)", "\0", rule.rule).partition("\0")
            method = "GET" if "show" in view.short_way else "POST"
            routes[method, before, after if number else None] = _Route(rule.endpoint, view.policy, **view.short_way)
    return routes


def _is_usual(environ: Environ, route: _Route) -> bool:
    """A POST of a small body of known length and the usual kind, by a browser and not by a token; where an answer is kept, by the route itself."""
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("CONTENT_TYPE") == (FORM if route.body is None else JSON)
        and "HTTP_AUTHORIZATION" not in environ
        and not (route.keeps_operations and "HTTP_X_OPERATION_ID" in environ)
        and "HTTP_TRANSFER_ENCODING" not in environ
        and not environ.get("SCRIPT_NAME")
        and (length := environ.get("CONTENT_LENGTH", "")).isdecimal()
        and int(length) <= JSON_LIMIT_BYTES
    )


def _is_usual_page(environ: Environ, flashes: str) -> bool:
    """A GET of the plain address by a browser for which no sentence waits."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and not environ.get("QUERY_STRING")
        and flashes not in environ.get("HTTP_COOKIE", "")
        and "HTTP_AUTHORIZATION" not in environ
        and not environ.get("SCRIPT_NAME")
    )


def _token(environ: Environ, cookie: re.Pattern[str]) -> str:
    """The cookie of the sign-in; "" when it is not there exactly once in its plain form."""
    given = environ.get("HTTP_COOKIE", "")
    found = cookie.search(given)
    return found[1] if found and given.count(COOKIE) == 1 else ""


def _sent(route: _Route, environ: Environ, is_token: Callable[[str], bool]) -> _Sent | None:
    """None when the page's token is not there or wrong, or the body of a form holds more than a button sends. The body is read only
    once its token, where the header has it, is known to be right."""
    header, named = environ.get("HTTP_X_CSRF_TOKEN", ""), environ.get("HTTP_X_OPERATION_ID", "")
    if route.body is None:
        return _sent_form(_raw_body(environ), is_token) if not header and not named else None
    if not is_token(header) or (named and not _OPERATION.fullmatch(named)):
        return None
    raw = _raw_body(environ)
    body = read_json(route.body, raw)
    return _Sent(body, (named, operations.json_digest(raw)) if named and route.act else None)


def _sent_form(raw: bytes, is_token: Callable[[str], bool]) -> _Sent | None:
    found = _FORM.fullmatch(raw)
    if found is None or not is_token(found[1].decode()):
        return None
    named = found[2].decode()
    return _Sent(None, (named, operations.form_digest([("operation_id", named)], [])))


def _raw_body(environ: Environ) -> bytes:
    """The bytes of the body, which stay readable for the whole way."""
    raw: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(raw)
    return raw
