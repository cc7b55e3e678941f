"""Tables of integrity cases: what was seen, what was said about it, what two people decided, and what they took back."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.contests.integrity_rules import CaseState
from lms.db import Base, JsonValue, Key, Ref, enum_column


class IntegrityCase(Base):
    """About one person or a pair in a round. `facts` are the signals as they stood when it was opened, as sentences. Decided by
    another person than opened it, after a hearing."""

    __tablename__ = "integrity_cases"

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), index=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    other_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    state: Mapped[CaseState] = mapped_column(enum_column(CaseState), default=CaseState.OPEN)
    facts: Mapped[JsonValue]
    reason: Mapped[str] = mapped_column(String(500))
    opened_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    opened_at: Mapped[datetime]
    hearing: Mapped[str] = mapped_column(String(1000), default="")
    heard_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    heard_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(String(500), default="")
    decided_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]


class Annulment(Base):
    """A result that does not count: proposed by who opened the case, made by who decided it. Taken back likewise by two: one asks
    for it with a reason, another confirms."""

    __tablename__ = "annulments"

    id: Mapped[Key]
    case_id: Mapped[Ref] = mapped_column(ForeignKey("integrity_cases.id"), index=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"), index=True)
    proposed_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]
    undo_reason: Mapped[str] = mapped_column(String(500), default="")
    undo_asked_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    undo_asked_at: Mapped[datetime | None]
    undone_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    undone_at: Mapped[datetime | None]
