"""The JSON interface as the exam page and other clients use it."""

import json

import pytest
from sqlalchemy import func, select

from lms import clock, outcomes
from lms.people.services import sign_in
from lms.quizzes import services
from lms.quizzes.models import Answer, Attempt
from lms.quizzes.rules import GRACE, Purpose, State
from tests.quizzes.conftest import seconds
from tests.quizzes.test_services import together

LEASE = "lease-of-lins-own-phone"


@pytest.fixture
def opened(session, paper, cast):
    """lin's attempt, open now."""
    attempt = services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=7, now=clock.now()
    )
    session.commit()
    return attempt


@pytest.fixture
def lin(web, opened):
    browser = web.as_("lin")
    browser.call(f"/api/attempts/{opened.id}/lease", {"lease": LEASE})
    return browser


def answer(position=1, choice=(0,), sequence=1, **more):
    return {"item": position, "sequence": sequence, "choice": list(choice), "lease": LEASE, **more}


def test_starting_goes_through_the_table_of_purposes(web, session, paper, cast, monkeypatch):
    def begin(session, person, subject_id, now):
        return services.start_attempt(
            session, paper, person_id=person.id, purpose=Purpose.COURSE, subject_id=subject_id, now=now
        )

    monkeypatch.setattr(outcomes, "BEGIN_BY_PURPOSE", {"course": begin})
    lin = web.as_("lin")
    first = lin.call("/api/attempts", {"purpose": "course", "subject_id": 7})
    assert first["seconds_left"] == 600
    assert first["url"] == f"/attempts/{first['attempt_id']}"
    assert lin.call("/api/attempts", {"purpose": "course", "subject_id": 7})["attempt_id"] == first["attempt_id"]
    lin.call("/api/attempts", {"purpose": "class", "subject_id": 7}, 404)
    lin.call("/api/attempts", {"purpose": "gift", "subject_id": 7}, 422)


def test_an_attempt_is_read_answered_and_submitted(lin, session, opened):
    read = lin.client.get(f"/api/attempts/{opened.id}").get_json()
    assert read["questions"][0]["options"] == [
        {"number": 0, "text": "水田"},
        {"number": 1, "text": "林地"},
        {"number": 2, "text": "草地"},
    ]
    saved = lin.call(f"/api/attempts/{opened.id}/answers", answer())
    assert (saved["saved"], saved["counted"]) == (True, True)
    assert 595 <= saved["seconds_left"] <= 600
    assert lin.client.get(f"/api/attempts/{opened.id}").get_json()["questions"][0]["choice"] == [0]
    done = lin.call(f"/api/attempts/{opened.id}/submission", {})
    assert (done["score_millis"], done["max_millis"]) == (25_000, 100_000)
    assert lin.call(f"/api/attempts/{opened.id}/submission", {}) == done


def test_refusals_carry_a_reason_for_scripts(lin, opened):
    url = f"/api/attempts/{opened.id}"
    lin.call(f"{url}/answers", answer())
    assert lin.call(f"{url}/answers", answer(choice=[1]), 409)["reason"] == "sequence"
    assert lin.call(f"{url}/answers", answer(sequence=2, lease="another-device-1234"), 409)["reason"] == "lease"
    assert lin.call(f"{url}/lease", {"lease": "another-device-1234"}, 409)["reason"] == "lease"
    lin.call(f"{url}/lease", {"lease": "another-device-1234", "take_over": True})
    assert lin.call(f"{url}/answers", answer(sequence=2), 409)["reason"] == "lease"
    lin.call(f"{url}/submission", {})
    assert lin.call(f"{url}/answers", answer(sequence=3), 409)["reason"] == "ended"


@pytest.mark.parametrize(
    "body",
    [
        answer(score=100), answer(key=[0]), answer(fraction=1000), {"item": 1}, answer(position="1"), answer(sequence=2**31),
        answer(sequence=0), answer(sequence=1.5), answer(choice=[0] * 21), answer(choice=[99]), answer(choice=["\x00"]),
        answer(choice=["\ud800"]), answer(choice=["x" * 6001]), answer(choice=[[1]]), answer(choice=[True]), answer(lease="short"),
        answer(now="2020-01-01T00:00:00Z"), answer(person_id=1), [], None,
    ],
)  # fmt: skip
def test_unknown_fields_and_impossible_values_are_refused_and_stored_nowhere(lin, session, opened, body):
    """B04."""
    headers = {"X-CSRF-Token": lin.csrf_token(), "Content-Type": "application/json"}
    answered = lin.client.post(f"/api/attempts/{opened.id}/answers", data=json.dumps(body), headers=headers)
    assert answered.status_code in (400, 404, 422)
    assert session.scalar(select(func.count()).select_from(Answer)) == 0


