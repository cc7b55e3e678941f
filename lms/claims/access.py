"""The loaders of claims: one's own, and those one reviews or keeps."""

from sqlalchemy.orm import Session

from lms.claims import queries
from lms.claims.models import Claim
from lms.errors import NotFound
from lms.media.models import MediaFile
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.access import Scope
from lms.people.principal import Principal
from lms.people.rules import Permission

ENDORSE, APPROVE = Permission.CLAIM_ENDORSE, Permission.HOURS_MANAGE


def own_claim(session: Session, me: Principal, claim_id: int) -> Claim:
    """A claim of mine; NotFound for anybody else's."""
    claim = queries.find_claim(session, claim_id)
    if claim is None or claim.person_id != me.id:
        raise NotFound()
    return claim


def review_scope(session: Session, me: Principal) -> Scope:
    """Where I review claims, at either level."""
    scopes = [people.scope(session, me, may) for may in (ENDORSE, APPROVE)]
    return Scope(
        tuple(path for scope in scopes for path in scope.unit_paths),
        tuple(path for scope in scopes for path in scope.branch_paths),
    )


def claim_to_review(session: Session, me: Principal, claim_id: int) -> Claim:
    """A claim of somebody in my scope today; NotFound elsewhere, also for my own: that page is another."""
    claim = queries.find_claim(session, claim_id)
    if claim is None or claim.person_id == me.id:
        raise NotFound()
    person = people_queries.person_by_id(session, claim.person_id)
    unit = people.unit_of(session, person)
    if unit is None or not review_scope(session, me).covers_unit(unit.path):
        raise NotFound()
    return claim


def proof_of(session: Session, claim: Claim, media_id: int) -> MediaFile:
    """A file of the claim that was looked at and found harmless; NotFound for any other."""
    found = next((file for file in queries.list_proofs(session, claim.id) if file.id == media_id), None)
    if found is None or not found.is_checked:
        raise NotFound()
    return found
