"""Answers that do not pass through Flask: the same reply, and never a yes that the whole way would refuse."""

import json

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.people.principal import CACHE
from lms.people.services import sign_in
from lms.quizzes import services
from lms.quizzes.models import Answer
from lms.quizzes.rules import Purpose

LEASE = "lease-of-lins-own-phone"


@pytest.fixture
def opened(session, paper, cast):
    attempt = services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=7, now=clock.now()
    )
    session.commit()
    return attempt


@pytest.fixture
def lin(web, opened):
    browser = web.as_("lin")
    browser.call(f"/api/attempts/{opened.id}/lease", {"lease": LEASE})
    browser.remember_token()
    return browser


@pytest.fixture
def flask_is_asked(site, monkeypatch):
    """The addresses that went the whole way."""
    asked, whole_way = [], site.wsgi_app._whole_way

    def told(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return whole_way(environ, start_response)

    monkeypatch.setattr(site.wsgi_app, "_whole_way", told)
    return asked


def send(browser, url, sequence=1, headers=(), **more):
    body = {"item": 1, "sequence": sequence, "choice": [0], "lease": LEASE, **more.pop("body", {})}
    sent = {"X-CSRF-Token": browser.token, "Content-Type": "application/json", **dict(headers)}
    return browser.client.post(url, data=json.dumps(body), headers=sent, **more)


def stored(session):
    return session.scalar(select(func.count()).select_from(Answer))


def test_both_ways_give_the_same_answer(lin, opened, session, flask_is_asked):
    url = f"/api/attempts/{opened.id}/answers"
    short = send(lin, url)
    assert flask_is_asked == []
    whole = send(lin, url, 2, {"Content-Type": "application/json; charset=utf-8"})
    assert flask_is_asked == [url]
    assert short.status_code == whole.status_code == 200
    assert short.get_json().keys() == whole.get_json().keys()
    assert stored(session) == 2

    def headers(reply):
        return sorted((name, value) for name, value in reply.headers if name != "X-Request-Id")

    assert headers(short) == headers(whole)
    assert send(lin, url, 3, {"X-Request-Id": "given-by-the-proxy"}).headers["X-Request-Id"] == "given-by-the-proxy"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-CSRF-Token": "0" * 64}, 400),
        ({"X-CSRF-Token": ""}, 400),
        ({"X-CSRF-Token": "é"}, 400),
        ({"Host": "evil.example"}, 400),
        ({"Authorization": "Bearer nobody"}, 401),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_what_the_guard_refuses_goes_the_whole_way_and_is_refused(
    lin, opened, session, flask_is_asked, headers, status
):
    url = f"/api/attempts/{opened.id}/answers"
    assert send(lin, url, headers=headers).status_code == status
    assert flask_is_asked == [url]
    assert stored(session) == 0
    assert send(lin, url).status_code == 200, "otherwise as usual: it was the header that was refused"


def test_a_stranger_and_a_sign_in_that_has_ended_are_refused_at_once(lin, web, opened, session, flask_is_asked):
    url = f"/api/attempts/{opened.id}/answers"
    assert send(lin, url).status_code == 200
    with web.app.test_client() as stranger:
        assert stranger.post(url, json={}, headers={"X-CSRF-Token": lin.token}).status_code == 401
    sign_in.end_all(session, opened.person_id, now=clock.now())
    session.commit()
    assert send(lin, url, 2).status_code == 401
    assert stored(session) == 1


def test_who_must_choose_a_password_first_cannot_answer(lin, opened, session, cast, flask_is_asked):
    cast.lin.must_change_password = True
    session.commit()
    CACHE.forget(cast.lin.id)
    lin.client.get("/password")  # known again
    assert send(lin, f"/api/attempts/{opened.id}/answers").status_code == 403
    assert stored(session) == 0


def test_the_body_of_a_refused_answer_is_read_again_on_the_whole_way(lin, opened, flask_is_asked):
    url = f"/api/attempts/{opened.id}/answers"
    assert send(lin, url).status_code == 200
    refused = send(lin, url, body={"choice": [1]})
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "sequence")
    assert send(lin, url, 2, body={"score": 100}).status_code == 422
    assert flask_is_asked == [url, url]


@pytest.mark.parametrize("number", ["0", "00", "9" * 18, "9" * 5000, "-1", "1/1", ""])
def test_an_address_that_is_no_attempt_is_not_found(lin, flask_is_asked, number):
    assert send(lin, f"/api/attempts/{number}/answers").status_code in (404, 405)
