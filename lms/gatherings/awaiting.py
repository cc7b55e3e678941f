"""What awaits the keepers of gatherings and whoever has to carry out a decision."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings import list_queries as lists
from lms.gatherings.rules import GatheringState
from lms.people.access import scope
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """Decisions to carry out; for keepers also leave to decide, rolls to take and minutes to write."""
    mine = lists.count_decisions_of(session, person.id)
    found = [Awaiting(mine, "项决定要你落实", "去看看", "gatherings.index", {})]
    if not person.can(Permission.GATHERING_HOLD):
        return found
    reach = scope(session, person, Permission.GATHERING_HOLD)
    lines = lists.list_open(session, reach, now=now)
    rolls = [
        line for line in lines if line.gathering.state is GatheringState.PLANNED and line.gathering.starts_at <= now
    ]
    unwritten = [line for line in lines if line.gathering.state is GatheringState.HELD]
    leaves = lists.count_asked_leaves(session, reach, since=clock.today(now))
    desk = "gathering_desk.index"
    return [
        *found,
        Awaiting(leaves, "人请假待批准", "去批准", desk, {}),
        Awaiting(len(rolls), "次活动待点名", "去点名", desk, {}),
        Awaiting(len(unwritten), "次活动待写记录", "去写", desk, {}),
    ]
