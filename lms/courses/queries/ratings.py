"""Who has rated what, and what was said."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Resource, ResourceRating


def find_rating(session: Session, resource: Resource, person_id: int) -> ResourceRating | None:
    """The person's opinion of the present version."""
    return session.scalar(
        select(ResourceRating).where(
            ResourceRating.resource_id == resource.id,
            ResourceRating.version == resource.version,
            ResourceRating.person_id == person_id,
        )
    )


def list_ratings(session: Session, resource: Resource) -> list[tuple[int, str]]:
    """(stars, words) of the present version, by nobody."""
    rows = session.execute(
        select(ResourceRating.stars, ResourceRating.words).where(
            ResourceRating.resource_id == resource.id, ResourceRating.version == resource.version
        )
    )
    return [(stars, words) for stars, words in rows]
