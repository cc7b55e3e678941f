"""The loaders of plans: what is there for whom."""

from datetime import date

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.people import queries as people
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.training import plan_queries as queries
from lms.training.access import manage_scope
from lms.training.plan_models import PlanItem, TrainingPlan
from lms.training.plan_rules import ItemKind, PlanState


def plan_to_manage(session: Session, person: Principal, plan_id: int) -> TrainingPlan:
    """A plan of a unit in my scope; NotFound elsewhere."""
    plan, unit = _plan(session, plan_id)
    if not manage_scope(session, person).covers_unit(unit.path):
        raise NotFound()
    return plan


def plan_to_follow(session: Session, person: Principal, plan_id: int) -> TrainingPlan:
    """A plan of my scope, or a published one of a unit above it, which asks something of my people too."""
    plan, unit = _plan(session, plan_id)
    reach = manage_scope(session, person)
    is_above = plan.state is PlanState.PUBLISHED and any(path.startswith(unit.path) for path in reach.unit_paths)
    if not (is_above or reach.covers_unit(unit.path)):
        raise NotFound()
    return plan


def may_manage(session: Session, person: Principal, plan: TrainingPlan) -> bool:
    unit = people.find_unit(session, plan.unit_id)
    return unit is not None and manage_scope(session, person).covers_unit(unit.path)


def _plan(session: Session, plan_id: int) -> tuple[TrainingPlan, Unit]:
    plan = queries.find_plan(session, plan_id)
    unit = people.find_unit(session, plan.unit_id) if plan else None
    if plan is None or unit is None:
        raise NotFound()
    return plan, unit


def item_of(session: Session, plan: TrainingPlan, item_id: int) -> PlanItem:
    item = session.get(PlanItem, item_id)
    if item is None or item.plan_id != plan.id:
        raise NotFound()
    return item


def quiz_to_sit(session: Session, person: Principal, item_id: int, today: date) -> PlanItem:
    """A quiz that a published plan of this year asks of me; NotFound for everything else."""
    for line in queries.list_mine(session, person.id, today):
        if line.item.id == item_id and line.item.kind is ItemKind.QUIZ:
            return session.get_one(PlanItem, item_id)
    raise NotFound()
