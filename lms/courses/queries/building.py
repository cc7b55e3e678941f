"""What somebody who builds a course is shown of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course, CourseImport, Lesson, Prerequisite, QuickCourse, Resource, Section
from lms.courses.queries import library
from lms.courses.queries.study import list_sections


@dataclass(frozen=True)
class ContentLine:
    """A line of the table of contents: a section, or a lesson with its resource (None: a quiz). `number` counts lessons from 1."""

    token: str
    section: Section | None = None
    lesson: Lesson | None = None
    resource: Resource | None = None
    number: int = 0


def list_contents(session: Session, course: Course) -> list[ContentLine]:
    """Sections and lessons in the order in which learners meet them."""
    sections = {section.id: section for section in list_sections(session, course.id)}
    waiting, lines = list(sections.values()), []
    for number, (lesson, resource) in enumerate(library.list_lessons(session, course.id), 1):
        while lesson.section_id and waiting and _is_due(waiting[0], sections[lesson.section_id]):
            lines.append(_heading(waiting.pop(0)))
        lines.append(ContentLine(f"l{lesson.id}", lesson=lesson, resource=resource, number=number))
    return lines + [_heading(section) for section in waiting]


def _is_due(section: Section, reached: Section) -> bool:
    return section.position <= reached.position


def _heading(section: Section) -> ContentLine:
    return ContentLine(f"s{section.id}", section=section)


def list_prerequisites(session: Session, course_id: int) -> Sequence[Course]:
    query = select(Course).join(Prerequisite, Prerequisite.required_id == Course.id)
    return session.scalars(query.where(Prerequisite.course_id == course_id).order_by(Course.title)).all()


def find_last_import(session: Session, course_id: int) -> CourseImport | None:
    """The archive that was last taken into the course."""
    query = select(CourseImport).where(CourseImport.course_id == course_id).order_by(CourseImport.id.desc())
    return session.scalars(query.limit(1)).first()


def find_quick(session: Session, resource_id: int) -> QuickCourse | None:
    """The quick course that was begun with the resource."""
    return session.scalar(select(QuickCourse).where(QuickCourse.resource_id == resource_id))
