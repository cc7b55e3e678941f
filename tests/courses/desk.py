"""A small shelf for study tests: courses with lessons, papers and attempts as rows, and a device that sends beats."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course, CourseProgress, Lesson, LessonProgress, Resource, Viewing
from lms.courses.review_rules import CourseState, Line, ResourceKind, ResourceState
from lms.courses.services import viewings
from lms.courses.services.viewings import Batch, Kept, SentBeat
from lms.people.models import Person, Unit
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Kind, PaperKind, Purpose, Scoring, State
from lms.quizzes.services import Content, PaperSettings

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def bureau(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()


def resource(session: Session, kind: str = "video", *, seconds: int = 60, **more: Any) -> Resource:
    """A published video of that length, or a document with that required reading time."""
    is_played = kind in ("video", "audio")
    made = Resource(
        **{
            "kind": ResourceKind(kind), "title": "耕地占补平衡", "line": Line.FARMLAND, "owner_unit_id": bureau(session).id,
            "state": ResourceState.PUBLISHED, "duration_millis": seconds * 1000 if is_played else None,
            "required_reading_seconds": 0 if is_played else seconds, "page_count": None if is_played else 3,
            "created_by_id": session.scalars(select(Person.id).where(Person.staff_no == "ed")).one(), "created_at": AT,
            **more,
        }
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def course(session: Session, *resources: Resource, title: str = "耕地保护一讲", **more: Any) -> Course:
    """A published course with a required lesson for each resource."""
    made = Course(
        **{
            "title": title, "line": Line.FARMLAND, "owner_unit_id": bureau(session).id, "state": CourseState.PUBLISHED,
            "created_at": AT, **more,
        }
    )  # fmt: skip
    session.add(made)
    session.flush()
    for position, each in enumerate(resources, 1):
        session.add(Lesson(course_id=made.id, position=position, resource_id=each.id, title=f"第{position}讲"))
    session.flush()
    return made


def lessons(session: Session, of: Course) -> list[Lesson]:
    return list(session.scalars(select(Lesson).where(Lesson.course_id == of.id).order_by(Lesson.position)))


def paper(session: Session, *, pass_percent: int = 60) -> Paper:
    made = Paper(
        owner_unit_id=bureau(session).id, title="小测验", kind=PaperKind.FIXED, pass_percent=pass_percent, created_at=AT
    )
    session.add(made)
    session.flush()
    return made


def attempt(session: Session, of: Course, person: Person, *, percent: int, number: int = 1) -> Attempt:
    """A submitted attempt at the course's quiz."""
    made = Attempt(
        paper_id=of.paper_id, person_id=person.id, purpose=Purpose.COURSE, subject_id=of.id, number=number,
        state=State.SUBMITTED, scoring=Scoring.HALF, started_at=AT, started_on=AT.date(), submitted_at=at(60),
        score_millis=percent * 1000, max_millis=100_000,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def paper_with(session: Session, stem: str = "耕地红线是多少亿亩？", *, pass_percent: int = 60) -> Paper:
    """A paper of one question, the second option right."""
    content = Content(Kind.SINGLE, stem, ["十五", "十八"], [1])
    here: dict[str, Any] = {"owner_unit_id": bureau(session).id, "by_id": None, "now": AT}
    question = quizzes.create_question(session, content, line=Line.FARMLAND, **here)
    return quizzes.create_fixed_paper(
        session, PaperSettings("小测验", pass_percent=pass_percent), [question.id], **here
    )


class Device:
    """A page that plays one lesson: `play` tells the server every 15 seconds, as the player does."""

    def __init__(self, session: Session, lesson: Lesson, person: Person, seconds: float = 0) -> None:
        self.session, self.person_id, self.seconds = session, person.id, seconds
        self.viewing, self.progress = viewings.open_viewing(session, lesson, person_id=person.id, now=at(seconds))
        self.sequence, self.position = 0, 0

    def play(self, seconds: int) -> Kept:
        while seconds > 0:
            lap = min(15, seconds)
            seconds -= lap
            self.seconds += lap
            kept = self.send(self.beat(self.position, self.position + lap * 1000), at=self.seconds)
            self.position += lap * 1000
        return kept

    def beat(self, start: int, end: int, *, speed: int = 100, pages: tuple[int, ...] = ()) -> SentBeat:
        self.sequence += 1
        return SentBeat(self.sequence, start, end, speed, True, pages)

    def send(self, *beats: SentBeat, at: float) -> Kept:
        batch = Batch(self.viewing.id, self.person_id, beats, AT + timedelta(seconds=at))
        kept = viewings.keep_beats(self.session.connection(), batch)
        self.session.expire_all()
        return kept


def progress(session: Session, lesson: Lesson, person: Person) -> LessonProgress:
    return session.scalars(
        select(LessonProgress).where(LessonProgress.lesson_id == lesson.id, LessonProgress.person_id == person.id)
    ).one()


def standing(session: Session, of: Course, person: Person) -> CourseProgress:
    return session.scalars(
        select(CourseProgress).where(CourseProgress.course_id == of.id, CourseProgress.person_id == person.id)
    ).one()


def viewing(session: Session, viewing_id: int) -> Viewing:
    return session.get_one(Viewing, viewing_id)
