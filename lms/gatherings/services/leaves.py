"""Leave: asked by the member, approved or refused by the keeper."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.errors import Conflict
from lms.gatherings import queries
from lms.gatherings.errors import GatheringMoved
from lms.gatherings.models import Gathering, Leave
from lms.gatherings.rules import CAUSES, Cause, GatheringState, LeaveState, Mark
from lms.gatherings.services import rolls
from lms.gatherings.services.history import check_changeable, note, take_turn
from lms.gatherings.services.rolls import Tap
from lms.notices import services as notices


def ask_leave(
    session: Session, gathering: Gathering, person_id: int, *, cause: Cause, note_text: str, now: datetime
) -> Leave:
    """The request stands for the keeper to decide; asked again after a refusal or withdrawal it is the same row.

    Raises GatheringMoved once the roll is closed, Conflict when it was approved, or when the person is not meant for it.
    """
    take_turn(session, gathering)
    if gathering.state is not GatheringState.PLANNED:
        raise GatheringMoved("点名已经结束，请直接向组织者说明。")
    if not queries.is_on_roster(session, gathering, person_id):
        raise Conflict("那一天你不在这次活动的名单里，不用请假。")
    leave = queries.find_leave(session, gathering.id, person_id)
    if leave is not None and leave.state is LeaveState.APPROVED:
        raise Conflict("请假已经批准，不用再请。")
    if leave is None:
        leave = Leave(gathering_id=gathering.id, person_id=person_id)
        session.add(leave)
    leave.cause, leave.note, leave.asked_at, leave.state = cause, note_text.strip()[:100], now, LeaveState.ASKED
    leave.decided_at = leave.decided_by_id = None
    return leave


def withdraw_leave(session: Session, leave: Leave, gathering: Gathering, *, now: datetime) -> None:
    """The person comes after all, while the roll is open."""
    take_turn(session, gathering)
    if gathering.state is not GatheringState.PLANNED:
        raise GatheringMoved("点名已经结束，请直接向组织者说明。")
    leave.state = LeaveState.WITHDRAWN
    note(session, gathering, "leave", {"person": leave.person_id, "leave": "withdrawn"}, by_id=leave.person_id, now=now)


def decide_leave(
    session: Session,
    gathering: Gathering,
    leave: Leave,
    *,
    approve: bool,
    link: str,
    by_id: int,
    now: datetime,
    reason: str = "",
) -> None:
    """Approved or refused; the member is told. On a closed roll an absent member is on leave from now on, or absent again.

    Raises Conflict when the request was withdrawn or the person was there.
    """
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    session.refresh(leave)
    wanted = LeaveState.APPROVED if approve else LeaveState.REFUSED
    if leave.state is wanted:
        return
    if leave.state is LeaveState.WITHDRAWN:
        raise Conflict("本人已撤回请假。")
    entry = queries.find_entry(session, gathering.id, leave.person_id)
    if approve and entry is not None and entry.mark is Mark.PRESENT:
        raise Conflict("本人已到会，不用批准请假。")
    leave.state, leave.decided_by_id, leave.decided_at = wanted, by_id, now
    told = {"person": leave.person_id, "leave": wanted, "cause": leave.cause}
    note(session, gathering, "leave", told, by_id=by_id, now=now, reason=reason)
    if entry is not None and entry.mark is (Mark.ABSENT if approve else Mark.LEAVE):
        new = Tap(leave.person_id, Mark.LEAVE if approve else Mark.ABSENT, leave.cause if approve else None)
        rolls.mark(session, gathering, [new], by_id=by_id, now=now, reason=reason)
    words = "已批准" if approve else "没有批准，请按时参加或再说明"
    notices.tell(session, leave.person_id, f"{gathering.title}：{CAUSES[leave.cause]}请假{words}", link, now=now)
