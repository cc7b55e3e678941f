"""Certificates, and the counters their serials come from."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.certificates.rules import Kind, State
from lms.db import Base, JsonValue, Key, Ref, enum_column


class Certificate(Base):
    """One paper. `lines` are its sentences; `source` is what decided it; `revision` counts the papers of one source and holder."""

    __tablename__ = "certificates"
    __table_args__ = (UniqueConstraint("source_kind", "source_id", "holder_key", "revision"),)

    id: Mapped[Key]
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    serial: Mapped[str] = mapped_column(String(20), unique=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    person_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"), index=True)
    holder_key: Mapped[str] = mapped_column(String(40))
    holder: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120))
    lines: Mapped[JsonValue]
    issuer: Mapped[str] = mapped_column(String(120))
    source_kind: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[Ref]
    revision: Mapped[int] = mapped_column(default=0)
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    state: Mapped[State] = mapped_column(enum_column(State), default=State.VALID)
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")

    @property
    def is_valid(self) -> bool:
        return self.state is State.VALID


class CertificateSeries(Base):
    """The last number given to a kind in a year. Its row is locked while one is issued, so numbers have no gaps."""

    __tablename__ = "certificate_series"
    __table_args__ = (UniqueConstraint("kind", "year"),)

    id: Mapped[Key]
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    year: Mapped[int]
    last: Mapped[int] = mapped_column(default=0)
