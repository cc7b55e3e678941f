"""What orders the library (series, speakers, tags) and what a person keeps of it (favourites, notes)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Key, Ref

OUTSIDE = text("person_id IS NULL")


class Series(Base):
    """A row of talks or texts under one name, kept by the back office. A closed one stays readable and takes nothing new."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("owner_unit_id", "name"),)

    id: Mapped[Key]
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    name: Mapped[str] = mapped_column(String(40))
    summary: Mapped[str] = mapped_column(String(300), default="")
    position: Mapped[int] = mapped_column(default=0)
    is_closed: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Speaker(Base):
    """Who gives something: a person of ours, or a name from outside."""

    __tablename__ = "speakers"
    __table_args__ = (
        UniqueConstraint("person_id"),
        Index("uq_speakers_outside", "name", unique=True, sqlite_where=OUTSIDE, postgresql_where=OUTSIDE),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    sound: Mapped[str] = mapped_column(String(120), default="")
    person_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))


class ResourceTag(Base):
    """A word its author put on a resource."""

    __tablename__ = "resource_tags"
    __table_args__ = (Index("ix_resource_tags_tag", "tag", "resource_id"),)

    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"), primary_key=True, autoincrement=False)
    tag: Mapped[str] = mapped_column(String(20), primary_key=True)


class ResourceFavourite(Base):
    """A person keeps a resource at hand; only that person sees it."""

    __tablename__ = "resource_favourites"

    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    resource_id: Mapped[Ref] = mapped_column(
        ForeignKey("resources.id"), primary_key=True, autoincrement=False, index=True
    )
    kept_at: Mapped[datetime]


class ResourceNote(Base):
    """What a person wrote down at a moment or on a page of a resource; only that person sees it."""

    __tablename__ = "resource_notes"
    __table_args__ = (Index("ix_resource_notes_person", "person_id", "resource_id"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"), index=True)
    at_millis: Mapped[int | None]
    page: Mapped[int | None]
    text: Mapped[str] = mapped_column(String(1000))
    made_at: Mapped[datetime]
