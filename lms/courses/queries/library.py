"""Read the library: what a person may see, find and open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.courses.models import Course, Lesson, Resource
from lms.courses.review_rules import COURSE, RESOURCE, CourseState, Line, ResourceKind, ResourceState
from lms.db.bigrams import Phrase, excerpt, phrases
from lms.db.search import list_hits, subjects
from lms.people.access import Scope, scope
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes.models import Paper

PLACES = ("title", "lecturer", "summary", "page", "transcript", "text")
NAMED_PLACES = {"lecturer": "讲师", "summary": "简介", "transcript": "讲稿", "text": "正文"}


@dataclass(frozen=True)
class Wanted:
    """What the person asks the library for; empty fields ask for everything."""

    text: str = ""
    line: Line | None = None
    kind: ResourceKind | None = None

    @property
    def phrases(self) -> list[Phrase]:
        return phrases(self.text)


@dataclass(frozen=True)
class Hit:
    """Where a search found something: "第 3 页" or the like, and the words around it."""

    where: str
    excerpt: str


def list_resources(session: Session, person: Principal, wanted: Wanted) -> Select[Resource]:
    """Published resources for the person, newest first; in a search those with the words in the title come before the others."""
    query = select(Resource).where(
        Resource.state == ResourceState.PUBLISHED, is_for(person.unit_path, Resource.audience_unit_id)
    )
    if wanted.line:
        query = query.where(Resource.line == wanted.line)
    if wanted.kind:
        query = query.where(Resource.kind == wanted.kind)
    if wanted.text:
        query = _found(session, query, RESOURCE, Resource.id, wanted)
    return query.order_by(Resource.published_at.desc(), Resource.id.desc())


def list_courses(session: Session, person: Principal, wanted: Wanted) -> Select[Course]:
    """Published courses for the person: required ones first, then the newest."""
    query = select(Course).where(
        Course.state == CourseState.PUBLISHED, is_for(person.unit_path, Course.audience_unit_id)
    )
    if wanted.line:
        query = query.where(Course.line == wanted.line)
    if wanted.text:
        query = _found(session, query, COURSE, Course.id, wanted)
    return query.order_by(Course.is_required.desc(), Course.published_at.desc(), Course.id.desc())


def is_for(unit_path: str, audience: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """SQL condition: the audience is everybody, or a unit that the path lies in."""
    return or_(audience.is_(None), audience.in_(above(unit_path)))


def is_within(name: str, audience: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """The same for a statement that is made once: the parameter of that name is `above(unit_path)`."""
    return or_(audience.is_(None), audience.in_(bindparam(name, expanding=True)))


def above(unit_path: str) -> list[int]:
    """The units a path runs through: "/1/4/" → [1, 4]."""
    return [int(part) for part in unit_path.split("/") if part]


def _found(
    session: Session, query: Select[Any], kind: str, column: InstrumentedAttribute[int], wanted: Wanted
) -> Select[Any]:
    """Every word is found somewhere under the subject, titles first; a text without any word finds nothing."""
    hits = [subjects(session, kind, phrase, is_small=kind == COURSE) for phrase in wanted.phrases]
    if not hits:
        return query.where(false())
    for hit in hits:
        query = query.join(hit, hit.c.subject_id == column)
    return query.order_by(*(hit.c.is_title.desc() for hit in hits))


def hits_of(session: Session, wanted: Wanted, resource_ids: Sequence[int]) -> dict[int, Hit]:
    """Where each listed resource was found, unless it was by its title, which is on the card anyway."""
    if not wanted.text or not resource_ids:
        return {}
    found = list_hits(session, RESOURCE, wanted.phrases, resource_ids, PLACES)
    return {
        subject: Hit(
            f"第 {piece.number} 页" if piece.place == "page" else NAMED_PLACES[piece.place],
            excerpt(piece.text, wanted.text),
        )
        for subject, piece in found.items()
        if piece.place != "title"
    }


def list_own(person: Principal) -> Select[Resource]:
    """What the person uploaded or lectures in, newest first."""
    mine = or_(Resource.created_by_id == person.id, Resource.lecturer_id == person.id)
    return select(Resource).where(mine).order_by(Resource.id.desc())


def list_published(within: Scope, text: str = "") -> Select[Resource]:
    """Published and withdrawn resources of the scope's units, newest first, by a part of the title."""
    states = (ResourceState.PUBLISHED, ResourceState.WITHDRAWN)
    query = select(Resource).join(Unit, Unit.id == Resource.owner_unit_id)
    query = query.where(Resource.state.in_(states), within.units_filter(Unit.path))
    if text:
        query = query.where(Resource.title.contains(text, autoescape=True))
    return query.order_by(Resource.published_at.desc(), Resource.id.desc())


