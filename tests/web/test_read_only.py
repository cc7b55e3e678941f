"""LMS_READ_ONLY=on: pages are read as ever, nothing is written, and everybody is told why and when to try again."""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from lms.app import create_app
from lms.cli import worker
from lms.people.guard import COOKIE
from lms.web.read_only import SENTENCE
from tests.support.web import Web

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def still(app, keys):
    """The site of the test on the same database, in read-only mode; it fails at any write."""
    built = create_app(replace(app.extensions["settings"], read_only=True), keys=keys)
    built.testing, built.config["PROPAGATE_EXCEPTIONS"] = True, False

    def refuse(_connection, _cursor, statement, *_):
        assert statement.lstrip().upper().startswith(("SELECT", "PRAGMA")), statement

    event.listen(built.extensions["engine"], "before_cursor_execute", refuse)
    yield built
    built.extensions["engine"].dispose()


def test_pages_are_read_under_a_banner(still, session):
    lin = Web(still, session).as_("lin")
    for url in ("/", "/contests", "/me"):
        assert lin.get(url).get_data(as_text=True).count(SENTENCE) == 1
    assert SENTENCE in Web(still, session).get("/login").get_data(as_text=True)


def test_a_form_a_script_and_the_sign_in_get_a_sentence_and_when_to_try_again(still, session):
    lin = Web(still, session).as_("lin")
    refused = lin.post("/logout", status=503)
    assert refused.headers["Retry-After"] == "120"
    assert refused.get_data(as_text=True).count(SENTENCE) == 1
    told = lin.call("/api/attempts/1/answers", {"item": 1}, 503)
    assert told == {"error": SENTENCE, "reason": "read_only"}
    assert Web(still, session).post("/login", {"username": "lin", "password": "x"}, 503).headers["Retry-After"] == "120"
    lin.get("/me")  # still signed in


def test_no_address_takes_an_unsafe_request(still, session):
    lin = Web(still, session).as_("lin")
    client, refused = lin.client, 0
    values = {"int": "1", "string": "x", "path": "x"}
    for rule in still.url_map.iter_rules():
        for method in UNSAFE & rule.methods:
            url = "".join(
                part
                if is_text
                else values.get(type(rule._converters[part]).__name__.removesuffix("Converter").lower(), "1")
                for is_text, part in ((not dynamic, data) for dynamic, data in rule._trace if data != "|")
            )
            status = client.open(url, method=method, base_url="http://localhost").status_code
            assert status in (503, 404), (method, url, status)
            refused += status == 503
    assert refused > 150


def test_no_worker_runs(still):
    with still.app_context():
        ran = CliRunner().invoke(worker)
    assert ran.exit_code == 1
    assert "LMS_READ_ONLY" in ran.output


def test_the_site_itself_saves_without_it(app, session):
    browser = Web(app, session).as_("lin")
    browser.post("/logout")
    assert browser.client.get_cookie(COOKIE, domain="localhost") is None
