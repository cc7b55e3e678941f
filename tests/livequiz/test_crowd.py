"""Two thousand phones in one question: all answers are there, once; standings and results of everybody. Prints what it cost (`-s`)."""

import json
import secrets
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, insert, select

from lms.clock import to_ms
from lms.contests.models import RoundEntry
from lms.livequiz import services, standing_queries
from lms.livequiz.models import LiveAnswer
from lms.people.guard import COOKIE, token_of
from lms.people.models import Person, SignIn
from lms.people.principal import token_hash

PHONES, THREADS = 2000, 8

pytestmark = pytest.mark.slow


def crowd(live, cast, unit) -> list[tuple[int, str]]:
    """(person, token of the sign-in) of so many people with lin's unit and branch, who have joined."""
    like = {c.key: getattr(cast.lin, c.key) for c in Person.__table__.columns if c.key != "id"}
    rows = [like | {"staff_no": f"crowd{n}", "name": f"学员{n}"} for n in range(PHONES)]
    ids = list(live.session.scalars(insert(Person).returning(Person.id, sort_by_parameter_order=True), rows))
    tokens = [secrets.token_urlsafe(32) for _ in ids]
    ends = live.now + timedelta(hours=8)
    signed = [
        {
            "person_id": id, "token_hash": token_hash(token), "device": "test", "started_at": live.now, "expires_at": ends,
        }
        for id, token in zip(ids, tokens, strict=True)
    ]  # fmt: skip
    live.session.execute(insert(SignIn), signed)
    entry = {"round_id": live.quiz.round_id, "unit_id": unit.id, "is_ranked": True, "entered_at": live.now}
    live.session.execute(insert(RoundEntry), [entry | {"person_id": id} for id in ids])
    live.session.commit()
    return list(zip(ids, tokens, strict=True))


class Cost:
    """CPU milliseconds of this process per request, and requests in a second, while `work` runs over `items` in THREADS threads."""

    def __init__(self, name: str, work, items) -> None:
        shares = [items[n::THREADS] for n in range(THREADS)]
        threads = [threading.Thread(target=lambda share=share: [work(one) for one in share]) for share in shares]
        cpu, began = time.process_time(), time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        spent = 1000 * (time.process_time() - cpu) / len(items)
        print(f"\n{name}: {spent:.2f} ms CPU each, {len(items) / took:.0f}/s")


def test_two_thousand_phones_answer_one_question(app, session, live, cast, north):
    with time_machine.travel(live.now, tick=False):
        _all_of_it(app, session, live, cast, north)


def _all_of_it(app, session, live, cast, north):
    people = crowd(live, cast, north)
    live.now -= timedelta(seconds=5)
    live.ask()
    live.now += timedelta(seconds=1)
    session.commit()
    turn, key, keys = live.state.turn, live.key, app.extensions["keys"]
    base, taken, problems = f"/livequiz/{live.quiz_id}", [], []

    def send(one):
        _, token = one
        client = app.test_client(use_cookies=False)
        answer = client.post(
            f"{base}/answers", data=json.dumps({"turn": turn, "choice": key}), content_type="application/json",
            headers={"X-CSRF-Token": token_of(keys, token), "Cookie": f"{COOKIE}={token}"},
        )  # fmt: skip
        (taken if answer.status_code == 200 else problems).append(answer.status_code)

    Cost("answer", send, people)
    assert (len(taken), problems[:5]) == (PHONES, [])
    assert session.scalar(select(func.count()).select_from(LiveAnswer)) == PHONES
    state = f"/live/quiz/{live.quiz.live_key}/state"
    tag = app.test_client().get(state).headers["ETag"]

    def look(number):
        assert app.test_client(use_cookies=False).get(state, headers={"If-None-Match": tag}).status_code == 304

    Cost("poll", look, list(range(PHONES)))
    live.now += timedelta(seconds=32)
    began = time.process_time()
    live.step("revealed")
    found = standing_queries.standings_of(session, live.running)
    print(f"reveal with standings: {1000 * (time.process_time() - began):.0f} ms CPU")
    assert (len(found.totals), len(found.places)) == (PHONES, PHONES)
    session.commit()

    def ask_mine(one):
        _, token = one
        answer = app.test_client(use_cookies=False).get(f"{base}/mine", headers={"Cookie": f"{COOKIE}={token}"})
        assert answer.get_json()["score_millis"] == 10_000

    Cost("own standing", ask_mine, people[:500])
    live.step("finished")
    began, longest = time.process_time(), 0.0
    while True:
        slice_began = time.perf_counter()
        more = services.record_some(session, live.running, now=live.now)
        session.commit()
        longest = max(longest, time.perf_counter() - slice_began)
        if not more:
            break
    spent = time.process_time() - began
    print(f"results: {spent:.1f} s CPU, longest transaction {1000 * longest:.0f} ms")
    assert len(live.places()) == PHONES
    assert to_ms(live.quiz.finished_at) == to_ms(live.now)
