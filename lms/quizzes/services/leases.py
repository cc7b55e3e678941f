"""The first lease of an attempt, taken in groups: a thousand devices ask for theirs within seconds of the bell.

Only what needs no decision goes this way: the sign-in is live, the attempt is open and nobody else's device holds it, and its subject asks
nothing of the place.
Everything else is `take_lease`'s, which also says why not.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Table, bindparam, exists, or_, select, update

from lms.db import GroupWriter, Prepared, writes_in_with
from lms.db.dialect import ignoring
from lms.people.models import SignIn
from lms.quizzes.models import Attempt, AttemptSitting, ExamPolicy
from lms.quizzes.rules import GRACE, State, seconds_left
from lms.quizzes.services.attempts import is_lease
from lms.quizzes.services.invigilation import Place, sitting_row


@dataclass(frozen=True)
class LeaseRow:
    """A device that asks for the lease of its person's attempt. `now` is the time the request came in."""

    attempt_id: int
    person_id: int
    sign_in_id: int
    lease: str
    place: Place
    now: datetime


@dataclass(frozen=True)
class Leased:
    seconds_left: int | None


LeaseWriter = GroupWriter[LeaseRow, Leased | None]


def lease_writer(engine: Engine) -> LeaseWriter:
    """The one writer of a process."""
    return GroupWriter(engine, _write)


def lease_if_free(writer: LeaseWriter, row: LeaseRow) -> Leased | None:
    """The lease is this device's when this returns; None when it is not plainly so, for a reason that `take_lease` finds."""
    if not is_lease(row.lease) or not 0 < row.attempt_id < 2**62:
        return None
    return writer.save(row)


_ATTEMPTS: Table = Attempt.__table__  # type: ignore[assignment]
_POLICIES: Table = ExamPolicy.__table__  # type: ignore[assignment]
_SIGN_INS: Table = SignIn.__table__  # type: ignore[assignment]
_SITTINGS: Table = AttemptSitting.__table__  # type: ignore[assignment]
_TAKEN = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("attempt"), _ATTEMPTS.c.person_id == bindparam("person"))
    .where(_ATTEMPTS.c.state == State.OPEN, or_(_ATTEMPTS.c.lease.is_(None), _ATTEMPTS.c.lease == bindparam("lease")))
    .where(or_(_ATTEMPTS.c.deadline_at.is_(None), _ATTEMPTS.c.deadline_at >= bindparam("earliest")))
    .where(
        exists()
        .where(_SIGN_INS.c.id == bindparam("sign_in"), _SIGN_INS.c.person_id == bindparam("person"))
        .where(_SIGN_INS.c.ended_at.is_(None), _SIGN_INS.c.expires_at > bindparam("at"))
    )
    .where(
        ~exists().where(_POLICIES.c.purpose == _ATTEMPTS.c.purpose, _POLICIES.c.subject_id == _ATTEMPTS.c.subject_id)
    )
    .values(lease=bindparam("lease"))
    .returning(_ATTEMPTS.c.deadline_at)
)
_TAKE = Prepared(_TAKEN)
_SITTING = ("attempt_id", "lease", "address", "device", "at")
_NOTE = Prepared(
    ignoring(True, AttemptSitting, ("attempt_id", "lease"))
    .values({name: bindparam(name) for name in _SITTING})
    .inline()
)


def _at_once() -> Prepared:
    """Both in one statement, where a WITH may write."""
    taken = _TAKEN.cte("taken")
    sitting = select(*(bindparam(name, type_=_SITTINGS.c[name].type).label(name) for name in _SITTING)).select_from(
        taken
    )
    noted = ignoring(False, AttemptSitting, ("attempt_id", "lease")).from_select(_SITTING, sitting).cte("noted")
    return Prepared(select(taken.c.deadline_at).add_cte(noted), writes=True, alone=True)


_BOTH = _at_once()


def _write(connection: Connection, row: LeaseRow) -> Leased | None:
    sitting = sitting_row(row.attempt_id, row.place, lease=row.lease, now=row.now)
    values = sitting | {
        "attempt": row.attempt_id,
        "person": row.person_id,
        "sign_in": row.sign_in_id,
        "earliest": row.now - GRACE,
    }
    at_once = writes_in_with(connection)
    taken = (_BOTH if at_once else _TAKE).first(connection, values)
    if taken is None:
        return None
    if not at_once:
        _NOTE.run(connection, sitting)
    return Leased(seconds_left(taken.deadline_at, row.now))
