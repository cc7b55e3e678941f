"""Meetings that a period still asks for, told to who keeps the branch shortly before the period ends."""

from datetime import date, datetime, timedelta

from sqlalchemy import true
from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings.kind_rules import KINDS, MEETINGS
from lms.notices.rules import Due
from lms.themedays import duties_queries as queries
from lms.themedays import duties_rules as rules
from lms.themedays.duties_rules import Standing
from lms.themedays.queries import branches_with_members, keepers_of
from lms.themedays.rules import month_text

BEFORE = timedelta(days=10)


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """One for each secretary and branch with meetings of 三会一课 that nobody has planned in a month or quarter that ends within
    BEFORE. Silent once they are planned."""
    today, month = clock.today(now), clock.month_of(now)
    end = rules.month_end(month)
    if end - today > BEFORE:
        return []
    branches = [branch.id for branch in branches_with_members(session, today)]
    lives = queries.lives(session, true(), date(today.year, 1, 1), date(today.year, 12, 31), branches)
    since = queries.in_use_since(session)
    waiting = {}
    for branch_id, life in lives.items():
        cells = rules.cells_of_month(month, life.meetings, life.organisation, today=today, since=since)
        names = [KINDS[cell.kind].name for cell in cells if _waits(cell, end)]
        if names:
            waiting[branch_id] = "、".join(names)
    keepers = keepers_of(session, list(waiting))
    return [
        Due(
            person_id,
            f"themedays.duties:{branch_id}:{month_text(month)}",
            f"{names}还没有安排，{end.month}月{end.day}日前要开。",
            f"/branches/{branch_id}/duties",
        )
        for branch_id, names in waiting.items()
        for person_id in keepers.get(branch_id, [])
    ]


def _waits(cell: rules.Cell, end: date) -> bool:
    return cell.kind in MEETINGS and cell.standing is Standing.OPEN and cell.span.last == end
