"""Rounds end by the clock, and are settled when the last attempt is in. Sheets are drawn before the bell."""

import secrets
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from lms.contests import award_services, queries, services
from lms.db import MakeSession, unit_of_work
from lms.errors import LmsError
from lms.leaderboard.models import BoardState
from lms.quizzes import services as quizzes
from lms.quizzes.models import Paper
from lms.quizzes.rules import GRACE, Purpose
from lms.tasks.jobs import Job
from lms.tasks.services import Run


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


BEFORE_THE_BELL = timedelta(minutes=10)
STOCK, STOCK_WHILE_OPEN = 1000, 60  # a sheet drawn on the spot costs its start several times as much
SHEETS_AT_ONCE = 5
MOST_SECONDS = 20.0


def prepare_sheets(make_session: MakeSession, now: datetime) -> None:
    """For rounds that open within ten minutes, and fewer for those that are open, sheets lie ready, so that a start need not
    draw; for rounds that are over none. A few in each transaction, which draws first and writes last."""
    until = time.monotonic() + MOST_SECONDS
    with make_session() as session:
        rounds = queries.list_rounds_to_prepare(session, opens_before=now + BEFORE_THE_BELL, closes_after=now)
        left_over = quizzes.list_prepared_subjects(session, Purpose.CONTEST) - {round_id for round_id, _, _ in rounds}
    for round_id in sorted(left_over):
        with unit_of_work(make_session) as session:
            quizzes.discard_prepared(session, purpose=Purpose.CONTEST, subject_id=round_id)
    for round_id, paper_id, opens_at in rounds:
        wanted = STOCK if opens_at > now else STOCK_WHILE_OPEN
        while time.monotonic() < until and _prepare_some(make_session, round_id, paper_id, wanted, now):
            pass


def _prepare_some(make_session: MakeSession, round_id: int, paper_id: int, wanted: int, now: datetime) -> bool:
    """Whether there were some to prepare. A paper that the bank cannot fill is told to who starts, as without a stock."""
    with make_session() as session:
        missing = wanted - quizzes.count_prepared(session, purpose=Purpose.CONTEST, subject_id=round_id)
    if missing <= 0:
        return False
    try:
        with unit_of_work(make_session) as session:
            quizzes.prepare_sheets(
                session, session.get_one(Paper, paper_id), purpose=Purpose.CONTEST, subject_id=round_id,
                count=min(missing, SHEETS_AT_ONCE), now=now, rng=Random(secrets.randbits(128)),
            )  # fmt: skip
    except LmsError:
        return False
    return True


JOBS = [Job("contests.rounds", 30, end_and_settle), Job("contests.sheets", 10, prepare_sheets)]
KINDS: Mapping[str, Run] = {award_services.FOLLOW: award_services.follow}
