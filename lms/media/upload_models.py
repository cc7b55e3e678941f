"""Files on their way: uploads, the parts that have arrived, and what a site lets each role store."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Key, Ref, enum_column
from lms.media.rules import MediaKind
from lms.media.upload_rules import UploadState
from lms.people.rules import Role


class Upload(Base):
    """A file its owner is sending. It is found again by owner, name, size and the file's own date of change.

    `key` is where the whole will stand, fixed from the beginning, so that whoever joins the parts makes the same blob. `handle` is the
    storage's name for the collected parts. `touched_at` is when something last arrived.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_owner_id_state", "owner_id", "state"),
        Index("ix_uploads_state_touched_at", "state", "touched_at"),
    )

    id: Mapped[Key]
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    name: Mapped[str] = mapped_column(String(200))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    part_bytes: Mapped[int]
    modified_millis: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[MediaKind] = mapped_column(enum_column(MediaKind))
    mime: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    handle: Mapped[str] = mapped_column(String(1000))
    state: Mapped[UploadState] = mapped_column(enum_column(UploadState), default=UploadState.OPEN)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    media_id: Mapped[Ref | None] = mapped_column(ForeignKey("media_files.id"))
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]


class UploadPart(Base):
    """A part whose bytes are what its digest says. Where browsers put parts into the storage themselves, the row comes first."""

    __tablename__ = "upload_parts"
    __table_args__ = (UniqueConstraint("upload_id", "number"),)

    id: Mapped[Key]
    upload_id: Mapped[Ref] = mapped_column(ForeignKey("uploads.id"))
    number: Mapped[int]
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    stored_at: Mapped[datetime]


class UploadQuota(Base):
    """What persons with this role may store here, instead of the default; that of 学员 holds for every role without one."""

    __tablename__ = "upload_quotas"

    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)
    most_bytes: Mapped[int] = mapped_column(BigInteger)