def list_managed_courses(within: Scope, state: CourseState | None = None, text: str = "") -> Select[Course]:
    """Courses of the scope's units, newest first."""
    query = select(Course).join(Unit, Unit.id == Course.owner_unit_id).where(within.units_filter(Unit.path))
    if state:
        query = query.where(Course.state == state)
    if text:
        query = query.where(Course.title.contains(text, autoescape=True))
    return query.order_by(Course.id.desc())


def list_lessons(session: Session, course_id: int) -> list[tuple[Lesson, Resource | None]]:
    """The course's lessons in order, each with its resource; None: it is a quiz."""
    query = select(Lesson, Resource).outerjoin(Resource, Resource.id == Lesson.resource_id)
    rows = session.execute(query.where(Lesson.course_id == course_id, ~Lesson.is_retired).order_by(Lesson.position))
    return [(lesson, resource) for lesson, resource in rows]


def courses_with(session: Session, person: Principal, resource_id: int) -> list[Course]:
    """Published courses for the person that have the resource as a lesson."""
    query = list_courses(session, person, Wanted()).where(
        Course.id.in_(select(Lesson.course_id).where(Lesson.resource_id == resource_id, ~Lesson.is_retired))
    )
    return list(session.scalars(query))


def list_candidates(session: Session, person: Principal, course: Course, text: str, limit: int) -> list[Resource]:
    """Published resources that could be the next lesson, newest first."""
    within = scope(session, person, Permission.COURSE_MANAGE)
    query = select(Resource).outerjoin(Unit, Unit.id == Resource.audience_unit_id)
    query = query.where(
        Resource.state == ResourceState.PUBLISHED,
        or_(is_for(person.unit_path, Resource.audience_unit_id), within.units_filter(Unit.path)),
        Resource.id.not_in(
            select(Lesson.resource_id).where(
                Lesson.course_id == course.id, ~Lesson.is_retired, Lesson.resource_id.is_not(None)
            )
        ),
    )
    if text:
        query = _found(session, query, RESOURCE, Resource.id, Wanted(text))
    return list(session.scalars(query.order_by(Resource.published_at.desc(), Resource.id.desc()).limit(limit)))


def count_lessons(session: Session, course_ids: Sequence[int]) -> dict[int, int]:
    query = select(Lesson.course_id, func.count()).where(Lesson.course_id.in_(course_ids), ~Lesson.is_retired)
    return {course_id: count for course_id, count in session.execute(query.group_by(Lesson.course_id))}


def list_papers(session: Session, within: Scope) -> list[tuple[int, str]]:
    """Papers of the scope's units by title."""
    query = select(Paper.id, Paper.title).join(Unit, Unit.id == Paper.owner_unit_id)
    return [
        (paper_id, title)
        for paper_id, title in session.execute(query.where(within.units_filter(Unit.path)).order_by(Paper.title))
    ]


def paper_title(session: Session, paper_id: int | None) -> str | None:
    return session.scalar(select(Paper.title).where(Paper.id == paper_id)) if paper_id else None
