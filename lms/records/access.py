"""Loaders of short records."""

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.people import access as people
from lms.people.access import Scope
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.records import queries
from lms.records.models import MentorPair, Posting

MANAGE = Permission.RECORD_MANAGE


def scope(session: Session, me: Principal) -> Scope:
    """Where the person keeps others' records."""
    return people.scope(session, me, MANAGE)


def posting_to_decide(session: Session, me: Principal, posting_id: int) -> Posting:
    """A posting of somebody in my scope today."""
    posting = queries.find_posting(session, posting_id)
    if posting is None:
        raise NotFound()
    people.person_to_manage(session, me, posting.person_id, MANAGE)
    return posting


def own_posting(session: Session, me: Principal, posting_id: int) -> Posting:
    """The person's own; somebody else's looks like none."""
    posting = queries.find_posting(session, posting_id)
    if posting is None or posting.person_id != me.id:
        raise NotFound()
    return posting


def pair_to_manage(session: Session, me: Principal, pair_id: int) -> MentorPair:
    """A pair whose mentee is in my scope today."""
    pair = queries.find_pair(session, pair_id)
    if pair is None:
        raise NotFound()
    people.person_to_manage(session, me, pair.mentee_id, MANAGE)
    return pair
