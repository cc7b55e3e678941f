"""Read what waits for review and what was decided."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.courses.models import Resource, ResourceComment, ResourceReview
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
    return [Approval(r.step, r.reviewer_id, r.version, r.media_id, r.digest) for r in session.scalars(query)]


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


@dataclass(frozen=True)
class CommentLine:
    """One remark as the author and the reviewers read it."""

    id: int
    version: int
    at_millis: int | None
    page: int | None
    text: str
    author_name: str
    made_at: datetime
    resolved_at: datetime | None


def list_comments(session: Session, resource_id: int) -> list[CommentLine]:
    """Open ones first, each group in the order of the medium; those on the whole before those at a place."""
    query = (
        select(ResourceComment, Person.name)
        .join(Person, Person.id == ResourceComment.author_id)
        .where(ResourceComment.resource_id == resource_id)
        .order_by(ResourceComment.id)
    )
    found = [
        CommentLine(c.id, c.version, c.at_millis, c.page, c.text, name, c.made_at, c.resolved_at)
        for c, name in session.execute(query)
    ]
    return sorted(found, key=lambda c: (c.resolved_at is not None, c.at_millis or c.page or 0, c.id))


def count_open_comments(session: Session, resource_id: int) -> int:
    query = select(func.count()).select_from(ResourceComment)
    return (
        session.scalar(query.where(ResourceComment.resource_id == resource_id, ResourceComment.resolved_at.is_(None)))
        or 0
    )


def find_comment(session: Session, resource_id: int, comment_id: int) -> ResourceComment | None:
    comment = session.get(ResourceComment, comment_id)
    return comment if comment is not None and comment.resource_id == resource_id else None


def list_waiting(state: ResourceState, within: Scope) -> Select[Resource]:
    """Resources of units in the scope that are in the state, longest waiting first."""
    query = select(Resource).join(Unit, Unit.id == Resource.owner_unit_id).where(Resource.state == state)
    return query.where(within.units_filter(Unit.path)).order_by(Resource.id)
