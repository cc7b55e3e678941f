"""A resource of the library and the reviews its versions went through."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.courses.review_rules import Line, ResourceKind, ResourceState, ReviewStep, Verdict
from lms.db import Base, JsonValue, Key, Ref, enum_column

NEXT = text("replaces_id IS NOT NULL AND state <> 'superseded'")


class Resource(Base):
    """One item of the library. `version` grows with every change of what is shown, so an approval names what it saw.

    A row with `replaces_id` is another version of that resource: the next one on its way through the reviews, or, once superseded, one
    that was public before. The resource itself keeps its id, whatever its version shows.
    """

    __tablename__ = "resources"
    __table_args__ = (
        Index("ix_resources_state", "state", "published_at", "id"),
        Index("ix_resources_state_line", "state", "line", "published_at", "id"),
        Index("ix_resources_state_sound", "state", "title_sound", "id"),
        Index("ix_resources_series", "series_id", "state", "published_at", "id"),
        Index("ix_resources_speaker", "speaker_id", "state", "published_at", "id"),
        Index("ix_resources_year", "year", "state", "published_at", "id"),
        Index("uq_resources_next", "replaces_id", unique=True, sqlite_where=NEXT, postgresql_where=NEXT),
        Index("ix_resources_replaces", "replaces_id", "version"),
    )

    id: Mapped[Key]
    kind: Mapped[ResourceKind] = mapped_column(enum_column(ResourceKind))
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(1000), default="")
    line: Mapped[Line] = mapped_column(enum_column(Line))
    lecturer_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"), index=True)
    lecturer_name: Mapped[str] = mapped_column(String(60), default="")
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    audience_unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"), index=True)
    state: Mapped[ResourceState] = mapped_column(enum_column(ResourceState), default=ResourceState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    media_id: Mapped[Ref | None] = mapped_column(ForeignKey("media_files.id"), index=True)
    body_html: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(String(500), default="")
    required_reading_seconds: Mapped[int] = mapped_column(default=0)
    captions_vtt: Mapped[str] = mapped_column(Text, default="")
    transcript: Mapped[str] = mapped_column(Text, default="")
    chapters: Mapped[JsonValue] = mapped_column(default=list)
    """`{at_millis, title}` in order; see chapter_rules."""
    may_download: Mapped[bool] = mapped_column(default=False)
    is_watermarked: Mapped[bool] = mapped_column(default=False)
    """The name of whoever looks stands on the picture; never together with `may_download`."""
    duration_millis: Mapped[int | None]
    page_count: Mapped[int | None]
    published_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(String(200), default="")
    withdrawn_at: Mapped[datetime | None]
    series_id: Mapped[Ref | None] = mapped_column(ForeignKey("series.id"))
    speaker_id: Mapped[Ref | None] = mapped_column(ForeignKey("speakers.id"))
    year: Mapped[int | None]
    """The year in which it was given or written."""
    title_sound: Mapped[str] = mapped_column(String(120), default="")
    """Pinyin of the title's beginning, by which lists are sorted."""
    replaces_id: Mapped[Ref | None] = mapped_column(ForeignKey("resources.id"))
    change_note: Mapped[str] = mapped_column(String(200), default="")
    """What the author says is new in this version; empty in the first."""
    superseded_at: Mapped[datetime | None]
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    created_at: Mapped[datetime]


class ResourceReview(Base):
    """One verdict on one version of a resource; the rows stay, whatever happens to the resource later."""

    __tablename__ = "resource_reviews"
    __table_args__ = (UniqueConstraint("resource_id", "version", "step"),)

    id: Mapped[Key]
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"))
    version: Mapped[int]
    media_id: Mapped[Ref | None] = mapped_column(ForeignKey("media_files.id"))
    step: Mapped[ReviewStep] = mapped_column(enum_column(ReviewStep))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    reason: Mapped[str] = mapped_column(String(500), default="")
    is_unclassified: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str] = mapped_column(String(64), default="")
    """Of everything the reviewer was shown; publication needs the same from both."""
    reviewer_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    reviewed_at: Mapped[datetime]


class ResourceComment(Base):
    """A reviewer's remark on a version, at a moment, on a page or on the whole; settled by the author."""

    __tablename__ = "resource_comments"
    __table_args__ = (Index("ix_resource_comments_resource", "resource_id", "id"),)

    id: Mapped[Key]
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"))
    version: Mapped[int]
    at_millis: Mapped[int | None]
    page: Mapped[int | None]
    text: Mapped[str] = mapped_column(String(500))
    author_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))


class ResourceRating(Base):
    """What one person who finished a resource thinks of one version of it, once. Shown to its lecturer without the name, and
    only beside enough others."""

    __tablename__ = "resource_ratings"
    __table_args__ = (
        UniqueConstraint("resource_id", "version", "person_id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
    )

    id: Mapped[Key]
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"))
    version: Mapped[int]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    stars: Mapped[int]
    words: Mapped[str] = mapped_column(String(200), default="")
    rated_at: Mapped[datetime]
