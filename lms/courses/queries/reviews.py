"""Read what waits for review and what was decided."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lms.courses.models import Resource, ResourceReview
from lms.courses.review_rules import Approval, ResourceState, ReviewStep, Verdict
from lms.people.access import Scope
from lms.people.models import Person, Unit


@dataclass(frozen=True)
class ReviewLine:
    """One verdict as the author and later reviewers read it."""

    version: int
    step: ReviewStep
    verdict: Verdict
    reason: str
    reviewer_name: str
    reviewed_at: datetime


def list_approvals(session: Session, resource: Resource) -> list[Approval]:
    """Approvals of the resource's present version."""
    query = select(ResourceReview).where(
        ResourceReview.resource_id == resource.id,
        ResourceReview.version == resource.version,
        ResourceReview.verdict == Verdict.APPROVED,
    )
    return [Approval(r.step, r.reviewer_id, r.version, r.media_id) for r in session.scalars(query)]


def list_reviews(session: Session, resource_id: int) -> list[ReviewLine]:
    """Every verdict on the resource, newest first."""
    query = (
        select(ResourceReview, Person.name)
        .join(Person, Person.id == ResourceReview.reviewer_id)
        .where(ResourceReview.resource_id == resource_id)
        .order_by(ResourceReview.id.desc())
    )
    return [
        ReviewLine(r.version, r.step, r.verdict, r.reason, name, r.reviewed_at) for r, name in session.execute(query)
    ]


def list_waiting(state: ResourceState, within: Scope) -> Select[Resource]:
    """Resources of units in the scope that are in the state, longest waiting first."""
    query = select(Resource).join(Unit, Unit.id == Resource.owner_unit_id).where(Resource.state == state)
    return query.where(within.units_filter(Unit.path)).order_by(Resource.id)
