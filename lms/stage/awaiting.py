"""What awaits hosts: the finals that are prepared and not over, as long as their round runs."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import queries as contests
from lms.contests.rules import Phase, RoundKind
from lms.people.access import scope
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.stage import queries


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """One line for each final that the person may host now."""
    if not person.can(Permission.CONTEST_MANAGE):
        return []
    lines = contests.list_rounds_in(session, scope(session, person, Permission.CONTEST_MANAGE), now=now)
    running = {
        line.round.id: line.contest.title
        for line in lines
        if line.round.kind is RoundKind.STAGE and line.phase is Phase.RUNNING
    }
    return [
        Awaiting(1, f"场现场决赛可以主持：{running[round_id]}", "到主持台", "stage_office.host", {"final_id": final_id})
        for round_id, final_id in queries.list_open_finals(session, list(running)).items()
    ]
