"""Published faults of other exam software, each as something that cannot happen here.

Those that other tests show already carry their id there; this file holds the rest.
"""

import re

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.errors import LmsError
from lms.quizzes import key_queries, services
from lms.quizzes.models import Answer, Attempt, AttemptLeave, CurrentAnswer
from lms.quizzes.rules import GRACE, Purpose, State
from tests.quizzes.conftest import LEASE, NINE, nothing_follows, seconds
from tests.quizzes.test_services import together

IDS = [f"B{n:02}" for n in range(1, 12)] + ["B22"]
SUBJECT = 7


@pytest.fixture
def opened(session, paper, cast):
    """lin's attempt, open now, with this device's lease."""
    attempt = services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=SUBJECT, now=clock.now()
    )
    services.take_lease(session, attempt, lease=LEASE, take_over=True, now=clock.now())
    session.commit()
    return attempt


@pytest.fixture
def lin(web):
    return web.as_("lin")


def answer(position=1, choice=(0,), sequence=1, **more):
    return {"item": position, "sequence": sequence, "choice": list(choice), "lease": LEASE, **more}


def test_every_published_fault_that_touches_exams_has_a_test_that_names_it(repository):
    named = set()
    for path in (repository / "tests").rglob("test_*.py"):
        for line in re.findall(r'def test_[^"#]*?:\n +"""(.*)|^"""(.*)|^# (.*)', path.read_text("utf-8"), re.M):
            named |= set(re.findall(r"\bB\d\d\b", " ".join(line)))
    assert set(IDS) <= named, set(IDS) - named


# --- B06: one transport lets through what the other refuses


def by_script(browser, attempt, verb):
    url = f"/api/attempts/{attempt.id}"
    bodies = {
        "answer": ("answers", answer(sequence=9)),
        "submit": ("submission", {}),
        "lease": ("lease", {"lease": LEASE}),
    }
    path, body = bodies[verb]
    return browser.client.post(f"{url}/{path}", json=body, headers={"X-CSRF-Token": browser.token})


def by_form(browser, attempt, verb):
    fields = {"csrf_token": browser.token, "q1": "0", "take_over": "1"}
    path = "submission" if verb == "submit" else "answers"
    return browser.client.post(f"/attempts/{attempt.id}/{path}", data=fields)


@pytest.mark.parametrize("state", ["over", "submitted", "closed"])
@pytest.mark.parametrize(
    ("ask", "verb"), [(by_script, "answer"), (by_script, "submit"), (by_script, "lease"), (by_form, "answer"), (by_form, "submit")]
)  # fmt: skip
def test_whatever_the_transport_an_attempt_that_is_over_is_written_no_more(
    web, session, make_session, opened, ask, verb, state
):
    """B06, B01: Moodle's pages kept the order of a quiz, its web services did not."""
    lin = web.as_("lin")
    lin.remember_token()
    if state == "submitted":
        services.submit(session, opened, settle=nothing_follows, now=clock.now())
    else:
        opened.deadline_at = clock.now() - GRACE - seconds(1)
    session.commit()
    if state == "closed":
        assert services.close_due(make_session, nothing_follows, clock.now()) == 1
    session.expire_all()
    before = (opened.state, opened.submitted_at, opened.score_millis, opened.lease)
    status = ask(lin, opened, verb).status_code
    session.expire_all()
    assert (opened.state, opened.submitted_at, opened.score_millis, opened.lease) == before
    assert session.scalar(select(func.count()).select_from(Answer).where(Answer.is_counted)) == 0
    assert session.scalar(select(func.count()).select_from(CurrentAnswer)) == 0
    assert status in (200, 303, 409)
    late_answer = ask is by_script and verb == "answer" and state != "submitted"
    repeated = state == "submitted" and verb == "submit" and ask is by_script
    assert (status == 200) is (late_answer or repeated)


def test_a_start_is_a_state_of_the_server_and_no_parameter(lin, session, opened):
    """B01: Moodle's timer began with a parameter that could be left out."""
    before = opened.deadline_at
    for body in ({"purpose": "practice", "subject_id": SUBJECT, "begin": False}, {"begin": 0}, {"deadline_at": None}):
        lin.call("/api/attempts", body, 422)
    lin.get(f"/attempts/{opened.id}?begin=0&duration=0")
    session.expire_all()
    assert opened.deadline_at == before


# --- PEERS 2c


def test_xzs_no_key_is_in_what_a_candidate_is_sent_before_answering(lin, session, opened):
    """PEERS 2c xzs: the answer key and the analysis went to the browser with the questions."""
    sent = lin.get(f"/attempts/{opened.id}").text + lin.client.get(f"/api/attempts/{opened.id}").text
    assert "水田属于耕地" not in sent
    assert not re.search(r'"(key|correct|analysis|explanation|fraction)"|data-(key|correct)', sent)


def test_xzs_nobody_grades_their_own_paper(lin, session, opened):
    """PEERS 2c xzs: a student could read any paper and post its score."""
    lin.call(f"/api/attempts/{opened.id}/answers", answer(choice=[1], score=100), 422)
    lin.call(f"/api/attempts/{opened.id}/submission", {"score_millis": 100_000}, 422)
    lin.get("/office/marking", 403)
    lin.post(f"/office/marking/{opened.paper_id}/{opened.id}/1", {"score": "100"}, 403)
    lin.call(f"/api/attempts/{opened.id}/answers", answer(choice=[1]))
    lin.call(f"/api/attempts/{opened.id}/submission", {})
    session.expire_all()
    assert opened.score_millis == 0


