"""Finishing lessons and courses, and what the ledger is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.courses import course_rules
from lms.courses import study_rules as rules
from lms.courses.models import Beat, Course, CourseProgress, Lesson, LessonProgress, Resource, Viewing
from lms.courses.queries.history import MEDIA, is_finished, length_of, load_history
from lms.courses.queries.packages import was_done
from lms.courses.queries.versions import find_length_at
from lms.courses.review_rules import ResourceState
from lms.db import changed, insert_ignore
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.hours.services import Check
from lms.quizzes import queries as quiz_queries
from lms.quizzes.grade_rules import is_passed
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose, State

RESOURCE = "resource"
QUIZ = "course_quiz"


def finish_lesson(session: Session, lesson_id: int, *, person_id: int, now: datetime) -> None:
    """The lesson is finished now, unless it was; the course with it when this was the last thing missing."""
    finishing = (
        update(LessonProgress)
        .where(
            LessonProgress.lesson_id == lesson_id,
            LessonProgress.person_id == person_id,
            LessonProgress.finished_at.is_(None),
        )
        .values(finished_at=now)
    )
    if not changed(session.execute(finishing)):
        return
    course = session.scalars(select(Course).join(Lesson).where(Lesson.id == lesson_id)).one()
    settle_course(session, course, person_id=person_id, now=now)


def settle_quiz(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """What follows from a submitted course quiz: passed or not, half an hour once per course and year, the course."""
    course = session.get_one(Course, attempt.subject_id)
    paper = session.get_one(Paper, attempt.paper_id)
    percent = (attempt.score_millis or 0) * 100 // attempt.max_millis if attempt.max_millis else 0
    title = f"《{course.title}》小测验"
    if percent < paper.pass_percent:
        hours.note_uncredited(
            session, person_id=attempt.person_id, source=Source(QUIZ, course.id), title=title, on=clock.today(now),
            reason=f"得 {percent} 分，{paper.pass_percent} 分及格，可以再测", now=now,
        )  # fmt: skip
        return
    passed = {"course_id": course.id, "person_id": attempt.person_id, "started_at": now}
    insert_ignore(session, CourseProgress, [passed], key=("course_id", "person_id"))
    session.execute(
        update(CourseProgress)
        .where(*_of(course, attempt.person_id), CourseProgress.quiz_passed_at.is_(None))
        .values(quiz_passed_at=now)
    )
    evidence = {
        "conversion": "quiz", "percent": percent, "pass_percent": paper.pass_percent,
        "attempt_id": attempt.id, "course_id": course.id,
    }  # fmt: skip
    quarters = hours.worth(session, evidence, on=clock.today(now), source_kind=QUIZ)
    for bucket in buckets_of(course):
        hours.credit(
            session, person_id=attempt.person_id, source=Source(QUIZ, course.id), bucket=bucket, quarters=quarters,
            on=clock.today(now), title=title, evidence=evidence, now=now,
        )  # fmt: skip
    settle_course(session, course, person_id=attempt.person_id, now=now)


def resettle_quiz(session: Session, attempt: Attempt, *, reason: str, now: datetime) -> None:
    """What follows when the score of a submitted course quiz is corrected. Passed now: as if handed in so, in the year in which it
    was. No attempt passed any more: the quiz's own hours are withdrawn and the course is open again; lessons keep their hours."""
    course, paper = session.get_one(Course, attempt.subject_id), session.get_one(Paper, attempt.paper_id)
    then = attempt.submitted_at or now
    source, year = Source(QUIZ, course.id), clock.today(then).year
    if passes(attempt, paper):
        settle_quiz(session, attempt, now=then)
        hours.restore(session, person_id=attempt.person_id, source=source, year=year, reason=reason, now=now)
    elif not has_passed(session, course, paper, attempt.person_id):
        hours.withdraw(session, person_id=attempt.person_id, source=source, year=year, reason=reason, now=now)
        session.execute(
            update(CourseProgress)
            .where(*_of(course, attempt.person_id))
            .values(quiz_passed_at=None)
            .execution_options(synchronize_session=False)
        )
        reopen_course(session, course, person_id=attempt.person_id, quiz_passed=False)


