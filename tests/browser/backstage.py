"""What a journey prepares or looks up behind the scenes: the running site's services, on its own database and files."""

import io
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock, config
from lms.app import create_app
from lms.courses.models import Resource
from lms.courses.review_rules import Line, ResourceKind, ReviewStep, Verdict
from lms.courses.services import contents, courses, resources
from lms.courses.services.courses import CourseFacts
from lms.courses.services.resources import Facts
from lms.db import unit_of_work
from lms.demo.lecture_media import captions, make_film
from lms.demo.scripts import Lecture, list_lectures
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.rules import MediaState
from lms.people.models import Person, Unit
from lms.people.principal import Principal, principal_of
from lms.quizzes import services as quizzes
from lms.quizzes.models import AnswerKey, AttemptItem, Question, QuestionVersion
from lms.quizzes.rules import Kind
from lms.quizzes.services.papers import PaperSettings
from tests.browser.conftest import Site


@dataclass(frozen=True)
class Given:
    """A published course with its one film and its quiz."""

    course_id: int
    lesson_id: int
    title: str


class Backstage:
    def __init__(self, site: Site) -> None:
        self.app: Flask = create_app(config.from_environment(site.environment))

    def work(self) -> AbstractContextManager[Session]:
        """A session in one transaction, committed at its end."""
        return unit_of_work(self.app.extensions["make_session"])

    def who(self, session: Session, staff_no: str) -> Principal:
        person = session.scalars(select(Person).where(Person.staff_no == staff_no)).one()
        return principal_of(session, person, clock.now())

    def give_course(self, lecture: Lecture, questions: int = 3) -> Given:
        """A course on that lecture for everybody: film, captions and a quiz, made as lecturers, reviewers and organisers make it."""
        file_id = self._film(lecture)
        with self.work() as session:
            film = self._published(session, lecture, session.get_one(MediaFile, file_id))
            root = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
            hua, now = self.who(session, "hua"), clock.now()
            asked = session.scalars(select(Question.id).order_by(Question.id).limit(questions)).all()
            settings = PaperSettings(title=f"《{lecture.title}》小测验")
            paper = quizzes.create_fixed_paper(session, settings, asked, owner_unit_id=root.id, by_id=hua.id, now=now)
            facts = CourseFacts(
                title=lecture.title,
                summary=lecture.summary,
                line=Line(lecture.line),
                lecturer_name=lecture.lecturer,
                audience_unit_id=None,
                paper_id=paper.id,
                is_required=False,
                professional=False,
            )
            course = courses.create_course(session, facts, owner_unit_id=root.id, now=now)
            lesson = contents.add_lesson(session, course, film, title="")
            courses.publish_course(session, course, by=hua, now=now)
            return Given(course.id, lesson.id, lecture.title)

    def _film(self, lecture: Lecture) -> int:
        """The film handed in and examined; returns its number."""
        with self.work() as session:
            file = media.receive(
                session,
                io.BytesIO(film_of(lecture)),
                name=f"{lecture.title}.mp4",
                owner_id=self.who(session, "hua").id,
                storage=self.app.extensions["storage"],
                now=clock.now(),
            )
            number = file.id
        for _ in range(200):
            with self.work() as session:
                state = session.get_one(MediaFile, number).state
            if state is MediaState.READY:
                return number
            assert state is not MediaState.FAILED
            time.sleep(0.1)
        raise AssertionError("the film is not ready after 20 s")

    def _published(self, session: Session, lecture: Lecture, file: MediaFile) -> Resource:
        hua, now = self.who(session, "hua"), clock.now()
        facts = Facts(
            title=lecture.title,
            summary=lecture.summary,
            line=Line(lecture.line),
            lecturer_name=lecture.lecturer,
            audience_unit_id=None,
            captions_vtt=captions(lecture),
        )
        root = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
        film = resources.draft_resource(
            session, hua, ResourceKind.VIDEO, facts, file=file, owner_unit_id=root.id, now=now
        )
        resources.submit_resource(session, film, now=now)
        for step, reviewer, unclassified in ((ReviewStep.CONTENT, "ada", False), (ReviewStep.SECRECY, "rui", True)):
            resources.review_resource(
                session,
                film,
                step,
                Verdict.APPROVED,
                reviewer=self.who(session, reviewer),
                version=film.version,
                is_unclassified=unclassified,
                now=now,
            )
        return film

    def keys_of(self, attempt_id: int) -> dict[int, tuple[Kind, list[Any]]]:
        """Position → kind and right choice of an attempt's questions; of a blank, its first accepted texts."""
        with self.work() as session:
            rows = session.execute(
                select(AttemptItem.position, QuestionVersion.kind, AnswerKey.key)
                .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
                .join(AnswerKey, AnswerKey.version_id == AttemptItem.version_id)
                .where(AttemptItem.attempt_id == attempt_id)
            ).all()
        return {at: (kind, [one[0] for one in key] if kind is Kind.BLANK else list(key)) for at, kind, key in rows}


def lecture_of(place: int, *, slides: int, seconds: int) -> Lecture:
    """One of the demonstration's scripts, shortened to so many slides of so many seconds."""
    return list_lectures()[place].shortened(slides, seconds)


def film_of(lecture: Lecture) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        make_film(lecture, path)
        return path.read_bytes()
