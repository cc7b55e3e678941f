"""The read side of teams."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.contests.team_models import TeamResult


def find_result(session: Session, round_id: int, team_id: int) -> TeamResult | None:
    """The line that counts: the last one."""
    query = select(TeamResult).where(TeamResult.round_id == round_id, TeamResult.team_id == team_id)
    return session.scalars(query.order_by(TeamResult.revision.desc()).limit(1)).first()
