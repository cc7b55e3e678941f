"""What waits for those who carry out decisions or keep a branch's gatherings."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings.models import Decision, Gathering, Leave
from lms.gatherings.rules import DecisionState, GatheringState, LeaveState
from lms.notices.rules import Due
from lms.people.models import RoleGrant
from lms.people.rules import Role

DAYS_BEFORE = 3
ITS_PAGE, DESK = "/gatherings", "/gatherings/desk"


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Decisions due within three days or overdue, for whoever carries them out; leave to decide, for the branch's own secretary."""
    return [*_decisions(session, now), *_leaves(session, now)]


def _decisions(session: Session, now: datetime) -> list[Due]:
    until = clock.today(now) + timedelta(days=DAYS_BEFORE)
    query = select(Decision).where(Decision.state == DecisionState.OPEN, Decision.due_on <= until)
    return [
        Due(
            decision.owner_id, f"gatherings.decision:{decision.id}",
            f"{decision.due_on.month}月{decision.due_on.day}日前落实：{decision.text}", ITS_PAGE,
        )
        for decision in session.scalars(query.order_by(Decision.due_on, Decision.id))
    ]  # fmt: skip


def _leaves(session: Session, now: datetime) -> list[Due]:
    """Requests for gatherings that are still to come."""
    query = (
        select(RoleGrant.person_id, Gathering.id, Gathering.title, func.count())
        .join(Gathering, Gathering.branch_id == RoleGrant.branch_id)
        .join(Leave, Leave.gathering_id == Gathering.id)
        .where(RoleGrant.role == Role.SECRETARY, RoleGrant.revoked_at.is_(None))
        .where(Leave.state == LeaveState.ASKED, Gathering.state == GatheringState.PLANNED)
        .where(Gathering.held_on >= clock.today(now))
        .group_by(RoleGrant.person_id, Gathering.id, Gathering.title)
    )
    return [
        Due(person_id, f"gatherings.leaves:{gathering_id}", f"{count} 人请假待批准：{title}", DESK)
        for person_id, gathering_id, title, count in session.execute(query)
    ]