@pytest.mark.parametrize("item", [0, 5, -1, 10**30])
def test_an_item_that_is_not_in_the_attempt_is_not_found(lin, opened, item):
    """B10."""
    lin.call(f"/api/attempts/{opened.id}/answers", answer(position=item), 404)


@pytest.mark.parametrize("verb", ["answers", "lease", "submission"])
def test_no_verb_reaches_somebody_elses_attempt(web, opened, verb):
    """B07: the same verbs succeed for lin below, so it is the owner check that refuses."""
    bodies = {"answers": answer(), "lease": {"lease": LEASE}, "submission": {}}
    for name in ("bo", "dana", "hua"):
        web.as_(name).call(f"/api/attempts/{opened.id}/{verb}", bodies[verb], 404)
    lin = web.as_("lin")
    lin.call(f"/api/attempts/{opened.id}/lease", {"lease": LEASE})
    lin.call(f"/api/attempts/{opened.id}/{verb}", bodies[verb])


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("verb", ["answers", "lease", "submission"])
def test_forged_requests_change_nothing(lin, session, opened, verb, content_type):
    """B22: neither without the token, nor as a form another site could send, nor by GET."""
    url = f"/api/attempts/{opened.id}/{verb}"
    body = '{"item":1,"sequence":1,"choice":[0],"lease":"' + LEASE + '"}'
    assert lin.client.post(url, data=body, content_type="application/json").status_code == 400
    assert lin.client.post(url, data=body, content_type=content_type).status_code == 400
    with_token = lin.client.post(url, data=body, content_type=content_type, headers={"X-CSRF-Token": lin.csrf_token()})
    assert with_token.status_code == 400
    assert lin.client.get(url).status_code == 405
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Answer)) == 0
    assert session.get_one(Attempt, opened.id).state is State.OPEN


def test_after_deadline_and_grace_an_answer_is_kept_as_late_and_every_other_verb_is_refused(lin, session, opened):
    """B01, R12."""
    url = f"/api/attempts/{opened.id}"
    lin.call(f"{url}/answers", answer(choice=[1]))
    opened.deadline_at = clock.now() - GRACE - seconds(1)
    session.commit()
    assert lin.call(f"{url}/answers", answer(sequence=2)) == {"saved": True, "counted": False, "seconds_left": 0}
    assert lin.call(f"{url}/answers", answer(sequence=2)) == {"saved": True, "counted": False, "seconds_left": 0}
    assert lin.call(f"{url}/submission", {}, 409)["reason"] == "time"
    assert session.scalar(select(func.count()).select_from(Answer)) == 2


def test_the_devices_clock_plays_no_part(lin, opened):
    """B02, R13: whatever time a request claims, only the server's counts."""
    headers = {"X-CSRF-Token": lin.csrf_token(), "Date": "Thu, 01 Jan 1970 00:00:00 GMT", "X-Client-Time": "0"}
    saved = lin.client.post(f"/api/attempts/{opened.id}/answers", json=answer(), headers=headers).get_json()
    assert saved["counted"]
    assert saved["seconds_left"] > 590


def test_a_session_that_was_ended_elsewhere_saves_nothing(lin, session, opened, cast):
    sign_in.end_all(session, cast.lin.id, now=clock.now())
    session.commit()
    headers = {"X-CSRF-Token": "0" * 64}
    assert lin.client.post(f"/api/attempts/{opened.id}/answers", json=answer(), headers=headers).status_code in (
        400,
        401,
    )
    assert session.scalar(select(func.count()).select_from(Answer)) == 0


def test_fifty_parallel_repeats_over_http_are_one_effect_and_one_body(app, lin, session, opened):
    """R05."""
    token, cookies = lin.csrf_token(), {c.key: c.value for c in lin.client._cookies.values()}
    address = f"/api/attempts/{opened.id}/answers"  # read before the threads share the session

    def send(_):
        client = app.test_client()
        for key, value in cookies.items():
            client.set_cookie(key, value, domain="localhost")
        reply = client.post(address, json=answer(), headers={"X-CSRF-Token": token})
        body = reply.get_json()
        return reply.status_code, body["saved"], body["counted"]

    assert set(together(20, send)) == {(200, True, True)}
    assert session.scalar(select(func.count()).select_from(Answer)) == 1


def test_the_interface_is_described(web):
    paths = web.get("/api/openapi.json").get_json()["paths"]
    for path in (
        "/api/attempts",
        "/api/attempts/{attempt_id}",
        "/api/attempts/{attempt_id}/answers",
        "/api/attempts/{attempt_id}/submission",
        "/api/attempts/{attempt_id}/lease",
    ):
        assert path in paths
