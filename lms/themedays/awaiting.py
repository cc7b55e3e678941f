"""What awaits a member, a branch's secretary and the committee."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.people import queries as people
from lms.people.access import scope
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.themedays import queries, rules


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """Make-up study that is still open; months to plan, for who keeps a branch; packs to write, for the committee."""
    today = clock.today(now)
    open_ones = queries.count_open_make_ups(session, person.id, today)
    found = [Awaiting(open_ones, "项可以补学", "去补学", "themedays.make_ups", {})]
    if person.can(Permission.GATHERING_HOLD):
        found += _months_to_plan(session, person, now)
    if person.can(Permission.PACK_MANAGE):
        found.append(Awaiting(queries.count_drafts(session), "个月度方案待发布", "去发布", "month_packs.index", {}))
    return found


def _months_to_plan(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    reach = scope(session, person, Permission.GATHERING_HOLD)
    if not reach.branch_paths:
        return []
    branches = [each for each in people.list_branches(session) if reach.covers_branch(each.path)]
    waiting = queries.unplanned(session, [each.id for each in branches], clock.month_of(now))
    if not waiting:
        return []
    first = waiting[0]
    arguments: dict[str, str | int] = {"branch_id": first.branch_id, "month": rules.month_text(first.month)}
    return [Awaiting(len(waiting), "个月的主题党日待安排", "去安排", "themedays.show", arguments)]
