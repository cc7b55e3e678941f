"""Immutable snapshots of a board. A correction is the next version, and shows what it changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.config import Keys
from lms.db import conflict_as
from lms.leaderboard import queries, rules
from lms.leaderboard.errors import AlreadyPublished
from lms.leaderboard.models import PublishedRanking
from lms.leaderboard.queries import BoardHead


def snapshot(session: Session, board: BoardHead, *, hidden: set[int], now: datetime) -> dict[str, Any]:
    """Everything that is published of a board as it stands, as plain JSON values. `hidden` are those who opted out."""
    people = queries.list_lines(session, board)
    units = queries.unit_board(session, board, now=now).lines
    return {
        "board": board.title,
        "rule": rules.explain(board.rule, has_units=bool(units)),
        "cut_off_on": board.cut_off_on.isoformat(),
        "as_of": now.isoformat(timespec="seconds"),
        "total": len(people),
        "people": [
            {
                "place": line.place,
                "person_id": line.person_id,
                "name": line.name,
                "unit": line.unit,
                "is_hidden": line.person_id in hidden,
                "score_millis": line.score_millis,
                "seconds": line.seconds,
                "submitted_at": line.submitted_at.isoformat(timespec="seconds"),
            }
            for line in people
        ],
        "units": [dict(unit.__dict__) for unit in units],
    }
