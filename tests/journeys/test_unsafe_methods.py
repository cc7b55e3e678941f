"""What changes something asks for a token of the page; what only shows something changes nothing; and every answer is dressed for it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lms.app import create_app
from lms.config import Keys
from lms.db import Base
from lms.people.guard import COOKIE
from tests.architecture.access_table import TABLE
from tests.journeys.north import North, every_address
from tests.support.web import Web

SAFE = {"GET", "HEAD", "OPTIONS"}
TYPES = ("text/plain", "multipart/form-data", "application/json", "application/x-www-form-urlencoded")


def figures(session: Session) -> dict[str, tuple[Any, ...]]:
    """Every table by its number of rows and a sum over what stands in them."""
    session.rollback()
    found: dict[str, tuple[Any, ...]] = {}
    for table in Base.metadata.sorted_tables:
        rows = session.execute(select(table)).all()
        found[table.name] = (len(rows), hash(tuple(sorted(repr(tuple(row)) for row in rows))))
    return found


def changed_tables(before: dict[str, tuple[Any, ...]], after: dict[str, tuple[Any, ...]]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def unsafe(app: Flask) -> list[tuple[str, str]]:
    """(method, endpoint) of everything that may change something."""
    return [(m, rule.endpoint) for rule in app.url_map.iter_rules() for m in sorted((rule.methods or set()) - SAFE)]


def body_of(kind: str) -> dict[str, Any]:
    if kind == "application/json":
        return {"data": json.dumps({"csrf_token": "0" * 64}), "content_type": kind}
    if kind == "text/plain":
        return {"data": "csrf_token=" + "0" * 64, "content_type": kind}
    return {"data": {"csrf_token": "0" * 64}, "content_type": kind}


def reads_no_cookie(app: Flask, endpoint: str) -> bool:
    """Who asks is in the body or a header of its own, so that another site's page can lend nothing; a wrong body is refused as such."""
    return getattr(app.view_functions[endpoint], "sessionless", False)


# --- tokens --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lin", "ada", "hua", "sun", "qin", "shi"])
def test_without_a_token_nothing_unsafe_happens_whatever_the_body_calls_itself(
    web: Web, session: Session, app: Flask, north: North, name: str
) -> None:
    browser = web.as_(name)
    before = figures(session)
    for method, endpoint in unsafe(app):
        row = TABLE[endpoint]
        path = row.path.replace("999", "1")
        may = row.policy in ("public", "signed_in") or name in row.may.split()
        refused = {400, 422} if reads_no_cookie(app, endpoint) else {400 if may else 403}
        for kind in TYPES:
            answer = browser.client.open(path, method=method, **body_of(kind))
            assert answer.status_code in refused, (endpoint, kind, answer.status_code)
    assert changed_tables(before, figures(session)) == []


def test_a_stranger_s_form_without_a_token_is_refused(web: Web, session: Session) -> None:
    before = figures(session)
    for path in ("/login", "/login/code", "/activation"):
        for kind in TYPES:
            assert web.client.post(path, **body_of(kind)).status_code == 400
    assert changed_tables(before, figures(session)) == []


def test_a_token_of_another_sign_in_or_of_the_time_before_it_is_refused(web: Web) -> None:
    stranger = web.csrf_token()
    lin, dana = web.as_("lin"), web.as_("dana")
    for token in (stranger, lin.csrf_token()):
        answer = dana.client.post("/me/preferences", data={"csrf_token": token, "theme": "dark"})
        assert answer.status_code == 400
    dana.post("/me/preferences", {"theme": "dark", "type_size": "standard"})


def test_a_token_in_the_address_counts_for_nothing(web: Web) -> None:
    lin = web.as_("lin")
    assert lin.client.post(f"/notices/reading?csrf_token={lin.csrf_token()}").status_code == 400


# --- reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lin", "chen", "ada", "hua", "sun", "qin", "shi"])
def test_no_address_that_is_read_changes_anything(
    web: Web, session: Session, app: Flask, north: North, name: str
) -> None:
    browser = web.as_(name)
    session.commit()
    before = figures(session)
    for url in every_address(app, session):
        for method in ("GET", "HEAD"):
            answer = browser.client.open(url, method=method)
            assert answer.status_code not in (500, 503), url
            check_dress(answer, url)
            check_cookies(answer, url)
    assert changed_tables(before, figures(session)) == []


# --- headers -------------------------------------------------------------------------------------------------------

SHARED = ("/static/", "/healthz", "/live/")


