"""Read uploads."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.media.models import MediaFile
from lms.media.upload_models import Upload, UploadPart, UploadQuota
from lms.media.upload_rules import UploadState, quota_of
from lms.people.principal import Principal
from lms.people.rules import Role

UNDER_WAY = (UploadState.OPEN, UploadState.COMPLETE)
LISTED = 50


@dataclass(frozen=True)
class UploadLine:
    """An upload as its owner's page shows it."""

    upload: Upload
    there_bytes: int


@dataclass(frozen=True)
class Room:
    """What a person has stored and under way, and may have, in bytes."""

    used: int
    most: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)


def find_upload(session: Session, upload_id: int) -> Upload | None:
    return session.get(Upload, upload_id)


def find_same(session: Session, owner_id: int, name: str, size_bytes: int, modified_millis: int) -> Upload | None:
    """The owner's upload of the same file that still goes on or waits to be used; the newest."""
    same = select(Upload).where(Upload.owner_id == owner_id, Upload.state.in_(UNDER_WAY))
    same = same.where(Upload.name == name, Upload.size_bytes == size_bytes, Upload.modified_millis == modified_millis)
    return session.scalars(same.order_by(Upload.id.desc()).limit(1)).one_or_none()


def list_parts(session: Session, upload_id: int) -> list[UploadPart]:
    """The parts that are known, in order."""
    return list(
        session.scalars(select(UploadPart).where(UploadPart.upload_id == upload_id).order_by(UploadPart.number))
    )


def find_part(session: Session, upload_id: int, number: int) -> UploadPart | None:
    return session.scalar(select(UploadPart).where(UploadPart.upload_id == upload_id, UploadPart.number == number))


def list_own(session: Session, owner_id: int) -> list[UploadLine]:
    """What the person is uploading or has not used yet, the newest first; fifty at most."""
    there = func.coalesce(func.sum(UploadPart.size_bytes), 0)
    query = select(Upload, there).outerjoin(UploadPart, UploadPart.upload_id == Upload.id)
    query = query.where(Upload.owner_id == owner_id, Upload.state.in_(UNDER_WAY)).group_by(Upload.id)
    rows = session.execute(query.order_by(Upload.touched_at.desc(), Upload.id.desc()).limit(LISTED))
    return [UploadLine(upload, int(size)) for upload, size in rows]


def room_of(session: Session, person: Principal) -> Room:
    """How much the person has stored, and may."""
    figures = {row.role: row.most_bytes for row in session.scalars(select(UploadQuota))}
    most = quota_of([Role(grant.role) for grant in person.grants], figures)
    return Room(_stored(session, person.id) + _under_way(session, person.id), most)


def _stored(session: Session, owner_id: int) -> int:
    total = select(func.coalesce(func.sum(MediaFile.size_bytes), 0)).where(MediaFile.owner_id == owner_id)
    return int(session.scalars(total).one())


def _under_way(session: Session, owner_id: int) -> int:
    total = select(func.coalesce(func.sum(Upload.size_bytes), 0))
    return int(session.scalars(total.where(Upload.owner_id == owner_id, Upload.state.in_(UNDER_WAY))).one())


def list_open_handles(session: Session) -> frozenset[str]:
    """The storage's names of parts that are still wanted."""
    return frozenset(session.scalars(select(Upload.handle).where(Upload.state == UploadState.OPEN)))


def list_named_keys(session: Session, keys: Sequence[str]) -> set[str]:
    """Those of the keys that belong to an upload."""
    return set(session.scalars(select(Upload.key).where(Upload.key.in_(keys)))) if keys else set()
