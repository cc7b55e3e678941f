"""The first lease of an attempt, taken in groups: a thousand devices ask for theirs within seconds of the bell.

Only what needs no decision goes this way: the attempt is open and nobody else's device holds it, and its subject asks nothing of the place.
Everything else is `take_lease`'s, which also says why not.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Table, bindparam, exists, or_, update

from lms.db import GroupWriter, Prepared
from lms.db.dialect import ignoring
from lms.quizzes.models import Attempt, AttemptSitting, ExamPolicy
from lms.quizzes.rules import GRACE, State, seconds_left
from lms.quizzes.services.attempts import is_lease
from lms.quizzes.services.invigilation import Place, sitting_row


@dataclass(frozen=True)
class LeaseRow:
    """A device that asks for the lease of its person's attempt. `now` is the time the request came in."""

    attempt_id: int
    person_id: int
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
_TAKE = Prepared(
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("attempt"), _ATTEMPTS.c.person_id == bindparam("person"))
    .where(_ATTEMPTS.c.state == State.OPEN, or_(_ATTEMPTS.c.lease.is_(None), _ATTEMPTS.c.lease == bindparam("device")))
    .where(or_(_ATTEMPTS.c.deadline_at.is_(None), _ATTEMPTS.c.deadline_at >= bindparam("earliest")))
    .where(
        ~exists().where(_POLICIES.c.purpose == _ATTEMPTS.c.purpose, _POLICIES.c.subject_id == _ATTEMPTS.c.subject_id)
    )
    .values(lease=bindparam("device"))
    .returning(_ATTEMPTS.c.deadline_at)
)
_SITTING = ("attempt_id", "lease", "address", "device", "at")
_NOTE = {
    on_sqlite: Prepared(
        ignoring(on_sqlite, AttemptSitting, ("attempt_id", "lease"))
        .values({name: bindparam(name) for name in _SITTING})
        .inline()
    )
    for on_sqlite in (True, False)
}


def _write(connection: Connection, row: LeaseRow) -> Leased | None:
    values = {
        "attempt": row.attempt_id,
        "person": row.person_id,
        "device": row.lease,
        "earliest": row.now - GRACE,
    }
    taken = _TAKE.first(connection, values)
    if taken is None:
        return None
    sitting = sitting_row(row.attempt_id, row.place, lease=row.lease, now=row.now)
    _NOTE[connection.dialect.name == "sqlite"].run(connection, sitting)
    return Leased(seconds_left(taken.deadline_at, row.now))
