"""The JSON interface of study, as the player uses it and as cheats try it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Beat, Lesson, LessonProgress, Viewing
from lms.courses.services import progress as progress_service
from lms.hours.models import HourEntry
from tests.courses import desk
from tests.support.web import Web


@pytest.fixture
def lesson(session: Session, cast: SimpleNamespace) -> Lesson:
    (made,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    session.commit()
    return made


def beat(sequence: int, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {
        "sequence": sequence, "from_millis": start, "to_millis": end, "speed_percent": 100, "has_input": True, **more
    }  # fmt: skip


def opened_earlier(session: Session, viewing_id: int, seconds: int) -> None:
    """As if the viewing had begun so long ago."""
    viewing = session.get_one(Viewing, viewing_id)
    viewing.opened_at -= timedelta(seconds=seconds)
    viewing.last_beat_at -= timedelta(seconds=min(seconds, 1100))
    session.commit()


def test_a_viewing_is_opened_with_where_to_go_on(web: Web, lesson: Lesson) -> None:
    reply = web.as_("lin").call("/api/viewings", {"lesson_id": lesson.id})
    assert reply.pop("viewing_id") > 0
    assert reply == {
        "position_millis": 0, "furthest_millis": 0, "spans": [], "beat_seconds": 15, "pages": [], "speed_percent": 100,
        "may_jump": False, "finished": False,
    }  # fmt: skip


def test_beats_are_kept_credited_and_the_finish_is_told_with_hours_in_the_ledger(
    web: Web, session: Session, lesson: Lesson
) -> None:
    lin = web.as_("lin")
    viewing_id = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    opened_earlier(session, viewing_id, 60)
    reply = lin.call(
        f"/api/viewings/{viewing_id}/beats", {"beats": [beat(n + 1, n * 15000, n * 15000 + 15000) for n in range(4)]}
    )
    assert reply == {
        "accepted_through": 4, "spans": [[0, 60000]], "pages": [], "finished": True, "ended": False, "message": "",
    }  # fmt: skip
    assert session.scalar(select(func.sum(HourEntry.quarters))) == 1
    assert progress_service.verify(session).holds


def test_two_devices_the_newest_wins_and_the_older_is_told(web: Web, lesson: Lesson) -> None:
    phone, computer = web.as_("lin"), web.as_("lin")
    old = phone.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    computer.call("/api/viewings", {"lesson_id": lesson.id})
    reply = phone.call(f"/api/viewings/{old}/beats", {"beats": [beat(1, 0, 15000)]})
    assert reply["ended"]
    assert "另一处" in reply["message"]


def test_somebody_elses_viewing_is_not_found(web: Web, session: Session, lesson: Lesson) -> None:
    mine = web.as_("lin").call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    web.as_("bo").call(f"/api/viewings/{mine}/beats", {"beats": [beat(1, 0, 15000)]}, status=404)
    web.as_("lin").call(f"/api/viewings/{mine + 99}/beats", {"beats": [beat(1, 0, 15000)]}, status=404)
    assert session.scalars(select(Beat)).all() == []


def test_a_lesson_outside_the_audience_or_unknown_cannot_be_opened(web: Web, lesson: Lesson) -> None:
    web.as_("lin").call("/api/viewings", {"lesson_id": 99999}, status=404)


def test_admins_without_study_are_refused(web: Web, lesson: Lesson) -> None:
    web.as_("sun").call("/api/viewings", {"lesson_id": lesson.id}, status=403)


def test_without_a_csrf_token_or_with_another_type_nothing_is_kept(web: Web, session: Session, lesson: Lesson) -> None:
    lin = web.as_("lin")
    url = f"/api/viewings/{lin.call('/api/viewings', {'lesson_id': lesson.id})['viewing_id']}/beats"
    body = {"beats": [beat(1, 0, 15000)]}
    assert lin.client.post(url, json=body).status_code == 400
    assert lin.client.post(url, json=body, headers={"X-CSRF-Token": "0" * 64}).status_code == 400
    token = {"X-CSRF-Token": lin.csrf_token()}
    assert lin.client.post(url, data="{}", content_type="text/plain", headers=token).status_code == 400
    assert lin.client.get(url).status_code == 405
    assert session.scalars(select(Beat)).all() == []


def test_strangers_get_401(web: Web, lesson: Lesson) -> None:
    assert web.client.post("/api/viewings", json={"lesson_id": lesson.id}).status_code == 401


BAD = {
    "posting finished": {"beats": [beat(1, 0, 1000, finished=True)]},
    "posting a time": {"beats": [beat(1, 0, 1000, received_at="2026-01-01T00:00:00Z")]},
    "posting a duration": {"beats": [beat(1, 0, 1000)], "duration": 3600},
    "a negative position": {"beats": [beat(1, -1, 1000)]},
    "a position beyond a day": {"beats": [beat(1, 0, 10**12)]},
    "sequence 0": {"beats": [beat(0, 0, 1000)]},
    "a sequence beyond every driver": {"beats": [beat(2**70, 0, 1000)]},
    "a thousand pages": {"beats": [beat(1, 0, 1000, pages=list(range(1, 1000)))]},
    "no beats": {"beats": []},
    "too many beats": {"beats": [beat(n, 0, 1) for n in range(1, 202)]},
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_a_beat_is_refused_and_earns_nothing(web: Web, session: Session, lesson: Lesson, name: str) -> None:
    lin = web.as_("lin")
    viewing_id = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    lin.call(f"/api/viewings/{viewing_id}/beats", BAD[name], status=422)
    assert session.scalars(select(Beat)).all() == []


def test_forged_coverage_of_the_whole_video_earns_seconds_only(web: Web, session: Session, lesson: Lesson) -> None:
    """B13: replaying the progress interface with chosen parameters."""
    lin = web.as_("lin")
    viewing_id = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    reply = lin.call(f"/api/viewings/{viewing_id}/beats", {"beats": [beat(1, 0, 60000)]})
    assert not reply["finished"]
    assert reply["spans"][0][1] < 10_000
    assert session.scalars(select(HourEntry)).all() == []


def test_b12_replaying_a_finished_lesson_credits_nothing_more(web: Web, session: Session, lesson: Lesson) -> None:
    lin = web.as_("lin")
    for _ in range(2):
        viewing_id = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
        opened_earlier(session, viewing_id, 60)
        beats = [beat(n + 1, n * 15000, n * 15000 + 15000) for n in range(4)]
        assert lin.call(f"/api/viewings/{viewing_id}/beats", {"beats": beats})["finished"]
    assert session.scalar(select(func.sum(HourEntry.quarters))) == 1


def in_parallel(count: int, do: Any) -> list[Any]:
    with ThreadPoolExecutor(max_workers=12) as pool:
        return list(pool.map(do, range(count)))


def test_r05_fifty_parallel_repeats_of_the_last_beat_credit_once(web: Web, session: Session, lesson: Lesson) -> None:
    lin = web.as_("lin")
    viewing_id = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    opened_earlier(session, viewing_id, 60)
    token, cookie = lin.csrf_token(), lin.client.get_cookie("lms_session", domain="localhost")
    assert cookie is not None
    body = {"beats": [beat(n + 1, n * 15000, n * 15000 + 15000) for n in range(4)]}

    def send(_: int) -> tuple[int, Any]:
        client = lin.app.test_client()
        client.set_cookie("lms_session", cookie.value, domain="localhost")
        answer = client.post(f"/api/viewings/{viewing_id}/beats", json=body, headers={"X-CSRF-Token": token})
        return answer.status_code, answer.get_json()

    answers = in_parallel(50, send)
    assert [status for status, _ in answers] == [200] * 50
    assert all(reply == answers[0][1] for _, reply in answers)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Beat)) == 4
    assert session.scalar(select(func.sum(HourEntry.quarters))) == 1
    assert progress_service.verify(session).holds


def test_r05_fifty_parallel_openings_leave_one_open_viewing(web: Web, session: Session, lesson: Lesson) -> None:
    lin = web.as_("lin")
    token, cookie = lin.csrf_token(), lin.client.get_cookie("lms_session", domain="localhost")
    assert cookie is not None

    def send(_: int) -> int:
        client = lin.app.test_client()
        client.set_cookie("lms_session", cookie.value, domain="localhost")
        return client.post("/api/viewings", json={"lesson_id": lesson.id}, headers={"X-CSRF-Token": token}).status_code

    assert in_parallel(50, send) == [200] * 50
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Viewing).where(Viewing.ended_at.is_(None))) == 1
    assert session.scalar(select(func.count()).select_from(LessonProgress)) == 1


def test_r06_two_devices_that_open_and_beat_at_the_same_time_end_in_an_allowed_state(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    """Openings end each other's viewings while beats of both lessons arrive: no error, one open viewing, the recount agrees."""
    course = desk.course(session, desk.resource(session, seconds=600), desk.resource(session, seconds=600))
    shelf = [lesson.id for lesson in desk.lessons(session, course)]
    lin = web.as_("lin")
    token, cookie = lin.csrf_token(), lin.client.get_cookie("lms_session", domain="localhost")
    assert cookie is not None

    def live(number: int) -> int:
        client = lin.app.test_client()
        client.set_cookie("lms_session", cookie.value, domain="localhost")
        headers, worst = {"X-CSRF-Token": token}, 0
        for lap in range(4):
            opened = client.post("/api/viewings", json={"lesson_id": shelf[(number + lap) % 2]}, headers=headers)
            worst = max(worst, opened.status_code)
            url = f"/api/viewings/{opened.get_json()['viewing_id']}/beats"
            for n in (2, 1, 3):
                sent = client.post(url, json={"beats": [beat(n, n * 500 - 500, n * 500)]}, headers=headers)
                worst = max(worst, sent.status_code)
        return worst

    assert in_parallel(8, live) == [200] * 8
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Viewing).where(Viewing.ended_at.is_(None))) == 1
    assert progress_service.verify(session).problems == []


