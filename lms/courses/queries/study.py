"""What the pages of a learner show: a course with its steps, a lesson with what is covered, and what to go on with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses import caption_rules, chapter_rules, course_rules
from lms.courses.course_rules import Completion, Gate
from lms.courses.models import Course, CourseProgress, Lesson, LessonProgress, Resource, Section
from lms.courses.page_rules import PageSearch
from lms.courses.queries import gates
from lms.courses.queries.library import above, is_within
from lms.courses.queries.lines import LessonLine, list_lessons
from lms.courses.review_rules import CourseState, ResourceKind
from lms.db import Prepared, flushed
from lms.hours import queries as hours
from lms.media.models import MediaFile, MediaPage
from lms.media.playing import Playing, playing_of
from lms.media.queries import list_pages
from lms.quizzes import queries as quizzes
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.release_rules import Part
from lms.quizzes.rules import PaperKind, Purpose, State
from lms.quizzes.terms_rules import Terms, sentences
from lms.web import prose


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
class Pretest:
    """The pre-test of a course, as far as one person is with it; percentages of the points once they may be seen."""

    paper_id: int
    is_done: bool
    before_percent: int | None
    after_percent: int | None


@dataclass(frozen=True)
class CourseView:
    """A course as one person sees it."""

    course: Course
    lessons: list[LessonLine]
    quiz: Quiz | None
    finished_at: datetime | None
    lock: str = ""
    """Why nothing of the course can be studied now; empty when it can."""
    sections: Sequence[Section] = ()
    pretest: Pretest | None = None
    quiz_quarters: int = 0
    """What passing its quiz earns."""
    is_preview: bool = False
    """Somebody who builds the course looks at it as a learner would; nothing leads to where study is counted."""

    @property
    def required(self) -> list[LessonLine]:
        """The lessons that everybody has to finish."""
        return course_rules.required_of(self.course.completion, self.lessons)

    @property
    def are_lessons_finished(self) -> bool:
        return course_rules.are_lessons_done(self.course.completion, self.course.electives_needed, self.lessons)

    @property
    def electives_missing(self) -> int:
        return course_rules.electives_missing(self.course.completion, self.course.electives_needed, self.lessons)

    @property
    def is_single(self) -> bool:
        """Whether one lesson is all that the lessons ask for."""
        return len(self.required) == 1 and not self.electives_asked

    @property
    def electives_asked(self) -> int:
        """How many elective lessons the course asks for."""
        if self.course.completion is not Completion.ELECTIVES:
            return 0
        return min(self.course.electives_needed, sum(not line.is_required for line in self.lessons))

    @property
    def wants_pretest(self) -> bool:
        return self.pretest is not None and not self.pretest.is_done and self.finished_at is None

    @property
    def percent(self) -> int:
        """Mean of what is asked for, rounded down; electives that are asked for count by the best begun ones."""
        asked = [line.percent for line in course_rules.required_of(self.course.completion, self.lessons)]
        if self.course.completion is Completion.ELECTIVES:
            electives = sorted((line.percent for line in self.lessons if not line.is_required), reverse=True)
            asked += electives[: self.electives_asked]
        return sum(asked) // len(asked) if asked else 0

    @property
    def quarters(self) -> int:
        """What finishing the whole course earns at most."""
        return sum(line.quarters for line in self.lessons) + (self.quiz_quarters if self.quiz else 0)

    @property
    def next_lesson(self) -> LessonLine | None:
        """The first required lesson not finished that nothing locks, else the first elective one."""
        if self.lock:
            return None
        open_lines = [line for line in self.lessons if line.can_study and line.finished_at is None]
        return next((line for line in open_lines if line.is_required), open_lines[0] if open_lines else None)

    @property
    def parts(self) -> list[tuple[Section | None, list[LessonLine]]]:
        """The lessons section by section; the first part has no heading and may be empty."""
        of: dict[int | None, list[LessonLine]] = {None: [], **{section.id: [] for section in self.sections}}
        for line in self.lessons:
            of[line.section_id].append(line)
        return [(None, of[None]), *((section, of[section.id]) for section in self.sections)]

    def number(self, line: LessonLine) -> int:
        """Its place in the whole course, from 1."""
        return self.lessons.index(line) + 1


@dataclass(frozen=True)
class LessonView:
    """A lesson as its player or reader needs it."""

    line: LessonLine
    resource: Resource
    media: MediaFile | None
    cues: list[caption_rules.Cue]
    chapters: list[chapter_rules.Chapter]
    playing: Playing
    pages: Sequence[MediaPage]
    search: PageSearch
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


def view_course(session: Session, course: Course, person_id: int, *, gate: Gate, now: datetime) -> CourseView:
    """The course for one person, who stands before that gate."""
    standing = STANDING.first(flushed(session), {"course": course.id, "person": person_id})
    lines = list_lessons(session, [course.id], person_id)
    paper = session.get(Paper, course.paper_id) if course.paper_id else None
    passed_at = standing.quiz_passed_at if standing else None
    return CourseView(
        course,
        _in_turn(course, lines),
        _quiz(session, paper, passed_at) if paper else None,
        standing.finished_at if standing else None,
        lock=gates.why_locked(gate, now),
        sections=list_sections(session, course.id) if any(line.section_id for line in lines) else [],
        pretest=_pretest(session, course, person_id, now),
        quiz_quarters=hours.policy_on(session, clock.today(now)).quiz,
        is_preview=person_id == NOBODY,
    )


def preview_course(session: Session, course: Course, *, now: datetime) -> CourseView:
    """The course as somebody sees it who has begun nothing and has nothing to wait for."""
    return view_course(session, course, NOBODY, gate=Gate(), now=now)


NOBODY = 0


def _in_turn(course: Course, lines: list[LessonLine]) -> list[LessonLine]:
    """The lines, each with what it waits for."""
    waits = course_rules.waits_for(course.completion, lines, is_ordered=course.is_ordered)
    return [
        line if first is None else replace(line, lock=gates.why_waits(first))
        for line, first in zip(lines, waits, strict=True)
    ]


def list_sections(session: Session, course_id: int) -> Sequence[Section]:
    return session.scalars(select(Section).where(Section.course_id == course_id).order_by(Section.position)).all()


def _pretest(session: Session, course: Course, person_id: int, now: datetime) -> Pretest | None:
    if course.pretest_paper_id is None:
        return None
    before = quizzes.find_last_attempt(session, person_id, Purpose.PRETEST, course.id)
    after = quizzes.find_last_attempt(session, person_id, Purpose.COURSE, course.id)
    is_done = before is not None and before.state is not State.OPEN
    return Pretest(
        course.pretest_paper_id,
        is_done,
        _percent(session, before, now),
        _percent(session, after, now) if is_done else None,
    )


def _percent(session: Session, attempt: Attempt | None, now: datetime) -> int | None:
    """What of an ended attempt its person may see: rounded down, None while it may not be seen."""
    if attempt is None or Part.SCORE not in quizzes.visible_parts(session, attempt, now) or not attempt.max_millis:
        return None
    return (attempt.score_millis or 0) * 100 // attempt.max_millis


def _quiz(session: Session, paper: Paper, passed_at: datetime | None) -> Quiz:
    terms = Terms(paper.duration_seconds, has_by_hand=quizzes.asks_by_hand(session, paper))
    return Quiz(paper.title, count_questions(session, paper), paper.pass_percent, sentences(terms), passed_at)


def count_questions(session: Session, paper: Paper) -> int:
    """How many questions an attempt at the paper has."""
    if paper.kind is PaperKind.FIXED:
        return quizzes.count_items(session, paper.id)
    return sum(int(rule["count"]) for rule in paper.rules)


def view_lesson(
    session: Session, seen: CourseView, lesson: Lesson, resource: Resource, person_id: int, *, find: str = ""
) -> LessonView:
    """`find` are words to look for in the pages of a document."""
    at = next(n for n, line in enumerate(seen.lessons) if line.id == lesson.id)
    shown = session.scalar(
        select(LessonProgress.pages).where(LessonProgress.lesson_id == lesson.id, LessonProgress.person_id == person_id)
    )
    media = session.get(MediaFile, resource.media_id) if resource.media_id else None
    pages = list_pages(session, media.id) if media else []
    return LessonView(
        line=seen.lessons[at],
        resource=resource,
        media=media,
        cues=caption_rules.cues(resource.captions_vtt),
        chapters=chapter_rules.chapters_of(resource.chapters),
        playing=playing_of(session, media),
        pages=pages,
        search=PageSearch.of(find, pages),
        body=prose.cleaned(resource.body_html) if resource.kind is ResourceKind.ARTICLE else "",
        pages_seen=frozenset(shown or ()),
        before=seen.lessons[at - 1] if at > 0 else None,
        after=seen.lessons[at + 1] if at + 1 < len(seen.lessons) else None,
    )


@dataclass(frozen=True)
class QuizLesson:
    """A lesson that is a quiz, as its page shows it."""

    course: CourseView
    line: LessonLine
    quiz: Quiz
    attempts: list[tuple[Attempt, int | None]]
    """The person's ended attempts, newest first, each with the percentage that may be shown."""
    is_open: bool
    """One is going on."""
    after: LessonLine | None


