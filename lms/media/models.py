"""A stored file with what was found in it, and the pages of a document."""

from __future__ import annotations

from datetime import datetime

from lms.db import Base, Key, Ref, enum_column
from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.media.rules import MediaKind, MediaState


class MediaFile(Base):
    """One uploaded file. The original never changes; `play_key` and `poster_key` are made from it."""

    __tablename__ = "media_files"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    original_name: Mapped[str] = mapped_column(String(200))
    mime: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[MediaKind] = mapped_column(enum_column(MediaKind))
    state: Mapped[MediaState] = mapped_column(enum_column(MediaState), default=MediaState.UPLOADED)
    failure: Mapped[str] = mapped_column(String(300), default="")
    duration_millis: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    play_key: Mapped[str | None] = mapped_column(String(200))
    poster_key: Mapped[str | None] = mapped_column(String(200))
    page_count: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    created_at: Mapped[datetime]


class MediaPage(Base):
    """One page of a document as a picture, with the text that can be found on it."""

    __tablename__ = "media_pages"
    __table_args__ = (UniqueConstraint("media_id", "number"),)

    id: Mapped[Key]
    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"))
    number: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))
    width: Mapped[int]
    height: Mapped[int]
    text: Mapped[str] = mapped_column(Text, default="")
