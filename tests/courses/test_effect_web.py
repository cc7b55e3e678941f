"""What a lecturer is shown of the effect of a talk, and what never."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course, Lesson, Resource, ResourceRating
from lms.courses.queries import effect
from lms.courses.queries.effect import Use
from lms.hours import rules as hour_rules
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.people.models import Unit
from lms.quizzes.bank_models import QuestionTag
from lms.quizzes.models import Attempt, AttemptItem, PaperItem, QuestionVersion
from lms.quizzes.rules import Purpose, State
from tests.courses import desk
from tests.support.web import Web

LEARNERS = ("lin", "bo", "chen", "dana", "mei")


def text_of(answer: Any) -> str:
    text: str = answer.get_data(as_text=True)
    return text


@pytest.fixture
def talk(session: Session, cast: SimpleNamespace) -> Resource:
    return desk.resource(session, seconds=100, title="红线一讲", lecturer_id=cast.ed.id)


@pytest.fixture
def course(session: Session, talk: Resource) -> Course:
    return desk.course(session, talk, paper_id=desk.paper_with(session).id)


def watch(session: Session, course: Course, person: Any, seconds: int, at: int = 0) -> None:
    desk.Device(session, desk.lessons(session, course)[0], person, seconds=at).play(seconds)


def answer(session: Session, course: Course, person: Any, *, is_right: bool, number: int = 1) -> None:
    """A submitted attempt at the course's quiz with its one question answered."""
    made = desk.attempt(session, course, person, percent=100 if is_right else 0, number=number)
    version = session.scalars(select(QuestionVersion)).one()
    session.add(
        AttemptItem(
            attempt_id=made.id, position=1, version_id=version.id, option_order=[0, 1], points_millis=100_000,
            fraction=1 if is_right else 0, score_millis=100_000 if is_right else 0,
        )
    )  # fmt: skip
    session.flush()


def page(web: Web, talk: Resource) -> str:
    return text_of(web.as_("ed").get(f"/studio/{talk.id}/effect"))


def test_use_is_counted_by_viewings_and_persons_over_all_courses(
    session: Session, cast: SimpleNamespace, talk: Resource, course: Course
) -> None:
    other = desk.course(session, talk)
    watch(session, course, cast.lin, 100)
    watch(session, other, cast.lin, 30, at=5000)
    watch(session, course, cast.bo, 30)
    assert effect.count_use(session, [talk.id, 999]) == {talk.id: Use(3, 2, 1), 999: Use()}
    reaches = effect.list_reaches(session, talk)
    assert sorted(sum(reach.parts) for reach in reaches) == [3, 10]


def test_where_people_stop_is_shown_from_five_persons_on(
    web: Web, session: Session, cast: SimpleNamespace, talk: Resource, course: Course
) -> None:
    for name in LEARNERS[:4]:
        watch(session, course, getattr(cast, name), 30)
    text = page(web, talk)
    assert "现在 4 人" in text
    assert "每一段有多少人看过" not in text
    watch(session, course, cast.mei, 100)
    text = page(web, talk)
    assert "每一段有多少人看过" in text
    assert "4 人停在0:20到0:30" in text


def test_missed_questions_are_told_from_five_first_answers_on_by_question_and_topic(
    web: Web, session: Session, cast: SimpleNamespace, talk: Resource, course: Course
) -> None:
    session.add(QuestionTag(question_id=session.scalars(select(PaperItem.question_id)).one(), tag="红线"))
    watch(session, course, cast.lin, 30)
    for name in LEARNERS[:4]:
        answer(session, course, getattr(cast, name), is_right=False)
        answer(session, course, getattr(cast, name), is_right=True, number=2)
    assert "耕地红线是多少亿亩" not in page(web, talk)
    answer(session, course, cast.mei, is_right=True)
    text = page(web, talk)
    assert "耕地红线是多少亿亩" in text
    assert "5 人答，80% 没有全对" in text
    assert "按知识点" in text
    assert "十八" not in text, "no key and no option"


