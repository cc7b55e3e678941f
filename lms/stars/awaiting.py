"""What awaits whoever recommends, reviews, decides and publishes stars."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.people import access as people
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.stars import access, queries
from lms.stars.models import StarCycle
from lms.stars.queries import CycleLine
from lms.stars.rules import CycleState


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """One line for each cycle that waits for this person."""
    found: list[Awaiting] = []
    if person.can(Permission.STAR_RECOMMEND):
        lines = access.cycles_to_recommend_in(session, person)
        found.append(Awaiting(len(lines), "期评星等你推荐", "去推荐", "star_recommending.index", {}))
    if not person.can(Permission.STAR_REVIEW):
        return found
    scope = people.scope(session, person, Permission.STAR_REVIEW)
    for line in queries.list_cycles_in(session, scope, StarCycle.state != CycleState.PUBLISHED):
        count, text, action = _step(session, line, person, now)
        found.append(
            Awaiting(count, f"{text}：{line.cycle.label}{line.programme.title}", action, "star_cycles.cycle", {"cycle_id": line.cycle.id})
        )  # fmt: skip
    return found


def _step(session: Session, line: CycleLine, person: Principal, now: datetime) -> tuple[int, str, str]:
    """How many of what this person is asked to do for the cycle; a count of 0 is nothing."""
    state, may_manage = line.cycle.state, access.may_handle(session, person, line, Permission.STAR_MANAGE)
    if state is CycleState.REVIEWING:
        return 1, "期评星待复核", "去复核"
    if state is CycleState.REVIEWED and may_manage:
        return 1, "期评星待公示", "开始公示"
    if state is CycleState.DECIDED and may_manage:
        return 1, "期评星待公布", "去公布"
    if state is not CycleState.NOTICE:
        return 0, "", ""
    objections = queries.count_open_objections(session, line.cycle.id)
    if objections:
        return objections, "条异议待答复", "去答复"
    over = line.cycle.notice_until_on is not None and line.cycle.notice_until_on < clock.today(now)
    return (1, "期评星公示期满待决定", "去决定") if over and may_manage else (0, "", "")
