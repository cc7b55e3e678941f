"""The quizzes of a course: the one at its end, those that are lessons, and the pre-test."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.courses.models import Course, CourseProgress, Lesson, LessonProgress
from lms.courses.services import progress
from lms.courses.services.progress import are_lessons_finished, list_steps
from lms.db import insert_ignore
from lms.errors import Conflict, NotFound
from lms.quizzes import queries as quiz_queries
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose, State

NEVER_STUDIED = {"spans": [], "pages": [], "position_millis": 0, "furthest_millis": 0, "read_seconds": 0}


def start_quiz(session: Session, course: Course, *, person_id: int, now: datetime) -> Attempt:
    """The person's open attempt at the course's quiz, begun now unless there is one. What the course asks of its lessons comes
    first. Raises NotFound for a course without a quiz."""
    paper = _paper(session, course.paper_id)
    if not are_lessons_finished(course, list_steps(session, course.id, person_id)):
        raise Conflict("请先学完必修课时，再做小测验。")
    return _start(session, paper, course, Purpose.COURSE, course.id, person_id=person_id, now=now)


def start_lesson_quiz(session: Session, course: Course, lesson: Lesson, *, person_id: int, now: datetime) -> Attempt:
    """The person's open attempt at the quiz that is this lesson; with it they have begun the course."""
    attempt = _start(
        session, _paper(session, lesson.paper_id), course, Purpose.LESSON, lesson.id, person_id=person_id, now=now
    )
    _begin_progress(session, lesson, person_id, now)
    return attempt


def start_pretest(session: Session, course: Course, *, person_id: int, now: datetime) -> Attempt:
    """The person's attempt at the pre-test, begun now unless it is open. Raises Conflict for a second one: what was learnt from
    the first would be compared."""
    paper = _paper(session, course.pretest_paper_id)
    last = quiz_queries.find_last_attempt(session, person_id, Purpose.PRETEST, course.id)
    if last is not None and last.state is not State.OPEN:
        raise Conflict("前测只做一次，你已经交卷，可以开始学习。")
    return _start(session, paper, course, Purpose.PRETEST, course.id, person_id=person_id, now=now)


def _paper(session: Session, paper_id: int | None) -> Paper:
    paper = session.get(Paper, paper_id) if paper_id else None
    if paper is None:
        raise NotFound()
    return paper


def _start(
    session: Session, paper: Paper, course: Course, purpose: Purpose, subject_id: int, *, person_id: int, now: datetime
) -> Attempt:
    return quizzes.start_attempt(
        session, paper, person_id=person_id, purpose=purpose, subject_id=subject_id, closes_at=course.closes_at, now=now
    )


def _begin_progress(session: Session, lesson: Lesson, person_id: int, now: datetime) -> None:
    begun = {"lesson_id": lesson.id, "person_id": person_id, "started_at": now, "studied_at": now, **NEVER_STUDIED}
    insert_ignore(session, LessonProgress, [begun], key=("lesson_id", "person_id"))
    course = {"course_id": lesson.course_id, "person_id": person_id, "started_at": now}
    insert_ignore(session, CourseProgress, [course], key=("course_id", "person_id"))


def settle_lesson_quiz(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """What follows from a submitted attempt at a quiz that is a lesson: passed, the lesson is finished, perhaps the course too."""
    lesson, paper = session.get_one(Lesson, attempt.subject_id), session.get_one(Paper, attempt.paper_id)
    if progress.passes(attempt, paper):
        _begin_progress(session, lesson, attempt.person_id, attempt.started_at)
        progress.finish_lesson(session, lesson.id, person_id=attempt.person_id, now=now)


def resettle_lesson_quiz(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """What follows when the score of such an attempt is corrected: finished now, or open again when no attempt passes any more."""
    lesson, paper = session.get_one(Lesson, attempt.subject_id), session.get_one(Paper, attempt.paper_id)
    if progress.passes(attempt, paper):
        settle_lesson_quiz(session, attempt, now=attempt.submitted_at or now)
        return
    attempts = quiz_queries.list_attempts(session, attempt.person_id, Purpose.LESSON, lesson.id)
    if any(each.state is not State.OPEN and progress.passes(each, paper) for each in attempts):
        return
    session.execute(
        update(LessonProgress)
        .where(LessonProgress.lesson_id == lesson.id, LessonProgress.person_id == attempt.person_id)
        .values(finished_at=None)
        .execution_options(synchronize_session=False)
    )
    course = session.get_one(Course, lesson.course_id)
    passed = session.scalar(
        select(CourseProgress.quiz_passed_at).where(
            CourseProgress.course_id == course.id, CourseProgress.person_id == attempt.person_id
        )
    )
    progress.reopen_course(session, course, person_id=attempt.person_id, quiz_passed=passed is not None)
