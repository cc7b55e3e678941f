"""A stored file with what was found in it, the pages of a document and the renditions of a recording."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.media.rules import MediaKind, MediaState, RenditionKind


class MediaFile(Base):
    """One uploaded file. The original never changes; `play_key`, `poster_key`, `pdf_key` and the renditions are made from it.

    `shortcoming` says what a ready file lacks and why (no LibreOffice here); `heard_vtt` is what a speech recogniser heard, shown to
    nobody until the lecturer takes it over; `playable_at` is when the first form of it could be shown.
    Links carry `link_epoch`; raising it ends every link handed out before. Nothing is served before `is_checked`: with a virus scanner,
    that it found nothing; without one, that the file's turn has come.
    """

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
    is_checked: Mapped[bool] = mapped_column(default=False)
    duration_millis: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    play_key: Mapped[str | None] = mapped_column(String(200))
    poster_key: Mapped[str | None] = mapped_column(String(200))
    page_count: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")
    article_html: Mapped[str] = mapped_column(Text, default="")
    pdf_key: Mapped[str | None] = mapped_column(String(200))
    shortcoming: Mapped[str] = mapped_column(String(300), default="")
    heard_vtt: Mapped[str] = mapped_column(Text, default="")
    playable_at: Mapped[datetime | None]
    link_epoch: Mapped[int] = mapped_column(default=1)
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    created_at: Mapped[datetime]


class MediaPage(Base):
    """One page of a document: its text, and its picture where one could be made (PDF)."""

    __tablename__ = "media_pages"
    __table_args__ = (UniqueConstraint("media_id", "number"),)

    id: Mapped[Key]
    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"))
    number: Mapped[int]
    key: Mapped[str | None] = mapped_column(String(200))
    small_key: Mapped[str | None] = mapped_column(String(200))
    width: Mapped[int | None]
    height: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")


class Rendition(Base):
    """One form of a recording that is a folder of blobs, `prefix` (no slash at its end) with names inside.

    stream: `init.mp4`, `seg-00001.m4s` …; `playlist` is the HLS media playlist with these relative names. storyboard: `sheet-001.webp` …;
    `facts` are every_millis, columns, rows, tile_width, tile_height, count.
    """

    __tablename__ = "media_renditions"
    __table_args__ = (UniqueConstraint("media_id", "name"),)

    id: Mapped[Key]
    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"))
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[RenditionKind] = mapped_column(enum_column(RenditionKind))
    prefix: Mapped[str] = mapped_column(String(200))
    width: Mapped[int | None]
    height: Mapped[int | None]
    bits_per_second: Mapped[int] = mapped_column(default=0)
    codecs: Mapped[str] = mapped_column(String(80), default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    file_count: Mapped[int]
    playlist: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[JsonValue]
