"""Quizzes that are over: finished where their host forgot to, and their results brought to the board."""

import time
from datetime import datetime

from sqlalchemy import select

from lms.contests.models import Round
from lms.contests.rules import RoundKind
from lms.db import MakeSession, unit_of_work
from lms.leaderboard.models import TAKES_RESULTS, Board, BoardState
from lms.livequiz import queries, services
from lms.tasks.jobs import Job

MOST_SECONDS = 20.0


def bring_in(make_session: MakeSession, now: datetime) -> None:
    """A few people in each transaction; a second run, or a second node, finds nothing left to do."""
    until = time.monotonic() + MOST_SECONDS
    for round_id in _waiting(make_session):
        while time.monotonic() < until and _step(make_session, round_id, now):
            pass


def _waiting(make_session: MakeSession) -> list[int]:
    """Rounds whose results are not all in."""
    with make_session() as session:
        query = select(Round.id).join(Board, Board.id == Round.board_id)
        waits = (Round.kind == RoundKind.LIVE, Round.results_in_at.is_(None), Board.state.in_(TAKES_RESULTS))
        return list(session.scalars(query.where(*waits).order_by(Round.id)))


def _step(make_session: MakeSession, round_id: int, now: datetime) -> bool:
    """Whether there may be more to do for this round."""
    with unit_of_work(make_session) as session:
        running = queries.find_running_of(session, round_id)
        if running is not None and running.state.is_finished:
            return services.record_some(session, running, now=now)
        round_ = session.get_one(Round, round_id)
        if session.get_one(Board, round_.board_id).state is not BoardState.ENDED:
            return False
        if running is None:
            round_.results_in_at = now
            return False
        return services.finish_left_over(session, running, now=now)


JOBS = [Job("livequiz.results", 5, bring_in)]
