"""Read postings and mentor pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.people.access import Scope, persons_in
from lms.people.models import Person
from lms.records.models import MentorPair, Posting
from lms.records.rules import PostingState


@dataclass(frozen=True)
class PairLine:
    """A pair with the names of both."""

    pair: MentorPair
    mentor: str
    mentee: str


def list_postings(session: Session, person_id: int) -> Sequence[Posting]:
    """A person's, newest first."""
    own = select(Posting).where(Posting.person_id == person_id)
    return session.scalars(own.order_by(Posting.from_on.desc(), Posting.id.desc())).all()


def list_pairs(session: Session, person_id: int) -> list[PairLine]:
    """Those the person is part of, newest first."""
    mine = or_(MentorPair.mentor_id == person_id, MentorPair.mentee_id == person_id)
    return [PairLine(*row) for row in session.execute(_pairs().where(mine))]


def _pairs() -> Select[MentorPair, str, str]:
    mentor, mentee = aliased(Person), aliased(Person)
    return (
        select(MentorPair, mentor.name, mentee.name)
        .join(mentor, MentorPair.mentor_id == mentor.id)
        .join(mentee, MentorPair.mentee_id == mentee.id)
        .order_by(MentorPair.from_on.desc(), MentorPair.id.desc())
    )


def postings_in(reach: Scope, on: date) -> Select[Posting]:
    """Postings of people within the scope, those that wait first, then the newest."""
    waits = case((Posting.state == PostingState.PROPOSED, 0), else_=1)
    query = select(Posting).where(persons_in(reach, Posting.person_id, on))
    return query.order_by(waits, Posting.from_on.desc(), Posting.id.desc())


def list_pairs_in(session: Session, reach: Scope, on: date, *, limit: int) -> list[PairLine]:
    """Pairs whose mentee is within the scope, newest first."""
    query = _pairs().where(persons_in(reach, MentorPair.mentee_id, on)).limit(limit)
    return [PairLine(*row) for row in session.execute(query)]


def count_proposed(session: Session, reach: Scope, on: date) -> int:
    """Postings within the scope that wait for somebody to confirm them."""
    query = postings_in(reach, on).where(Posting.state == PostingState.PROPOSED).order_by(None)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def find_posting(session: Session, posting_id: int) -> Posting | None:
    return session.get(Posting, posting_id)


def find_pair(session: Session, pair_id: int) -> MentorPair | None:
    return session.get(MentorPair, pair_id)