def has_passed(session: Session, course: Course, paper: Paper, person_id: int) -> bool:
    """Whether one of the person's ended attempts at the course's quiz reaches the pass mark."""
    attempts = quiz_queries.list_attempts(session, person_id, Purpose.COURSE, course.id)
    return any(passes(attempt, paper) for attempt in attempts)


def passes(attempt: Attempt, paper: Paper) -> bool:
    return is_passed(attempt.score_millis or 0, attempt.max_millis, paper.pass_percent)


def settle_course(session: Session, course: Course, *, person_id: int, now: datetime) -> bool:
    """Whether the course is finished, by its rule of today or by the one that held when it was: finished stays finished. Then
    its finished lessons are credited, each once; a lesson finished later is credited when it is. A quiz that is a lesson earns
    nothing by itself."""
    steps = list_steps(session, course.id, person_id)
    standing = session.scalars(select(CourseProgress).where(*_of(course, person_id))).one()
    passed = standing.quiz_passed_at is not None
    if standing.finished_at is None and not is_course_finished(course, steps, quiz_passed=passed):
        return False
    session.execute(
        update(CourseProgress)
        .where(*_of(course, person_id), CourseProgress.finished_at.is_(None))
        .values(finished_at=now)
    )
    for step in steps:
        if (
            step.resource is not None
            and step.progress is not None
            and step.is_finished
            and not step.progress.settled_at
        ):
            credit_lesson(session, course, step.lesson, step.resource, person_id=person_id, now=now)
            step.progress.settled_at = now
    return True


