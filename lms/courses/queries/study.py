"""What the pages of a learner show: a course with its steps, a lesson with what is covered, and what to go on with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from lms.courses import caption_rules, prose
from lms.courses import study_rules as rules
from lms.courses.models import Course, CourseProgress, Lesson, LessonProgress, Resource
from lms.courses.queries.history import PLAYED, length_of
from lms.courses.queries.library import above, is_within
from lms.courses.review_rules import KIND_NAMES, CourseState, ResourceKind, ResourceState
from lms.courses.study_rules import Coverage
from lms.db import Prepared, flushed
from lms.hours import rules as hour_rules
from lms.media.models import MediaFile, MediaPage
from lms.media.queries import list_pages
from lms.quizzes import queries as quizzes
from lms.quizzes.models import Paper
from lms.quizzes.rules import PaperKind
from lms.quizzes.terms_rules import Terms, sentences

VERBS = {"video": "看完视频", "audio": "听完音频", "document": "读完文档", "article": "读完文章", "link": "打开链接"}


@dataclass(frozen=True)
class LessonLine:
    """One lesson as a line of its course, for one person."""

    id: int
    title: str
    kind: ResourceKind
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

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.kind]

    @property
    def verb(self) -> str:
        return VERBS[self.kind]

    @property
    def seen_seconds(self) -> int:
        return rules.measure(self.spans) // 1000

    @property
    def is_played(self) -> bool:
        return self.kind in PLAYED


@dataclass(frozen=True)
class Quiz:
    """The paper at the end of a course."""

    title: str
    questions: int
    pass_percent: int
    terms: list[str]
    """What to know before one begins."""
    passed_at: datetime | None


@dataclass(frozen=True)
class CourseView:
    """A course as one person sees it."""

    course: Course
    lessons: list[LessonLine]
    quiz: Quiz | None
    finished_at: datetime | None

    @property
    def required(self) -> list[LessonLine]:
        return [line for line in self.lessons if line.is_required] or self.lessons

    @property
    def are_lessons_finished(self) -> bool:
        return bool(self.required) and all(line.finished_at for line in self.required)

    @property
    def percent(self) -> int:
        """Mean of the required lessons, rounded down."""
        return sum(line.percent for line in self.required) // max(1, len(self.required))

    @property
    def quarters(self) -> int:
        """What finishing the whole course earns at most."""
        quiz = hour_rules.POLICIES[hour_rules.RULE_VERSION].quiz if self.quiz else 0
        return sum(line.quarters for line in self.lessons) + quiz

    @property
    def next_lesson(self) -> LessonLine | None:
        """The first required lesson not finished, else the first elective one."""
        open_lines = [line for line in self.lessons if line.is_open and line.finished_at is None]
        return next((line for line in open_lines if line.is_required), open_lines[0] if open_lines else None)


@dataclass(frozen=True)
class LessonView:
    """A lesson as its player or reader needs it."""

    line: LessonLine
    resource: Resource
    media: MediaFile | None
    cues: list[caption_rules.Cue]
    pages: Sequence[MediaPage]
    body: str
    """The article, sanitised once more."""
    pages_seen: frozenset[int]
    before: LessonLine | None
    after: LessonLine | None


STANDING = Prepared(
    select(CourseProgress.finished_at, CourseProgress.quiz_passed_at).where(
        CourseProgress.course_id == bindparam("course"), CourseProgress.person_id == bindparam("person")
    )
)


def view_course(session: Session, course: Course, person_id: int) -> CourseView:
    standing = STANDING.first(flushed(session), {"course": course.id, "person": person_id})
    paper = session.get(Paper, course.paper_id) if course.paper_id else None
    passed_at = standing.quiz_passed_at if standing else None
    return CourseView(
        course,
        list_lessons(session, [course.id], person_id),
        _quiz(session, paper, passed_at) if paper else None,
        standing.finished_at if standing else None,
    )


def _quiz(session: Session, paper: Paper, passed_at: datetime | None) -> Quiz:
    terms = Terms(paper.duration_seconds, has_by_hand=quizzes.asks_by_hand(session, paper))
    return Quiz(paper.title, count_questions(session, paper), paper.pass_percent, sentences(terms), passed_at)


def count_questions(session: Session, paper: Paper) -> int:
    """How many questions an attempt at the paper has."""
    if paper.kind is PaperKind.FIXED:
        return quizzes.count_items(session, paper.id)
    return sum(int(rule["count"]) for rule in paper.rules)


def view_lesson(session: Session, seen: CourseView, lesson: Lesson, resource: Resource, person_id: int) -> LessonView:
    at = next(n for n, line in enumerate(seen.lessons) if line.id == lesson.id)
    shown = session.scalar(
        select(LessonProgress.pages).where(LessonProgress.lesson_id == lesson.id, LessonProgress.person_id == person_id)
    )
    return LessonView(
        line=seen.lessons[at],
        resource=resource,
        media=session.get(MediaFile, resource.media_id) if resource.media_id else None,
        cues=caption_rules.cues(resource.captions_vtt),
        pages=list_pages(session, resource.media_id) if resource.media_id else [],
        body=prose.cleaned(resource.body_html) if resource.kind is ResourceKind.ARTICLE else "",
        pages_seen=frozenset(shown or ()),
        before=seen.lessons[at - 1] if at > 0 else None,
        after=seen.lessons[at + 1] if at + 1 < len(seen.lessons) else None,
    )


def list_lessons(session: Session, course_ids: Sequence[int], person_id: int) -> list[LessonLine]:
    """The lessons of these courses in order, with the person's progress, in one statement."""
    rows = session.execute(LESSONS, {"courses": course_ids, "person": person_id})
    return [_line(lesson, resource, progress) for lesson, resource, progress in rows]


