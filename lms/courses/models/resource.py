"""A resource of the library and the reviews its versions went through."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.courses.review_rules import Line, ResourceKind, ResourceState, ReviewStep, Verdict
from lms.db import Base, JsonValue, Key, Ref, enum_column


class Resource(Base):
    """One item of the library. `version` grows with every change of what is shown, so an approval names what it saw."""

    __tablename__ = "resources"
    __table_args__ = (
        Index("ix_resources_state", "state", "published_at", "id"),
        Index("ix_resources_state_line", "state", "line", "published_at", "id"),
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
    reviewer_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    reviewed_at: Mapped[datetime]


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
