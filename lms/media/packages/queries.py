"""Read packages."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.media.packages.models import Package


def find_package(session: Session, media_id: int | None) -> Package | None:
    return session.get(Package, media_id) if media_id is not None else None


def list_prefixes(session: Session, media_ids: Sequence[int]) -> set[str]:
    """The storage folders of the packages among these media."""
    return set(session.scalars(select(Package.prefix).where(Package.media_id.in_(media_ids))))
