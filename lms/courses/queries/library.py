"""Read the library: what a person may see, find and open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, false, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, defer

from lms.courses import caption_rules
from lms.courses.library_rules import Sort
from lms.courses.models import Course, Lesson, Resource, ResourceTag
from lms.courses.review_rules import COURSE, RESOURCE, CourseState, Line, ResourceKind, ResourceState
from lms.db import search
from lms.db.bigrams import Phrase, excerpt, phrases
from lms.db.search import Sought, mark
from lms.db.search_hits import Hit as Piece
from lms.db.search_hits import list_hits
from lms.people.access import Scope, scope
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes.models import Paper

T = TypeVar("T")

PLACES = ("title", "lecturer", "summary", "tag", "page", "cue", "said", "transcript", "text")
NAMED_PLACES = {
    "lecturer": "讲师",
    "summary": "简介",
    "tag": "标签",
    "said": "讲稿",
    "transcript": "讲稿",
    "text": "正文",
}
LONG = (defer(Resource.body_html), defer(Resource.transcript), defer(Resource.captions_vtt))
"""A list shows no long texts and does not load them."""


@dataclass(frozen=True)
class Wanted:
    """What the person asks the library for; empty fields ask for everything."""

    text: str = ""
    line: Line | None = None
    kind: ResourceKind | None = None
    series_id: int | None = None
    speaker_id: int | None = None
    year: int | None = None
    tag: str = ""
    sort: Sort | None = None

    @property
    def phrases(self) -> list[Phrase]:
        return phrases(self.text)

    @property
    def is_of_resources(self) -> bool:
        """Whether it asks for something that courses have not."""
        return bool(self.kind or self.series_id or self.speaker_id or self.year or self.tag)


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A page of what was asked for. Of a search with very many hits `total` is how many can be reached, and there are more."""

    rows: Sequence[T]
    total: int
    is_more: bool = False


