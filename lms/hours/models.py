"""The ledger and its sums, the lines that say why something was not credited, and the versioned rules, exemptions and closings behind it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.hours.policy_rules import ExemptionState, Subject, VersionState
from lms.hours.rules import Bucket

KEY = ("person_id", "source_kind", "source_id", "bucket", "year", "revision")
SUM_KEY = ("person_id", "year", "month", "bucket", "is_elective")
NOTE_KEY = ("person_id", "source_kind", "source_id", "year", "reason")


class HourEntry(Base):
    """One line of the ledger. Rows are never changed or deleted; the sum of all revisions is what counts."""

    __tablename__ = "hour_entries"
    __table_args__ = (
        UniqueConstraint(*KEY),
        CheckConstraint("quarters <> 0", name="counts"),
        # Sums of a person's and of everybody's year up to a day are read from these alone, in their order.
        Index("ix_hour_entries_year", "year", "person_id", "bucket", "on", "quarters"),
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


class HourSum(Base):
    """What the entries of a person's month sum to in one bucket, 必修 and 选修 apart. Derived: changed in the transaction of each entry,
    made anew by `flask hours rebuild`, and compared with the entries by `flask hours verify`."""

    __tablename__ = "hour_sums"
    # A year of everybody, by person and by month, is read from these alone, in their order.
    __table_args__ = (
        Index("ix_hour_sums_year", "year", "person_id", "bucket", "is_elective", "month", "quarters", "entries"),
        Index("ix_hour_sums_months", "year", "month", "bucket", "is_elective", "person_id", "quarters"),
    )

    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bucket: Mapped[Bucket] = mapped_column(enum_column(Bucket), primary_key=True)
    is_elective: Mapped[bool] = mapped_column(primary_key=True, autoincrement=False)
    """What the rule version of the entries calls their source."""
    quarters: Mapped[int]
    entries: Mapped[int]
    """How many lines of the ledger these are, corrections among them."""


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


class RuleVersion(Base):
    """Figures of conversion or of requirements. A draft may change; what was issued never does, and holds from `from_on` until the next.

    `name` (2027-1) is given at issue; entries name it. An issued one can be taken back before its day, and then never held.
    """

    __tablename__ = "hour_rule_versions"
    __table_args__ = (UniqueConstraint("subject", "name"), Index("ix_hour_rule_versions_state", "subject", "state"))

    id: Mapped[Key]
    subject: Mapped[Subject] = mapped_column(enum_column(Subject))
    name: Mapped[str | None] = mapped_column(String(20))
    preset: Mapped[str] = mapped_column(String(20))
    figures: Mapped[JsonValue]
    reason: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[VersionState] = mapped_column(enum_column(VersionState))
    from_on: Mapped[date | None]
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]
    issued_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    issued_at: Mapped[datetime | None]


class HourExemption(Base):
    """A person's requirement is lifted or reduced from a day to a day. Proposed by one, decided by another; only an approved one counts."""

    __tablename__ = "hour_exemptions"
    __table_args__ = (Index("ix_hour_exemptions_person", "person_id", "state"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    bucket: Mapped[Bucket | None] = mapped_column(enum_column(Bucket))
    percent: Mapped[int]
    from_on: Mapped[date]
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[ExemptionState] = mapped_column(enum_column(ExemptionState))
    proposed_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(300), default="")


class YearClosing(Base):
    """A year that is over and whose surplus was carried into the next, once."""

    __tablename__ = "hour_year_closings"

    id: Mapped[Key]
    year: Mapped[int] = mapped_column(unique=True)
    rule_version: Mapped[str] = mapped_column(String(20))
    persons: Mapped[int]
    carried: Mapped[int]
    """Quarters written into the next year."""
    closed_at: Mapped[datetime]
