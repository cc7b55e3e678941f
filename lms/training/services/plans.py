"""Yearly plans are drafted, filled, published and withdrawn."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.people.models import Unit
from lms.training import plan_queries as queries
from lms.training import plan_rules as rules
from lms.training.plan_models import PlanChange, PlanItem, TrainingPlan
from lms.training.plan_rules import Difference, ItemKind, PlanAct, PlanState


@dataclass(frozen=True)
class Wanted:
    """One item as it is to be."""

    kind: ItemKind
    ref_id: int
    title: str
    due_on: date
    is_required: bool = True
    is_theory: bool = False
    audience_units: Sequence[int] = ()
    rank_bands: Sequence[str] = ()
    least_age: int | None = None
    most_age: int | None = None
    roles: Sequence[str] = ()
    named: Sequence[int] = ()
    party: Sequence[str] = ()
    wanted_count: int = 1
    """How many lectures of a series; 1 for every other kind."""


def draft_plan(session: Session, unit: Unit, *, year: int, title: str, by_id: int, now: datetime) -> TrainingPlan:
    """An empty plan that nobody sees yet. Raises Invalid without a title."""
    if not title.strip():
        raise Invalid("给计划起个名字。", field="title")
    plan = TrainingPlan(unit_id=unit.id, year=year, title=title.strip()[:120], created_by_id=by_id, created_at=now)
    session.add(plan)
    session.flush()  # the audit log names it by its number
    audit.record(session, by_id, "plan:draft", f"plan:{plan.id}", {"title": plan.title}, now=now)
    return plan


def add_item(session: Session, plan: TrainingPlan, wanted: Wanted, *, by_id: int, now: datetime) -> PlanItem:
    """The item is in the plan. Raises Invalid for a deadline outside the plan's year, Conflict when it is there already."""
    _check(plan, wanted)
    item = PlanItem(plan_id=plan.id, **_values(wanted))
    with conflict_as(Conflict("计划里已经有这一项了。"), session):
        session.add(item)
    _note(session, plan, PlanAct.ADDED, item.title, [], by_id=by_id, now=now)
    return item


def _check(plan: TrainingPlan, wanted: Wanted) -> None:
    if wanted.due_on.year != plan.year:
        raise Invalid(f"完成期限要在 {plan.year} 年内。", field="due_on")


def _values(wanted: Wanted) -> dict[str, Any]:
    lists = {key: list(getattr(wanted, key)) for key in LISTS}
    count = wanted.wanted_count if wanted.kind is ItemKind.LECTURES else 1
    return asdict(wanted) | lists | {"title": wanted.title[:120], "wanted_count": count}


LISTS = ("audience_units", "rank_bands", "roles", "named", "party")


def change_item(
    session: Session, plan: TrainingPlan, item: PlanItem, wanted: Wanted, *, by_id: int, now: datetime
) -> list[Difference]:
    """Deadline, weight and audience are as wanted, and what is different is kept for who asks later; the thing itself stays. Raises Invalid as
    `add_item`, Conflict when a published plan would be left without 党的创新理论."""
    _check(plan, wanted)
    if plan.state is PlanState.PUBLISHED and item.is_theory and not wanted.is_theory:
        _keep_theory(session, plan, item)
    before = queries.words_of(session, item)
    values = _values(wanted) | {"kind": item.kind, "ref_id": item.ref_id, "title": item.title}
    for name, value in values.items():
        setattr(item, name, value)
    found = rules.differences(before, queries.words_of(session, item))
    if found:
        _note(session, plan, PlanAct.CHANGED, item.title, found, by_id=by_id, now=now)
    return found


def _keep_theory(session: Session, plan: TrainingPlan, item: PlanItem) -> None:
    if not any(each.is_theory and each.id != item.id for each in queries.list_items(session, plan.id)):
        raise Conflict("已发布的计划至少要有一项党的创新理论，先加一项再改。")


def _note(
    session: Session,
    plan: TrainingPlan,
    act: PlanAct,
    title: str,
    found: Sequence[Difference],
    *,
    by_id: int,
    now: datetime,
) -> None:
    said = [[each.label, each.before, each.after] for each in found]
    session.add(PlanChange(plan_id=plan.id, act=act, title=title, differences=said, by_id=by_id, at=now))
    audit.record(session, by_id, f"plan:item-{act}", f"plan:{plan.id}", {"title": title, "changes": said}, now=now)


def remove_item(session: Session, plan: TrainingPlan, item: PlanItem, *, by_id: int, now: datetime) -> None:
    """Nobody is asked for it any more. Raises Conflict for the last 党的创新理论 of a published plan."""
    if plan.state is PlanState.PUBLISHED and item.is_theory:
        _keep_theory(session, plan, item)
    _note(session, plan, PlanAct.REMOVED, item.title, [], by_id=by_id, now=now)
    session.execute(delete(PlanItem).where(PlanItem.id == item.id))


def publish_plan(session: Session, plan: TrainingPlan, *, by_id: int, now: datetime) -> None:
    """Its people see it from now on. Raises Conflict without an item of 党的创新理论, and when it is published."""
    if not any(item.is_theory for item in queries.list_items(session, plan.id)):
        raise Conflict("先排一项党的创新理论，再发布。")
    _move(session, plan, (PlanState.DRAFT, PlanState.WITHDRAWN), PlanState.PUBLISHED, published_at=now)
    audit.record(session, by_id, "plan:publish", f"plan:{plan.id}", {"title": plan.title}, now=now)


def withdraw_plan(session: Session, plan: TrainingPlan, *, by_id: int, now: datetime) -> None:
    """Nobody is asked for it any more; what was done stays done."""
    _move(session, plan, (PlanState.PUBLISHED,), PlanState.WITHDRAWN)
    audit.record(session, by_id, "plan:withdraw", f"plan:{plan.id}", {"title": plan.title}, now=now)


def _move(session: Session, plan: TrainingPlan, old: tuple[PlanState, ...], new: PlanState, **values: datetime) -> None:
    moved = update(TrainingPlan).where(TrainingPlan.id == plan.id, TrainingPlan.state.in_(old))
    if not changed(session.execute(moved.values(state=new, **values))):
        raise Conflict("这份计划的状态刚刚变了，请刷新后再操作。")
    session.refresh(plan)
