"""Courses of the back office: made, filled with lessons, published, withdrawn."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.courses.models import Course, Lesson, Resource
from lms.courses.review_rules import COURSE, CourseState, Line, ResourceState
from lms.courses.services.search import entry_of_course
from lms.db import changed, conflict_as, search
from lms.errors import Conflict, Invalid
from lms.people.models import Unit
from lms.people.principal import Principal

MOVED_ON = "课程的状态刚刚有了变化，请刷新后再试。"


@dataclass(frozen=True)
class CourseFacts:
    """What an organiser says about a course."""

    title: str
    summary: str
    line: Line
    lecturer_name: str
    audience_unit_id: int | None
    paper_id: int | None
    is_required: bool
    professional: bool


def create_course(session: Session, facts: CourseFacts, *, owner_unit_id: int, now: datetime) -> Course:
    """A draft without lessons."""
    course = Course(owner_unit_id=owner_unit_id, state=CourseState.DRAFT, created_at=now, **vars(facts))
    session.add(course)
    session.flush()  # the page it leads to is named by its number
    return course


def edit_course(session: Session, course: Course, facts: CourseFacts, *, owner_unit_id: int) -> None:
    """The course says this now; a published one is found by its new words at once."""
    if course.state is CourseState.PUBLISHED:
        _check_audiences(session, course.id, facts.audience_unit_id)
    for name, value in vars(facts).items():
        setattr(course, name, value)
    course.owner_unit_id = owner_unit_id
    if course.state is CourseState.PUBLISHED:
        search.put(session, COURSE, course.id, entry_of_course(course))


def add_lesson(session: Session, course: Course, resource: Resource, *, title: str, is_required: bool = True) -> Lesson:
    """The resource is the last lesson of the draft; raises Conflict in a published course, Invalid when it is not published."""
    _check_open(course)
    if resource.state is not ResourceState.PUBLISHED:
        raise Invalid("这份资源还没有发布，请选择已发布的资源。", field="resource_id")
    last = session.scalar(select(func.max(Lesson.position)).where(Lesson.course_id == course.id)) or 0
    lesson = Lesson(
        course_id=course.id,
        position=last + 1,
        resource_id=resource.id,
        title=title or resource.title,
        is_required=is_required,
    )
    with conflict_as(Conflict(MOVED_ON), session):
        session.add(lesson)
    return lesson


def move_lesson(session: Session, course: Course, lesson: Lesson, *, up: bool) -> None:
    """The lesson changes places with its neighbour; at the end of the row nothing happens."""
    _check_open(course)
    beside = select(Lesson).where(Lesson.course_id == course.id)
    beside = (
        beside.where(Lesson.position < lesson.position).order_by(Lesson.position.desc())
        if up
        else beside.where(Lesson.position > lesson.position).order_by(Lesson.position)
    )
    other = session.scalars(beside.limit(1)).first()
    if other is None:
        return
    mine, its = lesson.position, other.position
    for moved, position in ((lesson, -mine), (other, mine), (lesson, its)):
        moved.position = position
        session.flush()  # two lessons never stand at one place, not even for a moment


def remove_lesson(session: Session, course: Course, lesson: Lesson) -> None:
    """The draft goes on without the lesson."""
    _check_open(course)
    session.delete(lesson)


def _check_open(course: Course) -> None:
    if course.state is not CourseState.DRAFT:
        raise Conflict("已发布的课程不能增减课时，以免影响正在学习的人。请先撤下，改好后重新发布。")


def publish_course(session: Session, course: Course, *, by: Principal, now: datetime) -> None:
    """Learners of its audience find and study it. Raises Invalid without lessons, or when a lesson is not to be had by the audience."""
    if not session.scalar(select(func.count()).where(Lesson.course_id == course.id)):
        raise Invalid("课程还没有课时，请先添加至少一个课时再发布。")
    hidden = session.scalars(
        select(Lesson.title)
        .join(Resource, Resource.id == Lesson.resource_id)
        .where(Lesson.course_id == course.id, Resource.state != ResourceState.PUBLISHED)
    ).all()
    if hidden:
        raise Invalid(f"课时“{hidden[0]}”的资源已撤下，请更换后再发布。")
    _check_audiences(session, course.id, course.audience_unit_id)
    texts = entry_of_course(course)
    _move(session, course, CourseState.DRAFT, CourseState.PUBLISHED, published_at=now)
    search.put(session, COURSE, course.id, texts)
    audit.record(session, by.id, "course.publish", f"course:{course.id}", {}, now=now)


def _check_audiences(session: Session, course_id: int, audience_unit_id: int | None) -> None:
    """Raises Invalid when a lesson is for fewer people than the course."""
    narrower = session.execute(
        select(Lesson.title, Unit.path)
        .join(Resource, Resource.id == Lesson.resource_id)
        .join(Unit, Unit.id == Resource.audience_unit_id)
        .where(Lesson.course_id == course_id)
    ).all()
    audience = session.scalar(select(Unit.path).where(Unit.id == audience_unit_id)) or "/"
    for title, path in narrower:
        if not audience.startswith(path):
            raise Invalid(f"课时“{title}”只对部分单位开放，请把学习对象缩小到同一单位，或更换课时。", field="audience")


def withdraw_course(session: Session, course: Course, *, by: Principal, now: datetime) -> None:
    """The course is gone for learners; what they have studied and earned stays."""
    _move(session, course, CourseState.PUBLISHED, CourseState.WITHDRAWN)
    search.remove(session, COURSE, course.id)
    audit.record(session, by.id, "course.withdraw", f"course:{course.id}", {}, now=now)


def reopen_course(session: Session, course: Course) -> None:
    """A withdrawn course is a draft again."""
    _move(session, course, CourseState.WITHDRAWN, CourseState.DRAFT)


def _move(session: Session, course: Course, old: CourseState, new: CourseState, **values: object) -> None:
    held = update(Course).where(Course.id == course.id, Course.state == old)
    if not changed(session.execute(held.values(state=new, **values))):
        raise Conflict(MOVED_ON)
    session.refresh(course)
