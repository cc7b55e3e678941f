"""What of classes waits for somebody."""

from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from lms import clock
from lms.notices.rules import Due
from lms.people.access import Scope
from lms.training import plan_queries
from lms.training.class_rules import ClassState, EnrolmentState
from lms.training.models import ClassEnrolment, ClassEvaluation, HandIn, Homework, TrainingClass
from lms.training.plan_models import PlanItem, TrainingPlan
from lms.training.plan_rules import SOON, PlanState
from lms.training.services import evaluates_from_to

BEFORE = timedelta(days=3)
"""Homework is spoken of in the last days before its time and until the class is closed."""


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Enrolments for the class officer to decide; homework that is not handed in; a class to give points to; required items of published
    plans in their last fortnight."""
    return [*_decisions(session), *_homework(session, now), *_evaluations(session, now), *_plans(session, now)]


def _decisions(session: Session) -> list[Due]:
    asked = select(ClassEnrolment.class_id).where(ClassEnrolment.state == EnrolmentState.ASKED)
    query = select(TrainingClass).where(TrainingClass.state == ClassState.OPEN, TrainingClass.id.in_(asked))
    query = query.where(TrainingClass.officer_id.is_not(None)).order_by(TrainingClass.id)
    return [
        Due(each.officer_id, f"class.enrolments:{each.id}", f"“{each.title}”有人报名待审核", f"/office/classes/{each.id}/enrolments")
        for each in session.scalars(query)
        if each.officer_id is not None
    ]  # fmt: skip


def _homework(session: Session, now: datetime) -> list[Due]:
    query = (
        select(ClassEnrolment.person_id, Homework)
        .join(TrainingClass, TrainingClass.id == ClassEnrolment.class_id)
        .join(Homework, Homework.class_id == TrainingClass.id)
        .outerjoin(HandIn, and_(HandIn.homework_id == Homework.id, HandIn.person_id == ClassEnrolment.person_id))
        .where(ClassEnrolment.state == EnrolmentState.PLACED, TrainingClass.state == ClassState.OPEN)
        .where(HandIn.id.is_(None), Homework.due_at <= now + BEFORE)
        .order_by(Homework.id, ClassEnrolment.person_id)
    )
    return [
        Due(person_id, f"class.homework:{of.id}", f"作业“{of.title}”{_until(of.due_at)}前交", f"/classes/{of.class_id}")
        for person_id, of in session.execute(query)
    ]


def _until(at: datetime) -> str:
    local = clock.local(at)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _evaluations(session: Session, now: datetime) -> list[Due]:
    """Classes that ended lately, while their evaluation is open."""
    lately = clock.today(now) - timedelta(days=40)
    classes = select(TrainingClass).where(TrainingClass.state.in_([ClassState.OPEN, ClassState.CLOSED]))
    found = []
    for training in session.scalars(classes.where(TrainingClass.ends_on >= lately).order_by(TrainingClass.id)):
        window = evaluates_from_to(session, training)
        if window is not None and window[0] <= now < window[1]:
            found += [
                Due(
                    person_id,
                    f"class.evaluation:{training.id}",
                    f"给“{training.title}”打个分",
                    f"/classes/{training.id}",
                )
                for person_id in session.scalars(_silent(training.id))
            ]
    return found


def _silent(class_id: int) -> Select[int]:
    given = select(ClassEvaluation.person_id).where(ClassEvaluation.class_id == class_id)
    return (
        select(ClassEnrolment.person_id)
        .where(ClassEnrolment.class_id == class_id, ClassEnrolment.state == EnrolmentState.PLACED)
        .where(ClassEnrolment.person_id.not_in(given))
        .order_by(ClassEnrolment.person_id)
    )


def _plans(session: Session, now: datetime) -> list[Due]:
    today, everywhere = clock.today(now), Scope(("/",), ())
    plans = select(TrainingPlan).where(TrainingPlan.state == PlanState.PUBLISHED, TrainingPlan.year == today.year)
    found = []
    for plan in session.scalars(plans.order_by(TrainingPlan.id)):
        for each in plan_queries.progress_of(session, plan, everywhere, today, only=partial(_is_near, today)):
            item = each.item
            text = f"“{item.title}”{item.due_on.month}月{item.due_on.day}日前完成"
            found += [Due(line.person.id, f"plan.item:{item.id}", text, "/plans") for line in each.missing]
    return found


def _is_near(today: date, item: PlanItem) -> bool:
    return item.is_required and today <= item.due_on <= today + SOON