def check_dress(answer: TestResponse, url: str) -> None:
    """Raises AssertionError for an answer without its protection, or a personal one that may be stored."""
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, url
    assert "frame-ancestors 'none'" in policy, url
    assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", ""), url
    assert headers["X-Content-Type-Options"] == "nosniff", url
    assert headers["Referrer-Policy"] == "same-origin", url
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", url
    assert "camera=()" in headers["Permissions-Policy"], url
    assert headers["X-Request-Id"], url
    if not url.startswith((*SHARED, "/media/")):
        assert headers["Cache-Control"] == "no-store", (url, headers["Cache-Control"])


def check_cookies(answer: TestResponse, url: str) -> None:
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie, url
        assert "SameSite=Lax" in cookie, url


def test_answers_to_strangers_and_refusals_are_dressed_too(web: Web, app: Flask) -> None:
    for url in ("/", "/login", "/nowhere", "/api/nowhere", "/api/attempts/1", "/api/openapi.json", "/_components"):
        answer = web.client.get(url)
        check_dress(answer, url)
        check_cookies(answer, url)
    for url in ("/login", "/notices/reading", "/nowhere", "/healthz"):
        check_dress(web.client.post(url), url)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/none/app.css", "/live/none", "/live/none/standings"])
def test_what_asks_for_no_session_sets_no_cookie_and_reads_none(web: Web, path: str) -> None:
    for browser in (web, web.as_("lin")):
        answer = browser.client.get(path)
        assert not answer.headers.getlist("Set-Cookie")
        assert answer.status_code in (200, 404)


def test_a_big_screen_is_the_same_for_everybody_and_sets_no_cookie(web: Web, session: Session, north: North) -> None:
    key = session.execute(text("SELECT live_key FROM boards ORDER BY id LIMIT 1")).scalar_one()
    seen = [browser.client.get(f"/live/{key}") for browser in (web, web.as_("lin"), web.as_("dana"))]
    assert [answer.status_code for answer in seen] == [200, 200, 200]
    assert len({answer.data for answer in seen}) == 1
    assert not any(answer.headers.getlist("Set-Cookie") or "Vary" in answer.headers for answer in seen)


def test_a_host_that_is_not_ours_is_refused(web: Web) -> None:
    for host in ("evil.example", "localhost.evil.example", "localhost@evil.example", ""):
        answer = web.client.get("/login", headers={"Host": host}, base_url=None)
        assert answer.status_code == 400, host
        assert "evil" not in answer.get_data(as_text=True)
        check_dress(answer, "/login")
    lin = web.as_("lin")
    assert lin.client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert lin.client.get("/", headers={"Host": "localhost:8000"}).status_code == 200


# --- when something is broken --------------------------------------------------------------------------------------


@pytest.fixture
def broken(app: Flask, keys: Keys, tmp_path: Any) -> Any:
    """The site on a file that is no database."""
    path = tmp_path / "broken.sqlite3"
    path.write_bytes(b"this is no database\n" * 300)
    settings = replace(app.extensions["settings"], database_url=f"sqlite:///{path}")
    made = create_app(settings, keys=keys)
    made.testing, made.config["PROPAGATE_EXCEPTIONS"] = True, False
    return made


def test_without_a_database_the_error_page_stands_and_gives_a_reference(broken: Flask) -> None:
    client = broken.test_client()
    client.set_cookie(COOKIE, "a-cookie-that-must-be-looked-up", domain="localhost")
    for path in ("/", "/courses/1", "/office"):
        answer = client.get(path)
        assert answer.status_code in (500, 503)
        body = answer.get_data(as_text=True)
        assert "参考号" in body or "编号" in body, body[:1500]
        assert "sqlite" not in body.lower()
        check_dress(answer, path)
    answer = client.get("/api/boards/1")
    assert (answer.status_code, answer.mimetype) == (500, "application/json")
    assert len(answer.get_json()["reference"]) == 8
    assert client.get("/healthz").status_code == 200


def test_a_failure_in_a_page_shows_a_reference_to_who_is_signed_in(
    web: Web, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    lin = web.as_("lin")
    lin.get("/hours")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("lms.hours.queries.list_years", fail)
    body = lin.get("/hours", 500).get_data(as_text=True)
    assert "secret detail" not in body
    assert "Traceback" not in body


def test_what_a_failed_statement_was_given_is_in_no_message(session: Session) -> None:
    """Parameters may be names, phones and hashes; a message goes to the log."""
    with pytest.raises(Exception, match="no_such_table") as caught:
        session.execute(text("SELECT 1 FROM no_such_table WHERE a = :phone"), {"phone": "13800138000"})
    assert "13800138000" not in str(caught.value)
