"""A class is proposed, decided, built, opened for enrolment and cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.errors import Conflict, Invalid
from lms.gatherings import services as gatherings
from lms.gatherings.rules import GatheringState
from lms.notices import services as notices
from lms.people.models import Unit
from lms.training import queries
from lms.training.class_rules import LIVE, MOST_PLACES, ClassKind, ClassState
from lms.training.errors import ClassMoved
from lms.training.models import ClassEnrolment, TrainingClass
from lms.training.services import enrolments
from lms.training.services.turns import move, record, take_turn

EDITABLE = (ClassState.PROPOSED, ClassState.RETURNED, ClassState.APPROVED, ClassState.OPEN)


@dataclass(frozen=True)
class Plan:
    """What a class is to be. Days are both included; ages in years, None for any; `audience_units` empty: the unit's own people."""

    kind: ClassKind
    title: str
    starts_on: date
    ends_on: date
    places: int
    enrol_from: datetime
    enrol_until: datetime
    aims: str = ""
    venue: str = ""
    officer_id: int | None = None
    is_decided: bool = False
    audience_units: Sequence[int] = ()
    rank_bands: Sequence[str] = ()
    least_age: int | None = None
    most_age: int | None = None
    paper_id: int | None = None
    is_professional: bool = False


def _checked(plan: Plan) -> dict[str, Any]:
    if not plan.title.strip():
        raise Invalid("给这个班起个名字。", field="title")
    if plan.ends_on < plan.starts_on:
        raise Invalid("结束日期要在开始日期之后。", field="ends_on")
    if (plan.ends_on - plan.starts_on).days > 366:
        raise Invalid("一个班最长一年。", field="ends_on")
    if not 1 <= plan.places <= MOST_PLACES:
        raise Invalid(f"名额在 1 到 {MOST_PLACES} 之间，人多请分期办班。", field="places")
    if plan.enrol_until <= plan.enrol_from:
        raise Invalid("报名截止要在报名开始之后。", field="enrol_until")
    if plan.least_age is not None and plan.most_age is not None and plan.least_age > plan.most_age:
        raise Invalid("年龄下限不能大于上限。", field="most_age")
    values = asdict(plan) | {"title": plan.title.strip()[:120], "aims": plan.aims.strip()[:500]}
    return values | {"audience_units": list(plan.audience_units), "rank_bands": list(plan.rank_bands)}


def propose(session: Session, unit: Unit, plan: Plan, *, by_id: int, now: datetime) -> TrainingClass:
    """A class of the unit that waits for approval. Raises Invalid for days, places or ages that make no sense."""
    training = TrainingClass(unit_id=unit.id, proposed_by_id=by_id, proposed_at=now, **_checked(plan))
    session.add(training)
    session.flush()  # the audit log names it by its number
    record(session, training, "propose", {"title": training.title}, by_id=by_id, now=now)
    return training


def change(session: Session, training: TrainingClass, plan: Plan, *, by_id: int, now: datetime) -> None:
    """The class is as planned now; returned ones wait for approval again. Places can not go below those who have one; more places
    promote from the waiting list. Raises Invalid, ClassMoved."""
    values = _checked(plan)
    take_turn(session, training)
    if training.state not in EDITABLE:
        raise ClassMoved()
    if plan.places < training.placed_count:
        raise Invalid(f"已录取 {training.placed_count} 人，名额不能再少。", field="places")
    outside = [each for each in queries.list_meetings(session, training.id) if not _within(each.held_on, plan)]
    if outside:
        raise Invalid("课程表里有课次不在这些日期内，请先改课程表。", field="starts_on")
    before = {key: getattr(training, key) for key in values}
    for key, value in values.items():
        setattr(training, key, value)
    if training.state is ClassState.RETURNED:
        training.state = ClassState.PROPOSED
    told = {key: [str(before[key]), str(value)] for key, value in values.items() if before[key] != value}
    session.flush()  # promotion counts the new places
    if training.state is ClassState.OPEN:
        enrolments.promote(session, training, now=now)
    record(session, training, "change", told, by_id=by_id, now=now)