def test_xzs_the_time_used_is_the_server_s(lin, session, start, opened):
    """PEERS 2c xzs: `doTime` came from the browser, and what was answered went with the tab."""
    lin.call(f"/api/attempts/{opened.id}/submission", {"seconds_used": 1}, 422)
    lin.call(f"/api/attempts/{opened.id}/answers", answer())
    again = lin.client.get(f"/api/attempts/{opened.id}").get_json()  # the tab was closed and opened again
    assert again["questions"][0]["choice"] == [0]
    begun = start()
    services.submit(session, begun, settle=nothing_follows, now=NINE + seconds(83))
    assert begun.seconds_used == 83


def test_frappe_the_same_question_many_times_earns_its_points_once(session, start, save):
    """PEERS 2c Frappe: each repetition of a question in the results added its marks."""
    attempt = start()
    for _ in range(5):
        save(attempt, 1, [0])
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
    assert attempt.score_millis == 25_000
    assert len(key_queries.list_to_grade(session, attempt.id)) == 4


def test_frappe_leaving_the_page_hands_nothing_in(lin, session, opened):
    """PEERS 2c Frappe: leaving the page submitted the quiz, and answers were kept under its title."""
    left = {"leaves": [{"id": "0123456789ab", "seconds_ago": 1, "away_seconds": None}]}
    lin.client.post(f"/api/attempts/{opened.id}/leaves", json=left, headers={"X-CSRF-Token": lin.csrf_token()})
    lin.get("/")
    session.expire_all()
    assert opened.state is State.OPEN
    assert session.scalar(select(func.count()).select_from(AttemptLeave)) == 0  # practice is nobody's business


def test_now_lms_an_attempt_is_a_row_with_its_deadline_before_anything_is_answered(session, start, make_session, save):
    """PEERS 2c NOW-LMS: the attempt came into being with its submission, and `was_late` was never used."""
    attempt = start()
    with make_session() as other:
        kept = other.get_one(Attempt, attempt.id)
        assert (kept.state, kept.deadline_at) == (State.OPEN, NINE + seconds(600))
    assert not save(attempt, 1, [0], now=NINE + seconds(661)).is_counted
    with make_session() as other:
        assert [row.is_counted for row in other.scalars(select(Answer))] == [False]


def test_yf_exam_nobody_else_hands_a_paper_in_and_nobody_at_any_time(web, session, opened):
    """PEERS 2c yf-exam: anyone with a paper's id could hand it in, whenever."""
    for name in ("bo", "dana", "ada", "hua", "sun"):
        browser = web.as_(name)
        browser.call(f"/api/attempts/{opened.id}/submission", {}, 404)
        browser.post(f"/attempts/{opened.id}/submission", status=404)
    opened.deadline_at = clock.now() - GRACE - seconds(1)
    session.commit()
    web.as_("lin").call(f"/api/attempts/{opened.id}/submission", {}, 409)
    session.expire_all()
    assert opened.state is State.OPEN


def test_classquiz_answers_that_arrive_together_are_all_there(session, start, save):
    """PEERS 2c ClassQuiz: whoever wrote last overwrote the others' answers."""
    attempt = start()
    together(12, lambda n: save(attempt, n % 4 + 1, [0] if n % 4 != 3 else ["国家", "集体"], sequence=n // 4 + 1))
    journal = session.execute(select(Answer.position, func.count()).group_by(Answer.position)).all()
    assert sorted(tuple(row) for row in journal) == [(1, 3), (2, 3), (3, 3), (4, 3)]
    assert set(session.scalars(select(CurrentAnswer.sequence))) == {3}


def test_ctfd_a_score_that_is_not_released_is_told_by_no_other_address(lin, session, paper, opened):
    """PEERS 2c CTFd, B05: scores that were frozen on one page stood on another."""
    paper.is_released_by_hand = True
    session.commit()
    lin.call(f"/api/attempts/{opened.id}/answers", answer(position=2, choice=[0, 3]))
    told = [lin.call(f"/api/attempts/{opened.id}/submission", {})]
    told += lin.client.get("/api/results").get_json()["results"]
    assert [each["score_millis"] for each in told] == [None, None]
    pages = "".join(lin.client.get(url).text for url in (f"/attempts/{opened.id}/review", "/", "/practice", "/hours"))
    assert "12.5 分" not in pages
    paper.released_at = clock.now() - seconds(1)
    session.commit()
    assert lin.client.get("/api/results").get_json()["results"][0]["score_millis"] == 12_500
    assert "12.5 分" in lin.get(f"/attempts/{opened.id}/review").text


def test_a_refused_lease_after_the_time_says_so(session, start):
    """B01: the reopened tab is told that the time is over, and takes nothing from the device that had the attempt."""
    attempt = start()
    with pytest.raises(LmsError) as refused:
        services.take_lease(session, attempt, lease="lease-of-the-office-pc", take_over=True, now=NINE + seconds(661))
    assert refused.value.reason == "time"
    session.refresh(attempt)
    assert attempt.lease == LEASE