@dataclass(frozen=True)
class Hit:
    """Where a search found something: "第 3 页" or the like, and the words around it. `millis` or `page` lead there; `more` is how many
    other pages or lines hold the word too."""

    where: str
    excerpt: str
    millis: int | None = None
    page: int | None = None
    more: int = 0

    @property
    def landing_seconds(self) -> int | None:
        """The first whole second of the line: one earlier the line before would still be shown."""
        return None if self.millis is None else -(-self.millis // 1000)


def is_shown(person: Principal) -> tuple[ColumnElement[bool], ...]:
    """SQL conditions: the resource is published, and for the person."""
    return Resource.state == ResourceState.PUBLISHED, is_for(person.unit_path, Resource.audience_unit_id)


def list_resources(person: Principal, wanted: Wanted) -> Select[Resource]:
    """Published resources for the person by everything but the text asked for."""
    query = select(Resource).where(*is_shown(person)).options(*LONG)
    asked = (
        (Resource.line, wanted.line),
        (Resource.kind, wanted.kind),
        (Resource.series_id, wanted.series_id),
        (Resource.speaker_id, wanted.speaker_id),
        (Resource.year, wanted.year),
    )
    query = query.where(*(column == value for column, value in asked if value))
    if wanted.tag:
        query = query.where(Resource.id.in_(select(ResourceTag.resource_id).where(ResourceTag.tag == wanted.tag)))
    if wanted.sort is Sort.TITLE:
        return query.order_by(Resource.title_sound, Resource.id)
    return query.order_by(Resource.published_at.desc(), Resource.id.desc())


def find_resources(
    session: Session, person: Principal, wanted: Wanted, *, offset: int = 0, limit: int = 24
) -> Listing[Resource]:
    """A page of published resources for the person: those with the words in the title first, then the newest first."""
    if not wanted.text:
        return _page_of(session, list_resources(person, wanted), offset, limit)
    sought = Sought(RESOURCE, wanted.phrases, _marks(person, wanted))
    if wanted.sort is Sort.TITLE:
        return _by_title(session, person, wanted, sought, offset, limit)
    found = search.find(session, sought, offset=offset, limit=limit, titles_first=wanted.sort is not Sort.NEWEST)
    return Listing(_of_ids(session, person, found.ids), found.total, found.is_more)


CARD = (
    select(
        Resource.id, Resource.kind, Resource.title, Resource.summary, Resource.line, Resource.lecturer_name, Resource.year,
        Resource.duration_millis, Resource.page_count, Resource.state, Resource.audience_unit_id,
    )
    .where(Resource.id.in_(bindparam("ids", expanding=True)))
)  # fmt: skip
"""What a list shows of a resource."""


def _of_ids(session: Session, person: Principal, ids: Sequence[int]) -> list[Any]:
    """The resources in that order, each looked at once more: published, and for the person."""
    units = above(person.unit_path)
    rows = {row.id: row for row in session.execute(CARD, {"ids": ids})}
    return [
        row
        for id in ids
        if (row := rows.get(id)) and row.state is ResourceState.PUBLISHED and row.audience_unit_id in (None, *units)
    ]


def _by_title(
    session: Session, person: Principal, wanted: Wanted, sought: Sought, offset: int, limit: int
) -> Listing[Resource]:
    """The newest hits, as many as can be reached, in the order of their titles."""
    if not sought.phrases:
        return Listing([], 0)
    newest = search.subjects(session, sought, search.HITS_MOST).subquery()
    page = _page_of(session, list_resources(person, wanted).where(Resource.id.in_(select(newest))), offset, limit)
    reached = search.find(session, sought, offset=0, limit=0, titles_first=False)
    return Listing(page.rows, page.total, reached.is_more)


def _page_of(session: Session, query: Select[Any], offset: int, limit: int) -> Listing[Any]:
    some: Select[Any] = query.with_only_columns(literal_column("1")).order_by(None).limit(search.HITS_MOST + 1)
    count = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    total = min(count, search.HITS_MOST)
    rows = session.scalars(query.limit(min(limit, total - offset)).offset(offset)).all() if total > offset else []
    return Listing(rows, total, count > total)


def _marks(person: Principal, wanted: Wanted) -> list[list[str]]:
    """The marks a hit must have: one of each group."""
    asked = {
        "l": wanted.line and wanted.line.value,
        "t": wanted.kind and wanted.kind.value,
        "s": wanted.series_id,
        "p": wanted.speaker_id,
        "y": wanted.year,
        "g": wanted.tag.encode().hex(),
    }
    return [audience_marks(person), *([mark(name, value)] for name, value in asked.items() if value)]


def audience_marks(person: Principal) -> list[str]:
    """The marks of what is for the person."""
    return [mark("a", unit_id) for unit_id in (0, *above(person.unit_path))]


def list_courses(person: Principal, wanted: Wanted) -> Select[Course]:
    """Published courses for the person by everything but the text asked for: required ones first, then the newest."""
    query = select(Course).where(
        Course.state == CourseState.PUBLISHED, is_for(person.unit_path, Course.audience_unit_id)
    )
    if wanted.line:
        query = query.where(Course.line == wanted.line)
    return query.order_by(Course.is_required.desc(), Course.published_at.desc(), Course.id.desc())


def find_courses(
    session: Session, person: Principal, wanted: Wanted, *, offset: int = 0, limit: int = 24
) -> Listing[Course]:
    """A page of published courses for the person; in a search those with the words in the title first."""
    if not wanted.text:
        return _page_of(session, list_courses(person, wanted), offset, limit)
    marks = [audience_marks(person), *([[mark("l", wanted.line.value)]] if wanted.line else [])]
    found = search.find(session, Sought(COURSE, wanted.phrases, marks), offset=offset, limit=limit)
    query = list_courses(person, wanted).where(Course.id.in_(found.ids))
    rows = {row.id: row for row in session.scalars(query)} if found.ids else {}
    return Listing([rows[id] for id in found.ids if id in rows], found.total, found.is_more)


def is_for(unit_path: str, audience: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """SQL condition: the audience is everybody, or a unit that the path lies in."""
    return or_(audience.is_(None), audience.in_(above(unit_path)))


def is_within(name: str, audience: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """The same for a statement that is made once: the parameter of that name is `above(unit_path)`."""
    return or_(audience.is_(None), audience.in_(bindparam(name, expanding=True)))


def above(unit_path: str) -> list[int]:
    """The units a path runs through: "/1/4/" → [1, 4]."""
    return [int(part) for part in unit_path.split("/") if part]


def hits_of(session: Session, wanted: Wanted, resource_ids: Sequence[int]) -> dict[int, Hit]:
    """Where each listed resource was found, unless it was by its title, which is on the card anyway."""
    asked = wanted.phrases
    if not asked or not resource_ids:
        return {}
    found = list_hits(session, RESOURCE, wanted.text, asked, resource_ids, PLACES)
    return {
        subject: _hit(session, wanted, subject, piece) for subject, piece in found.items() if piece.place != "title"
    }


def _hit(session: Session, wanted: Wanted, resource_id: int, piece: Piece) -> Hit:
    around, more = excerpt(piece.text, wanted.text), piece.count - 1
    if piece.place == "page":
        return Hit(f"第 {piece.number} 页", around, page=piece.number, more=more)
    if piece.place == "cue":
        return Hit("", around, millis=piece.number, more=more)
    if piece.place == "said":
        vtt = session.scalar(select(Resource.captions_vtt).where(Resource.id == resource_id)) or ""
        moment = caption_rules.moment_of(caption_rules.cues(vtt), wanted.text.split())
        if moment is not None:
            return Hit("", around, millis=moment)
    return Hit(NAMED_PLACES[piece.place], around)


def list_own(person: Principal) -> Select[Resource]:
    """What the person uploaded or lectures in, newest first."""
    mine = or_(Resource.created_by_id == person.id, Resource.lecturer_id == person.id)
    return select(Resource).where(mine, Resource.state != ResourceState.SUPERSEDED).order_by(Resource.id.desc())


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
    query = list_courses(person, Wanted()).where(
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
        asked = phrases(text)
        found = search.subjects(session, Sought(RESOURCE, asked)) if asked else None
        query = query.where(Resource.id.in_(found) if found is not None else false())
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