def _within(on: date, plan: Plan) -> bool:
    return plan.starts_on <= on <= plan.ends_on


def decide(session: Session, training: TrainingClass, *, approve: bool, note: str, by_id: int, now: datetime) -> None:
    """Approved or returned, once; the proposer is told. Raises Invalid for a return without a reason."""
    if not approve and not note.strip():
        raise Invalid("退回请写明原因。", field="note")
    new = ClassState.APPROVED if approve else ClassState.RETURNED
    values = {"decided_by_id": by_id, "decided_at": now, "decision_note": note.strip()[:200]}
    move(session, training, (ClassState.PROPOSED,), new, **values)
    record(session, training, "approve" if approve else "return", {"note": note.strip()}, by_id=by_id, now=now)
    said = "已批准，可以排课和开放报名" if approve else f"被退回：{note.strip()}"
    if training.proposed_by_id != by_id:
        link = f"/office/classes/{training.id}"
        notices.tell(session, training.proposed_by_id, f"培训班“{training.title}”{said}", link, now=now)


def set_quotas(
    session: Session, training: TrainingClass, wanted: Mapping[int, int], *, by_id: int, now: datetime
) -> None:
    """Unit id → places; a unit that is left out has no quota. Who is enrolled belongs to the nearest quota above their unit, and more
    room promotes. Raises Invalid when a unit has more people placed than its quota, or ClassMoved once the class is over."""
    take_turn(session, training)
    if training.state not in EDITABLE:
        raise ClassMoved()
    paths = queries.unit_paths(session)
    if any(unit_id not in paths or not 0 < places <= MOST_PLACES for unit_id, places in wanted.items()):
        raise Invalid(f"每个单位的名额在 1 到 {MOST_PLACES} 之间。", field="places")
    enrolments.regroup(session, training, wanted, paths)
    if training.state is ClassState.OPEN:
        enrolments.promote(session, training, now=now)
    told = {str(unit_id): places for unit_id, places in wanted.items()}
    record(session, training, "quotas", told, by_id=by_id, now=now)


def open_enrolment(session: Session, training: TrainingClass, *, by_id: int, now: datetime) -> None:
    """Who it is meant for sees the class and can enrol. Raises Conflict while the timetable is empty, ClassMoved unless approved."""
    take_turn(session, training)
    if not queries.list_meetings(session, training.id):
        raise Conflict("课程表还是空的，先排至少一次课。")
    move(session, training, (ClassState.APPROVED,), ClassState.OPEN, opened_at=now)
    record(session, training, "open", {}, by_id=by_id, now=now)


def cancel(session: Session, training: TrainingClass, *, reason: str, by_id: int, now: datetime) -> None:
    """The class does not take place: its meetings to come are cancelled, whoever enrolled is told. Raises Conflict once a roll is closed."""
    if not reason.strip():
        raise Invalid("请写明取消的原因。", field="reason")
    take_turn(session, training)
    meetings = queries.list_meetings(session, training.id)
    if any(each.state is GatheringState.HELD for each in meetings):
        raise Conflict("已经上过课，不能取消；后面的课次可以在课程表里取消。")
    move(session, training, EDITABLE, ClassState.CANCELLED)
    for each in meetings:
        gatherings.cancel(session, each, reason=reason, by_id=by_id, now=now)
    enrolled = select(ClassEnrolment.person_id).where(
        ClassEnrolment.class_id == training.id, ClassEnrolment.state.in_(LIVE)
    )
    for person_id in session.scalars(enrolled):
        notices.tell(session, person_id, f"培训班“{training.title}”取消：{reason.strip()}", "/classes", now=now)
    record(session, training, "cancel", {"reason": reason.strip()}, by_id=by_id, now=now)


def note_export(session: Session, training: TrainingClass, *, by_id: int, now: datetime) -> None:
    """Who took the list out stands in the audit log."""
    record(session, training, "export", {"title": training.title}, by_id=by_id, now=now)
