"""A package as a lesson: its word and the time really spent are both needed, repeats and late reports change nothing, previews leave no trace."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.courses.models import Lesson, LessonProgress, PackageResult, Resource, Viewing
from lms.courses.package_rules import Completion
from lms.courses.queries.packages import figures_of
from lms.courses.review_rules import Line, ResourceKind
from lms.courses.services import progress as progress_service
from lms.courses.services import resources
from lms.hours.models import HourEntry
from lms.media import services as media
from lms.media.packages.models import PackageVisit
from lms.people.principal import Principal
from tests.courses import desk
from tests.courses.conftest import Publish
from tests.media import package_files as files
from tests.support.web import Web

READING = 15 * 60
PACKAGES = "http://packages.example"


@pytest.fixture
def shelf(session: Session, publish_file: Publish) -> Callable[[bytes], Lesson]:
    """A published course with the package as its only lesson, fifteen minutes long."""

    def put(content: bytes) -> Lesson:
        resource = publish_file("课件.zip", content, "耕地保护课件", ResourceKind.PACKAGE)
        resource.required_reading_seconds = READING
        (lesson,) = desk.lessons(session, desk.course(session, resource))
        session.commit()
        return lesson

    return put


@pytest.fixture
def lesson(shelf: Callable[[bytes], Lesson]) -> Lesson:
    return shelf(files.scorm12())


@pytest.fixture
def opened(web: Web, lesson: Lesson) -> tuple[Web, int]:
    """lin at the lesson: browser and viewing."""
    lin = web.as_("lin")
    return lin, lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]


def report(sequence: int = 1, item: str = "i1", **more: Any) -> dict[str, Any]:
    return {"item": item, "sequence": sequence, "completion": "completed", "success": "passed", "raw": 80, **more}


def read(session: Session, browser: Web, viewing_id: int, seconds: int) -> dict[str, Any]:
    """As if the page had been read for so long: one beat, heard at its end."""
    viewing = session.get_one(Viewing, viewing_id)
    viewing.opened_at -= timedelta(seconds=seconds)
    viewing.last_beat_at -= timedelta(seconds=min(seconds, 1100))
    session.commit()
    body = {"sequence": viewing.last_sequence + 1, "from_millis": 0, "to_millis": seconds * 1000}
    more = {"speed_percent": 100, "has_input": True, "pages": [1]}
    answer: dict[str, Any] = browser.call(f"/api/viewings/{viewing_id}/beats", {"beats": [body | more]})
    return answer


def test_completed_by_its_own_word_alone_earns_nothing(opened: tuple[Web, int], session: Session) -> None:
    lin, viewing = opened
    reply = lin.call(f"/api/viewings/{viewing}/reports", report())
    assert (reply["is_done"], reply["score"], reply["finished"]) == (True, "80", False)
    for n in range(2, 40):
        lin.call(f"/api/viewings/{viewing}/reports", report(n, session_seconds=86_400))
    assert session.scalars(select(HourEntry)).all() == []
    assert session.scalars(select(LessonProgress.finished_at)).one() is None


def test_time_alone_finishes_no_scorm_lesson_and_the_report_then_does(
    opened: tuple[Web, int], session: Session
) -> None:
    lin, viewing = opened
    assert not read(session, lin, viewing, READING)["finished"]
    assert session.scalars(select(HourEntry)).all() == []
    assert lin.call(f"/api/viewings/{viewing}/reports", report())["finished"]
    assert session.scalar(select(func.sum(HourEntry.quarters))) == 1
    assert progress_service.verify(session).holds


def test_the_report_first_and_the_time_after_it_finish_the_lesson_too(
    opened: tuple[Web, int], session: Session
) -> None:
    lin, viewing = opened
    lin.call(f"/api/viewings/{viewing}/reports", report())
    assert read(session, lin, viewing, READING)["finished"]
    assert session.scalar(select(func.sum(HourEntry.quarters))) == 1
    check = progress_service.verify(session)
    assert check.holds
    session.scalars(select(PackageResult)).one().completed_at = None
    session.flush()
    assert not progress_service.verify(session).holds  # the verification does look at the package's word


def test_a_new_version_of_the_package_leaves_what_was_finished_with_the_old_one_right(
    opened: tuple[Web, int], session: Session, lesson: Lesson, publish_file: Publish
) -> None:
    lin, viewing = opened
    lin.call(f"/api/viewings/{viewing}/reports", report())
    read(session, lin, viewing, READING)
    newer = publish_file("新.zip", files.scorm2004(), "新版课件", ResourceKind.PACKAGE)
    session.get_one(Resource, lesson.resource_id).media_id = newer.media_id
    session.commit()
    assert progress_service.verify(session).holds
    answer = lin.call(f"/api/viewings/{viewing}/reports", report(2), status=422)
    assert "新的版本" in answer["error"]


def test_a_failed_attempt_does_not_finish_and_a_later_pass_does(opened: tuple[Web, int], session: Session) -> None:
    lin, viewing = opened
    read(session, lin, viewing, READING)
    failed = report(1, completion="completed", success="failed", raw=40)
    assert not lin.call(f"/api/viewings/{viewing}/reports", failed)["finished"]
    assert lin.call(f"/api/viewings/{viewing}/reports", report(2))["finished"]


def test_plain_pages_are_finished_by_time_alone(shelf: Callable[[bytes], Lesson], web: Web, session: Session) -> None:
    lesson, lin = shelf(files.html()), web.as_("lin")
    viewing = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    assert not read(session, lin, viewing, READING - 60)["finished"]
    assert read(session, lin, viewing, READING)["finished"]
    assert session.scalar(select(func.sum(HourEntry.quarters))) == 1
    page = lin.get(f"/courses/lessons/{lesson.id}").get_data(as_text=True)
    assert "得分" not in page


def test_every_item_of_a_package_has_to_be_done(shelf: Callable[[bytes], Lesson], web: Web, session: Session) -> None:
    lesson, lin = shelf(files.scorm2004()), web.as_("lin")
    viewing = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    read(session, lin, viewing, READING)
    first = lin.call(f"/api/viewings/{viewing}/reports", report(1, "one", raw=None, scaled=0.7))
    assert (first["is_done"], first["finished"], first["score"]) == (False, False, "70")
    second = lin.call(f"/api/viewings/{viewing}/reports", report(2, "two", raw=None, scaled=0.9))
    assert (second["is_done"], second["finished"], second["score"]) == (True, True, "80")


def test_a_repeated_or_late_report_changes_nothing(opened: tuple[Web, int], session: Session) -> None:
    lin, viewing = opened
    newest = report(2, completion="incomplete", success="unknown", raw=50, location="p5", session_seconds=60)
    lin.call(f"/api/viewings/{viewing}/reports", newest)
    for _ in range(2):
        lin.call(f"/api/viewings/{viewing}/reports", newest)
    lin.call(f"/api/viewings/{viewing}/reports", report(1, location="p1", raw=90))
    kept = session.scalars(select(PackageResult)).one()
    assert (kept.sequence, kept.location, kept.raw_millis, kept.completed_at) == (2, "p5", 50_000, None)
    assert (kept.earlier_seconds, kept.session_seconds) == (0, 60)


def test_a_report_of_an_older_viewing_does_not_undo_the_newer_ones(
    opened: tuple[Web, int], lesson: Lesson, session: Session
) -> None:
    lin, old = opened
    lin.call(f"/api/viewings/{old}/reports", report(5, location="p1", session_seconds=100))
    new = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    lin.call(f"/api/viewings/{new}/reports", report(1, location="p9", session_seconds=20))
    lin.call(f"/api/viewings/{old}/reports", report(6, location="p2", session_seconds=500))
    kept = session.scalars(select(PackageResult)).one()
    assert (kept.location, kept.earlier_seconds, kept.session_seconds) == ("p9", 100, 20)


def test_a_repeat_never_lowers_the_score_or_takes_the_completion_back(
    opened: tuple[Web, int], session: Session
) -> None:
    lin, viewing = opened
    lin.call(f"/api/viewings/{viewing}/reports", report(1))
    again = report(2, completion="incomplete", success="failed", raw=10, location="p1")
    reply = lin.call(f"/api/viewings/{viewing}/reports", again)
    assert (reply["is_done"], reply["score"]) == (True, "80")
    kept = session.scalars(select(PackageResult)).one()
    assert (kept.completion, kept.location) == (Completion.INCOMPLETE, "p1")


def test_the_same_report_at_the_same_time_is_kept_once(opened: tuple[Web, int], session: Session, app: Flask) -> None:
    lin, viewing = opened
    token, cookie = lin.csrf_token(), lin.client.get_cookie("lms_session")
    assert cookie is not None

    def send(n: int) -> int:
        client = app.test_client()
        client.set_cookie("lms_session", cookie.value, domain="localhost")
        body = report(n % 3 + 1, location=f"p{n % 3 + 1}")
        return client.post(f"/api/viewings/{viewing}/reports", json=body, headers={"X-CSRF-Token": token}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(12))) == {200}
    session.expire_all()
    kept = session.scalars(select(PackageResult)).one()
    assert (kept.sequence, kept.location) == (3, "p3")


def test_what_the_package_resumes_from_comes_back_with_the_next_visit(
    opened: tuple[Web, int], lesson: Lesson, cast: SimpleNamespace
) -> None:
    lin, viewing = opened
    suspend = "记" * 64_000
    more = {"completion": "incomplete", "success": "unknown", "location": "p7", "exit": "suspend"}
    lin.call(f"/api/viewings/{viewing}/reports", report(suspend_data=suspend, session_seconds=90, **more))
    begun = lin.call("/api/package-visits", {"lesson_id": lesson.id})
    (item,) = begun["items"]
    assert (item["state"]["location"], item["state"]["suspend_data"]) == ("p7", suspend)
    assert (item["state"]["exit"], item["state"]["seconds"], item["state"]["raw"]) == ("suspend", 90, 80)
    assert begun["learner"]["id"] == str(cast.lin.id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"suspend_data": "x" * 64_001},
        {"location": "x" * 1001},
        {"completion": "done"},
        {"scaled": 1.5},
        {"raw": 1e9},
        {"sequence": 0},
        {"session_seconds": -1},
        {"item": "another"},
        {"interactions": [{"id": "q", "type": "choice", "response": "a", "result": "b"}] * 101},
        {"finished": True},
    ],
)
def test_reports_out_of_bounds_are_refused_and_keep_nothing(
    opened: tuple[Web, int], session: Session, wrong: dict[str, Any]
) -> None:
    lin, viewing = opened
    lin.call(f"/api/viewings/{viewing}/reports", report() | wrong, status=422)
    assert session.scalars(select(PackageResult)).all() == []


def test_somebody_else_s_viewing_and_a_lesson_that_is_no_package_are_not_found(
    opened: tuple[Web, int], web: Web, session: Session
) -> None:
    _, viewing = opened
    bo = web.as_("bo")
    bo.call(f"/api/viewings/{viewing}/reports", report(), status=404)
    (video,) = desk.lessons(session, desk.course(session, desk.resource(session), title="录像"))
    session.commit()
    own = bo.call("/api/viewings", {"lesson_id": video.id})["viewing_id"]
    bo.call(f"/api/viewings/{own}/reports", report(), status=404)
    bo.call("/api/package-visits", {"lesson_id": video.id}, status=404)
    bo.call("/api/package-visits", {}, status=422)
    bo.call("/api/package-visits", {"lesson_id": 1, "resource_id": 1}, status=422)


def test_a_report_a_day_after_the_viewing_is_too_late(opened: tuple[Web, int], session: Session) -> None:
    lin, viewing = opened
    session.get_one(Viewing, viewing).last_beat_at -= timedelta(hours=25)
    session.commit()
    reply = lin.call(f"/api/viewings/{viewing}/reports", report())
    assert "24 小时" in reply["message"]
    assert session.scalars(select(PackageResult)).all() == []


# Visits


def test_a_visit_shows_the_package_on_its_host_to_this_sign_in_until_log_out(web: Web, lesson: Lesson) -> None:
    lin = web.as_("lin")
    begun = lin.call("/api/package-visits", {"lesson_id": lesson.id})
    assert begun["origin"] == PACKAGES
    path = begun["url"].removeprefix(PACKAGES)
    shim = lin.client.get(path, base_url=PACKAGES)
    assert shim.status_code == 200
    assert f'data-nonce="{begun["nonce"]}"' in shim.get_data(as_text=True)
    assert 'data-site="http://localhost"' in shim.get_data(as_text=True)
    assert lin.client.get(f"{path}files/sco.html", base_url=PACKAGES).status_code == 200
    lin.post("/logout")
    assert lin.client.get(f"{path}files/sco.html", base_url=PACKAGES).status_code == 404


def test_a_visit_is_extended_by_its_own_sign_in_while_the_lesson_is_open_to_it(
    web: Web, lesson: Lesson, session: Session, principals: SimpleNamespace
) -> None:
    about = {"lesson_id": lesson.id}
    start = clock.now()
    with travel(start, tick=False):
        lin, bo = web.as_("lin"), web.as_("bo")
        begun = lin.call("/api/package-visits", about)
    extension, path = f"/api/package-visits/{begun['visit_id']}/extension", begun["url"].removeprefix(PACKAGES)
    with travel(start + timedelta(minutes=9), tick=False):
        bo.call(extension, about, status=404)
        lin.call(extension, about)
    with travel(start + timedelta(minutes=18), tick=False):
        assert lin.client.get(path, base_url=PACKAGES).status_code == 200
    with travel(start + timedelta(minutes=20), tick=False):
        assert lin.client.get(path, base_url=PACKAGES).status_code == 404
        lin.call(extension, about)
        assert lin.client.get(path, base_url=PACKAGES).status_code == 200
        resource = session.get_one(Resource, lesson.resource_id)
        resources.withdraw_resource(session, resource, by=principals.ada, reason="有误", now=clock.now())
        session.commit()
        assert lin.client.get(path, base_url=PACKAGES).status_code == 404
        lin.call(extension, about, status=404)


def test_who_is_outside_the_audience_gets_no_visit(web: Web, lesson: Lesson, session: Session) -> None:
    north = session.get_one(Resource, lesson.resource_id)
    north.audience_unit_id = north.owner_unit_id
    session.commit()
    web.as_("lin").call("/api/package-visits", {"lesson_id": lesson.id})
    web.as_("dana").call("/api/package-visits", {"lesson_id": lesson.id}, status=404)
    web.as_("dana").call("/api/package-visits", {"resource_id": north.id}, status=404)


def test_a_reviewer_looks_at_a_draft_without_a_trace(web: Web, session: Session, draft_package: Resource) -> None:
    web.as_("lin").call("/api/package-visits", {"resource_id": draft_package.id}, status=404)
    begun = web.as_("ada").call("/api/package-visits", {"resource_id": draft_package.id})
    assert begun["items"][0]["state"] is None
    for model in (PackageResult, Viewing, LessonProgress):
        assert session.scalars(select(model)).all() == []
    page = web.as_("ada").get(f"/office/reviews/content/{draft_package.id}")
    text = page.get_data(as_text=True)
    assert f'data-resource="{draft_package.id}"' in text
    assert "预览，不记进度" in text
    assert f"frame-src {PACKAGES}" in page.headers["Content-Security-Policy"]


@pytest.fixture
def draft_package(
    session: Session, principals: SimpleNamespace, storage: Any, run_tasks: Callable[[], int]
) -> Resource:
    """Waits for its content review."""
    ed: Principal = principals.ed
    file = media.receive(
        session, io.BytesIO(files.scorm12()), name="a.zip", owner_id=ed.id, storage=storage, now=clock.now()
    )
    facts = resources.Facts("课件", "", Line.LAND, ed.name, None)
    assert ed.unit_id is not None
    made = resources.draft_resource(
        session, ed, ResourceKind.PACKAGE, facts, file=file, owner_unit_id=ed.unit_id, now=clock.now()
    )
    run_tasks()
    made = session.merge(made)
    resources.submit_resource(session, made, now=clock.now())
    session.commit()
    return made


# Pages


def test_the_lesson_s_page_says_where_the_package_stands(
    opened: tuple[Web, int], lesson: Lesson, session: Session
) -> None:
    lin, viewing = opened
    page = lin.get(f"/courses/lessons/{lesson.id}")
    assert f"frame-src {PACKAGES}" in page.headers["Content-Security-Policy"]
    assert "未完成" in page.get_data(as_text=True)
    lin.call(f"/api/viewings/{viewing}/reports", report())
    assert "已完成 · 得分 80" in lin.get(f"/courses/lessons/{lesson.id}").get_data(as_text=True)
    assert "学完课件" in lin.get(f"/courses/{lesson.course_id}").get_data(as_text=True)


def test_where_packages_have_no_origin_the_page_says_so_and_frames_nothing(
    web: Web, lesson: Lesson, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = replace(app.extensions["settings"], package_origin="", hosts=("localhost",))
    monkeypatch.setitem(app.extensions, "settings", plain)
    lin = web.as_("lin")
    page = lin.get(f"/courses/lessons/{lesson.id}")
    assert "LMS_PACKAGE_ORIGIN" in page.get_data(as_text=True)
    assert "frame-src" not in page.headers["Content-Security-Policy"]
    lin.call("/api/package-visits", {"lesson_id": lesson.id}, status=409)


def test_the_lecturer_reads_what_packages_reported_and_nobody_s_name(
    opened: tuple[Web, int], lesson: Lesson, web: Web, session: Session
) -> None:
    lin, viewing = opened
    lin.call(f"/api/viewings/{viewing}/reports", report())
    bo = web.as_("bo")
    other = bo.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    bo.call(f"/api/viewings/{other}/reports", report(completion="incomplete", success="failed", raw=40))
    figures = figures_of(session, session.get_one(Resource, lesson.resource_id))
    assert figures is not None
    assert (figures.people, figures.completed, figures.mean_percent) == (2, 1, 60)
    text = web.as_("ed").get(f"/studio/{lesson.resource_id}").get_data(as_text=True)
    assert "课件报告的成绩" in text
    assert "2 人" in text


def test_a_package_is_uploaded_in_the_studio_like_any_other_file(
    web: Web, storage: Any, run_tasks: Callable[[], int], session: Session
) -> None:
    ed = web.as_("ed")
    assert "互动课件" in ed.get("/studio/").get_data(as_text=True)
    form = {
        "title": "课件",
        "line": "land",
        "audience": "0",
        "reading_minutes": "15",
        "lecturer_name": "",
        "summary": "",
    }
    made = ed.post("/studio/new/package", form | {"file": (io.BytesIO(files.scorm12()), "课件.zip")})
    run_tasks()
    page = ed.follow(made).get_data(as_text=True)
    assert "可以提交审核" in page
    assert "SCORM 1.2" in page
    assert session.scalars(select(Resource.required_reading_seconds)).one() == READING
    broken = ed.post("/studio/new/package", form | {"file": (io.BytesIO(files.aicc()), "aicc.zip")})
    run_tasks()
    assert "AICC" in ed.follow(broken).get_data(as_text=True)
    assert session.scalars(select(PackageVisit)).all() == []