def reopen_course(session: Session, course: Course, *, person_id: int, quiz_passed: bool) -> None:
    """The course is open again for the person when what finished it does not hold any more; hours of lessons stay."""
    steps = list_steps(session, course.id, person_id)
    if is_course_finished(course, steps, quiz_passed=quiz_passed):
        return
    session.execute(
        update(CourseProgress)
        .where(*_of(course, person_id))
        .values(finished_at=None)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class Step:
    """A lesson, what it shows (None: it is a quiz), and how far one person is with it."""

    lesson: Lesson
    resource: Resource | None
    progress: LessonProgress | None

    @property
    def is_required(self) -> bool:
        return self.lesson.is_required

    @property
    def is_open(self) -> bool:
        return self.resource is None or self.resource.state is ResourceState.PUBLISHED

    @property
    def is_finished(self) -> bool:
        return self.progress is not None and self.progress.finished_at is not None


def list_steps(session: Session, course_id: int, person_id: int) -> list[Step]:
    """The lessons of a course in order, with one person's progress."""
    found = session.execute(
        select(Lesson, Resource, LessonProgress)
        .outerjoin(Resource, Resource.id == Lesson.resource_id)
        .outerjoin(LessonProgress, (LessonProgress.lesson_id == Lesson.id) & (LessonProgress.person_id == person_id))
        .where(Lesson.course_id == course_id, ~Lesson.is_retired)
        .order_by(Lesson.position)
        .execution_options(populate_existing=True)
    )
    return [Step(lesson, resource, progress) for lesson, resource, progress in found]


def are_lessons_finished(course: Course, steps: Sequence[Step]) -> bool:
    """Whether the lessons leave nothing to do by the course's rule; a course without lessons is never finished."""
    return course_rules.are_lessons_done(course.completion, course.electives_needed, steps)


def is_course_finished(course: Course, steps: Sequence[Step], *, quiz_passed: bool) -> bool:
    passed = None if course.paper_id is None else quiz_passed
    return course_rules.is_finished(course.completion, course.electives_needed, steps, passed=passed)


def credit_lesson(
    session: Session, course: Course, lesson: Lesson, resource: Resource, *, person_id: int, now: datetime
) -> None:
    """Tell the ledger of a finished lesson of a finished course; where nothing is credited, say why."""
    seconds = studied_seconds(resource)
    evidence = {
        "conversion": "lesson", "kind": resource.kind.value, "seconds": seconds, "course_id": course.id,
        "course": course.title, "lesson_id": lesson.id, "resource_version": resource.version,
    }  # fmt: skip
    on, title, source = clock.today(now), lesson.title, Source(RESOURCE, resource.id)
    quarters = hours.worth(session, evidence, on=on, source_kind=RESOURCE)

    def note(reason: str) -> None:
        hours.note_uncredited(session, person_id=person_id, source=source, reason=reason, title=title, on=on, now=now)

    if quarters == 0:
        note(why_nothing(resource))
        return
    for bucket in buckets_of(course):
        entry = hours.credit(
            session, person_id=person_id, source=source, bucket=bucket, quarters=quarters, on=on, title=title,
            evidence=evidence, now=now,
        )  # fmt: skip
        if entry is None:
            first = hours.find_entry(session, person_id=person_id, source=source, bucket=bucket, year=on.year)
            note(f"同一内容本年度已在《{first.evidence.get('course', first.title)}》计过" if first else "已达上限")


def buckets_of(course: Course) -> tuple[Bucket, ...]:
    return (Bucket.ONLINE, Bucket.PROFESSIONAL) if course.professional else (Bucket.ONLINE,)


def studied_seconds(resource: Resource) -> int:
    """The length that counts for hours: of the media, or the required reading time."""
    if resource.duration_millis is not None and resource.kind in ("video", "audio"):
        return resource.duration_millis // 1000
    return resource.required_reading_seconds


def why_nothing(resource: Resource) -> str:
    if resource.kind == "link":
        return "外部链接不计学时"
    return "规定阅读时间不足 15 分钟，不计学时"


def _of(course: Course, person_id: int) -> tuple[ColumnElement[bool], ...]:
    return CourseProgress.course_id == course.id, CourseProgress.person_id == person_id


def verify(session: Session) -> Check:
    """Every lesson's progress against a recount of all its beats, and every finished one against what was known when it
    was finished."""
    check = Check(there=session.scalar(select(func.count()).select_from(LessonProgress)) or 0)
    if lost := _count_lost(session):
        check.problems.append(f"{lost} lessons have beats of a person and no progress to compare them with")
    connection = session.connection()
    for stored in session.scalars(select(LessonProgress).order_by(LessonProgress.id)):
        check.compared += 1
        name = f"lesson {stored.lesson_id} of person {stored.person_id}"
        media = connection.execute(MEDIA, {"lesson": stored.lesson_id}).one_or_none()
        if media is None:
            check.problems += _wrong_of_quiz(session, stored, name)
            continue
        history = [(terms, pulses) for _, terms, pulses in load_history(connection, stored.lesson_id, stored.person_id)]
        coverage = rules.credited(history, length_of(media))
        if [list(span) for span in coverage.spans] != stored.spans or sorted(coverage.pages) != stored.pages:
            check.problems.append(f"{name}: stored {stored.spans}, the beats give {list(coverage.spans)}")
        if stored.finished_at is not None:
            shown = find_length_at(session, media.resource_id, stored.finished_at)
            then = rules.credited(rules.as_of(stored.finished_at, history), length_of(shown))
            if not is_finished(shown, then) or not was_done(
                connection, media, stored.lesson_id, stored.person_id, stored.finished_at
            ):
                check.problems.append(f"{name}: finished on {stored.finished_at}, but the beats did not show the whole")
        if stored.settled_at is not None and not hours.knows(
            session,
            person_id=stored.person_id,
            source=Source(RESOURCE, media.resource_id),
            year=clock.today(stored.settled_at).year,
        ):
            check.problems.append(f"{name}: settled on {stored.settled_at}, but the ledger knows nothing of it")
    return check


def _wrong_of_quiz(session: Session, stored: LessonProgress, name: str) -> list[str]:
    """A lesson that is a quiz is finished exactly when one of the person's ended attempts at it passes."""
    paper = session.scalars(
        select(Paper).join(Lesson, Lesson.paper_id == Paper.id).where(Lesson.id == stored.lesson_id)
    ).one()
    attempts = quiz_queries.list_attempts(session, stored.person_id, Purpose.LESSON, stored.lesson_id)
    has_passed = any(attempt.state is not State.OPEN and passes(attempt, paper) for attempt in attempts)
    return [] if has_passed == (stored.finished_at is not None) else [f"{name}: finished and passed do not agree"]


def _count_lost(session: Session) -> int:
    """Lessons with beats of a person who has no progress there: the journal is there, what follows from it is gone."""
    followed = select(LessonProgress.id).where(
        LessonProgress.lesson_id == Viewing.lesson_id, LessonProgress.person_id == Viewing.person_id
    )
    lost = (
        select(Viewing.lesson_id, Viewing.person_id)
        .join(Beat, Beat.viewing_id == Viewing.id)
        .where(~followed.exists())
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(lost.subquery())) or 0
