"""The quiz at the end of a class, and the quiz that is an item of a plan."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.errors import Conflict, NotFound
from lms.quizzes import services as quizzes
from lms.quizzes.grade_rules import is_passed
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose, State
from lms.training.class_rules import ClassState
from lms.training.models import TrainingClass
from lms.training.plan_models import PlanItem


def start_quiz(session: Session, training: TrainingClass, *, person_id: int, now: datetime) -> Attempt:
    """The person's open attempt, begun now unless there is one. Raises NotFound for a class without a quiz, Conflict once it is closed."""
    paper = session.get(Paper, training.paper_id) if training.paper_id else None
    if paper is None:
        raise NotFound()
    if training.state is not ClassState.OPEN:
        raise Conflict("已经结班，不能再测验。")
    return quizzes.start_attempt(
        session, paper, person_id=person_id, purpose=Purpose.CLASS, subject_id=training.id, now=now
    )


def start_plan_quiz(session: Session, item: PlanItem, *, person_id: int, now: datetime) -> Attempt:
    """The person's open attempt at the paper of a plan's item, begun now unless there is one; it may be sat again until it is passed."""
    paper = session.get_one(Paper, item.ref_id)
    return quizzes.start_attempt(session, paper, person_id=person_id, purpose=Purpose.PLAN, subject_id=item.id, now=now)


def passed_by(session: Session, training: TrainingClass) -> set[int]:
    """Ids of those with an ended attempt that passes; nobody for a class without a quiz."""
    paper = session.get(Paper, training.paper_id) if training.paper_id else None
    if paper is None:
        return set()
    query = select(Attempt).where(
        Attempt.purpose == Purpose.CLASS, Attempt.subject_id == training.id, Attempt.paper_id == paper.id,
        Attempt.state != State.OPEN,
    )  # fmt: skip
    return {
        attempt.person_id
        for attempt in session.scalars(query)
        if is_passed(attempt.score_millis or 0, attempt.max_millis, paper.pass_percent)
    }
