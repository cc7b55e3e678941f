"""The edge of every request: one transaction, committed here and nowhere else.

Committed after the response is made, for unsafe methods answered below 400; everything else is rolled back. Safe methods cannot write.
A request with an operation id that has been answered before gets that answer.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.wrappers import Request as FlaskRequest
from sqlalchemy.exc import IntegrityError
from werkzeug.routing import Rule

from lms.db import finish, reading_only
from lms.db.dialect import is_unique_violation
from lms.db.request import make_session, opened_session, session
from lms.errors import Conflict, LmsError
from lms.web.environment import Environment
from lms.web.hosts import asked_host, is_package_host
from lms.web.operations import find_answer, keep_answer, operation_id
from lms.web.requests import now

SAFE = ("GET", "HEAD", "OPTIONS")


class Flashes(SecureCookieSessionInterface):
    """Flask's session, which only holds sentences for the next page: scripts and packages have none, so theirs is not even looked for."""

    def open_session(self, app: Flask, request: FlaskRequest) -> SecureCookieSession | None:
        if request.path.startswith("/api/") or is_package_host(app.extensions["settings"], asked_host(request.environ)):
            return None
        if self.get_cookie_name(app) not in request.cookies:  # as for most: no signer is made for nothing
            return self.session_class()
        return super().open_session(app, request)


def _is_plain(endpoint: str, values: dict[str, Any]) -> bool:
    """Nothing but the site's own path: no host, scheme or anchor, and nothing that depends on where we are."""
    return endpoint[0] != "." and all(name[0] != "_" and type(v) in (str, int) for name, v in values.items())


class LateRule(Rule):
    """A route whose address builder is compiled when the first address is built: compiling all of them is a tenth of the start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., Any]:
        compiled: list[Any] = []

        def build(rule: LateRule, **values: Any) -> Any:
            if not compiled:
                compiled.append(Rule._compile_builder(rule, append_unknown))
            return compiled[0](rule, **values)

        return build


class LmsFlask(Flask):
    """Flask with our rule of when a transaction ends."""

    url_rule_class = LateRule
    session_interface = Flashes()
    jinja_environment = Environment

    def url_for(self, endpoint: str, **values: Any) -> str:
        """As Flask's. A page has twenty addresses, mostly those of the page before: they are kept."""
        if not has_request_context() or request.script_root or not _is_plain(endpoint, values):
            return super().url_for(endpoint, **values)
        return self._address(endpoint, tuple(values.items()), tuple(map(type, values.values())))

    @cached_property
    def _address(self) -> Callable[[str, tuple[tuple[str, Any], ...], tuple[type, ...]], str]:
        """The address within the site. The types are named because 1 and True are the same key and not the same address."""

        @lru_cache(4096)
        def address(endpoint: str, values: tuple[tuple[str, Any], ...], types: tuple[type, ...]) -> str:
            return super(LmsFlask, self).url_for(endpoint, **dict(values))

        return address

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """A session opened outside the dispatch (by the guard of a refused request, or for an error page) ends here, unsaved."""
        self._end(commit=False)
        super().do_teardown_appcontext(exc)

    def dispatch_request(self) -> Response:
        if request.method in SAFE or getattr(self._view(), "own_transaction", False):
            return self._answer_safely()
        return self._answer_once()

    def _view(self) -> Any:
        return self.view_functions.get(request.endpoint or "")

    def _answer_safely(self) -> Response:
        commit = False
        try:
            if request.method in SAFE:
                with reading_only():
                    response = self.make_response(super().dispatch_request())
            else:
                response = self.make_response(super().dispatch_request())
                commit = response.status_code < 400
        finally:
            self._end(commit=commit)
        return response

    def _answer_once(self) -> Response:
        """An unsafe request: replayed if it was answered before, otherwise done and kept."""
        person_id, given = g.get("person_id"), operation_id()
        if person_id is None or given is None:
            return self._answer_safely()
        if (kept := find_answer(session(), person_id, given)) is not None:
            self._end(commit=False)
            return kept
        try:
            return self._answer_and_keep(person_id, given)
        except (IntegrityError, LmsError) as problem:
            if isinstance(problem, IntegrityError) and not is_unique_violation(problem):
                raise
            self._end(commit=False)
            kept = find_answer(session(), person_id, given)
            if kept is not None:
                return kept
            if isinstance(problem, IntegrityError):
                raise Conflict() from problem
            raise

    def _answer_and_keep(self, person_id: int, given: str) -> Response:
        commit = False
        try:
            response = self.make_response(super().dispatch_request())
            if response.status_code < 400:
                keep_answer(session(), person_id, given, response, now())
                commit = True
        finally:
            self._end(commit=commit)
        return response

    @staticmethod
    def _end(*, commit: bool) -> None:
        opened = opened_session()
        if opened is not None:
            g.pop("session")
            finish(opened, make_session(), commit=commit)