def test_many_people_at_once_share_commits_and_none_is_lost(
    web: Web, session: Session, lesson: Lesson, cast: SimpleNamespace
) -> None:
    names = ["lin", "bo", "chen", "dana", "mei", "ed", "gao", "hua"]
    browsers = [web.as_(name) for name in names]
    ids = [browser.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"] for browser in browsers]
    for viewing_id in ids:
        opened_earlier(session, viewing_id, 60)
    jobs = []
    for browser, viewing_id in zip(browsers, ids, strict=True):
        cookie = browser.client.get_cookie("lms_session", domain="localhost")
        assert cookie is not None
        jobs.append((viewing_id, browser.csrf_token(), cookie.value))

    def send(number: int) -> int:
        viewing_id, token, cookie_value = jobs[number]
        client = web.app.test_client()
        client.set_cookie("lms_session", cookie_value, domain="localhost")
        status = 200
        for n in range(4):
            body = {"beats": [beat(n + 1, n * 15000, n * 15000 + 15000)]}
            status = max(
                status,
                client.post(
                    f"/api/viewings/{viewing_id}/beats", json=body, headers={"X-CSRF-Token": token}
                ).status_code,
            )
        return status

    assert in_parallel(len(names), send) == [200] * len(names)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Beat)) == 4 * len(names)
    assert session.scalar(select(func.sum(HourEntry.quarters))) == len(names)


def test_the_clock_of_the_server_decides_and_is_read_once(web: Web, session: Session, lesson: Lesson) -> None:
    before = clock.now()
    lin = web.as_("lin")
    viewing_id = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    lin.call(f"/api/viewings/{viewing_id}/beats", {"beats": [beat(1, 0, 1000)]})
    received = session.scalars(select(Beat.received_at)).one()
    assert before <= received <= clock.now()


def test_the_interface_is_described(web: Web) -> None:
    paths = web.get("/api/openapi.json").get_json()["paths"]
    assert "post" in paths["/api/viewings"]
    assert "post" in paths["/api/viewings/{viewing_id}/beats"]