def test_pretests_open_attempts_and_other_courses_do_not_count(
    session: Session, cast: SimpleNamespace, talk: Resource, course: Course
) -> None:
    for name in LEARNERS:
        answer(session, course, getattr(cast, name), is_right=False)
    assert len(effect.list_misses(session, talk).questions) == 1
    for change in (
        {"purpose": Purpose.PRETEST},
        {"purpose": Purpose.COURSE, "state": State.OPEN},
        {"state": State.SUBMITTED},
    ):
        for attempt in session.scalars(select(Attempt)):
            for column, value in change.items():
                setattr(attempt, column, value)
        session.flush()
        assert len(effect.list_misses(session, talk).questions) == (change == {"state": State.SUBMITTED})
    other = desk.resource(session)
    assert effect.list_misses(session, other).questions == []


def test_a_quiz_that_is_a_lesson_beside_the_talk_counts(
    session: Session, cast: SimpleNamespace, talk: Resource, course: Course
) -> None:
    lesson = Lesson(course_id=course.id, position=2, paper_id=course.paper_id, title="随堂测")
    session.add(lesson)
    for name in LEARNERS:
        answer(session, course, getattr(cast, name), is_right=False)
    session.flush()
    for attempt in session.scalars(select(Attempt)):
        attempt.purpose, attempt.subject_id = Purpose.LESSON, lesson.id
    session.flush()
    assert len(effect.list_misses(session, talk).questions) == 1


def test_ratings_are_shown_from_five_on_without_names(
    web: Web, session: Session, cast: SimpleNamespace, talk: Resource, course: Course
) -> None:
    for number, name in enumerate(LEARNERS, 1):
        if number == 5:
            text = page(web, talk)
            assert "4 人评过" in text
            assert "平均 " not in text
            assert "例子多" not in text
        person = getattr(cast, name)
        session.add(
            ResourceRating(
                resource_id=talk.id, version=1, person_id=person.id, stars=number, words="例子多" if number == 1 else "",
                rated_at=desk.AT,
            )
        )  # fmt: skip
        session.flush()
    text = page(web, talk)
    assert "平均 3.0 分" in text
    assert "“例子多”" in text
    assert not any(getattr(cast, name).name in text for name in LEARNERS)


def test_lecturing_hours_come_from_the_ledger_and_nothing_is_made_up(
    web: Web, session: Session, cast: SimpleNamespace, talk: Resource, time_machine: Any
) -> None:
    time_machine.move_to(desk.AT, tick=False)
    assert "还没有讲课学时" in page(web, talk)
    evidence = {"conversion": "lecture", "seconds": 5400, "is_first": True}
    source, on = Source("lecture", 1), desk.AT.date()
    entry = hours.credit(
        session, person_id=cast.ed.id, source=source, bucket=Bucket.OFFLINE, title="业务大讲堂：红线",
        quarters=hour_rules.lecture_quarters(5400, is_first_this_year=True), on=on, evidence=evidence, now=desk.AT,
    )  # fmt: skip
    assert entry is not None
    hours.credit(
        session, person_id=cast.ed.id, source=Source("resource", talk.id), bucket=Bucket.ONLINE, title="自己听课",
        quarters=1, on=on, evidence={}, now=desk.AT,
    )  # fmt: skip
    text = page(web, talk)
    assert "业务大讲堂：红线" in text
    assert "3 学时" in text
    assert "自己听课" not in text


def test_reuse_names_courses_of_other_units_only(web: Web, session: Session, talk: Resource, course: Course) -> None:
    north = session.scalars(select(Unit).where(Unit.name == "北区分局")).one()
    desk.course(session, talk, title="北区必看", owner_unit_id=north.id)
    text = page(web, talk)
    assert "北区分局：北区必看" in text
    assert course.title not in text


def test_the_page_is_for_the_lecturer_and_the_uploader_alone(web: Web, session: Session, talk: Resource) -> None:
    for name in ("gao", "ada", "hua"):
        web.as_(name).get(f"/studio/{talk.id}/effect", 404)
    web.as_("lin").get(f"/studio/{talk.id}/effect", 403)


def test_the_studio_lists_use_and_asks_as_often_for_many_as_for_one(
    web: Web, session: Session, cast: SimpleNamespace, talk: Resource, course: Course,
    count_queries: Callable[[Callable[[], object]], int],
) -> None:  # fmt: skip
    watch(session, course, cast.lin, 100)
    ed = web.as_("ed")
    text = text_of(ed.get("/studio/"))
    assert "1 人" in text
    assert "100%" in text
    before = count_queries(lambda: ed.get("/studio/"))
    for _ in range(10):
        desk.resource(session, lecturer_id=cast.ed.id)
    session.commit()
    assert count_queries(lambda: ed.get("/studio/")) == before
