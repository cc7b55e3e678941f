"""Rounds end by the clock, and are settled when the last attempt is in."""

from datetime import datetime

from lms.contests import queries, services
from lms.db import MakeSession, unit_of_work
from lms.leaderboard.models import BoardState
from lms.quizzes.rules import GRACE
from lms.tasks.jobs import Job


def end_and_settle(make_session: MakeSession, now: datetime) -> None:
    """Each round in a transaction of its own; a second run, or a second node, finds nothing left to do."""
    for round_id in _due(make_session, BoardState.LIVE, now):
        with unit_of_work(make_session) as session:
            line = queries.find_round(session, round_id, now=now)
            if line is not None and line.board_state is BoardState.LIVE:
                services.end_round(session, line, actor_id=None, now=now)
    for round_id in _due(make_session, BoardState.ENDED, now):
        with unit_of_work(make_session) as session:
            line = queries.find_round(session, round_id, now=now)
            if line is not None and line.board_state is BoardState.ENDED:
                services.settle_round(session, line, now=now)


def _due(make_session: MakeSession, state: BoardState, now: datetime) -> list[int]:
    with make_session() as session:
        return list(queries.list_due_round_ids(session, state, now - GRACE))


JOBS = [Job("contests.rounds", 30, end_and_settle)]
