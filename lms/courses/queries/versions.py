"""Read the versions of a resource: the next one, those before, and which was public when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course, Lesson, LessonProgress, Resource, ResourceTag
from lms.courses.queries.history import AnyRow
from lms.courses.review_rules import CourseState, ResourceState
from lms.people.models import Unit


@dataclass(frozen=True)
class VersionLine:
    """One version as its readers see it. `until_at` is empty for the present one."""

    id: int
    version: int
    published_at: datetime | None
    until_at: datetime | None
    note: str
    title: str


def find_next(session: Session, resource_id: int) -> Resource | None:
    """The version that is being prepared or reviewed."""
    query = select(Resource).where(Resource.replaces_id == resource_id, Resource.state != ResourceState.SUPERSEDED)
    return session.scalar(query)


def find_last(session: Session, resource_id: int) -> Resource | None:
    """The version that was public last and is no more."""
    query = select(Resource).where(Resource.replaces_id == resource_id, Resource.state == ResourceState.SUPERSEDED)
    return session.scalar(query.order_by(Resource.version.desc()).limit(1))


def list_versions(session: Session, resource: Resource) -> list[VersionLine]:
    """Every version that was public, the present one first."""
    query = select(
        Resource.id,
        Resource.version,
        Resource.published_at,
        Resource.superseded_at,
        Resource.change_note,
        Resource.title,
    ).where(Resource.replaces_id == resource.id, Resource.state == ResourceState.SUPERSEDED)
    old = [VersionLine(*row) for row in session.execute(query.order_by(Resource.version.desc()))]
    here = VersionLine(resource.id, resource.version, resource.published_at, None, resource.change_note, resource.title)
    return [here, *old]


LENGTHS = (Resource.kind, Resource.duration_millis, Resource.page_count, Resource.required_reading_seconds)


def find_length_at(session: Session, resource_id: int, at: datetime) -> AnyRow:
    """Kind and lengths of the version that was public at that moment; of the present one where none is known to have been."""
    present: AnyRow = session.execute(select(*LENGTHS, Resource.published_at).where(Resource.id == resource_id)).one()
    if present.published_at is not None and present.published_at <= at:
        return present
    then = select(*LENGTHS).where(
        Resource.replaces_id == resource_id,
        Resource.state == ResourceState.SUPERSEDED,
        Resource.published_at <= at,
    )
    return session.execute(then.order_by(Resource.published_at.desc()).limit(1)).one_or_none() or present


def find_wider_course(session: Session, resource_id: int, audience_unit_id: int | None) -> str | None:
    """The title of a published course that has the resource and is for more people than that audience."""
    if audience_unit_id is None:
        return None
    narrow = session.scalar(select(Unit.path).where(Unit.id == audience_unit_id)) or ""
    rows = session.execute(
        select(Course.title, Unit.path)
        .outerjoin(Unit, Unit.id == Course.audience_unit_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .where(Lesson.resource_id == resource_id, Course.state == CourseState.PUBLISHED)
        .order_by(Course.id)
    )
    return next((title for title, path in rows if not (path or "/").startswith(narrow)), None)


def list_studied(session: Session, resource_id: int) -> Sequence[tuple[int, int]]:
    """(lesson, person) of everybody who has progress in a lesson that shows the resource."""
    query = (
        select(LessonProgress.lesson_id, LessonProgress.person_id)
        .join(Lesson, Lesson.id == LessonProgress.lesson_id)
        .where(Lesson.resource_id == resource_id)
        .order_by(LessonProgress.id)
    )
    return [(lesson_id, person_id) for lesson_id, person_id in session.execute(query)]


def list_tags(session: Session, resource_id: int) -> list[str]:
    return list(
        session.scalars(select(ResourceTag.tag).where(ResourceTag.resource_id == resource_id).order_by(ResourceTag.tag))
    )
