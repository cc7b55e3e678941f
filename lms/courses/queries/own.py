"""Read what a person keeps of the library: what was begun, favourites, notes. Only one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.courses.models import Course, Lesson, LessonProgress, Resource, ResourceFavourite, ResourceNote
from lms.courses.queries.library import LONG, is_for, is_shown
from lms.courses.review_rules import CourseState, ResourceState
from lms.people.principal import Principal


@dataclass(frozen=True)
class Begun:
    """A lesson somebody is in the middle of."""

    lesson_id: int
    title: str
    course: str
    position_millis: int
    studied_at: datetime


def list_begun(session: Session, person: Principal, limit: int = 3) -> list[Begun]:
    """Lessons begun and not finished that are still open to the person, the last studied first."""
    query = (
        select(Lesson.id, Lesson.title, Course.title, LessonProgress.position_millis, LessonProgress.studied_at)
        .join(Lesson, Lesson.id == LessonProgress.lesson_id)
        .join(Course, Course.id == Lesson.course_id)
        .join(Resource, Resource.id == Lesson.resource_id)
        .where(LessonProgress.person_id == person.id, LessonProgress.finished_at.is_(None), *is_shown(person))
        .where(Course.state == CourseState.PUBLISHED, is_for(person.unit_path, Course.audience_unit_id))
        .order_by(LessonProgress.studied_at.desc())
        .limit(limit)
    )
    return [Begun(*row) for row in session.execute(query)]


def list_favourites(person: Principal) -> Select[Resource]:
    """What the person keeps and may still see, the latest kept first."""
    query = select(Resource).join(ResourceFavourite, ResourceFavourite.resource_id == Resource.id).options(*LONG)
    query = query.where(ResourceFavourite.person_id == person.id, *is_shown(person))
    return query.order_by(ResourceFavourite.kept_at.desc(), Resource.id.desc())


@dataclass(frozen=True)
class Gone:
    """A favourite that was withdrawn, with the reason; only of resources that were for the person."""

    resource_id: int
    title: str
    reason: str


def list_gone(session: Session, person: Principal) -> list[Gone]:
    query = select(Resource.id, Resource.title, Resource.withdrawn_reason)
    query = query.join(ResourceFavourite, ResourceFavourite.resource_id == Resource.id)
    query = query.where(ResourceFavourite.person_id == person.id, Resource.state == ResourceState.WITHDRAWN)
    query = query.where(is_for(person.unit_path, Resource.audience_unit_id)).order_by(ResourceFavourite.kept_at.desc())
    return [Gone(*row) for row in session.execute(query)]


def is_favourite(session: Session, resource_id: int, person_id: int) -> bool:
    return session.get(ResourceFavourite, (person_id, resource_id)) is not None


def list_notes(session: Session, resource_id: int, person_id: int) -> list[ResourceNote]:
    """The person's notes on the resource, in the order of the medium."""
    query = select(ResourceNote).where(ResourceNote.person_id == person_id, ResourceNote.resource_id == resource_id)
    order = (func.coalesce(ResourceNote.at_millis, ResourceNote.page, -1), ResourceNote.id)
    return list(session.scalars(query.order_by(*order)))


def count_notes(session: Session, resource_id: int, person_id: int) -> int:
    query = select(func.count()).select_from(ResourceNote)
    return (
        session.scalar(query.where(ResourceNote.person_id == person_id, ResourceNote.resource_id == resource_id)) or 0
    )


def list_all_notes(person: Principal) -> Select[ResourceNote]:
    """All notes of the person, the latest first."""
    return select(ResourceNote).where(ResourceNote.person_id == person.id).order_by(ResourceNote.id.desc())


def titles_shown(session: Session, person: Principal, resource_ids: Sequence[int]) -> dict[int, str]:
    """Titles of those of the resources that the person may see now."""
    query = select(Resource.id, Resource.title).where(Resource.id.in_(set(resource_ids)), *is_shown(person))
    return {id: title for id, title in session.execute(query)} if resource_ids else {}


def find_note(session: Session, note_id: int, person_id: int) -> ResourceNote | None:
    note = session.get(ResourceNote, note_id)
    return note if note is not None and note.person_id == person_id else None
