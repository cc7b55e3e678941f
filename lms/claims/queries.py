"""Read claims."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from lms.claims.models import Claim, ClaimProof, ClaimStep
from lms.claims.rules import ClaimKind, ClaimState, Wanted
from lms.db import Prepared, flushed
from lms.hours.models import HourEntry
from lms.media import queries as media
from lms.media.models import MediaFile
from lms.people.access import Scope, persons_in

SOURCE = "claim"


def find_claim(session: Session, claim_id: int) -> Claim | None:
    return session.get(Claim, claim_id)


def list_own(session: Session, person_id: int) -> list[Claim]:
    """A person's claims, the newest first."""
    return list(session.scalars(select(Claim).where(Claim.person_id == person_id).order_by(Claim.id.desc()).limit(200)))


def claims_in(reach: Scope, on: date, states: Collection[ClaimState]) -> Select[Claim]:
    """Claims of persons within the scope in these states, those due first first."""
    query = select(Claim).where(persons_in(reach, Claim.person_id, on), Claim.state.in_(states))
    return query.order_by(Claim.due_on, Claim.id.desc())


def count_in(session: Session, reach: Scope, on: date, state: ClaimState, *, but: int = 0) -> int:
    """Claims within the scope in the state, without those of one person and those that person has endorsed."""
    query = claims_in(reach, on, [state]).order_by(None).where(Claim.person_id != but)
    query = query.where(Claim.endorsed_by_id.is_(None) | (Claim.endorsed_by_id != but))
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def list_steps(session: Session, claim_id: int) -> list[ClaimStep]:
    """What was done with the claim, oldest first."""
    return list(session.scalars(select(ClaimStep).where(ClaimStep.claim_id == claim_id).order_by(ClaimStep.id)))


def list_proofs(session: Session, claim_id: int) -> list[MediaFile]:
    """The claim's files in the order in which they were added."""
    ids = list(
        session.scalars(select(ClaimProof.media_id).where(ClaimProof.claim_id == claim_id).order_by(ClaimProof.id))
    )
    files = media.media_by_id(session, ids)
    return [files[each] for each in ids]


def list_overlaps(session: Session, claim: Claim) -> list[HourEntry]:
    """Hours the person was credited for something else on the claim's days."""
    query = (
        select(HourEntry)
        .where(HourEntry.person_id == claim.person_id, HourEntry.year == claim.from_on.year)
        .where(HourEntry.on.between(claim.from_on, claim.until_on), HourEntry.quarters > 0)
        .where((HourEntry.source_kind != SOURCE) | (HourEntry.source_id != claim.id))
        .order_by(HourEntry.on, HourEntry.id)
        .limit(20)
    )
    return list(session.scalars(query))


def is_first_teaching(session: Session, person_id: int, key: str, year: int, but: int) -> bool:
    """Whether no other live claim of the person's year is about giving this topic; later ones earn nothing."""
    query = select(Claim.id).where(
        Claim.person_id == person_id, Claim.kind == ClaimKind.TEACHING, Claim.title_key == key, Claim.live == 1,
        Claim.from_on.between(date(year, 1, 1), date(year, 12, 31)), Claim.id < but,
    )  # fmt: skip
    return session.scalar(query.limit(1)) is None


def wanted_of(claim: Claim) -> Wanted:
    """What the claim says, as a form or a rule takes it."""
    return Wanted(
        claim.kind, claim.title, claim.organiser, claim.from_on, claim.until_on, claim.bucket, claim.is_professional,
        claim.days, claim.half_days, claim.seconds, claim.asked_quarters, claim.note,
    )  # fmt: skip


def list_waiting(session: Session, due_on: date) -> list[Claim]:
    """Claims that wait for somebody and whose day has come, and those that were returned."""
    late = Claim.state.in_([ClaimState.SUBMITTED, ClaimState.ENDORSED]) & (Claim.due_on <= due_on)
    query = select(Claim).where(late | (Claim.state == ClaimState.RETURNED)).order_by(Claim.id)
    return list(session.scalars(query))


def count_returned(session: Session, person_id: int) -> int:
    """The person's claims that are to be completed."""
    return int(MY_RETURNED.first(flushed(session), {"person": person_id}).returned)


MY_RETURNED = Prepared(
    select(func.count().label("returned")).where(
        Claim.person_id == bindparam("person"), Claim.state == ClaimState.RETURNED
    )
)
