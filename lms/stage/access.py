"""The loaders of stage finals: who stands at which console, and what a phone in the hall may see."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.contests import access as contests
from lms.contests import team_queries
from lms.contests.queries import RoundLine
from lms.contests.rules import RoundKind
from lms.contests.team_models import Team
from lms.errors import NotFound
from lms.people import access as people
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.stage import queries
from lms.stage.device_rules import digest
from lms.stage.models import StageDevice
from lms.stage.queries import Running


def round_to_prepare(session: Session, person: Principal, round_id: int, *, now: datetime) -> RoundLine:
    """A stage round of a contest that the person organises or reviews; NotFound elsewhere."""
    line = contests.round_to_handle(session, person, round_id, Permission.RANKING_REVIEW, now=now)
    if line.round.kind is not RoundKind.STAGE:
        raise NotFound()
    return line


def final_to_run(
    session: Session, person: Principal, final_id: int, permission: Permission, *, now: datetime
) -> Running:
    """A final of a contest owned where the person has this permission; NotFound elsewhere."""
    running = queries.find_running(session, final_id, now=now)
    if running is None or not people.scope(session, person, permission).covers_unit(running.owner_path):
        raise NotFound()
    return running


def round_to_watch(
    session: Session, person: Principal, round_id: int, *, now: datetime
) -> tuple[RoundLine, Running | None, Team | None]:
    """A stage round that is open for the person, its final once it is prepared, and the person's own team in it."""
    line = contests.round_to_see(session, person, round_id, now=now)
    if line.round.kind is not RoundKind.STAGE:
        raise NotFound()
    running = queries.find_running_of(session, round_id, now=now)
    return line, running, team_queries.find_team_of(session, line.contest.id, person.id)


def device_of_own_team(running: Running | None, team: Team | None) -> StageDevice:
    """The place of the person's team; NotFound for who is in none of the final's teams."""
    seats = running.seats if running and team else ()
    found = next((seat.device for seat in seats if team and seat.team_id == team.id), None)
    if found is None:
        raise NotFound()
    return found


def device_of(session: Session, token: str) -> Any:
    """The phone that holds this token; NotFound when another one took its place."""
    found = queries.find_device(session, digest(token)) if token else None
    if found is None:
        raise NotFound("另一台手机已经接管本队，请重新扫码加入。")
    return found
