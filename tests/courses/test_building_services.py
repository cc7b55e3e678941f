"""Completion rules, quizzes as lessons, the pre-test, and what happens to people midway when a course is rebuilt."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import outcomes
from lms.courses import access_study as access
from lms.courses.access_study import Locked
from lms.courses.course_rules import Completion, Token
from lms.courses.models import Course, CourseProgress, Lesson, Prerequisite, Section, Viewing
from lms.courses.queries import building, study
from lms.courses.review_rules import CourseState, Line
from lms.courses.services import contents, progress, quiz
from lms.courses.services import courses as services
from lms.courses.services.courses import CourseFacts
from lms.errors import Conflict, Invalid, NotFound
from lms.hours.models import HourEntry
from lms.people.models import Unit
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import PaperKind, Purpose, State
from tests.courses import desk

FACTS = CourseFacts("耕地保护", "", Line.FARMLAND, "", None, None, False, False)


def quiz_lesson(session: Session, of: Course, position: int, *, is_required: bool = True) -> Lesson:
    made = Lesson(
        course_id=of.id, position=position, paper_id=desk.paper(session).id, title="随堂测验", is_required=is_required
    )
    session.add(made)
    session.flush()
    return made


def sit(session: Session, attempt: Attempt, percent: int) -> Attempt:
    """Handed in with that score, and what follows from it."""
    attempt.state, attempt.submitted_at = State.SUBMITTED, desk.at(120)
    attempt.score_millis, attempt.max_millis = percent * 1000, 100_000
    session.flush()
    outcomes.settle(session, attempt, desk.at(120))
    return attempt


def take(session: Session, lesson: Lesson, person: Any, percent: int) -> Attempt:
    """An attempt at a quiz that is a lesson, without the questions."""
    last = session.scalar(
        select(func.max(Attempt.number)).where(Attempt.subject_id == lesson.id, Attempt.purpose == Purpose.LESSON)
    )
    course = session.get_one(Course, lesson.course_id)
    made = desk.attempt(
        session, Course(id=course.id, paper_id=lesson.paper_id), person, percent=0, number=(last or 0) + 1
    )
    made.purpose, made.subject_id = Purpose.LESSON, lesson.id
    return sit(session, made, percent)


def finish(session: Session, lesson: Lesson, person: Any) -> None:
    desk.Device(session, lesson, person, seconds=free_seconds(session)).play(60)


def free_seconds(session: Session) -> int:
    """Each viewing of a test begins after the ones before."""
    return 1000 * (session.scalar(select(func.count()).select_from(Viewing)) or 0)


def is_done(session: Session, of: Course, person: Any) -> bool:
    return desk.standing(session, of, person).finished_at is not None


def quarters(session: Session, person: Any) -> int:
    return session.scalar(select(func.sum(HourEntry.quarters)).where(HourEntry.person_id == person.id)) or 0


# --- a quiz as a lesson


def test_a_quiz_lesson_is_finished_by_passing_and_earns_nothing_itself(session: Session, cast: SimpleNamespace) -> None:
    course = desk.course(session, desk.resource(session))
    film, test = desk.lessons(session, course)[0], quiz_lesson(session, course, 2)
    take(session, test, cast.lin, 59)
    finish(session, film, cast.lin)
    assert not is_done(session, course, cast.lin)
    assert quarters(session, cast.lin) == 0
    take(session, test, cast.lin, 60)
    assert is_done(session, course, cast.lin)
    assert quarters(session, cast.lin) == 1
    assert progress.verify(session).problems == []


def test_a_corrected_score_opens_the_lesson_and_the_course_again_and_hours_of_films_stay(
    session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session))
    film, test = desk.lessons(session, course)[0], quiz_lesson(session, course, 2)
    finish(session, film, cast.lin)
    attempt = take(session, test, cast.lin, 60)
    attempt.score_millis = 50_000
    session.flush()
    outcomes.resettle(session, [attempt], "答案有误", desk.at(9999))
    session.expire_all()
    assert not is_done(session, course, cast.lin)
    assert desk.progress(session, test, cast.lin).finished_at is None
    assert quarters(session, cast.lin) == 1
    assert progress.verify(session).problems == []
    attempt.score_millis = 70_000
    session.flush()
    outcomes.resettle(session, [attempt], "申诉成立", desk.at(9999))
    session.expire_all()
    assert is_done(session, course, cast.lin)


def test_the_check_notices_a_quiz_lesson_that_is_finished_without_a_pass(
    session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session)
    test = quiz_lesson(session, course, 1)
    take(session, test, cast.lin, 40)
    quiz._begin_progress(session, test, cast.lin.id, desk.at(0))
    assert progress.verify(session).holds
    desk.progress(session, test, cast.lin).finished_at = desk.at(5)
    session.flush()
    assert not progress.verify(session).holds


# --- completion


def test_of_the_electives_so_many_are_needed_and_one_more_is_credited_when_it_is_finished(
    session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(
        session, *(desk.resource(session) for _ in range(4)), completion=Completion.ELECTIVES, electives_needed=1
    )
    first, *electives = desk.lessons(session, course)
    for each in electives:
        each.is_required = False
    finish(session, first, cast.lin)
    assert not is_done(session, course, cast.lin)
    finish(session, electives[1], cast.lin)
    assert is_done(session, course, cast.lin)
    assert quarters(session, cast.lin) == 2
    finish(session, electives[0], cast.lin)
    assert quarters(session, cast.lin) == 3
    assert progress.verify(session).holds


def test_by_the_quiz_alone_the_course_is_finished_and_only_studied_lessons_are_credited(
    session: Session, cast: SimpleNamespace
) -> None:
    paper = desk.paper(session)
    course = desk.course(
        session, desk.resource(session), desk.resource(session), paper_id=paper.id, completion=Completion.QUIZ
    )
    finish(session, desk.lessons(session, course)[0], cast.lin)
    sit(session, desk.attempt(session, course, cast.lin, percent=0), 80)
    assert is_done(session, course, cast.lin)
    assert quarters(session, cast.lin) == 1 + 2
    assert progress.verify(session).holds


def test_finished_stays_finished_when_the_rule_asks_more_and_the_others_meet_the_new_rule(
    session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session), desk.resource(session))
    first, second = desk.lessons(session, course)
    second.is_required = False
    finish(session, first, cast.lin)
    assert is_done(session, course, cast.lin)
    course.completion, course.electives_needed = Completion.ELECTIVES, 1
    session.flush()
    finish(session, first, cast.bo)
    assert is_done(session, course, cast.lin)
    assert not is_done(session, course, cast.bo)
    finish(session, second, cast.lin)
    assert quarters(session, cast.lin) == 2
    finish(session, second, cast.bo)
    assert is_done(session, course, cast.bo)


# --- what is locked


def locked(session: Session, person: Any, lesson: Lesson) -> str:
    with pytest.raises(Locked) as refused:
        access.lesson_to_study(session, person, lesson.id)
    return refused.value.message


def test_in_an_ordered_course_the_next_lesson_opens_when_the_one_before_is_finished(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session), desk.resource(session), is_ordered=True)
    first, second = desk.lessons(session, course)
    assert locked(session, principals.lin, second) == "先学完第 1 课“第1讲”，再学这一课。"
    finish(session, first, cast.lin)
    assert access.lesson_to_study(session, principals.lin, second.id)[1].id == second.id
    assert access.lesson_to_study(session, principals.lin, first.id)[1].id == first.id
    assert locked(session, principals.bo, second)


def test_a_prerequisite_locks_until_it_is_finished_and_no_more_once_it_is_withdrawn(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    first = desk.course(session, desk.resource(session), title="基础")
    course = desk.course(session, desk.resource(session))
    services.set_prerequisites(session, course, [first.id])
    session.flush()
    (lesson,) = desk.lessons(session, course)
    assert "《基础》" in locked(session, principals.lin, lesson)
    with pytest.raises(Locked):
        access.quiz_to_sit(session, principals.lin, course.id, desk.at(0))
    finish(session, desk.lessons(session, first)[0], cast.lin)
    access.lesson_to_study(session, principals.lin, lesson.id)
    assert locked(session, principals.bo, lesson)
    first.state = CourseState.WITHDRAWN
    session.flush()
    access.lesson_to_study(session, principals.bo, lesson.id)


def test_dates_lock_before_and_after_but_not_whoever_has_finished(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace, time_machine: Any
) -> None:
    course = desk.course(session, desk.resource(session), opens_at=desk.at(0), closes_at=desk.at(3600))
    (lesson,) = desk.lessons(session, course)
    time_machine.move_to(desk.AT - timedelta(hours=1), tick=False)
    assert "开放" in locked(session, principals.lin, lesson)
    time_machine.move_to(desk.AT, tick=False)
    access.lesson_to_study(session, principals.lin, lesson.id)
    finish(session, lesson, cast.lin)
    time_machine.move_to(desk.at(3600), tick=False)
    access.lesson_to_study(session, principals.lin, lesson.id)
    assert "截止" in locked(session, principals.bo, lesson)


def test_the_pretest_comes_first_once_and_exempts_nobody(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session), pretest_paper_id=desk.paper(session).id)
    (lesson,) = desk.lessons(session, course)
    assert "前测" in locked(session, principals.lin, lesson)
    attempt = desk.attempt(session, Course(id=course.id, paper_id=course.pretest_paper_id), cast.lin, percent=100)
    attempt.purpose = Purpose.PRETEST
    session.flush()
    outcomes.settle(session, attempt, desk.at(60))
    access.lesson_to_study(session, principals.lin, lesson.id)
    assert session.scalars(select(CourseProgress)).all() == []
    assert quarters(session, cast.lin) == 0
    with pytest.raises(Conflict, match="只做一次"):
        quiz.start_pretest(session, course, person_id=cast.lin.id, now=desk.at(90))
    view = study.view_course(
        session, course, cast.lin.id, gate=access.gates.gate_of(session, course, person_id=cast.lin.id, unit_path="/"),
        now=desk.at(90),
    )  # fmt: skip
    assert view.pretest is not None
    assert (view.pretest.before_percent, view.pretest.after_percent) == (100, None)


def test_the_pretest_may_not_give_the_answers_of_the_quiz_away(session: Session) -> None:
    paper = desk.paper(session)
    facts = CourseFacts(**{**vars(FACTS), "paper_id": paper.id, "pretest_paper_id": paper.id})
    with pytest.raises(Invalid, match="答案就公布了"):
        services.create_course(session, facts, owner_unit_id=desk.bureau(session).id, now=desk.AT)
    session.get_one(Paper, paper.id).kind = PaperKind.DRAWN
    services.create_course(session, facts, owner_unit_id=desk.bureau(session).id, now=desk.AT)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"opens_at": desk.at(9), "closes_at": desk.at(9)}, "closes_at"),
        ({"completion": Completion.QUIZ}, "paper"),
        ({"completion": Completion.ELECTIVES}, "electives_needed"),
    ],
)
def test_settings_that_contradict_themselves_are_refused_at_their_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        CourseFacts(**{**vars(FACTS), **given})
    assert refused.value.field == field


# --- building


@pytest.fixture
def draft(session: Session) -> Course:
    made = services.create_course(session, FACTS, owner_unit_id=desk.bureau(session).id, now=desk.AT)
    for title in ("甲", "乙", "丙"):
        contents.add_lesson(session, made, desk.resource(session, title=title), title="")
    return made


def table(session: Session, of: Course) -> str:
    session.flush()
    return " ".join(
        line.section.title if line.section else line.lesson.title if line.lesson else "?"
        for line in building.list_contents(session, of)
    )


def test_sections_and_lessons_are_put_in_any_order_and_no_two_stand_at_one_place(
    session: Session, draft: Course
) -> None:
    first = contents.add_section(session, draft, "一章")
    contents.add_lesson(session, draft, desk.resource(session, title="丁"), title="")
    second = contents.add_section(session, draft, "二章")
    assert table(session, draft) == "甲 乙 丙 一章 丁 二章"
    lessons = {lesson.title: lesson.id for lesson in desk.lessons(session, draft)}
    contents.move(session, draft, Token(lessons["丁"]), up=False)
    assert table(session, draft) == "甲 乙 丙 一章 二章 丁"
    contents.move(session, draft, Token(second.id, is_section=True), up=True)
    assert table(session, draft) == "甲 乙 丙 二章 丁 一章"
    order = f"s{first.id},l{lessons['丙']},s{second.id},l{lessons['丁']},l{lessons['甲']},l{lessons['乙']}"
    contents.set_order(session, draft, order)
    assert table(session, draft) == "一章 丙 二章 丁 甲 乙"
    assert [lesson.position for lesson in desk.lessons(session, draft)] == [1, 2, 3, 4]
    with pytest.raises(Conflict):
        contents.set_order(session, draft, order.replace("s", "l"))
    contents.remove_section(session, draft, session.get_one(Section, second.id))
    assert table(session, draft) == "一章 丙 丁 甲 乙"


def test_a_studied_lesson_leaves_the_course_and_its_progress_stays(
    session: Session, cast: SimpleNamespace, draft: Course, principals: SimpleNamespace
) -> None:
    services.publish_course(session, draft, by=principals.hua, now=desk.AT)
    first, second, _ = desk.lessons(session, draft)
    finish(session, first, cast.lin)
    services.withdraw_course(session, draft, by=principals.hua, now=desk.AT)
    services.reopen_course(session, draft)
    contents.remove_lesson(session, draft, first)
    contents.remove_lesson(session, draft, second)
    assert table(session, draft) == "丙"
    assert session.get(Lesson, second.id) is None
    assert desk.progress(session, first, cast.lin).finished_at is not None
    contents.add_lesson(session, draft, desk.resource(session, title="丁"), title="")
    services.publish_course(session, draft, by=principals.hua, now=desk.AT)
    with pytest.raises(NotFound):
        access.lesson_to_study(session, principals.lin, first.id)
    assert progress.verify(session).holds


def test_a_copy_has_everything_but_the_people(session: Session, cast: SimpleNamespace, draft: Course) -> None:
    contents.add_section(session, draft, "一章")
    contents.add_quiz(session, draft, desk.paper(session), title="测验", is_required=False)
    first = desk.course(session, desk.resource(session))
    services.set_prerequisites(session, draft, [first.id])
    draft.is_ordered = True
    copy = services.duplicate_course(session, draft, now=desk.at(9))
    assert (copy.title, copy.state, copy.is_ordered) == ("耕地保护（副本）", CourseState.DRAFT, True)
    assert table(session, copy) == table(session, draft) == "甲 乙 丙 一章 测验"
    assert {lesson.id for lesson in desk.lessons(session, copy)}.isdisjoint(
        lesson.id for lesson in desk.lessons(session, draft)
    )
    assert [course.id for course in building.list_prerequisites(session, copy.id)] == [first.id]


def test_a_course_that_asks_for_more_electives_than_it_has_is_not_published(
    session: Session, draft: Course, principals: SimpleNamespace
) -> None:
    draft.completion, draft.electives_needed = Completion.ELECTIVES, 2
    desk.lessons(session, draft)[0].is_required = False
    session.flush()
    with pytest.raises(Invalid, match="只有 1 个"):
        services.publish_course(session, draft, by=principals.hua, now=desk.AT)


def test_prerequisites_are_for_everybody_in_the_audience_and_never_in_a_circle(session: Session) -> None:
    north = session.scalars(select(Unit).where(Unit.name == "北区分局")).one()
    first = desk.course(session, desk.resource(session), title="甲")
    second = desk.course(session, desk.resource(session), title="乙")
    third = desk.course(session, desk.resource(session), title="丙", audience_unit_id=north.id)
    services.set_prerequisites(session, second, [first.id])
    services.set_prerequisites(session, third, [second.id, second.id])
    session.flush()
    for course, required in ((first, second), (first, third), (first, first)):
        with pytest.raises(Invalid):
            services.set_prerequisites(session, course, [required.id])
    assert session.scalar(select(func.count()).select_from(Prerequisite)) == 2
    fourth = desk.course(session, desk.resource(session))
    with pytest.raises(Invalid, match="部分单位"):
        services.set_prerequisites(session, fourth, [third.id])
