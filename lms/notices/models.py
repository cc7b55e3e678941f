"""Tables of notices and feedback."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Key, Ref


class Notice(Base):
    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_inbox", "person_id", "read_at", "id"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    text: Mapped[str] = mapped_column(String(300))
    link: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Feedback(Base):
    """A wish or complaint, from the page it was written on, until it is answered."""

    __tablename__ = "feedback"

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    page: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    reply: Mapped[str | None] = mapped_column(Text)
    replied_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    replied_at: Mapped[datetime | None]
