"""The quiz at the end of a course."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.courses.models import Course
from lms.courses.services.progress import are_lessons_finished, list_steps
from lms.errors import Conflict, NotFound
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose


def start_quiz(session: Session, course: Course, *, person_id: int, now: datetime) -> Attempt:
    """The person's open attempt at the course's quiz, begun now unless there is one. All required lessons come first."""
    paper = session.get(Paper, course.paper_id) if course.paper_id else None
    if paper is None:
        raise NotFound()
    if not are_lessons_finished(list_steps(session, course.id, person_id)):
        raise Conflict("请先学完必修课时，再做小测验。")
    return quizzes.start_attempt(
        session, paper, person_id=person_id, purpose=Purpose.COURSE, subject_id=course.id, now=now
    )
