"""From one upload to a published lesson with a quiz: three steps of the lecturer, two reviews, and who may publish what."""

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course, QuickCourse, Resource
from lms.courses.review_rules import CourseState, ResourceState
from lms.notices.models import Notice
from lms.people.models import Unit
from lms.quizzes.bank_models import QuestionTag
from lms.quizzes.models import AnswerKey, Paper, PaperItem, Question
from lms.storage.local import LocalStorage
from tests.media import files
from tests.support.web import Web

RunTasks = Callable[[], int]
SLIDES = (("耕地红线", "十八亿亩"), ("占补平衡", "占一补一"))
NEXT = {"pass_percent": "80", "reading_minutes": "0"}
FIRST = {
    "q0-heading": "耕地红线", "q0-where": "第 1 页", "q0-stem": "红线是多少亿亩？", "q0-option-0": "十五", "q0-option-1": "十八",
    "q0-option-2": "", "q0-option-3": "", "q0-right": "1", "q1-heading": "占补平衡", "q1-stem": "",
}  # fmt: skip


def text_of(answer: Any) -> str:
    text: str = answer.get_data(as_text=True)
    return text


@pytest.fixture
def north(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == "北区分局")).one()


@pytest.fixture
def begin(web: Web, storage: LocalStorage, run_tasks: RunTasks) -> Callable[..., str]:
    """`begin("ed")`: step 1 done and the file read; the address of the course."""

    def began(name: str = "ed", title: str = "耕地保护一讲") -> str:
        sent = {"title": title, "line": "farmland", "file": (io.BytesIO(files.deck(*SLIDES)), "课件.pptx")}
        answer = web.as_(name).post("/studio/courses/new", sent, content_type="multipart/form-data")
        run_tasks()
        return answer.headers["Location"].removesuffix("/settings")

    return began


@pytest.fixture
def review(web: Web) -> Callable[[Resource], None]:
    """Both reviews approve."""

    def approved(resource: Resource) -> None:
        seen = {"version": str(resource.version), "verdict": "approved"}
        web.as_("ada").post(f"/office/reviews/content/{resource.id}", seen)
        web.as_("rui").post(f"/office/reviews/secrecy/{resource.id}", {**seen, "is_unclassified": "y"})

    return approved


def test_three_steps_and_two_reviews_make_a_lesson_with_a_quiz(
    web: Web, session: Session, begin: Callable[..., str], north: Unit, review: Callable[[Resource], None]
) -> None:
    ed, lin = web.as_("ed"), web.as_("lin")
    assert "三步建一课" in text_of(ed.get("/studio/"))
    ed.get("/studio/courses/new")
    address = begin()
    page = text_of(ed.get(f"{address}/settings"))
    assert page.index("“耕地红线”") < page.index("“占补平衡”")
    assert "必修" not in page
    ed.post(f"{address}/settings", {**NEXT, **FIRST, "audience": str(north.id)})
    page = text_of(ed.get(address))
    assert "红线是多少亿亩？" in page
    assert "提交审核" in page
    resource, course = session.scalars(select(Resource)).one(), session.scalars(select(Course)).one()
    ed.post(f"/studio/{resource.id}/submission")
    assert "红线是多少亿亩？" in text_of(web.as_("ada").get(f"/office/reviews/content/{resource.id}"))
    assert session.scalars(select(Question)).all() == []
    review(resource)
    assert course.state is CourseState.PUBLISHED
    paper = session.get_one(Paper, course.paper_id)
    assert (paper.pass_percent, paper.owner_unit_id) == (80, north.id)
    assert session.scalars(select(QuestionTag.tag)).all() == ["耕地红线"]
    assert session.scalars(select(AnswerKey.key)).all() == [[1]]
    assert session.scalars(select(QuickCourse)).one().questions == []
    assert "耕地保护一讲" in text_of(lin.get("/library/?kind=course"))
    assert "小测验" in text_of(lin.get(f"/courses/{course.id}"))
    web.as_("dana").get(f"/courses/{course.id}", 404)
    told = session.scalars(select(Notice.text)).all()
    assert "课程《耕地保护一讲》已通过审核并发布。" in told
    assert "课程已发布" in text_of(ed.get(address))


def test_for_everybody_the_course_lies_ready_until_somebody_who_may_publishes_it(
    web: Web, session: Session, begin: Callable[..., str], review: Callable[[Resource], None]
) -> None:
    ed, address = web.as_("ed"), begin()
    ed.post(f"{address}/settings", {**NEXT, **FIRST, "audience": "0", "is_required": "y"})
    resource, course = session.scalars(select(Resource)).one(), session.scalars(select(Course)).one()
    ed.post(f"/studio/{resource.id}/submission")
    review(resource)
    assert resource.state is ResourceState.PUBLISHED
    assert (course.state, course.is_required) == (CourseState.DRAFT, False)
    assert course.paper_id is not None
    assert "等课程管理员发布" in text_of(ed.get(address))
    assert "门讲师课程已通过审核" in text_of(web.as_("ada").get("/office"))
    web.as_("lin").get(f"/courses/{course.id}", 404)
    web.as_("ada").post(f"/office/courses/{course.id}/publication")
    web.as_("lin").get(f"/courses/{course.id}")


def test_an_organiser_may_have_the_review_publish_for_everybody(
    web: Web, session: Session, begin: Callable[..., str]
) -> None:
    hua, address = web.as_("hua"), begin("hua")
    assert "由课程管理员发布）" not in text_of(hua.get(f"{address}/settings"))
    hua.post(f"{address}/settings", {**NEXT, "audience": "0", "is_required": "y"})
    quick, course = session.scalars(select(QuickCourse)).one(), session.scalars(select(Course)).one()
    assert quick.is_published_by_review
    assert course.is_required


