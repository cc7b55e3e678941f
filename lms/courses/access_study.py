"""Who may study what: a published course whose audience holds the person, its lessons, and one's own viewings."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.courses.access import resource_to_read, withdrawn_to_explain
from lms.courses.models import Course, Lesson, Resource
from lms.courses.review_rules import CourseState
from lms.errors import NotFound
from lms.people.models import Unit
from lms.people.principal import Principal

COURSE = (
    select(Course, Unit.path)
    .outerjoin(Unit, Unit.id == Course.audience_unit_id)
    .where(Course.id == bindparam("course"))
)


def course_to_study(session: Session, person: Principal, course_id: int) -> Course:
    """The published course; NotFound for everybody outside its audience."""
    row = session.execute(COURSE, {"course": course_id}).one_or_none()
    if row is None:
        raise NotFound()
    course, path = row
    is_in_audience = course.audience_unit_id is None or person.unit_path.startswith(path)
    if course.state is not CourseState.PUBLISHED or not is_in_audience:
        raise NotFound()
    return course


def lesson_to_study(session: Session, person: Principal, lesson_id: int) -> tuple[Course, Lesson, Resource]:
    """The lesson with its course and its published resource; the narrower audience of the two holds."""
    lesson = session.get(Lesson, lesson_id)
    if lesson is None:
        raise NotFound()
    course = course_to_study(session, person, lesson.course_id)
    return course, lesson, resource_to_read(session, person, lesson.resource_id)


def withdrawn_lesson(session: Session, person: Principal, lesson_id: int) -> tuple[Course, Lesson, Resource] | None:
    """A lesson of a course the person studies whose resource was withdrawn; None when that is not what is the matter."""
    lesson = session.get(Lesson, lesson_id)
    if lesson is None:
        return None
    course = course_to_study(session, person, lesson.course_id)
    gone = withdrawn_to_explain(session, person, lesson.resource_id)
    return (course, lesson, gone) if gone is not None else None
