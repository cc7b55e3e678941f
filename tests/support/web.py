"""A browser without a screen: keeps the CSRF token, follows nothing by itself, and checks every page it sees."""

import re
import threading
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lms import clock
from lms.people.guard import COOKIE
from lms.people.models import Person
from lms.people.services import sign_in
from tests.support.pages import check_page

_TURN = threading.Lock()  # the test's one session, when a test lets several browsers work at once


class Web:
    """`as_` returns a browser of its own for a person, so several people can be at work in one test."""

    def __init__(self, app: Flask, session: Session, name: str | None = None) -> None:
        self.app, self.session, self.name = app, session, name
        self.client: FlaskClient = app.test_client()
        self.token = ""

    def remember_token(self) -> None:
        """Keep the CSRF token for calls that do not go through `post` or `call`."""
        self.token = self.csrf_token()

    def as_(self, name: str) -> "Web":
        """A browser in which the person is signed in."""
        with _TURN:
            self.session.commit()
        browser = Web(self.app, self.session, name)
        person = self.session.scalars(select(Person).where(Person.staff_no == name)).one()
        token = sign_in.begin(self.session, person, device="test", hours=12, now=clock.now())
        with _TURN:
            self.session.commit()
        browser.client.set_cookie(COOKIE, token, domain="localhost")
        return browser

    def get(self, url: str, status: int = 200, **kwargs: Any) -> TestResponse:
        """The answer, checked; pages are checked as pages."""
        with _TURN:
            self.session.commit()
        return self._seen(self.client.get(url, **kwargs), status)

    def post(self, url: str, data: dict[str, Any] | None = None, status: int = 303, **kwargs: Any) -> TestResponse:
        """A form posted with this browser's CSRF token; 303 expected unless said otherwise."""
        with _TURN:
            self.session.commit()
        data = {"csrf_token": self.csrf_token(), **(data or {})}
        return self._seen(self.client.post(url, data=data, **kwargs), status)

    def call(self, url: str, body: dict[str, Any] | None = None, status: int = 200, **kwargs: Any) -> Any:
        """A JSON call as the site's scripts make it; returns the JSON."""
        with _TURN:
            self.session.commit()
        headers = {"X-CSRF-Token": self.csrf_token(), **kwargs.pop("headers", {})}
        answer = self.client.post(url, json=body or {}, headers=headers, **kwargs)
        return self._seen(answer, status).get_json()

    def follow(self, answer: TestResponse, status: int = 200) -> TestResponse:
        """The page a 303 leads to."""
        return self.get(answer.headers["Location"], status)

    def csrf_token(self) -> str:
        page = self.client.get("/login" if self.name is None else "/password").get_data(as_text=True)
        found = re.search(r'<meta name="csrf-token" content="([0-9a-f]+)">', page)
        assert found, "the page carries no CSRF token"
        return found[1]

    def _seen(self, answer: TestResponse, status: int) -> TestResponse:
        text = answer.get_data(as_text=True) if answer.mimetype.startswith(("text/", "application/json")) else ""
        assert answer.status_code == status, (
            f"{answer.request.path}: {answer.status_code} instead of {status}\n{text[:3000]}"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.mimetype == "text/html" and answer.status_code not in (301, 302, 303):
            check_page(text, answer.request.path)
        with _TURN:
            self.session.expire_all()
        return answer


def visible(html: str) -> str:
    """A page without its tags: their attributes hold random tokens, in which any number may stand."""
    return re.sub(r"<[^>]*>", " ", html)
