"""What the start of an attempt reads: one statement for all that it depends on besides the round and the person's terms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, aliased

from lms.contests.models import Round, RoundEntry
from lms.contests.queries import ENTRANCE, unit_on
from lms.db import Prepared, Read, flushed
from lms.leaderboard.models import Board
from lms.leaderboard.rules import competing_unit
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.quizzes.exam_queries import GRANTS, LATEST, POLICY
from lms.quizzes.models import ExamPolicy, Paper
from lms.quizzes.queries import HAS_ATTEMPT
from lms.quizzes.rules import Purpose


@dataclass(frozen=True)
class Footing:
    """`unit_id` is the unit the person counts for on the cut-off day, None outside the board's root or before joining; `keys_from`
    is when nobody can answer any more, whatever somebody was granted."""

    has_entry: bool
    unit_id: int | None
    minimum_seconds: int
    keys_from: datetime


def find_footing(session: Session, round_: Any, person_id: int) -> Footing:
    """Of a Round or its columns."""
    found = _FOOTING.first(flushed(session), _asked(round_.id) | {"round": round_.id, "person": person_id})
    return Footing(
        found.entered is not None,
        competing_unit(found.unit_path, found.root_path) if found.unit_path else None,
        found.minimum_seconds or 0,
        max(round_.closes_at, found.granted_until or round_.closes_at),
    )


_ROOT = aliased(Unit)
_UNIT_ON_THE_DAY = unit_on(Round.cut_off_on).correlate(Round).scalar_subquery()
_FOOTING = Prepared(
    select(
        RoundEntry.person_id.label("entered"),
        _UNIT_ON_THE_DAY.label("unit_path"),
        _ROOT.path.label("root_path"),
        ExamPolicy.minimum_seconds,
        LATEST.scalar_subquery().label("granted_until"),
    )
    .select_from(Round)
    .join(Board, Board.id == Round.board_id)
    .join(_ROOT, _ROOT.id == Board.root_unit_id)
    .outerjoin(RoundEntry, and_(RoundEntry.round_id == Round.id, RoundEntry.person_id == bindparam("person")))
    .outerjoin(ExamPolicy, and_(ExamPolicy.purpose == bindparam("of_purpose"), ExamPolicy.subject_id == Round.id))
    .where(Round.id == bindparam("round"))
)


def find_paper(session: Session, round_id: int) -> Any:
    """The columns of the round's paper, to read only."""
    return _PAPER.first(flushed(session), {"round": round_id})


_PAPER = Prepared(
    select(*Paper.__table__.columns).join(Round, Round.paper_id == Paper.id).where(Round.id == bindparam("round"))
)


def reads_of_start(person: Principal, round_id: int) -> list[Read]:
    """What the start of an attempt in the round reads before it knows more than these two."""
    subject, mine = _asked(round_id), {"person": person.id}
    return [
        (POLICY, subject),
        (ENTRANCE, {"round": round_id}),
        (GRANTS, subject | mine | {"path": person.unit_path}),
        (_FOOTING, subject | mine | {"round": round_id}),
        (HAS_ATTEMPT, subject | mine),
        (_PAPER, {"round": round_id}),
    ]


def _asked(round_id: int) -> dict[str, Any]:
    return {"of_purpose": Purpose.CONTEST, "subject": round_id}
