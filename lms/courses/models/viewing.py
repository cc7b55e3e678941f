"""Study as it happened (viewings and beats) and what follows from it (progress of lessons and courses)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref

OPEN = text("ended_at IS NULL")


class Viewing(Base):
    """One person's stretch with one lesson, under the terms that held when the server opened it.

    A person has at most one open viewing, so viewings of a person never overlap.
    """

    __tablename__ = "viewings"
    __table_args__ = (
        Index("ix_viewings_person_lesson", "person_id", "lesson_id"),
        Index("uq_viewings_open_person", "person_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[Key]
    lesson_id: Mapped[Ref] = mapped_column(ForeignKey("lessons.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    opened_at: Mapped[datetime]
    last_beat_at: Mapped[datetime]
    """When the last beat came that was in time; the opening before there is one."""
    ended_at: Mapped[datetime | None]
    is_superseded: Mapped[bool] = mapped_column(default=False)
    """Ended because the person opened another, and not by falling silent."""
    speed_percent: Mapped[int]
    may_jump: Mapped[bool]
    gained_millis: Mapped[int] = mapped_column(default=0)
    accepted_through: Mapped[int] = mapped_column(default=0)
    """The highest sequence up to which no beat is missing."""
    last_sequence: Mapped[int] = mapped_column(default=0)


class Beat(Base):
    """What a device said of some seconds, and when the server heard it. Never changed."""

    __tablename__ = "beats"

    viewing_id: Mapped[Ref] = mapped_column(ForeignKey("viewings.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    from_millis: Mapped[int]
    to_millis: Mapped[int]
    speed_percent: Mapped[int]
    has_input: Mapped[bool]
    pages: Mapped[JsonValue | None]
    received_at: Mapped[datetime]


class LessonProgress(Base):
    """What a person has of a lesson. All but `position_millis` and the instants follows from the beats."""

    __tablename__ = "lesson_progress"
    __table_args__ = (UniqueConstraint("lesson_id", "person_id"), Index("ix_lesson_progress_person", "person_id"))

    id: Mapped[Key]
    lesson_id: Mapped[Ref] = mapped_column(ForeignKey("lessons.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    spans: Mapped[JsonValue]
    pages: Mapped[JsonValue]
    position_millis: Mapped[int] = mapped_column(default=0)
    furthest_millis: Mapped[int] = mapped_column(default=0)
    read_seconds: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    studied_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    """When the ledger was told, with the course finished."""


class CourseProgress(Base):
    """How far a person is with a course as a whole."""

    __tablename__ = "course_progress"
    __table_args__ = (UniqueConstraint("course_id", "person_id"), Index("ix_course_progress_person", "person_id"))

    id: Mapped[Key]
    course_id: Mapped[Ref] = mapped_column(ForeignKey("courses.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    quiz_passed_at: Mapped[datetime | None]
