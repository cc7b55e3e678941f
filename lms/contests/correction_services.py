"""Published rankings and advancement lists are corrected once after a wrong key: approved together with the key, published when all
attempts are marked again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.contests import advancement_correction_services, advancement_queries, queries
from lms.contests.award_models import DueAdvancement, DueCorrection
from lms.contests.errors import ContestMoved, NotYet
from lms.contests.queries import RoundLine
from lms.contests.rules import Phase
from lms.contests.services.results import correct
from lms.db import MakeSession, changed, unit_of_work
from lms.leaderboard import queries as boards
from lms.leaderboard.errors import NothingChanged

MODELS: tuple[type[DueCorrection] | type[DueAdvancement], ...] = (DueCorrection, DueAdvancement)


def approve(
    session: Session,
    correction_id: int,
    lines: Sequence[RoundLine],
    lists: Sequence[RoundLine] = (),
    *,
    approved_by_id: int,
    now: datetime,
) -> None:
    """The rankings of these rounds, and the `lists` of those who advanced into these, will be corrected when the attempts that met the
    wrong key are marked again. Raises ContestMoved for what is not published."""
    if any(line.phase is not Phase.PUBLISHED for line in lines):
        raise ContestMoved()
    if any(advancement_queries.find_advancement(session, line.round.id) is None for line in lists):
        raise ContestMoved()
    same = {
        "correction_id": correction_id, "approved_by_id": approved_by_id, "approved_at": now, "version": None,
        "done_at": None,
    }  # fmt: skip
    for model, chosen in zip(MODELS, (lines, lists), strict=True):
        if chosen:
            session.execute(insert(model), [same | {"round_id": line.round.id} for line in chosen])


def list_due(session: Session, correction_id: int) -> list[DueCorrection | DueAdvancement]:
    """What was approved and is not done yet: rankings by round, then lists by round."""
    rankings = select(DueCorrection).where(
        DueCorrection.correction_id == correction_id, DueCorrection.done_at.is_(None)
    )
    lists = select(DueAdvancement).where(
        DueAdvancement.correction_id == correction_id, DueAdvancement.done_at.is_(None)
    )
    return [
        *session.scalars(rankings.order_by(DueCorrection.round_id)),
        *session.scalars(lists.order_by(DueAdvancement.round_id)),
    ]


def publish_due(
    session: Session, due: DueCorrection | DueAdvancement, *, keys: Keys, reason: str, now: datetime
) -> None:
    """The ranking or the list has its next version, once; none when it came out the same. Raises ContestMoved when another run was faster."""
    model = type(due)
    if isinstance(due, DueCorrection):
        version = _correct_ranking(session, due, keys, reason[:500], now)
    else:
        version = _correct_list(session, due, reason[:500], now)
    here = (model.correction_id == due.correction_id, model.round_id == due.round_id, model.done_at.is_(None))
    done = update(model).where(*here).values(version=version, done_at=now)
    if not changed(session.execute(done.execution_options(synchronize_session=False))):
        raise ContestMoved()


def _correct_ranking(session: Session, due: DueCorrection, keys: Keys, reason: str, now: datetime) -> int | None:
    line = queries.find_round(session, due.round_id, now=now)
    board = boards.find_board(session, line.round.board_id) if line else None
    assert line is not None
    assert board is not None
    try:
        return correct(session, line, board, keys=keys, reason=reason, actor_id=due.approved_by_id, now=now).version
    except NothingChanged:
        return None


def _correct_list(session: Session, due: DueAdvancement, reason: str, now: datetime) -> int | None:
    """A list that cannot be corrected any more, for example because the contest was closed, stays; the office page says why."""
    target = queries.find_round(session, due.round_id, now=now)
    source = queries.find_round(session, target.round.from_round_id or 0, now=now) if target else None
    assert target is not None
    assert source is not None
    try:
        made = advancement_correction_services.correct(
            session, target, source, reason=reason, actor_id=due.approved_by_id, now=now
        )
    except (NothingChanged, NotYet):
        return None
    return made.version


def _find(session: Session, correction_id: int, round_id: int, *, is_list: bool) -> DueCorrection | DueAdvancement:
    if is_list:
        return session.get_one(DueAdvancement, (correction_id, round_id))
    return session.get_one(DueCorrection, (correction_id, round_id))


def publish_all_due(make_session: MakeSession, correction_id: int, *, keys: Keys, reason: str, now: datetime) -> int:
    """Each ranking and list in a transaction of its own; how many there were. Killed at any point it can run again."""
    with make_session() as session:
        waiting = [(isinstance(due, DueAdvancement), due.round_id) for due in list_due(session, correction_id)]
    for is_list, round_id in waiting:
        with unit_of_work(make_session) as session:
            due = _find(session, correction_id, round_id, is_list=is_list)
            if due.done_at is None:
                publish_due(session, due, keys=keys, reason=reason, now=now)
    return len(waiting)
