"""Closed years: each version of a person's, and what closed the year for everybody."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref


class ArchivedYear(Base):
    """One version of what a closed year says of a person; never changed. Version 1 is the closing, further ones are amendments."""

    __tablename__ = "archived_years"
    __table_args__ = (
        UniqueConstraint("person_id", "year", "version"),
        Index("ix_archived_years_year", "year", "version"),
    )

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    year: Mapped[int]
    version: Mapped[int]
    facts: Mapped[JsonValue] = mapped_column(deferred=True)
    digest: Mapped[str] = mapped_column(String(64))
    changes: Mapped[JsonValue] = mapped_column(default=list)
    reason: Mapped[str] = mapped_column(String(300), default="")
    certificate_id: Mapped[Ref] = mapped_column(ForeignKey("certificates.id"))
    made_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]


class YearClosing(Base):
    """A year that was closed, or is being closed, for everybody; its task closes each person's."""

    __tablename__ = "year_closings"

    id: Mapped[Key]
    year: Mapped[int] = mapped_column(unique=True)
    task_id: Mapped[Ref]  # tasks are swept after 90 days
    begun_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    begun_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    people: Mapped[int] = mapped_column(default=0)


class TalentSearch(Base):
    """One search for people, what was asked and why."""

    __tablename__ = "talent_searches"

    id: Mapped[Key]
    reason: Mapped[str] = mapped_column(String(200))
    criteria: Mapped[JsonValue]
    by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    at: Mapped[datetime]
