"""Tables of the audit log."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref

COVERED = ("number", "at", "actor_id", "actor", "action", "target", "detail")
"""The columns of a record that its hash covers."""


class AuditRecord(Base):
    """One act. `number` counts from 1 without gaps; `hash` covers everything and the record before."""

    __tablename__ = "audit_records"

    id: Mapped[Key]
    number: Mapped[int] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[Ref | None] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60), index=True)
    target: Mapped[str] = mapped_column(String(120))
    detail: Mapped[JsonValue]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    @property
    def fields(self) -> dict[str, object]:
        """What the hash covers."""
        return {name: getattr(self, name) for name in COVERED}


class AuditHead(Base):
    """The newest number and hash, so that a log cut at its end is noticed."""

    __tablename__ = "audit_heads"

    id: Mapped[Key]
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
