"""The ledger, and the lines that say why something was not credited."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.hours.rules import Bucket

KEY = ("person_id", "source_kind", "source_id", "bucket", "year", "revision")
NOTE_KEY = ("person_id", "source_kind", "source_id", "year", "reason")


class HourEntry(Base):
    """One line of the ledger. Rows are never changed or deleted; the sum of all revisions is what counts."""

    __tablename__ = "hour_entries"
    __table_args__ = (
        UniqueConstraint(*KEY),
        CheckConstraint("quarters <> 0", name="counts"),
        Index("ix_hour_entries_person_year", "person_id", "year"),
    )

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    bucket: Mapped[Bucket] = mapped_column(enum_column(Bucket))
    quarters: Mapped[int]
    year: Mapped[int]
    on: Mapped[date]
    source_kind: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[Ref]
    revision: Mapped[int] = mapped_column(default=0)
    rule_version: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[JsonValue]
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class UncreditedNote(Base):
    """Something that earned nothing, and why; once per source, year and reason."""

    __tablename__ = "uncredited_notes"
    __table_args__ = (UniqueConstraint(*NOTE_KEY), Index("ix_uncredited_notes_person_year", "person_id", "year"))

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    source_kind: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[Ref]
    year: Mapped[int]
    on: Mapped[date]
    title: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