def view_quiz_lesson(
    session: Session, seen: CourseView, lesson: Lesson, paper: Paper, person_id: int, now: datetime
) -> QuizLesson:
    at = next(n for n, line in enumerate(seen.lessons) if line.id == lesson.id)
    attempts = quizzes.list_attempts(session, person_id, Purpose.LESSON, lesson.id)
    ended = [attempt for attempt in attempts if attempt.state is not State.OPEN]
    return QuizLesson(
        course=seen,
        line=seen.lessons[at],
        quiz=_quiz(session, paper, seen.lessons[at].finished_at),
        attempts=[(attempt, _percent(session, attempt, now)) for attempt in ended[:SHOWN_ATTEMPTS]],
        is_open=len(ended) < len(attempts),
        after=seen.lessons[at + 1] if at + 1 < len(seen.lessons) else None,
    )


SHOWN_ATTEMPTS = 5


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


def list_going_on(session: Session, person_id: int, unit_path: str, *, now: datetime, limit: int = 3) -> list[Going]:
    """Courses begun and not finished, the one studied last first; for the home page. One that was for the unit somebody has
    left is no longer theirs to go on with."""
    courses = session.scalars(GOING_ON, {"person": person_id, "above": above(unit_path)}).all()
    found = []
    for course in courses:
        gate = Gate(opens_at=course.opens_at, closes_at=course.closes_at)  # what comes first came before they began
        seen = view_course(session, course, person_id, gate=gate, now=now)
        line = seen.next_lesson
        if line is not None:
            left = sum(one.seconds * (100 - one.percent) // 100 for one in seen.required if one.finished_at is None)
            found.append((max((one.studied_at or seen.course.created_at) for one in seen.lessons), seen, line, left))
    found.sort(key=lambda each: each[0], reverse=True)
    return [Going(seen.course, line, left, seen.quarters) for _, seen, line, left in found[:limit]]
