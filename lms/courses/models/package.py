"""What packages reported of their learners."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.courses.package_rules import Completion, Score, Success
from lms.db import Base, JsonValue, Key, Ref, enum_column


class PackageResult(Base):
    """The newest report of one item of a lesson's package by one person, and the best score it ever told.

    (`viewing_id`, `sequence`) say how new it is. `completed_at`, once set, stays. `earlier_seconds` are the sessions of earlier viewings.
    """

    __tablename__ = "package_results"
    __table_args__ = (
        UniqueConstraint("lesson_id", "person_id", "item"),
        Index("ix_package_results_person_id", "person_id"),
    )

    id: Mapped[Key]
    lesson_id: Mapped[Ref] = mapped_column(ForeignKey("lessons.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    item: Mapped[str] = mapped_column(String(200))
    viewing_id: Mapped[Ref] = mapped_column(ForeignKey("viewings.id"))
    sequence: Mapped[int] = mapped_column(default=0)
    completion: Mapped[Completion] = mapped_column(enum_column(Completion), default=Completion.UNKNOWN)
    success: Mapped[Success] = mapped_column(enum_column(Success), default=Success.UNKNOWN)
    raw_millis: Mapped[int | None]
    min_millis: Mapped[int | None]
    max_millis: Mapped[int | None]
    scaled_millis: Mapped[int | None]
    location: Mapped[str] = mapped_column(String(1000), default="")
    suspend_data: Mapped[str] = mapped_column(Text, default="")
    exit: Mapped[str] = mapped_column(String(20), default="")
    interactions: Mapped[JsonValue]
    earlier_seconds: Mapped[int] = mapped_column(default=0)
    session_seconds: Mapped[int] = mapped_column(default=0)
    reported_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]

    @property
    def score(self) -> Score:
        return Score(self.raw_millis, self.min_millis, self.max_millis, self.scaled_millis)
