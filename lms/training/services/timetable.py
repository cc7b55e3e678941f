"""The meetings of a class: planned with room and lecturer, conflicts found before they are saved."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.errors import Invalid
from lms.gatherings import clash_queries
from lms.gatherings import services as gatherings
from lms.gatherings.clash_queries import Clash
from lms.gatherings.clash_rules import Slot
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Gathering
from lms.hours.rules import Extent
from lms.people.models import Unit
from lms.training import queries
from lms.training.class_rules import ClassState
from lms.training.errors import ClassMoved
from lms.training.models import SUBJECT, TrainingClass
from lms.training.services.turns import take_turn


@dataclass(frozen=True)
class MeetingPlan:
    """One line of the timetable. The lecturer is one of ours (`lecturer_id`) or from outside (`guests`)."""

    title: str
    starts_at: datetime
    ends_at: datetime
    extent: Extent = Extent.TIMED
    place: str = ""
    lecturer_id: int | None = None
    guests: str = ""


def find_clashes(session: Session, training: TrainingClass, plan: MeetingPlan, meeting_id: int = 0) -> list[Clash]:
    """Room, lecturer and participants that are elsewhere at that time; `meeting_id` is the meeting that is being changed."""
    lecturers = frozenset() if plan.lecturer_id is None else frozenset([plan.lecturer_id])
    slot = Slot(plan.starts_at, plan.ends_at, plan.place, lecturers, plan.guests)
    placed = queries.list_placed(session, training.id)
    return clash_queries.list_clashes(session, slot, besides=meeting_id, member_ids=placed)


def add_meeting(
    session: Session, training: TrainingClass, plan: MeetingPlan, *, by_id: int, now: datetime
) -> Gathering:
    """A class meeting whose roster is everybody with a place. Raises Invalid for a time outside the class's days, ClassMoved."""
    take_turn(session, training)
    _check(training, plan)
    unit = session.get_one(Unit, training.unit_id)
    placed = queries.list_placed(session, training.id)
    return gatherings.plan(session, unit, _as_gathering(training, plan, placed), by_id=by_id, now=now)


def change_meeting(
    session: Session,
    training: TrainingClass,
    meeting: Gathering,
    plan: MeetingPlan,
    *,
    by_id: int,
    now: datetime,
    reason: str = "",
) -> None:
    """The meeting is as planned now. Raises what `add_meeting` and `gatherings.change_plan` raise."""
    take_turn(session, training)
    _check(training, plan)
    gatherings.change_plan(session, meeting, _as_gathering(training, plan, ()), by_id=by_id, now=now, reason=reason)


def _check(training: TrainingClass, plan: MeetingPlan) -> None:
    if training.state not in (ClassState.APPROVED, ClassState.OPEN):
        raise ClassMoved("现在不能改课程表。")
    if not training.starts_on <= clock.today(plan.starts_at) <= training.ends_on:
        first, last = training.starts_on, training.ends_on
        raise Invalid(f"课次要在 {first:%m-%d} 到 {last:%m-%d} 之间，或先改办班日期。", field="starts_at")


def _as_gathering(training: TrainingClass, plan: MeetingPlan, placed: list[int] | tuple[int, ...]) -> gatherings.Plan:
    return gatherings.Plan(
        kind=GatheringKind.CLASS_MEETING,
        title=plan.title,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        place=plan.place,
        host_id=plan.lecturer_id,
        recorder_id=training.officer_id,
        guests=plan.guests,
        extent=plan.extent,
        subject=(SUBJECT, training.id),
        invitees=placed,
    )