def test_a_lecturer_chooses_no_unit_but_the_own(web: Web, session: Session, begin: Callable[..., str]) -> None:
    south = session.scalars(select(Unit).where(Unit.name == "南区分局")).one()
    address = begin()
    web.as_("ed").post(f"{address}/settings", {**NEXT, "audience": str(south.id)}, 422)


def test_without_questions_there_is_no_quiz(
    web: Web, session: Session, begin: Callable[..., str], north: Unit, review: Callable[[Resource], None]
) -> None:
    ed, address = web.as_("ed"), begin()
    ed.post(f"{address}/settings", {**NEXT, "audience": str(north.id), "q0-heading": "耕地红线", "q0-stem": ""})
    resource = session.scalars(select(Resource)).one()
    ed.post(f"/studio/{resource.id}/submission")
    review(resource)
    course = session.scalars(select(Course)).one()
    assert (course.state, course.paper_id) == (CourseState.PUBLISHED, None)
    assert session.scalars(select(Paper)).all() == []


def test_a_question_that_cannot_be_asked_is_refused_and_what_was_typed_stays(
    web: Web, begin: Callable[..., str], north: Unit
) -> None:
    ed, address = web.as_("ed"), begin()
    wrong = {key.replace("q0", "q2"): value for key, value in FIRST.items() if key != "q0-right"}
    wrong |= {"q0-stem": "", "q1-stem": ""}
    page = text_of(ed.post(f"{address}/settings", {**NEXT, **wrong, "audience": str(north.id)}, 422))
    assert "第 3 题：请勾出正确的选项" in page
    assert "红线是多少亿亩？" in page
    twice = FIRST | {key.replace("q0", "q1"): value for key, value in FIRST.items() if key.startswith("q0")}
    assert "同样的题" in text_of(ed.post(f"{address}/settings", {**NEXT, **twice, "audience": str(north.id)}, 422))


def test_nothing_changes_while_it_is_reviewed_and_a_returned_one_is_mended(
    web: Web, session: Session, begin: Callable[..., str], north: Unit, review: Callable[[Resource], None]
) -> None:
    ed, address = web.as_("ed"), begin()
    settings = {**NEXT, **FIRST, "audience": str(north.id)}
    ed.post(f"{address}/settings", settings)
    resource = session.scalars(select(Resource)).one()
    ed.post(f"/studio/{resource.id}/submission")
    ed.post(f"{address}/settings", settings | {"q0-stem": "换了一题？"}, 409)
    ed.get(f"{address}/settings", 303)
    returned = {"version": "1", "verdict": "returned", "reason": "第 1 题有歧义"}
    web.as_("ada").post(f"/office/reviews/content/{resource.id}", returned)
    assert "第 1 题有歧义" in text_of(ed.get(address))
    ed.post(f"{address}/settings", settings | {"q0-stem": "全国红线是多少亿亩？"})
    ed.post(f"/studio/{resource.id}/submission")
    review(resource)
    assert session.scalars(select(Course)).one().state is CourseState.PUBLISHED


def test_a_second_publication_of_the_resource_makes_no_second_quiz(
    web: Web, session: Session, begin: Callable[..., str], north: Unit, review: Callable[[Resource], None]
) -> None:
    ed, address = web.as_("ed"), begin()
    ed.post(f"{address}/settings", {**NEXT, **FIRST, "audience": str(north.id)})
    resource, course = session.scalars(select(Resource)).one(), session.scalars(select(Course)).one()
    ed.post(f"/studio/{resource.id}/submission")
    review(resource)
    web.as_("hua").post(f"/office/courses/{course.id}/withdrawal")
    web.as_("hua").post(f"/office/reviews/published/{resource.id}/withdrawal", {"reason": "更新"})
    ed.post(f"/studio/{resource.id}/revision")
    ed.post(f"/studio/{resource.id}/submission")
    review(resource)
    assert course.state is CourseState.WITHDRAWN, "who took it out decides when it comes back"
    assert len(session.scalars(select(PaperItem)).all()) == 1


def test_a_course_that_cannot_be_published_does_not_hold_the_review_up(
    web: Web, session: Session, begin: Callable[..., str], north: Unit, review: Callable[[Resource], None]
) -> None:
    ed, address = web.as_("ed"), begin()
    ed.post(f"{address}/settings", {**NEXT, "audience": str(north.id)})
    resource, course = session.scalars(select(Resource)).one(), session.scalars(select(Course)).one()
    ed.post(f"/studio/{resource.id}/submission")
    course.audience_unit_id = None
    session.commit()
    review(resource)
    assert resource.state is ResourceState.PUBLISHED
    assert course.state is CourseState.DRAFT
    assert any("还不能发布" in text for text in session.scalars(select(Notice.text)))


def test_somebody_elses_quick_course_is_not_found(web: Web, begin: Callable[..., str]) -> None:
    address = begin()
    gao = web.as_("gao")
    for path in ("", "/settings"):
        gao.get(f"{address}{path}", 404)
    gao.post(f"{address}/settings", NEXT, 404)


def test_a_file_that_cannot_be_a_lesson_is_refused_at_its_field(
    web: Web, storage: LocalStorage, cast: SimpleNamespace
) -> None:
    sent = {"title": "图", "line": "farmland", "file": (io.BytesIO(files.picture()), "图.png")}
    page = text_of(web.as_("ed").post("/studio/courses/new", sent, 422, content_type="multipart/form-data"))
    assert "这里不能放 PNG" in page
    page = text_of(
        web.as_("ed").post(
            "/studio/courses/new", {"title": "图", "line": "farmland"}, 422, content_type="multipart/form-data"
        )
    )
    assert "请选择要上传的文件" in page
