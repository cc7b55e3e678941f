"""Claims, their proofs and their steps."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.claims.rules import ClaimKind, ClaimState
from lms.db import Base, Key, Ref, enum_column
from lms.hours.rules import Bucket


class Claim(Base):
    """What a person claims. `live` is 1 while the claim waits or counts, None once it is refused or taken back: only live ones exclude
    each other. `due_on` is the day until which the level it waits at should have decided. `quarters` is what was approved."""

    __tablename__ = "claims"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "from_on", "until_on", "title_key", "live"),
        CheckConstraint("until_on >= from_on", name="days_in_order"),
        Index("ix_claims_state", "state", "due_on"),
    )

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[ClaimKind] = mapped_column(enum_column(ClaimKind))
    title: Mapped[str] = mapped_column(String(120))
    title_key: Mapped[str] = mapped_column(String(120))
    organiser: Mapped[str] = mapped_column(String(120))
    from_on: Mapped[date]
    until_on: Mapped[date]
    bucket: Mapped[Bucket] = mapped_column(enum_column(Bucket))
    is_professional: Mapped[bool]
    days: Mapped[int] = mapped_column(default=0)
    half_days: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int] = mapped_column(default=0)
    asked_quarters: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[ClaimState] = mapped_column(enum_column(ClaimState))
    live: Mapped[int | None]
    quarters: Mapped[int | None]
    endorsed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    due_on: Mapped[date | None]
    submitted_at: Mapped[datetime]


class ClaimProof(Base):
    """A file that proves the claim."""

    __tablename__ = "claim_proofs"
    __table_args__ = (UniqueConstraint("claim_id", "media_id"),)

    id: Mapped[Key]
    claim_id: Mapped[Ref] = mapped_column(ForeignKey("claims.id"))
    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"))


class ClaimStep(Base):
    """What somebody did with a claim, and why."""

    __tablename__ = "claim_steps"

    id: Mapped[Key]
    claim_id: Mapped[Ref] = mapped_column(ForeignKey("claims.id"), index=True)
    act: Mapped[str] = mapped_column(String(20))
    by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]