LESSONS = (
    select(Lesson, Resource, LessonProgress)
    .join(Resource, Resource.id == Lesson.resource_id)
    .outerjoin(
        LessonProgress,
        (LessonProgress.lesson_id == Lesson.id) & (LessonProgress.person_id == bindparam("person")),
    )
    .where(Lesson.course_id.in_(bindparam("courses", expanding=True)))
    .order_by(Lesson.course_id, Lesson.position)
    .options(defer(Resource.body_html), defer(Resource.transcript), defer(Resource.captions_vtt))
)


@dataclass(frozen=True)
class Going:
    """A course somebody is in the middle of, with the lesson to go on with."""

    course: Course
    line: LessonLine
    seconds_left: int
    quarters: int


GOING_ON = (
    select(Course)
    .join(CourseProgress, CourseProgress.course_id == Course.id)
    .where(CourseProgress.person_id == bindparam("person"), CourseProgress.finished_at.is_(None))
    .where(Course.state == CourseState.PUBLISHED, is_within("above", Course.audience_unit_id))
    .order_by(CourseProgress.started_at.desc())
    .limit(20)
)


def list_going_on(session: Session, person_id: int, unit_path: str, *, limit: int = 3) -> list[Going]:
    """Courses begun and not finished, the one studied last first; for the home page. One that was for the unit somebody has
    left is no longer theirs to go on with."""
    courses = session.scalars(GOING_ON, {"person": person_id, "above": above(unit_path)}).all()
    found = []
    for course in courses:
        seen = view_course(session, course, person_id)
        line = seen.next_lesson
        if line is not None:
            left = sum(one.seconds * (100 - one.percent) // 100 for one in seen.required if one.finished_at is None)
            found.append((max((one.studied_at or seen.course.created_at) for one in seen.lessons), seen, line, left))
    found.sort(key=lambda each: each[0], reverse=True)
    return [Going(seen.course, line, left, seen.quarters) for _, seen, line, left in found[:limit]]


def _line(lesson: Lesson, resource: Resource, progress: LessonProgress | None) -> LessonLine:
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
        id=lesson.id, title=lesson.title, kind=resource.kind, is_required=lesson.is_required,
        is_open=resource.state is ResourceState.PUBLISHED,
        closed_because="" if resource.state is ResourceState.PUBLISHED else resource.withdrawn_reason, seconds=seconds, pages=pages, spans=spans,
        length_millis=length, percent=100 if finished_at else percent,
        position_millis=progress.position_millis if progress else 0, finished_at=finished_at,
        studied_at=progress.studied_at if progress else None,
        quarters=hour_rules.lesson_quarters(resource.kind, seconds),
    )  # fmt: skip
