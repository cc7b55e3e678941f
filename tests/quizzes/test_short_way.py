"""Answers that do not pass through Flask: the same reply, and never a yes that the whole way would refuse."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from lms import clock
from lms.people.guard import COOKIE
from lms.people.models import SignIn
from lms.people.principal import CACHE, RECHECKED_FOR, PrincipalCache
from lms.people.services import sign_in
from lms.people.short_way import ShortWay
from lms.quizzes import services
from lms.quizzes.models import Answer, Attempt, AttemptSitting
from lms.quizzes.rules import Purpose
from lms.quizzes.services.invigilation import set_policy

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


def test_over_https_the_short_way_reads_the_prefixed_cookie_alone(lin, opened, session, site, monkeypatch):
    way, token = ShortWay(site), lin.client.get_cookie(COOKIE).value
    assert way._cookie.search(f"a=1; {COOKIE}={token}")[1] == token
    monkeypatch.setitem(site.extensions, "settings", replace(site.extensions["settings"], https=True))
    secure = ShortWay(site)
    assert secure._cookie.search(f"a=1; __Host-{COOKIE}={token}")[1] == token
    assert secure._cookie.search(f"a=1; {COOKIE}={token}") is None


def test_a_stranger_and_a_sign_in_that_has_ended_are_refused_at_once(lin, web, opened, session, flask_is_asked):
    url = f"/api/attempts/{opened.id}/answers"
    assert send(lin, url).status_code == 200
    with web.app.test_client() as stranger:
        assert stranger.post(url, json={}, headers={"X-CSRF-Token": lin.token}).status_code == 401
    sign_in.end_all(session, opened.person_id, now=clock.now())
    session.commit()
    assert send(lin, url, 2).status_code == 401
    assert stored(session) == 1


def test_a_remembered_person_whose_sign_in_another_process_ended_saves_nothing(lin, opened, session, flask_is_asked):
    """What another node ends is not forgotten here: the answer's own statement sees it."""
    url = f"/api/attempts/{opened.id}/answers"
    assert send(lin, url).status_code == 200
    assert flask_is_asked == []
    session.execute(update(SignIn).values(ended_at=clock.now()))
    session.commit()
    assert send(lin, url, 2).status_code == 401
    assert flask_is_asked == [url]
    assert stored(session) == 1


def test_a_principal_is_lent_out_for_seconds_where_others_may_end_its_sign_in(lin, opened, session, site):
    token = lin.client.get_cookie(COOKIE).value
    kept = PrincipalCache(active=False)
    now = clock.now()
    principal = kept.load(session, token, now)
    assert kept.find(token, now) is None
    assert kept.find(token, now + RECHECKED_FOR, rechecked=True) is principal
    assert kept.find(token, now + 2 * RECHECKED_FOR, rechecked=True) is None


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


# --- the first lease


def ask_lease(browser, url, lease, headers=(), *, take_over=False):
    sent = {
        "X-CSRF-Token": browser.token,
        "Content-Type": "application/json",
        "User-Agent": "暗号".encode().decode("latin-1"),
    }
    body = json.dumps({"lease": lease, "take_over": take_over})
    return browser.client.post(url, data=body, headers={**sent, **dict(headers)})


@pytest.fixture
def unleased(session, paper, cast):
    attempt = services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=8, now=clock.now()
    )
    session.commit()
    return attempt


def holder(session, attempt):
    return session.scalar(select(Attempt.lease).where(Attempt.id == attempt.id))


def sittings(session, attempt):
    rows = select(AttemptSitting.lease, AttemptSitting.address, AttemptSitting.device)
    return [tuple(row) for row in session.execute(rows.where(AttemptSitting.attempt_id == attempt.id))]


def test_the_first_lease_goes_the_short_way_and_is_noted_as_on_the_whole_way(lin, unleased, session, flask_is_asked):
    url = f"/api/attempts/{unleased.id}/lease"
    short = ask_lease(lin, url, LEASE)
    assert flask_is_asked == []
    assert holder(session, unleased) == LEASE
    noted = sittings(session, unleased)
    assert ask_lease(lin, url, LEASE).status_code == 200, "a repeat is harmless"
    assert flask_is_asked == []
    whole = ask_lease(lin, url, LEASE, {"Content-Type": "application/json; charset=utf-8"})
    assert flask_is_asked == [url]
    assert whole.get_json() == short.get_json()
    assert sittings(session, unleased) == noted
    assert [row[:2] for row in noted] == [(LEASE, "127.0.0.1")]


def test_another_device_is_refused_or_takes_over_on_the_whole_way(lin, unleased, session, flask_is_asked):
    url = f"/api/attempts/{unleased.id}/lease"
    ask_lease(lin, url, LEASE)
    refused = ask_lease(lin, url, "lease-of-another-phone")
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "lease")
    assert holder(session, unleased) == LEASE
    assert ask_lease(lin, url, "lease-of-another-phone", take_over=True).status_code == 200
    assert flask_is_asked == [url, url]
    assert holder(session, unleased) == "lease-of-another-phone"


def test_a_lease_with_an_operation_id_is_answered_from_the_first_answer(lin, unleased, session, flask_is_asked):
    url, named = f"/api/attempts/{unleased.id}/lease", {"X-Operation-Id": "a" * 32}
    first = ask_lease(lin, url, LEASE, named, take_over=True)
    assert ask_lease(lin, url, "lease-of-another-phone", take_over=True).status_code == 200
    assert ask_lease(lin, url, LEASE, named, take_over=True).get_json() == first.get_json()
    assert flask_is_asked == [url] * 3
    assert holder(session, unleased) == "lease-of-another-phone", "a repeat takes nothing back"


def test_a_lease_of_somebody_elses_attempt_or_a_wrong_token_is_nothing(lin, web, unleased, session, flask_is_asked):
    url = f"/api/attempts/{unleased.id}/lease"
    bo = web.as_("bo")
    bo.client.get("/")
    bo.remember_token()
    assert ask_lease(bo, url, LEASE).status_code == 404
    assert ask_lease(lin, url, "short").status_code == 422
    assert ask_lease(lin, f"/api/attempts/{10**6}/lease", LEASE).status_code == 404
    assert ask_lease(lin, url, LEASE, {"X-CSRF-Token": "0" * 64}).status_code == 400
    assert holder(session, unleased) is None
    assert sittings(session, unleased) == []


def test_a_subject_that_asks_for_a_place_is_leased_on_the_whole_way(lin, unleased, session, cast, flask_is_asked):
    subject = services.Subject(Purpose.PRACTICE, 8)
    asked = {"minimum_seconds": 0, "networks": ["10.9.0.0/16"], "is_one_per_address": False}
    set_policy(session, subject, **asked, by_id=cast.hua.id, now=clock.now())
    session.commit()
    url = f"/api/attempts/{unleased.id}/lease"
    assert ask_lease(lin, url, LEASE).status_code == 403
    assert flask_is_asked == [url]
    assert holder(session, unleased) is None
