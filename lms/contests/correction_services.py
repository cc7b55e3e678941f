"""A published ranking is corrected once after a wrong key: approved together with the key, published when all attempts are marked again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.contests import queries
from lms.contests.award_models import DueCorrection
from lms.contests.errors import ContestMoved
from lms.contests.queries import RoundLine
from lms.contests.rules import Phase
from lms.contests.services.results import correct
from lms.db import MakeSession, changed, unit_of_work
from lms.leaderboard import queries as boards
from lms.leaderboard.errors import NothingChanged


def approve(
    session: Session, correction_id: int, lines: Sequence[RoundLine], *, approved_by_id: int, now: datetime
) -> None:
    """These rounds will be corrected when the attempts that met the wrong key are marked again. Raises ContestMoved for a round that
    is not published."""
    if any(line.phase is not Phase.PUBLISHED for line in lines):
        raise ContestMoved()
    rows = [
        {
            "correction_id": correction_id, "round_id": line.round.id, "approved_by_id": approved_by_id,
            "approved_at": now, "version": None, "done_at": None,
        }
        for line in lines
    ]  # fmt: skip
    if rows:
        session.execute(insert(DueCorrection), rows)


def list_due(session: Session, correction_id: int) -> Sequence[DueCorrection]:
    """What was approved and is not done yet, by round."""
    due = select(DueCorrection).where(DueCorrection.correction_id == correction_id, DueCorrection.done_at.is_(None))
    return session.scalars(due.order_by(DueCorrection.round_id)).all()


def publish_due(session: Session, due: DueCorrection, *, keys: Keys, reason: str, now: datetime) -> None:
    """The round has its next version, once; none when its ranking came out the same. Raises ContestMoved when another run was faster."""
    line = queries.find_round(session, due.round_id, now=now)
    board = boards.find_board(session, line.round.board_id) if line else None
    assert line is not None
    assert board is not None
    try:
        version = correct(
            session, line, board, keys=keys, reason=reason[:500], actor_id=due.approved_by_id, now=now
        ).version
    except NothingChanged:
        version = None
    here = (
        DueCorrection.correction_id == due.correction_id,
        DueCorrection.round_id == due.round_id,
        DueCorrection.done_at.is_(None),
    )
    done = update(DueCorrection).where(*here).values(version=version, done_at=now)
    if not changed(session.execute(done.execution_options(synchronize_session=False))):
        raise ContestMoved()


def publish_all_due(make_session: MakeSession, correction_id: int, *, keys: Keys, reason: str, now: datetime) -> int:
    """Each round in a transaction of its own; how many there were. Killed at any point it can run again."""
    with make_session() as session:
        waiting = [due.round_id for due in list_due(session, correction_id)]
    for round_id in waiting:
        with unit_of_work(make_session) as session:
            due = session.get_one(DueCorrection, (correction_id, round_id))
            if due.done_at is None:
                publish_due(session, due, keys=keys, reason=reason, now=now)
    return len(waiting)
