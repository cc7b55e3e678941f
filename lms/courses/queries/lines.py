"""The lessons of a course as lines, with what one person has of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from lms import clock
from lms.courses import study_rules as rules
from lms.courses.models import Lesson, LessonProgress, Resource
from lms.courses.queries.history import PLAYED, length_of
from lms.courses.review_rules import KIND_NAMES, ResourceKind, ResourceState
from lms.courses.study_rules import Coverage
from lms.hours import queries as hours
from lms.hours import rules as hour_rules
from lms.hours.rules import Policy

# Reading is half of a package: the whole is only said when its own word is there too.
PERCENT_MOST = {ResourceKind.PACKAGE: 99}
VERBS = {
    "video": "看完视频",
    "audio": "听完音频",
    "document": "读完文档",
    "article": "读完文章",
    "link": "打开链接",
    "package": "学完课件",
}


@dataclass(frozen=True)
class LessonLine:
    """One lesson as a line of its course, for one person. `kind` None: it is a quiz."""

    id: int
    section_id: int | None
    title: str
    kind: ResourceKind | None
    is_required: bool
    is_open: bool
    """The resource may be studied now (it is published)."""
    closed_because: str
    """Why it may not, where it was withdrawn."""
    seconds: int
    pages: int
    spans: rules.Spans
    length_millis: int
    percent: int
    position_millis: int
    finished_at: datetime | None
    studied_at: datetime | None
    quarters: int
    lock: str = ""
    """What is to be done before this lesson; empty when nothing is."""

    @property
    def is_quiz(self) -> bool:
        return self.kind is None

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def can_study(self) -> bool:
        return self.is_open and not self.lock

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.kind] if self.kind else "测验"

    @property
    def verb(self) -> str:
        return VERBS[self.kind] if self.kind else "通过测验"

    @property
    def seen_seconds(self) -> int:
        return rules.measure(self.spans) // 1000

    @property
    def is_played(self) -> bool:
        return self.kind in PLAYED


def list_lessons(session: Session, course_ids: Sequence[int], person_id: int) -> list[LessonLine]:
    """The lessons of these courses in order, with the person's progress, in one statement."""
    rows = session.execute(LESSONS, {"courses": course_ids, "person": person_id})
    policy = hours.policy_on(session, clock.today(clock.now()))
    return [_line(lesson, resource, progress, policy) for lesson, resource, progress in rows]


LESSONS = (
    select(Lesson, Resource, LessonProgress)
    .outerjoin(Resource, Resource.id == Lesson.resource_id)
    .outerjoin(
        LessonProgress,
        (LessonProgress.lesson_id == Lesson.id) & (LessonProgress.person_id == bindparam("person")),
    )
    .where(Lesson.course_id.in_(bindparam("courses", expanding=True)), ~Lesson.is_retired)
    .order_by(Lesson.course_id, Lesson.position)
    .options(defer(Resource.body_html), defer(Resource.transcript), defer(Resource.captions_vtt))
)


def _line(lesson: Lesson, resource: Resource | None, progress: LessonProgress | None, policy: Policy) -> LessonLine:
    if resource is None:
        return _quiz_line(lesson, progress)
    is_played = resource.kind in PLAYED
    length = length_of(resource)
    pages = resource.page_count or 1
    spans = tuple((start, end) for start, end in progress.spans) if progress else ()
    shown = frozenset(progress.pages) if progress else frozenset()
    required = resource.required_reading_seconds
    percent = (
        rules.seen_percent(spans, length)
        if is_played
        else rules.read_percent(Coverage(spans, shown), required * 1000, pages)
    )
    finished_at = progress.finished_at if progress else None
    seconds = (resource.duration_millis or 0) // 1000 if is_played else required
    return LessonLine(
        id=lesson.id, section_id=lesson.section_id, title=lesson.title, kind=resource.kind, is_required=lesson.is_required,
        is_open=resource.state is ResourceState.PUBLISHED,
        closed_because="" if resource.state is ResourceState.PUBLISHED else resource.withdrawn_reason, seconds=seconds, pages=pages, spans=spans,
        length_millis=length, percent=100 if finished_at else min(percent, PERCENT_MOST.get(resource.kind, 100)),
        position_millis=progress.position_millis if progress else 0, finished_at=finished_at,
        studied_at=progress.studied_at if progress else None,
        quarters=hour_rules.lesson_worth(resource.kind, seconds, policy),
    )  # fmt: skip


def _quiz_line(lesson: Lesson, progress: LessonProgress | None) -> LessonLine:
    """A lesson that is a quiz: there is nothing to cover, and it earns nothing by itself."""
    finished_at = progress.finished_at if progress else None
    return LessonLine(
        id=lesson.id, section_id=lesson.section_id, title=lesson.title, kind=None, is_required=lesson.is_required,
        is_open=True, closed_because="", seconds=0, pages=0, spans=(), length_millis=0, percent=100 if finished_at else 0,
        position_millis=0, finished_at=finished_at, studied_at=progress.studied_at if progress else None, quarters=0,
    )  # fmt: skip
