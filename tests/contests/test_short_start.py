"""A start, its exam page and its submission without Flask: the same effect and the same words as on the whole way, or the whole way."""

import json
import re
import threading
from random import Random

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import func, select, update

from lms import clock
from lms.contests.models import Round, RoundEntry
from lms.people.models import SignIn
from lms.people.principal import CACHE
from lms.quizzes import services
from lms.quizzes.models import Attempt, AttemptItem, Paper
from lms.quizzes.rules import Purpose, State
from lms.quizzes.services.invigilation import set_policy
from lms.web.operations import Operation
from tests.contests.conftest import HOUR

LEASE = "lease-of-lins-own-phone"


@pytest.fixture
def ready(session, running):
    """Sheets lie ready for the round."""
    round_ = running.round
    paper = session.get_one(Paper, round_.paper_id)
    subject = {"purpose": Purpose.CONTEST, "subject_id": round_.id}
    services.prepare_sheets(session, paper, **subject, count=12, now=running.now, rng=Random(1))
    session.commit()
    return round_.id


@pytest.fixture
def flask_is_asked(site, monkeypatch):
    """The addresses that went the whole way."""
    asked, whole_way = [], site.wsgi_app._whole_way

    def told(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return whole_way(environ, start_response)

    monkeypatch.setattr(site.wsgi_app, "_whole_way", told)
    return asked


@pytest.fixture
def lin(web):
    browser = web.as_("lin")
    browser.client.get("/contests")
    browser.remember_token()
    return browser


def ask(browser, url, body, operation=None, **headers):
    sent = {"X-CSRF-Token": browser.token, "Content-Type": "application/json", **headers}
    if operation:
        sent["X-Operation-Id"] = operation
    return browser.client.post(url, data=json.dumps(body), headers=sent)


def start(browser, round_id, operation=None, **headers):
    return ask(browser, "/api/attempts", {"purpose": "contest", "subject_id": round_id}, operation, **headers)


def press(browser, round_id, operation, token=None):
    """The button of the contest page."""
    form = {"csrf_token": token or browser.token, "operation_id": operation}
    return browser.client.post(f"/contests/rounds/{round_id}/attempts", data=form)


def count(session, model):
    session.expire_all()
    return session.scalar(select(func.count()).select_from(model))


def headers_of(reply):
    return sorted((name, value) for name, value in reply.headers if name not in ("X-Request-Id", "Content-Length"))


def test_a_start_goes_the_short_way_and_is_what_the_whole_way_makes_of_it(lin, web, ready, session, flask_is_asked):
    short = start(lin, ready, "a" * 32)
    assert flask_is_asked == []
    attempt = session.scalars(select(Attempt)).one()
    assert (attempt.state, attempt.number) == (State.OPEN, 1)
    assert short.get_json()["attempt_id"] == attempt.id
    assert short.get_json()["url"] == f"/attempts/{attempt.id}"
    assert count(session, AttemptItem) == 10
    assert count(session, RoundEntry) == 1
    bo = web.as_("bo")
    bo.client.get("/contests")
    bo.remember_token()
    flask_is_asked.clear()
    whole = start(bo, ready, "b" * 32, **{"Content-Type": "application/json; charset=utf-8"})
    assert flask_is_asked == ["/api/attempts"]
    assert whole.get_json().keys() == short.get_json().keys()
    assert headers_of(whole) == headers_of(short)
    kept = session.scalars(select(Operation).order_by(Operation.id)).all()
    assert [(one.route, one.status, one.mimetype) for one in kept] == [("/api/attempts", 200, "application/json")] * 2


def test_a_remembered_person_whose_sign_in_another_process_ended_starts_nothing(
    lin, ready, session, flask_is_asked, monkeypatch
):
    monkeypatch.setattr(CACHE, "_active", False)  # as where several processes share the database
    session.execute(update(SignIn).values(ended_at=clock.now()))
    session.commit()
    assert start(lin, ready, "a" * 32).status_code == 401
    assert flask_is_asked == ["/api/attempts"]
    assert count(session, Attempt) == 0


def test_a_repeat_is_answered_from_the_first_answer_and_another_body_is_refused(lin, ready, session, flask_is_asked):
    first = start(lin, ready, "a" * 32)
    assert flask_is_asked == []
    again = start(lin, ready, "a" * 32)
    assert flask_is_asked == ["/api/attempts"]
    assert again.get_data() == first.get_data()
    assert start(lin, ready + 1, "a" * 32).status_code == 409
    assert count(session, Attempt) == 1
    assert start(lin, ready, "c" * 32).get_json()["attempt_id"] == first.get_json()["attempt_id"]
    assert start(lin, ready).get_json()["attempt_id"] == first.get_json()["attempt_id"]
    assert count(session, Attempt) == 1


def test_the_button_leads_to_the_exam_on_both_ways_and_a_double_click_to_the_same(lin, ready, session, flask_is_asked):
    short = press(lin, ready, "a" * 32)
    assert flask_is_asked == []
    attempt = session.scalars(select(Attempt)).one()
    assert (short.status_code, short.headers["Location"]) == (303, f"/attempts/{attempt.id}")
    again = press(lin, ready, "a" * 32)
    assert (again.status_code, again.headers["Location"]) == (303, f"/attempts/{attempt.id}")
    assert flask_is_asked == [f"/contests/rounds/{ready}/attempts"]
    assert count(session, Attempt) == count(session, Operation) == 1
    whole = lin.client.post(
        f"/contests/rounds/{ready}/attempts", data={"csrf_token": lin.token, "operation_id": "b" * 32, "more": "1"}
    )
    assert (whole.status_code, whole.headers["Location"]) == (303, f"/attempts/{attempt.id}")
    assert headers_of(whole) == headers_of(short)


@pytest.mark.parametrize("token", ["0" * 64, "nothing", ""])
def test_the_button_without_the_pages_token_is_refused(lin, ready, session, flask_is_asked, token):
    form = {"csrf_token": token, "operation_id": "a" * 32}
    assert lin.client.post(f"/contests/rounds/{ready}/attempts", data=form).status_code == 400
    assert len(flask_is_asked) == 1
    assert count(session, Attempt) == count(session, Operation) == 0


def test_what_is_refused_leaves_nothing_behind_and_is_told_on_the_whole_way(
    lin, ready, session, running, cast, flask_is_asked
):
    set_policy(
        session, services.Subject(Purpose.CONTEST, ready), minimum_seconds=0, networks=["10.9.0.0/16"],
        is_one_per_address=False, by_id=cast.hua.id, now=running.now,
    )  # fmt: skip
    session.commit()
    assert start(lin, ready, "a" * 32).status_code == 403
    assert press(lin, ready, "b" * 32).status_code == 403
    assert start(lin, 10**6, "c" * 32).status_code == 404
    session.execute(update(Round).values(opens_at=running.now + HOUR / 2))
    session.commit()
    assert start(lin, ready, "d" * 32).status_code in (403, 409)
    assert len(flask_is_asked) == 4
    assert count(session, Attempt) == count(session, RoundEntry) == count(session, Operation) == 0
    assert services.count_prepared(session, purpose=Purpose.CONTEST, subject_id=ready) == 12


def test_a_start_that_has_to_draw_goes_the_whole_way(lin, running, session, flask_is_asked):
    session.commit()
    assert start(lin, running.round.id, "a" * 32).status_code == 200
    assert flask_is_asked == ["/api/attempts"]
    assert count(session, Attempt) == 1
    assert count(session, AttemptItem) == 10


def test_of_many_at_once_each_gets_one_attempt_and_one_that_is_refused_hinders_nobody(web, ready, session):
    names = ["lin", "bo", "dana", "chen", "mei"]
    browsers = []
    for name in names:
        browser = web.as_(name)
        browser.client.get("/contests")
        browser.remember_token()
        browsers.append(browser)
    heard = []

    def go(browser, n):
        wanted = ready if n % 5 else 10**6
        heard.append((wanted == ready, start(browser, wanted, f"{n:032x}").status_code))

    threads = [threading.Thread(target=go, args=(browsers[n % 5], n // 5 * 7 + n)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for is_there, status in heard if is_there} == {200}
    assert {status for is_there, status in heard if not is_there} == {404}
    attempts = session.scalars(select(Attempt)).all()
    assert len({attempt.person_id for attempt in attempts}) == len(attempts) == 5
    items = dict(session.execute(select(AttemptItem.attempt_id, func.count()).group_by(AttemptItem.attempt_id)).all())
    assert items == {attempt.id: 10 for attempt in attempts}
    assert count(session, RoundEntry) == 5


def test_the_exam_page_is_the_same_on_both_ways(lin, ready, session, flask_is_asked):
    url = start(lin, ready).get_json()["url"]
    first = lin.client.get(url).get_data(as_text=True)
    assert flask_is_asked == [url], "its parts are made within Flask"
    short = lin.client.get(url)
    assert flask_is_asked == [url]
    whole = lin.client.get(f"{url}?x=1")
    assert flask_is_asked == [url, url]
    assert short.status_code == whole.status_code == 200

    def plain(text):
        text = re.sub(r'name="operation_id" value="[0-9a-f]+"', "", text)
        return re.sub(r'data-seconds(-left)?="\d+"|\d\d:\d\d', "", text)

    assert plain(short.get_data(as_text=True)) == plain(whole.get_data(as_text=True)) == plain(first)
    assert headers_of(short) == headers_of(whole)


def test_the_exam_page_of_somebody_else_of_a_stranger_and_after_the_end(lin, web, ready, session, flask_is_asked):
    url = start(lin, ready).get_json()["url"]
    lin.client.get(url)
    bo = web.as_("bo")
    bo.client.get("/contests")
    flask_is_asked.clear()
    assert bo.client.get(url).status_code == 404
    with web.app.test_client() as stranger:
        assert stranger.get(url).status_code == 303
    lin.client.set_cookie("lms_flash", "anything")
    assert lin.client.get(url).status_code == 200
    assert flask_is_asked == [url] * 3, "a sentence may wait for who comes back"
    lin.client.delete_cookie("lms_flash")
    session.execute(update(Attempt).values(state=State.SUBMITTED))
    session.commit()
    assert lin.client.get(url).headers["Location"] == f"{url}/review"


def test_a_submission_goes_the_short_way_once(lin, ready, session, flask_is_asked):
    url = "/api" + start(lin, ready).get_json()["url"]
    ask(lin, f"{url}/lease", {"lease": LEASE})
    answer = {"item": 1, "sequence": 1, "choice": [0], "lease": LEASE}
    assert ask(lin, f"{url}/answers", answer).status_code == 200
    first = ask(lin, f"{url}/submission", {}, "a" * 32)
    assert flask_is_asked == []
    attempt = session.scalars(select(Attempt)).one()
    assert (attempt.state, attempt.score_millis is None) == (State.SUBMITTED, False)
    again = ask(lin, f"{url}/submission", {}, "a" * 32)
    assert again.get_data() == first.get_data()
    other = ask(lin, f"{url}/submission", {}, "b" * 32)
    assert other.get_json() == first.get_json()
    assert ask(lin, f"{url}/submission", {"score": 1}).status_code == 422
    assert ask(lin, f"/api/attempts/{10**6}/submission", {}).status_code == 404
    session.expire_all()
    assert session.scalars(select(Attempt)).one().submitted_at == attempt.submitted_at


@pytest.fixture
def round_trips(site, monkeypatch):
    """The round trips to PostgreSQL, one line each, whatever they hold."""
    if site.extensions["engine"].dialect.name == "sqlite":
        pytest.skip("there is no way to a file")
    asked, execute, commit = [], psycopg.Cursor.execute, psycopg.Connection.commit
    pipeline = psycopg.Connection.pipeline

    def opened(connection):
        asked.append("TOGETHER")
        return pipeline(connection)

    def told(cursor, query, *given, **more):
        statement = " ".join(str(query).split())
        if cursor.connection.pgconn.pipeline_status:
            asked[-1] += f"; {statement}"
            if statement == "COMMIT":
                asked.insert(0, "BEGIN")
        else:
            asked.append(statement)
        return execute(cursor, query, *given, **more)

    def told_commit(connection):
        if connection.info.transaction_status is not TransactionStatus.IDLE:
            asked.extend(("BEGIN", "COMMIT"))
        commit(connection)

    monkeypatch.setattr(psycopg.Cursor, "execute", told)
    monkeypatch.setattr(psycopg.Connection, "pipeline", opened)
    monkeypatch.setattr(psycopg.Connection, "commit", told_commit)
    return asked


def test_how_often_postgres_is_asked_from_a_start_to_its_submission(lin, web, ready, flask_is_asked, round_trips):
    def life(browser, lease):
        """What each request of an exam asked."""
        seen = {}

        def counted(name, send):
            round_trips.clear()
            reply = send()
            assert reply.status_code == 200
            seen[name] = list(round_trips)
            return reply

        url = counted("start", lambda: start(browser, ready, lease)).get_json()["url"]
        api = f"/api{url}"
        counted("page", lambda: browser.client.get(url))
        counted("lease", lambda: ask(browser, f"{api}/lease", {"lease": lease}))
        given = {"item": 1, "sequence": 1, "choice": [0], "lease": lease}
        counted("answer", lambda: ask(browser, f"{api}/answers", given))
        counted("submission", lambda: ask(browser, f"{api}/submission", {}, f"{lease}-in"))
        return seen

    bo = web.as_("bo")
    bo.client.get("/contests")
    bo.remember_token()
    life(bo, "b" * 32)  # keys and the parts of pages are known from here on
    flask_is_asked.clear()
    asked = life(lin, "a" * 32)
    assert flask_is_asked == []
    told = {name: len(statements) for name, statements in asked.items()}
    assert told == {"start": 4, "page": 3, "lease": 1, "answer": 1, "submission": 6}, json.dumps(asked, indent=1)
