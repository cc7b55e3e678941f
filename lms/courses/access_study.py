"""Who may study what: a published course whose audience holds the person, its lessons, and one's own viewings."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course, Lesson, Resource, Viewing
from lms.courses.review_rules import CourseState, ResourceState
from lms.errors import NotFound
from lms.people.models import Unit
from lms.people.principal import Principal


def course_to_study(session: Session, person: Principal, course_id: int) -> Course:
    """The published course; NotFound for everybody outside its audience."""
    course = session.get(Course, course_id)
    if course is None or course.state is not CourseState.PUBLISHED:
        raise NotFound()
    _check_audience(session, person, course.audience_unit_id)
    return course


def lesson_to_study(session: Session, person: Principal, lesson_id: int) -> tuple[Course, Lesson, Resource]:
    """The lesson with its course and its published resource; the narrower audience of the two holds."""
    row = session.execute(
        select(Lesson, Resource).join(Resource, Resource.id == Lesson.resource_id).where(Lesson.id == lesson_id)
    ).one_or_none()
    if row is None or row.Resource.state is not ResourceState.PUBLISHED:
        raise NotFound()
    course = course_to_study(session, person, row.Lesson.course_id)
    _check_audience(session, person, row.Resource.audience_unit_id)
    return course, row.Lesson, row.Resource


def viewing_to_continue(session: Session, person: Principal, viewing_id: int) -> int:
    """The id of one's own viewing, open or ended; another person's is NotFound."""
    owner = session.scalar(select(Viewing.person_id).where(Viewing.id == viewing_id))
    if owner != person.id:
        raise NotFound()
    return viewing_id


def _check_audience(session: Session, person: Principal, unit_id: int | None) -> None:
    if unit_id is None:
        return
    path = session.scalar(select(Unit.path).where(Unit.id == unit_id))
    if path is None or not person.unit_path.startswith(path):
        raise NotFound()
