"""What people who finished a resource say of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.courses.models import Resource, ResourceRating
from lms.db import conflict_as
from lms.errors import Conflict, Invalid

MOST_WORDS = 200


def rate_resource(
    session: Session, resource: Resource, *, person_id: int, stars: int, words: str, now: datetime
) -> ResourceRating:
    """The person's opinion of this version. Whoever calls knows that they have finished it. Raises Conflict for a second one."""
    if stars not in range(1, 6):
        raise Invalid("请选 1 到 5 分。", field="stars")
    rating = ResourceRating(
        resource_id=resource.id, version=resource.version, person_id=person_id, stars=stars,
        words=words[:MOST_WORDS], rated_at=now,
    )  # fmt: skip
    with conflict_as(Conflict("这一版你已经评过分了，谢谢。"), session):
        session.add(rating)
    return rating
