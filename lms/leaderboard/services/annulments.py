"""Results that do not count, and count again: further lines in the journal, so that the board can always be counted from it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.leaderboard.models import Board, BoardResult
from lms.leaderboard.services.entries import stand_anew, standing_lines
from lms.leaderboard.services.freezing import keep_frozen
from lms.leaderboard.services.results import LINE, Row


def annul(session: Session, board_id: int, person_id: int, *, now: datetime) -> list[int]:
    """None of the person's results counts from now on; the sources whose results did, to be reinstated. Whatever state the board
    is in: a published ranking changes by its next version only."""
    lines = [line for line in standing_lines(session, board_id, person_id) if line["is_ranked"]]
    _turn(session, board_id, person_id, lines, is_ranked=False, now=now)
    return [line["source_id"] for line in lines]


def reinstate(session: Session, board_id: int, person_id: int, source_ids: Sequence[int], *, now: datetime) -> None:
    """These results count again, with the scores they have by now."""
    wanted = set(source_ids)
    lines = [line for line in standing_lines(session, board_id, person_id) if line["source_id"] in wanted]
    _turn(session, board_id, person_id, [line for line in lines if not line["is_ranked"]], is_ranked=True, now=now)


def _turn(
    session: Session, board_id: int, person_id: int, lines: Sequence[Row], *, is_ranked: bool, now: datetime
) -> None:
    if not lines:
        return
    keep_frozen(session, board_id, now=now)
    further = [
        {name: line[name] for name in LINE}
        | {"is_ranked": is_ranked, "revision": line["revision"] + 1, "recorded_at": now}
        for line in lines
    ]
    session.execute(insert(BoardResult), further)
    stand_anew(session, session.get_one(Board, board_id), person_id)
