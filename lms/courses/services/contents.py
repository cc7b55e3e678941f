"""The table of contents of a draft: sections, lessons, quizzes as lessons, and their order."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.courses import course_rules as rules
from lms.courses.course_rules import Token
from lms.courses.models import Course, Lesson, LessonProgress, Resource, Section, Viewing
from lms.courses.review_rules import CourseState, ResourceState
from lms.courses.services.courses import MOVED_ON
from lms.db import conflict_as
from lms.errors import Conflict, Invalid
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose

MOST_LESSONS = 500
AWAY = 2**30


def add_lesson(session: Session, course: Course, resource: Resource, *, title: str, is_required: bool = True) -> Lesson:
    """The resource is the last lesson of the draft; raises Conflict in a published course, Invalid when it is not published."""
    _check_open(course)
    if resource.state is not ResourceState.PUBLISHED:
        raise Invalid("这份资源还没有发布，请选择已发布的资源。", field="resource_id")
    return put_lesson(session, course, title=title or resource.title, is_required=is_required, resource_id=resource.id)


def add_quiz(session: Session, course: Course, paper: Paper, *, title: str, is_required: bool = True) -> Lesson:
    """The paper is the last lesson of the draft."""
    _check_open(course)
    return put_lesson(session, course, title=title or paper.title, is_required=is_required, paper_id=paper.id)


def put_lesson(
    session: Session,
    course: Course,
    *,
    title: str,
    is_required: bool,
    resource_id: int | None = None,
    paper_id: int | None = None,
    section_id: int | None = None,
) -> Lesson:
    """A lesson behind all others, in the last section unless another one is named, whether its resource is published or not."""
    last = select(func.max(Lesson.position)).where(Lesson.course_id == course.id)
    ending = select(Section.id).where(Section.course_id == course.id).order_by(Section.position.desc()).limit(1)
    lesson = Lesson(
        course_id=course.id, position=max(0, session.scalar(last) or 0) + 1, title=title[:120], is_required=is_required,
        resource_id=resource_id, paper_id=paper_id, section_id=section_id or session.scalar(ending),
    )  # fmt: skip
    if lesson.position > MOST_LESSONS:
        raise Invalid(f"一门课最多 {MOST_LESSONS} 个课时，请分成几门课。")
    with conflict_as(Conflict(MOVED_ON), session):
        session.add(lesson)
    return lesson


def edit_lesson(session: Session, course: Course, lesson: Lesson, *, title: str, is_required: bool) -> None:
    """The lesson of the draft is called this, and is required or not."""
    _check_open(course)
    lesson.title, lesson.is_required = title, is_required


def remove_lesson(session: Session, course: Course, lesson: Lesson) -> None:
    """The draft goes on without the lesson. One that somebody has studied is retired: what they did stays in the books."""
    _check_open(course)
    if not _is_studied(session, lesson):
        session.delete(lesson)
        return
    lesson.is_retired, lesson.position, lesson.section_id = True, -lesson.id, None


def _is_studied(session: Session, lesson: Lesson) -> bool:
    traces = (
        select(Viewing.id).where(Viewing.lesson_id == lesson.id),
        select(LessonProgress.id).where(LessonProgress.lesson_id == lesson.id),
        select(Attempt.id).where(Attempt.purpose == Purpose.LESSON, Attempt.subject_id == lesson.id),
    )
    return any(session.scalar(trace.limit(1)) is not None for trace in traces)


def add_section(session: Session, course: Course, title: str) -> Section:
    """A heading at the end; the lessons added next stand under it."""
    _check_open(course)
    last = session.scalar(select(func.max(Section.position)).where(Section.course_id == course.id)) or 0
    section = Section(course_id=course.id, position=last + 1, title=title)
    with conflict_as(Conflict(MOVED_ON), session):
        session.add(section)
    return section


def rename_section(session: Session, course: Course, section: Section, title: str) -> None:
    _check_open(course)
    section.title = title


def remove_section(session: Session, course: Course, section: Section) -> None:
    """The heading is gone; its lessons belong to the section before it."""
    _check_open(course)
    tokens = [token for token in contents_of(session, course) if token != Token(section.id, is_section=True)]
    _store(session, course, tokens)
    session.delete(section)


def move(session: Session, course: Course, token: Token, *, up: bool) -> None:
    """A lesson or a section changes places with its neighbour; at the end of the row nothing happens."""
    _check_open(course)
    _store(session, course, rules.moved(contents_of(session, course), token, up=up))


def set_order(session: Session, course: Course, order: str) -> None:
    """Sections and lessons stand as a page sends them ("s3,l5,l6"). Raises Conflict when it names others than there are."""
    _check_open(course)
    tokens = rules.read_order(order, contents_of(session, course))
    if tokens is None:
        raise Conflict(MOVED_ON)
    _store(session, course, tokens)


def contents_of(session: Session, course: Course) -> list[Token]:
    """The lines of the course's table of contents."""
    sections = session.scalars(
        select(Section.id).where(Section.course_id == course.id).order_by(Section.position)
    ).all()
    lessons = session.execute(
        select(Lesson.id, Lesson.section_id)
        .where(Lesson.course_id == course.id, ~Lesson.is_retired)
        .order_by(Lesson.position)
    )
    return rules.contents(sections, [(id, section_id) for id, section_id in lessons])


def _store(session: Session, course: Course, tokens: Sequence[Token]) -> None:
    """Positions and sections as the lines say. First out of the way: two never stand at one place, not even for a moment."""
    sections = [token.id for token in tokens if token.is_section]
    lessons = rules.sections_of(tokens)
    for model in (Section, Lesson):
        away = update(model).where(model.course_id == course.id, model.position > 0)
        session.execute(away.values(position=-AWAY - model.position), execution_options=LATER)
    for place, section_id in enumerate(sections, 1):
        session.execute(update(Section).where(Section.id == section_id).values(position=place), execution_options=LATER)
    for place, (lesson_id, of) in enumerate(lessons, 1):
        stood = update(Lesson).where(Lesson.id == lesson_id)
        session.execute(stood.values(position=place, section_id=of), execution_options=LATER)
    session.expire_all()


LATER = {"synchronize_session": False}


def _check_open(course: Course) -> None:
    if course.state is not CourseState.DRAFT:
        raise Conflict("已发布的课程不能增减课时，以免影响正在学习的人。请先撤下，改好后重新发布。")
