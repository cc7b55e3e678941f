"""A course is built in the back office, looked at as a learner would, and studied in its order."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.courses.models import (
    Course,
    CourseProgress,
    Lesson,
    LessonProgress,
    Prerequisite,
    Resource,
    ResourceRating,
    Section,
    Viewing,
)
from lms.courses.review_rules import CourseState, ResourceState
from lms.people.models import Unit
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose
from tests.courses import desk
from tests.support.web import Web


@pytest.fixture
def draft(session: Session) -> Course:
    made = desk.course(
        session, desk.resource(session, title="红线"), desk.resource(session, title="平衡"), state=CourseState.DRAFT
    )
    session.commit()
    return made


def text_of(answer: Any) -> str:
    text: str = answer.get_data(as_text=True)
    return text


def titles(session: Session, of: Course) -> list[str]:
    return [lesson.title for lesson in desk.lessons(session, of)]


def test_sections_quizzes_and_order_are_built_without_scripts(web: Web, session: Session, draft: Course) -> None:
    paper = desk.paper(session)
    hua, base = web.as_("hua"), f"/office/courses/{draft.id}"
    hua.post(f"{base}/sections", {"section_title": "第一章 基础"})
    hua.post(f"{base}/quizzes", {"paper_id": str(paper.id), "quiz_title": "随堂测"})
    page = text_of(hua.get(base))
    assert "第一章 基础" in page
    assert "随堂测" in page
    section = session.scalars(select(Section)).one()
    assert [lesson.section_id for lesson in desk.lessons(session, draft)] == [None, None, section.id]
    hua.post(f"{base}/sections/{section.id}/up")
    hua.get(f"{base}/sections/{section.id}")
    hua.post(f"{base}/sections/{section.id}", {"section_title": "基础"})
    lessons = {lesson.title: lesson.id for lesson in desk.lessons(session, draft)}
    hua.get(f"{base}/lessons/{lessons['随堂测']}")
    hua.post(f"{base}/lessons/{lessons['随堂测']}", {"title": "随堂小测"})
    order = ",".join(f"l{lessons[title]}" for title in ("随堂测", "第2讲", "第1讲"))
    hua.post(f"{base}/order", {"order": f"s{section.id},{order}"})
    assert titles(session, draft) == ["随堂小测", "第2讲", "第1讲"]
    assert not desk.lessons(session, draft)[0].is_required
    hua.post(f"{base}/order", {"order": "l1"}, 409)
    hua.post(f"{base}/sections/{section.id}/removal")
    assert "第一章" not in text_of(hua.get(base))


def test_what_is_missing_is_said_beside_the_form_it_is_missing_in(web: Web, draft: Course) -> None:
    hua, base = web.as_("hua"), f"/office/courses/{draft.id}"
    assert "请填写章节名称" in text_of(hua.post(f"{base}/sections", {"section_title": ""}, 422))
    hua.post(f"{base}/quizzes", {"paper_id": "999"}, 422)
    assert "请从列表里选" in text_of(hua.post(f"{base}/prerequisites", {"required_id": "999"}, 422))


def test_the_settings_of_a_course_are_kept_and_shown(web: Web, session: Session, draft: Course) -> None:
    paper, hua = desk.paper(session), web.as_("hua")
    given = {
        "title": "耕地", "line": "farmland", "owner": str(draft.owner_unit_id), "audience": "0",
        "completion": "electives", "electives_needed": "1", "is_ordered": "y", "paper": "", "pretest": str(paper.id),
        "opens_at": "2026-11-01T09:00", "closes_at": "2026-12-31T18:00",
    }  # fmt: skip
    hua.post(f"/office/courses/{draft.id}", {**given, "closes_at": "2026-10-01T09:00"}, 422)
    hua.post(f"/office/courses/{draft.id}", given)
    session.refresh(draft)
    assert (draft.completion, draft.electives_needed, draft.is_ordered) == ("electives", 1, True)
    assert draft.closes_at is not None
    assert draft.closes_at.hour == 10, "a wall clock in Shanghai"
    assert 'value="2026-12-31T18:00"' in text_of(hua.get(f"/office/courses/{draft.id}/edit"))
    page = text_of(hua.get(f"/office/courses/{draft.id}"))
    assert "按顺序学" in page
    assert "12月31日" in page


def test_prerequisites_are_added_and_taken_back(web: Web, session: Session, draft: Course) -> None:
    first = desk.course(session, desk.resource(session), title="入门")
    hua, base = web.as_("hua"), f"/office/courses/{draft.id}"
    hua.post(f"{base}/prerequisites", {"required_id": str(first.id)})
    assert session.scalars(select(Prerequisite.required_id)).all() == [first.id]
    assert "入门" in text_of(hua.get(base))
    hua.post(f"{base}/prerequisites/{first.id}/removal")
    assert session.scalars(select(Prerequisite.required_id)).all() == []


def test_a_preview_leaves_no_trace_and_shows_what_learners_see(web: Web, session: Session, draft: Course) -> None:
    draft.pretest_paper_id = desk.paper(session).id
    draft.is_ordered = True
    quiz = Lesson(course_id=draft.id, position=3, paper_id=draft.pretest_paper_id, title="随堂测")
    session.add(quiz)
    session.flush()
    hua, base = web.as_("hua"), f"/office/courses/{draft.id}/preview"
    page = text_of(hua.get(base))
    assert "预览" in page
    assert "先学完第 1 课" in page
    for lesson in desk.lessons(session, draft):
        assert f"{base}/{lesson.id}" in page
        assert "data-lesson=" not in text_of(hua.get(f"{base}/{lesson.id}"))
    assert f"/courses/{draft.id}/pretest" not in page
    for model in (Viewing, LessonProgress, CourseProgress, Attempt):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def test_a_resource_under_review_is_not_shown_in_a_preview(web: Web, session: Session, draft: Course) -> None:
    lesson = desk.lessons(session, draft)[0]
    session.get_one(Resource, lesson.resource_id).state = ResourceState.CONTENT_REVIEW
    page = text_of(web.as_("hua").get(f"/office/courses/{draft.id}/preview/{lesson.id}"))
    assert "还没有通过审核" in page


def test_a_copy_opens_as_a_draft_of_its_own(web: Web, session: Session, draft: Course) -> None:
    hua = web.as_("hua")
    page = text_of(hua.follow(hua.post(f"/office/courses/{draft.id}/copy")))
    assert "（副本）" in page
    assert session.scalar(select(func.count()).select_from(Course)) == 2


def test_another_units_course_is_not_built_by_its_admin(web: Web, session: Session, draft: Course) -> None:
    ada, base = web.as_("ada"), f"/office/courses/{draft.id}"
    lesson = desk.lessons(session, draft)[0]
    for path in ("preview", f"preview/{lesson.id}", f"lessons/{lesson.id}"):
        ada.get(f"{base}/{path}", 404)
    for path in ("sections", "quizzes", "order", "copy", "prerequisites", f"lessons/{lesson.id}/removal"):
        ada.post(f"{base}/{path}", status=404)
    assert len(desk.lessons(session, draft)) == 2


def test_a_paper_of_another_unit_does_not_become_a_lesson(web: Web, session: Session, draft: Course) -> None:
    north, south = (session.scalars(select(Unit).where(Unit.name == name)).one() for name in ("北区分局", "南区分局"))
    draft.owner_unit_id = north.id
    paper = desk.paper(session)
    session.get_one(Paper, paper.id).owner_unit_id = south.id
    web.as_("ada").post(f"/office/courses/{draft.id}/quizzes", {"paper_id": str(paper.id)}, 422)
    assert len(desk.lessons(session, draft)) == 2


# --- the learner


@pytest.fixture
def ordered(session: Session) -> Course:
    """Two films in two sections, to be seen in order."""
    made = desk.course(session, desk.resource(session, seconds=30), desk.resource(session, seconds=30), is_ordered=True)
    for lesson, title in zip(desk.lessons(session, made), ("总则", "分则"), strict=True):
        section = Section(course_id=made.id, position=lesson.position, title=title)
        session.add(section)
        session.flush()
        lesson.section_id = section.id
    session.commit()
    return made


def test_the_course_page_shows_sections_and_why_a_lesson_is_locked(
    web: Web, session: Session, cast: SimpleNamespace, ordered: Course
) -> None:
    first, second = desk.lessons(session, ordered)
    lin = web.as_("lin")
    page = text_of(lin.get(f"/courses/{ordered.id}"))
    assert page.index("总则") < page.index("1. 第1讲") < page.index("分则") < page.index("2. 第2讲")
    assert "先学完第 1 课" in page
    assert f"/courses/lessons/{second.id}" not in page
    desk.Device(session, first, cast.lin).play(30)
    page = text_of(lin.get(f"/courses/{ordered.id}"))
    assert "先学完第 1 课" not in page
    assert f"/courses/lessons/{second.id}" in page


def test_the_server_refuses_a_locked_lesson_however_it_is_asked_for(
    web: Web, session: Session, cast: SimpleNamespace, ordered: Course
) -> None:
    first, second = desk.lessons(session, ordered)
    lin = web.as_("lin")
    refused = lin.call("/api/viewings", {"lesson_id": second.id}, 403)
    assert "先学完第 1 课" in str(refused)
    for path in ("", "/play", "/captions.vtt"):
        page = text_of(lin.get(f"/courses/lessons/{second.id}{path}", 403))
        assert "现在还不能学" in page
        assert "先学完第 1 课" in page
        assert f'href="/courses/{ordered.id}"' in page
    assert session.scalar(select(func.count()).select_from(Viewing)) == 0
    desk.Device(session, first, cast.lin).play(30)
    lin.call("/api/viewings", {"lesson_id": second.id})


def test_a_closed_course_says_so_and_starts_nothing(web: Web, session: Session) -> None:
    course = desk.course(
        session, desk.resource(session), paper_id=desk.paper(session).id, closes_at=desk.AT - timedelta(days=400)
    )
    (lesson,) = desk.lessons(session, course)
    lin = web.as_("lin")
    page = text_of(lin.get(f"/courses/{course.id}"))
    assert "截止" in page
    assert "开始学" not in page
    lin.call("/api/viewings", {"lesson_id": lesson.id}, 403)
    lin.post(f"/courses/{course.id}/quiz", status=403)


def test_a_quiz_lesson_has_a_page_and_is_begun_by_its_button(web: Web, session: Session) -> None:
    course = desk.course(session)
    lesson = Lesson(course_id=course.id, position=1, paper_id=desk.paper_with(session).id, title="随堂测")
    session.add(lesson)
    session.flush()
    lin = web.as_("lin")
    assert f"/courses/lessons/{lesson.id}/quiz" in text_of(lin.get(f"/courses/{course.id}"))
    lin.get(f"/courses/lessons/{lesson.id}", 404)
    assert "开始测验" in text_of(lin.get(f"/courses/lessons/{lesson.id}/quiz"))
    begun = lin.post(f"/courses/lessons/{lesson.id}/quiz")
    attempt = session.scalars(select(Attempt)).one()
    assert (attempt.purpose, attempt.subject_id) == (Purpose.LESSON, lesson.id)
    assert begun.headers["Location"] == f"/attempts/{attempt.id}"
    assert "接着做" in text_of(lin.get(f"/courses/lessons/{lesson.id}/quiz"))
    page = text_of(lin.follow(lin.post(f"/attempts/{attempt.id}/submission", {"lease": "x" * 20})))
    assert f"/courses/lessons/{lesson.id}/quiz" in page
    assert "再测一次" in text_of(lin.get(f"/courses/lessons/{lesson.id}/quiz"))
    assert session.scalars(select(LessonProgress)).one().finished_at is None


def test_the_pretest_is_begun_from_the_course_and_unlocks_it(web: Web, session: Session) -> None:
    course = desk.course(session, desk.resource(session), pretest_paper_id=desk.paper_with(session).id)
    (lesson,) = desk.lessons(session, course)
    lin = web.as_("lin")
    assert "开始前测" in text_of(lin.get(f"/courses/{course.id}"))
    lin.get(f"/courses/lessons/{lesson.id}", 403)
    lin.post(f"/courses/{course.id}/pretest")
    attempt = session.scalars(select(Attempt)).one()
    lin.post(f"/attempts/{attempt.id}/submission", {"lease": "x" * 20})
    lin.get(f"/courses/lessons/{lesson.id}")
    page = text_of(lin.get(f"/courses/{course.id}"))
    assert "学前和学后" in page
    assert "0 分" in page
    lin.post(f"/courses/{course.id}/pretest", status=409)


@pytest.mark.parametrize("purpose", ["lesson", "pretest"])
def test_quizzes_of_another_units_course_are_not_found(web: Web, session: Session, purpose: str) -> None:
    north = session.scalars(select(Unit).where(Unit.name == "北区分局")).one()
    paper = desk.paper_with(session)
    course = desk.course(session, audience_unit_id=north.id, pretest_paper_id=paper.id)
    lesson = Lesson(course_id=course.id, position=1, paper_id=paper.id, title="随堂测")
    session.add(lesson)
    session.flush()
    url = f"/courses/lessons/{lesson.id}/quiz" if purpose == "lesson" else f"/courses/{course.id}/pretest"
    web.as_("dana").post(url, status=404)
    subject = lesson.id if purpose == "lesson" else course.id
    web.as_("dana").call("/api/attempts", {"purpose": purpose, "subject_id": subject}, 404)


# --- ratings


def test_who_has_finished_rates_once_and_who_has_not_is_refused(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session, seconds=30))
    (lesson,) = desk.lessons(session, course)
    url, lin = f"/courses/lessons/{lesson.id}/rating", web.as_("lin")
    assert "评一评" not in text_of(lin.get(f"/courses/lessons/{lesson.id}"))
    lin.post(url, {"stars": "5"}, 403)
    desk.Device(session, lesson, cast.lin).play(30)
    assert "评一评" in text_of(lin.get(f"/courses/lessons/{lesson.id}"))
    lin.post(url, {"stars": "6"}, 422)
    lin.post(url, {"stars": "4", "words": "例子多"})
    assert "你给了 4 分" in text_of(lin.get(f"/courses/lessons/{lesson.id}"))
    lin.post(url, {"stars": "1"}, 409)
    rating = session.scalars(select(ResourceRating)).one()
    assert (rating.stars, rating.words, rating.version) == (4, "例子多", 1)
    session.scalars(select(Resource)).one().version = 2
    lin.post(url, {"stars": "2"})
    assert session.scalar(select(func.count()).select_from(ResourceRating)) == 2


def test_a_withdrawn_resource_is_rated_no_more(web: Web, session: Session, cast: SimpleNamespace) -> None:
    course = desk.course(session, desk.resource(session, seconds=30))
    (lesson,) = desk.lessons(session, course)
    desk.Device(session, lesson, cast.lin).play(30)
    session.scalars(select(Resource)).one().state = ResourceState.WITHDRAWN
    web.as_("lin").post(f"/courses/lessons/{lesson.id}/rating", {"stars": "5"}, 404)


# --- how often the database is asked


def test_a_course_page_asks_as_often_for_many_lessons_as_for_few(
    web: Web, session: Session, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    few = desk.course(session, *(desk.resource(session) for _ in range(2)), is_ordered=True)
    many = desk.course(session, *(desk.resource(session) for _ in range(20)), is_ordered=True)
    lin = web.as_("lin")
    lin.get(f"/courses/{few.id}")
    counts = [count_queries(lambda course=course: lin.get(f"/courses/{course.id}")) for course in (few, many)]
    assert counts[0] == counts[1]
    hua = web.as_("hua")
    hua.get(f"/office/courses/{few.id}")
    counts = [count_queries(lambda course=course: hua.get(f"/office/courses/{course.id}")) for course in (few, many)]
    assert counts[0] == counts[1]
