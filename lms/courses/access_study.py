"""Who may study what: a published course whose audience holds the person, its lessons as far as nothing locks them, its quizzes."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses import course_rules as rules
from lms.courses.access import resource_to_read, withdrawn_to_explain
from lms.courses.course_rules import Lock
from lms.courses.models import Course, Lesson, Resource
from lms.courses.queries import gates
from lms.courses.queries.lines import list_lessons
from lms.courses.review_rules import CourseState
from lms.errors import Forbidden, NotFound
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.quizzes.models import Paper

COURSE = (
    select(Course, Unit.path)
    .outerjoin(Unit, Unit.id == Course.audience_unit_id)
    .where(Course.id == bindparam("course"))
)


class Locked(Forbidden):
    """The course or the lesson is there, but not yet or no more for this person; the message says why."""

    reason = "locked"
    heading = "现在还不能学"

    def __init__(self, message: str, course: Course) -> None:
        super().__init__(message)
        self.way_on = ("看课程要求", f"/courses/{course.id}")


def course_to_study(session: Session, person: Principal, course_id: int) -> Course:
    """The published course, locked or not; NotFound for everybody outside its audience."""
    row = session.execute(COURSE, {"course": course_id}).one_or_none()
    if row is None:
        raise NotFound()
    course, path = row
    is_in_audience = course.audience_unit_id is None or person.unit_path.startswith(path)
    if course.state is not CourseState.PUBLISHED or not is_in_audience:
        raise NotFound()
    return course


def lesson_to_study(session: Session, person: Principal, lesson_id: int) -> tuple[Course, Lesson, Resource]:
    """The lesson with its course and its published resource; the narrower audience of the two holds. Raises Locked while the
    course's dates, its prerequisites, its pre-test or an earlier lesson stand in the way."""
    course, lesson = _lesson(session, person, lesson_id)
    if lesson.resource_id is None:
        raise NotFound()
    resource = resource_to_read(session, person, lesson.resource_id)
    _check_open(session, person, course, clock.now())
    _check_turn(session, person, course, lesson)
    return course, lesson, resource


def quiz_lesson_to_study(
    session: Session, person: Principal, lesson_id: int, now: datetime
) -> tuple[Course, Lesson, Paper]:
    """A lesson that is a quiz, with its paper; Locked as `lesson_to_study`."""
    course, lesson = _lesson(session, person, lesson_id)
    paper = session.get(Paper, lesson.paper_id) if lesson.paper_id else None
    if paper is None:
        raise NotFound()
    _check_open(session, person, course, now)
    _check_turn(session, person, course, lesson)
    return course, lesson, paper


def quiz_to_sit(session: Session, person: Principal, course_id: int, now: datetime) -> Course:
    """The course whose quiz at the end may be sat now as far as dates, prerequisites and pre-test go."""
    course = course_to_study(session, person, course_id)
    _check_open(session, person, course, now)
    return course


def pretest_to_sit(session: Session, person: Principal, course_id: int, now: datetime) -> Course:
    """The course whose pre-test may be sat now: dates and prerequisites stand in the way, the pre-test itself does not."""
    course = course_to_study(session, person, course_id)
    if course.pretest_paper_id is None:
        raise NotFound()
    _check_open(session, person, course, now, unless=Lock.PRETEST)
    return course


def lesson_finished(session: Session, person: Principal, lesson_id: int) -> tuple[Lesson, Resource]:
    """A lesson that the person has finished, to be rated; Forbidden before."""
    course, lesson = _lesson(session, person, lesson_id)
    if lesson.resource_id is None:
        raise NotFound()
    resource = resource_to_read(session, person, lesson.resource_id)
    line = next(line for line in list_lessons(session, [course.id], person.id) if line.id == lesson.id)
    if not line.is_finished:
        raise Forbidden("学完以后才能评分。")
    return lesson, resource


def _lesson(session: Session, person: Principal, lesson_id: int) -> tuple[Course, Lesson]:
    lesson = session.get(Lesson, lesson_id)
    if lesson is None or lesson.is_retired:
        raise NotFound()
    return course_to_study(session, person, lesson.course_id), lesson


def _check_open(
    session: Session, person: Principal, course: Course, now: datetime, *, unless: Lock | None = None
) -> None:
    gate = gates.gate_of(session, course, person_id=person.id, unit_path=person.unit_path)
    if rules.lock_of(gate, now) not in (None, unless):
        raise Locked(gates.why_locked(gate, now), course)


def _check_turn(session: Session, person: Principal, course: Course, lesson: Lesson) -> None:
    if not course.is_ordered:
        return
    lines = list_lessons(session, [course.id], person.id)
    waits = rules.waits_for(course.completion, lines, is_ordered=True)
    place = next(n for n, line in enumerate(lines) if line.id == lesson.id)
    if (first := waits[place]) is not None:
        raise Locked(f"{gates.why_waits(first)}“{lines[first].title}”，再学这一课。", course)


def withdrawn_lesson(session: Session, person: Principal, lesson_id: int) -> tuple[Course, Lesson, Resource] | None:
    """A lesson of a course the person studies whose resource was withdrawn; None when that is not what is the matter."""
    lesson = session.get(Lesson, lesson_id)
    if lesson is None or lesson.is_retired or lesson.resource_id is None:
        return None
    course = course_to_study(session, person, lesson.course_id)
    gone = withdrawn_to_explain(session, person, lesson.resource_id)
    return (course, lesson, gone) if gone is not None else None
