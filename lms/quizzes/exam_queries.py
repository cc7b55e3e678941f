"""The read side of policies, grants and what invigilators did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.db import Prepared, flushed
from lms.people.models import Person, Unit
from lms.quizzes.models import Attempt, AttemptEvent, AttemptSitting, ExamGrant, ExamPolicy
from lms.quizzes.policy_rules import PERSONAL, Grant, Terms, terms_with
from lms.quizzes.rules import Purpose, State


def find_policy(session: Session, purpose: Purpose, subject_id: int) -> ExamPolicy | None:
    return session.get(ExamPolicy, (purpose, subject_id))


def policy_for(session: Session, purpose: Purpose, subject_id: int) -> Any:
    """What is asked of who sits the subject, to read only: minimum_seconds, networks, is_one_per_address; None when nothing is."""
    return POLICY.first(flushed(session), {"of_purpose": purpose, "subject": subject_id})


POLICY = Prepared(
    select(ExamPolicy.minimum_seconds, ExamPolicy.networks, ExamPolicy.is_one_per_address).where(
        ExamPolicy.purpose == bindparam("of_purpose"), ExamPolicy.subject_id == bindparam("subject")
    )
)


def terms_of(
    session: Session, purpose: Purpose, subject_id: int, terms: Terms, *, person_id: int, unit_path: str
) -> Terms:
    """The subject's terms as they are for this person in a unit of this path ("" without one)."""
    values = {"of_purpose": purpose, "subject": subject_id, "person": person_id, "path": unit_path}
    return terms_with(terms, [_grant(row) for row in GRANTS.rows(flushed(session), values)])


GRANTS = Prepared(
    select(
        ExamGrant.person_id, ExamGrant.opens_at, ExamGrant.closes_at, ExamGrant.extra_seconds, ExamGrant.attempts_per_day,
        Unit.path.label("unit_path"),
    )
    .outerjoin(Unit, Unit.id == ExamGrant.unit_id)
    .where(ExamGrant.purpose == bindparam("of_purpose"), ExamGrant.subject_id == bindparam("subject"))
    .where(ExamGrant.revoked_at.is_(None))
    .where(or_(ExamGrant.person_id == bindparam("person"), bindparam("path", type_=String).startswith(Unit.path)))
    .order_by(ExamGrant.id)
)  # fmt: skip


def _grant(found: Any) -> Grant:
    depth = PERSONAL if found.person_id is not None else (found.unit_path or "").count("/")
    return Grant(depth, found.opens_at, found.closes_at, found.extra_seconds, found.attempts_per_day)


def latest_close(session: Session, purpose: Purpose, subject_id: int) -> datetime | None:
    """The latest end that somebody was granted; None when nobody was."""
    found = _LATEST_CLOSE.first(flushed(session), {"of_purpose": purpose, "subject": subject_id})
    return found.closes_at if found else None


LATEST = (
    select(ExamGrant.closes_at)
    .where(ExamGrant.purpose == bindparam("of_purpose"), ExamGrant.subject_id == bindparam("subject"))
    .where(ExamGrant.revoked_at.is_(None), ExamGrant.closes_at.is_not(None))
    .order_by(ExamGrant.closes_at.desc())
    .limit(1)
)
_LATEST_CLOSE = Prepared(LATEST)


@dataclass(frozen=True)
class GrantLine:
    """A grant as a page lists it; `whom` is a person or a unit."""

    grant: ExamGrant
    whom: str
    by: str


def list_grants(session: Session, purpose: Purpose, subject_id: int) -> list[GrantLine]:
    """What stands, newest first."""
    maker = aliased(Person)
    rows = session.execute(
        select(ExamGrant, func.coalesce(Person.name, Unit.name), maker.name)
        .join(maker, maker.id == ExamGrant.made_by_id)
        .outerjoin(Person, Person.id == ExamGrant.person_id)
        .outerjoin(Unit, Unit.id == ExamGrant.unit_id)
        .where(ExamGrant.purpose == purpose, ExamGrant.subject_id == subject_id, ExamGrant.revoked_at.is_(None))
        .order_by(ExamGrant.id.desc())
    )
    return [GrantLine(found, whom, by) for found, whom, by in rows]


def find_grant(session: Session, grant_id: int) -> ExamGrant | None:
    return session.get(ExamGrant, grant_id)


def list_running(
    session: Session, purpose: Purpose, subject_id: int, person_id: int | None = None
) -> Sequence[Attempt]:
    """Open attempts at the subject, of one person or of everybody."""
    query = select(Attempt).where(
        Attempt.purpose == purpose, Attempt.subject_id == subject_id, Attempt.state == State.OPEN
    )
    if person_id is not None:
        query = query.where(Attempt.person_id == person_id)
    return session.scalars(query.order_by(Attempt.id)).all()


def is_address_taken(session: Session, purpose: Purpose, subject_id: int, address: str, person_id: int) -> bool:
    """Whether somebody else answers at this subject from the address now."""
    taken = (
        select(Attempt.id)
        .join(AttemptSitting, AttemptSitting.attempt_id == Attempt.id)
        .where(Attempt.purpose == purpose, Attempt.subject_id == subject_id, Attempt.state == State.OPEN)
        .where(AttemptSitting.address == address, Attempt.person_id != person_id)
    )
    return session.scalars(taken.limit(1)).first() is not None


@dataclass(frozen=True)
class EventLine:
    event: AttemptEvent
    person: str
    by: str


def list_events(session: Session, purpose: Purpose, subject_id: int, limit: int = 50) -> list[EventLine]:
    """What invigilators did to attempts at the subject, newest first."""
    maker = aliased(Person)
    rows = session.execute(
        select(AttemptEvent, Person.name, maker.name)
        .join(Attempt, Attempt.id == AttemptEvent.attempt_id)
        .join(maker, maker.id == AttemptEvent.by_id)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.purpose == purpose, Attempt.subject_id == subject_id)
        .order_by(AttemptEvent.id.desc())
        .limit(limit)
    )
    return [EventLine(event, person, by) for event, person, by in rows]
