"""The write side of teams: entered, changed, withdrawn; and what they reach in a round."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import team_queries
from lms.contests.team_models import TeamResult


def record_team_result(
    session: Session, round_id: int, team_id: int, *, score_millis: int, seconds: int, source: str, now: datetime
) -> TeamResult:
    """What the team has in the round from now on: a further line of the journal, unless it would say the same. `score_millis` in
    1/1000 points, `seconds` of time used (0 where time does not count), `source` "shares" or "stage"."""
    last = team_queries.find_result(session, round_id, team_id)
    if last is not None and (last.score_millis, last.seconds, last.source) == (score_millis, seconds, source):
        return last
    made = TeamResult(
        round_id=round_id, team_id=team_id, revision=last.revision + 1 if last else 0, score_millis=score_millis,
        seconds=seconds, source=source, recorded_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()  # the next line of this team must find it
    return made
