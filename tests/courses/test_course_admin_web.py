"""Courses of the back office: made from published resources, ordered, published, found, withdrawn, inside one's own units."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.course_rules import Token
from lms.courses.models import Course, Lesson
from lms.courses.review_rules import CourseState, Line
from lms.courses.services import contents, resources
from lms.courses.services import courses as services
from lms.courses.services.courses import CourseFacts
from lms.errors import Conflict, Invalid
from lms.people.models import Unit
from tests.courses.conftest import Draft, Publish
from tests.support.web import Web

FACTS = CourseFacts("耕地保护基础", "从红线讲起", Line.FARMLAND, "易德", None, None, True, False)


@pytest.fixture
def units(session: Session) -> dict[str, Unit]:
    return {unit.name: unit for unit in session.scalars(select(Unit))}


@pytest.fixture
def course(session: Session, units: dict[str, Unit]) -> Course:
    return services.create_course(session, FACTS, owner_unit_id=units["人事教育处"].id, now=clock.now())


def order(session: Session, course: Course) -> list[str]:
    query = select(Lesson.title).where(Lesson.course_id == course.id).order_by(Lesson.position)
    return list(session.scalars(query))


def given(units: dict[str, Unit], **more: str) -> dict[str, str]:
    return {
        "title": "登记实务",
        "line": "registration",
        "owner": str(units["人事教育处"].id),
        "audience": "0",
        "paper": "",
        **more,
    }


def test_an_organiser_makes_a_course_and_a_learner_finds_it(
    web: Web, session: Session, units: dict[str, Unit], publish: Publish
) -> None:
    resource = publish("首次登记怎么办")
    hua, lin = web.as_("hua"), web.as_("lin")
    hua.get("/office/courses/new")
    address = hua.post("/office/courses/", given(units, is_required="y")).headers["Location"]
    page = hua.post(f"{address}/publication", status=422).get_data(as_text=True)
    assert "还没有课时" in page
    assert "首次登记怎么办" in hua.get(f"{address}?q=登记").get_data(as_text=True)
    hua.post(f"{address}/lessons", {"resource_id": str(resource.id)})
    assert "登记实务" not in lin.get("/library/").get_data(as_text=True)
    hua.post(f"{address}/publication")
    page = lin.get("/library/?q=实务").get_data(as_text=True)
    assert "登记实务" in page
    assert "必修" in page
    assert "登记实务" in lin.get(f"/library/{resource.id}").get_data(as_text=True)
    hua.get(f"{address}/edit")
    hua.post(address, given(units, title="登记实务入门"))
    assert "登记实务入门" in lin.get("/library/?kind=course&q=入门").get_data(as_text=True)
    hua.post(f"{address}/withdrawal")
    assert "登记实务入门" not in lin.get("/library/?kind=course").get_data(as_text=True)
    hua.post(f"{address}/draft")
    assert "草稿" in hua.get("/office/courses/?state=draft&q=登记").get_data(as_text=True)


def test_lessons_change_places_and_leave_without_a_gap_showing(
    web: Web, session: Session, course: Course, publish: Publish
) -> None:
    for title in ("甲", "乙", "丙"):
        contents.add_lesson(session, course, publish(title), title="")
    session.commit()
    lessons = {lesson.title: lesson.id for lesson in session.scalars(select(Lesson))}
    hua = web.as_("hua")
    base = f"/office/courses/{course.id}/lessons"
    hua.post(f"{base}/{lessons['丙']}/up")
    assert order(session, course) == ["甲", "丙", "乙"]
    hua.post(f"{base}/{lessons['甲']}/down")
    assert order(session, course) == ["丙", "甲", "乙"]
    hua.post(f"{base}/{lessons['丙']}/up")
    hua.post(f"{base}/{lessons['甲']}/removal")
    assert order(session, course) == ["丙", "乙"]
    hua.post(f"{base}/{lessons['乙']}/up")
    assert order(session, course) == ["乙", "丙"]


def test_only_published_resources_become_lessons(session: Session, course: Course, draft: Draft, web: Web) -> None:
    resource = draft("草稿")
    with pytest.raises(Invalid):
        contents.add_lesson(session, course, resource, title="")
    web.as_("hua").post(f"/office/courses/{course.id}/lessons", {"resource_id": str(resource.id)}, 404)


def test_a_published_course_keeps_its_lessons(
    session: Session, principals: SimpleNamespace, course: Course, publish: Publish
) -> None:
    lesson = contents.add_lesson(session, course, publish("甲"), title="")
    services.publish_course(session, course, by=principals.hua, now=clock.now())
    for act in (
        lambda: contents.add_lesson(session, course, publish("乙"), title=""),
        lambda: contents.remove_lesson(session, course, lesson),
        lambda: contents.move(session, course, Token(lesson.id), up=True),
        lambda: services.publish_course(session, course, by=principals.hua, now=clock.now()),
    ):
        with pytest.raises(Conflict):
            act()


def test_a_course_with_a_withdrawn_resource_cannot_be_published(
    session: Session, principals: SimpleNamespace, course: Course, publish: Publish
) -> None:
    resource = publish("甲")
    contents.add_lesson(session, course, resource, title="")
    resources.withdraw_resource(session, resource, by=principals.hua, reason="旧", now=clock.now())
    with pytest.raises(Invalid, match="已撤下"):
        services.publish_course(session, course, by=principals.hua, now=clock.now())


def test_a_course_cannot_be_for_more_people_than_its_lessons(
    session: Session, principals: SimpleNamespace, course: Course, publish: Publish, units: dict[str, Unit]
) -> None:
    contents.add_lesson(session, course, publish("北区讲义", audience=units["北区分局"].id), title="")
    with pytest.raises(Invalid, match="部分单位"):
        services.publish_course(session, course, by=principals.hua, now=clock.now())
    course.audience_unit_id = units["北区分局"].id
    services.publish_course(session, course, by=principals.hua, now=clock.now())
    assert course.state is CourseState.PUBLISHED
    with pytest.raises(Invalid):
        services.edit_course(session, course, FACTS, owner_unit_id=course.owner_unit_id)
    assert course.audience_unit_id == units["北区分局"].id


def test_a_course_for_north_is_found_by_lin_and_not_by_dana(
    web: Web, session: Session, principals: SimpleNamespace, course: Course, publish: Publish, units: dict[str, Unit]
) -> None:
    contents.add_lesson(session, course, publish("甲"), title="")
    course.audience_unit_id = units["北区分局"].id
    services.publish_course(session, course, by=principals.hua, now=clock.now())
    for url in ("/library/", "/library/?q=耕地保护基础", "/library/?kind=course"):
        assert "耕地保护基础" in web.as_("lin").get(url).get_data(as_text=True)
        assert "耕地保护基础" not in web.as_("dana").get(url.replace("耕地保护基础", "保护基础")).get_data(as_text=True)


def test_a_unit_admin_manages_the_own_units_courses_only(
    web: Web, session: Session, course: Course, units: dict[str, Unit]
) -> None:
    ada, hua = web.as_("ada"), web.as_("hua")
    hua.get(f"/office/courses/{course.id}")
    for path in ("", "/edit"):
        ada.get(f"/office/courses/{course.id}{path}", 404)
    for path in ("", "/publication", "/withdrawal", "/draft", "/lessons"):
        ada.post(f"/office/courses/{course.id}{path}", status=404)
    assert "耕地保护基础" not in ada.get("/office/courses/").get_data(as_text=True)
    ada.post("/office/courses/", given(units), 422)
    address = ada.post("/office/courses/", given(units, owner=str(units["北区分局"].id))).headers["Location"]
    assert "登记实务" in hua.get(address).get_data(as_text=True)


def test_what_is_missing_is_named_at_its_field(web: Web, units: dict[str, Unit]) -> None:
    page = web.as_("hua").post("/office/courses/", given(units, title="", line="nonsense"), 422).get_data(as_text=True)
    assert "请填写课程名称" in page
    assert "请从列表中选择" in page
