"""The learner's pages of courses and lessons."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course
from lms.courses.review_rules import CourseState, ResourceState
from lms.media.models import MediaFile, MediaPage
from lms.media.rules import MediaKind, MediaState
from lms.people.models import Unit
from lms.quizzes.models import Attempt
from tests.courses import desk
from tests.support.web import Web

VTT = "WEBVTT\n\n00:20.000 --> 00:24.000\n补充耕地必须按照<b>数量不减</b>的要求\n\n00:40.000 --> 00:44.000\n讲到这里\n"


@pytest.fixture
def course(session: Session, cast: SimpleNamespace) -> Course:
    made = desk.course(session, desk.resource(session, seconds=60, captions_vtt=VTT), lecturer_name="周建国")
    session.commit()
    return made


def north(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == "北区分局")).one()


def media(session: Session, cast: SimpleNamespace, kind: MediaKind, **more: object) -> MediaFile:
    made = MediaFile(
        key=f"files/{kind}", original_name="讲义.pdf", mime="application/pdf", size_bytes=1, sha256="0" * 64, kind=kind,
        state=MediaState.READY, owner_id=cast.ed.id, created_at=desk.AT, **more,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_a_course_page_says_what_to_do_and_what_it_earns(web: Web, course: Course) -> None:
    text = web.as_("lin").get(f"/courses/{course.id}").get_data(as_text=True)
    assert "看完视频" in text
    assert "得 0.25 学时" in text
    assert "开始学：第1讲" in text


def test_a_course_in_progress_offers_to_go_on_and_a_finished_one_shows_the_day(
    web: Web, session: Session, cast: SimpleNamespace, course: Course
) -> None:
    (lesson,) = desk.lessons(session, course)
    device = desk.Device(session, lesson, cast.lin)
    device.play(30)
    lin = web.as_("lin")
    assert "接着学：第1讲" in lin.get(f"/courses/{course.id}").get_data(as_text=True)
    device.play(30)
    text = lin.get(f"/courses/{course.id}").get_data(as_text=True)
    assert "11月23日 周一学完" in text
    assert "已学完，看我的学时" in text


def test_the_player_page_carries_captions_transcript_and_the_way_without_scripts(
    web: Web, session: Session, course: Course
) -> None:
    (lesson,) = desk.lessons(session, course)
    text = web.as_("lin").get(f"/courses/lessons/{lesson.id}").get_data(as_text=True)
    assert f"/courses/lessons/{lesson.id}/captions.vtt" in text
    assert "补充耕地必须按照数量不减的要求" in text
    assert 'data-from="20000"' in text
    assert "需要浏览器启用 JavaScript" in text


def test_captions_are_served_as_webvtt(web: Web, session: Session, course: Course) -> None:
    (lesson,) = desk.lessons(session, course)
    answer = web.as_("lin").get(f"/courses/lessons/{lesson.id}/captions.vtt")
    assert answer.mimetype == "text/vtt"
    assert answer.get_data(as_text=True) == VTT


def test_a_document_shows_its_pages_and_an_article_is_sanitised(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    pdf = media(session, cast, MediaKind.DOCUMENT)
    for number in (1, 2, 3):
        session.add(
            MediaPage(media_id=pdf.id, number=number, key="p" if number < 3 else None, width=800, height=600, text="字")
        )
    document = desk.resource(session, "document", seconds=900, media_id=pdf.id)
    article = desk.resource(
        session, "article", seconds=900, page_count=None, body_html="<p>条文</p><script>alert(1)</script>"
    )
    first, second = desk.lessons(session, desk.course(session, document, article))
    lin = web.as_("lin")
    text = lin.get(f"/courses/lessons/{first.id}").get_data(as_text=True)
    assert f"/courses/lessons/{first.id}/pages/2" in text
    assert "pages/3" not in text
    text = lin.get(f"/courses/lessons/{second.id}").get_data(as_text=True)
    assert "<p>条文</p>" in text
    assert "alert(1)" not in text


def test_a_file_is_reached_by_a_fresh_link_bound_to_the_sign_in(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    video = media(session, cast, MediaKind.VIDEO, play_key="play/a.mp4", poster_key="poster/a.webp")
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, media_id=video.id)))
    lin = web.as_("lin")
    for what, name in (
        ("play", "play.mp4"),
        ("poster", "poster.webp"),
        ("stream/storyboard/sheet-001.webp", "storyboard/sheet-001.webp"),
    ):
        answer = lin.get(f"/courses/lessons/{lesson.id}/{what}", 302)
        assert answer.headers["Location"].startswith("/media/")
        assert answer.headers["Location"].endswith(name)
        assert answer.headers["Cache-Control"] == "no-store"
    assert lin.get(f"/courses/lessons/{lesson.id}/pages/1", 302).headers["Location"].endswith("page-1.webp")


def test_a_lesson_without_a_file_has_none_to_give(web: Web, session: Session, course: Course) -> None:
    (lesson,) = desk.lessons(session, course)
    web.as_("lin").get(f"/courses/lessons/{lesson.id}/play", 404)
    web.as_("lin").get(f"/courses/lessons/{lesson.id}/pages/1", 404)


@pytest.mark.parametrize("path", ["", "/captions.vtt", "/play", "/pages/1"])
def test_a_course_for_the_north_is_not_found_by_the_south(
    web: Web, session: Session, cast: SimpleNamespace, path: str
) -> None:
    video = media(session, cast, MediaKind.VIDEO, play_key="play/a.mp4")
    course = desk.course(session, desk.resource(session, media_id=video.id), audience_unit_id=north(session).id)
    (lesson,) = desk.lessons(session, course)
    url = f"/courses/lessons/{lesson.id}{path}"
    web.as_("lin").get(url, 302 if path in ("/play", "/pages/1") else 200)
    web.as_("dana").get(url, 404)
    web.as_("lin").get(f"/courses/{course.id}")
    web.as_("dana").get(f"/courses/{course.id}", 404)
    web.as_("dana").post(f"/courses/{course.id}/quiz", status=404)


def test_a_resource_for_the_north_in_a_course_for_all_is_not_found_by_the_south(web: Web, session: Session) -> None:
    course = desk.course(session, desk.resource(session, audience_unit_id=north(session).id))
    (lesson,) = desk.lessons(session, course)
    web.as_("lin").get(f"/courses/lessons/{lesson.id}")
    web.as_("dana").get(f"/courses/lessons/{lesson.id}", 404)


def test_drafts_and_withdrawn_things_are_not_found(web: Web, session: Session) -> None:
    draft = desk.course(session, desk.resource(session), state=CourseState.DRAFT)
    open_course = desk.course(session, desk.resource(session, state=ResourceState.WITHDRAWN))
    (lesson,) = desk.lessons(session, open_course)
    lin = web.as_("lin")
    lin.get(f"/courses/{draft.id}", 404)
    lin.get(f"/courses/lessons/{lesson.id}", 404)
    assert "正在更新" in lin.get(f"/courses/{open_course.id}").get_data(as_text=True)


def test_the_quiz_opens_once_the_lessons_are_finished(web: Web, session: Session, cast: SimpleNamespace) -> None:
    course = desk.course(session, desk.resource(session, seconds=30), paper_id=desk.paper(session).id)
    (lesson,) = desk.lessons(session, course)
    lin = web.as_("lin")
    lin.post(f"/courses/{course.id}/quiz", status=409)
    assert session.scalars(select(Attempt)).all() == []
    desk.Device(session, lesson, cast.lin).play(30)
    assert "开始小测验" in lin.get(f"/courses/{course.id}").get_data(as_text=True)


def test_a_course_without_a_quiz_has_none_to_start(web: Web, course: Course) -> None:
    web.as_("lin").post(f"/courses/{course.id}/quiz", status=404)


def test_strangers_are_sent_to_sign_in(web: Web, course: Course) -> None:
    assert "/login" in web.get(f"/courses/{course.id}", 303).headers["Location"]
