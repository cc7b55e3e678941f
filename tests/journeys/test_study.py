"""From the first second of a lecture to hours in the ledger, over HTTP, with the exam in between."""

from datetime import timedelta
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Viewing
from lms.courses.services import progress as progress_service
from lms.hours.models import HourEntry
from lms.people.line_rules import Line
from lms.quizzes import services as quizzes
from lms.quizzes.models import Paper
from lms.quizzes.rules import Kind
from lms.quizzes.services import Content, PaperSettings
from tests.courses import desk
from tests.support.web import Web

LEASE = "lease-of-lins-own-phone"


def two_questions(session: Session) -> Paper:
    unit = desk.bureau(session)
    now = clock.now()
    asked = [
        Content(Kind.SINGLE, "下列哪项是耕地？", ["水田", "林地"], [0], "水田属于耕地。"),
        Content(Kind.BOOLEAN, "土地可以买卖。", [], [1], "土地归国家和集体所有。"),
    ]
    bank = [
        quizzes.create_question(session, each, owner_unit_id=unit.id, line=Line.LAND, by_id=None, now=now)
        for each in asked
    ]
    settings = PaperSettings("小测验", duration_seconds=None, is_shuffled=False)
    ids = [question.id for question in bank]
    return quizzes.create_fixed_paper(session, settings, ids, owner_unit_id=unit.id, by_id=None, now=now)


def watch(lin: Web, session: Session, lesson_id: int) -> None:
    """All sixty seconds, told in two batches of which the first is told twice."""
    viewing_id = lin.call("/api/viewings", {"lesson_id": lesson_id})["viewing_id"]
    viewing = session.get_one(Viewing, viewing_id)
    viewing.opened_at -= timedelta(seconds=60)
    session.commit()
    beats = [
        {
            "sequence": n,
            "from_millis": n * 15000 - 15000,
            "to_millis": n * 15000,
            "speed_percent": 100,
            "has_input": True,
        }
        for n in range(1, 5)
    ]
    url = f"/api/viewings/{viewing_id}/beats"
    assert not lin.call(url, {"beats": beats[:2]})["finished"]
    assert not lin.call(url, {"beats": beats[:2]})["finished"]
    assert lin.call(url, {"beats": beats})["finished"]


def sit(lin: Web, attempt_id: int, *choices: list[int]) -> None:
    """Answers in order, then the submission."""
    url = f"/api/attempts/{attempt_id}"
    lin.call(f"{url}/lease", {"lease": LEASE})
    for number, choice in enumerate(choices, 1):
        lin.call(f"{url}/answers", {"item": number, "sequence": 1, "choice": choice, "lease": LEASE})
    lin.call(f"{url}/submission", {})


def test_lin_studies_fails_the_quiz_once_passes_it_and_sees_the_hours(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session, seconds=60), paper_id=two_questions(session).id)
    (lesson,) = desk.lessons(session, course)
    lin = web.as_("lin")
    page = f"/courses/{course.id}"
    assert "小测验 2 题" in lin.get(page).get_data(as_text=True)

    watch(lin, session, lesson.id)
    assert session.scalars(select(HourEntry)).all() == []

    first = lin.post(f"{page}/quiz").headers["Location"]
    assert lin.post(f"{page}/quiz").headers["Location"] == first
    sit(lin, int(first.rpartition("/")[2]), [1], [0])
    assert desk.standing(session, course, cast.lin).finished_at is None
    assert "得 0 分，60 分及格，可以再测" in lin.get("/hours").get_data(as_text=True)

    second = lin.post(f"{page}/quiz").headers["Location"]
    assert second != first
    sit(lin, int(second.rpartition("/")[2]), [0], [1])
    assert desk.standing(session, course, cast.lin).finished_at is not None
    assert "已学完，看我的学时" in lin.get(page).get_data(as_text=True)
    assert sorted((e.source_kind, e.quarters) for e in session.scalars(select(HourEntry))) == [
        ("course_quiz", 2),
        ("resource", 1),
    ]
    assert "《耕地保护一讲》小测验" in lin.get("/hours").get_data(as_text=True)
    assert progress_service.verify(session).holds
