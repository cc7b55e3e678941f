"""Attempts that are loaded in groups."""

from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.quizzes.models import AttemptItem
from lms.quizzes.rules import Purpose
from lms.quizzes.services import bulk
from tests.courses import desk


def test_a_group_in_which_nobody_sat_the_quiz_adds_nothing(session: Session) -> None:
    paper = desk.paper(session)
    made = bulk.add_attempts(session, paper, [], purpose=Purpose.COURSE, subject_id=1, rng=Random(1))
    assert made == []
    assert session.scalar(select(func.count()).select_from(AttemptItem)) == 0
