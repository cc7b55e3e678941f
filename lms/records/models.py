"""Tables of practice postings and mentor pairs."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Key, Ref, enum_column
from lms.records.rules import PostingKind, PostingState


class Posting(Base):
    """A stretch of practice elsewhere. `until_on` None: it goes on. It counts once `state` is confirmed."""

    __tablename__ = "postings"
    __table_args__ = (UniqueConstraint("person_id", "kind", "from_on"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[PostingKind] = mapped_column(enum_column(PostingKind))
    place: Mapped[str] = mapped_column(String(120))
    duty: Mapped[str] = mapped_column(String(300), default="")
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    state: Mapped[PostingState] = mapped_column(enum_column(PostingState), default=PostingState.PROPOSED)
    proposed_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(200), default="")


class MentorPair(Base):
    """A mentor and a mentee for a time. `until_on` None: it goes on; `outcome` is written when it ends."""

    __tablename__ = "mentor_pairs"
    __table_args__ = (
        UniqueConstraint("mentor_id", "mentee_id", "from_on"),
        CheckConstraint("mentor_id <> mentee_id", name="two_people"),
    )

    id: Mapped[Key]
    mentor_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    mentee_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    subject: Mapped[str] = mapped_column(String(120))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    outcome: Mapped[str] = mapped_column(String(300), default="")
    made_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]
