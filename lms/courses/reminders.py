"""What waits for those who review resources, and for authors whose resource came back."""

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.courses.review_rules import ResourceState
from lms.notices.rules import Due
from lms.people import queries as people
from lms.people.models import Unit
from lms.people.rules import ROLE_PERMISSIONS, Permission

STEPS = (
    (ResourceState.CONTENT_REVIEW, Permission.RESOURCE_REVIEW, "份资源等你做内容审核", "/office/reviews/content"),
    (ResourceState.SECRECY_REVIEW, Permission.RESOURCE_SECRECY, "份资源等你做保密审核", "/office/reviews/secrecy"),
)


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """One line a person and step, however many resources wait; own resources are nobody's own to review."""
    return [due for step in STEPS for due in _reviews(session, *step)] + _returned(session)


def _reviews(session: Session, state: ResourceState, permission: Permission, text: str, link: str) -> list[Due]:
    query = (
        select(Unit.path, Resource.created_by_id)
        .join(Unit, Unit.id == Resource.owner_unit_id)
        .where(Resource.state == state)
    )
    roles = [role for role, may in ROLE_PERMISSIONS.items() if permission in may]
    holders = people.holders_of(session, roles)
    counts: Counter[int] = Counter()
    for path, author_id in session.execute(query):
        counts.update({h.person_id for h in holders if h.person_id != author_id and _reaches(h, path)})
    return [Due(person_id, f"courses.{state.value}", f"{n} {text}", link) for person_id, n in sorted(counts.items())]


def _reaches(holder: people.Holder, path: str) -> bool:
    if holder.unit_path is None:
        return holder.branch_path is None
    return path.startswith(holder.unit_path)


def _returned(session: Session) -> list[Due]:
    query = select(Resource.created_by_id, func.count()).where(Resource.state == ResourceState.RETURNED)
    return [
        Due(author_id, "courses.returned", f"{count} 份资源被退回，等你修改", "/studio")
        for author_id, count in session.execute(query.group_by(Resource.created_by_id))
    ]
