"""Reading what may be linked to a lecture: slides and recordings of the library."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.courses.queries import library
from lms.courses.queries.library import Wanted
from lms.courses.review_rules import STATE_NAMES, ResourceKind, ResourceState
from lms.people.principal import Principal

MOST = 12
STATES = STATE_NAMES


def list_own(session: Session, person: Principal, lecturer_id: int, kinds: Collection[ResourceKind]) -> list[Any]:
    """Resources of these kinds by the lecturer that the person may see, the newest first: all of one's own, of others what is published."""
    query: Select[Resource] = library.list_own(person) if person.id == lecturer_id else _shown(person, lecturer_id)
    query = query.where(Resource.kind.in_(kinds), Resource.replaces_id.is_(None)).options(*library.LONG)
    return list(session.scalars(query.limit(MOST)))


def _shown(person: Principal, lecturer_id: int) -> Select[Resource]:
    theirs = or_(Resource.created_by_id == lecturer_id, Resource.lecturer_id == lecturer_id)
    return select(Resource).where(theirs, *library.is_shown(person)).order_by(Resource.id.desc())


def find(session: Session, person: Principal, text: str, kinds: Collection[ResourceKind]) -> list[Any]:
    """Published resources of these kinds for the person that meet the text; none without one."""
    if not text:
        return []
    found = library.find_resources(session, person, Wanted(text=text), limit=4 * MOST)
    return [row for row in found.rows if row.kind in kinds][:MOST]


def find_shown(session: Session, person: Principal, resource_id: int | None) -> Resource | None:
    """The resource if it is published and for the person."""
    if resource_id is None:
        return None
    return session.scalar(select(Resource).where(Resource.id == resource_id, *library.is_shown(person)))


def state_of(session: Session, resource_id: int | None) -> tuple[str, ResourceState] | None:
    """Title and state of what is linked, whoever may see it."""
    found = session.get(Resource, resource_id) if resource_id else None
    return (found.title, found.state) if found else None
