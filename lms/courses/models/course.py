"""A course and its ordered lessons."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.courses.models.resource import Resource
from lms.courses.review_rules import CourseState, Line
from lms.db import Base, Key, Ref, enum_column


class Course(Base):
    """Lessons in order and, perhaps, a paper to pass at the end."""

    __tablename__ = "courses"
    __table_args__ = (Index("ix_courses_state_line", "state", "line"),)

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(1000), default="")
    line: Mapped[Line] = mapped_column(enum_column(Line))
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    audience_unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"), index=True)
    lecturer_name: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[CourseState] = mapped_column(enum_column(CourseState), default=CourseState.DRAFT)
    paper_id: Mapped[Ref | None] = mapped_column(ForeignKey("papers.id"), index=True)
    is_required: Mapped[bool] = mapped_column(default=False)
    professional: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    lessons: Mapped[list[Lesson]] = relationship(
        back_populates="course", order_by="Lesson.position", cascade="all, delete-orphan", lazy="raise_on_sql"
    )


class Lesson(Base):
    """One step of a course: a resource under its own title."""

    __tablename__ = "lessons"
    __table_args__ = (UniqueConstraint("course_id", "position"),)

    id: Mapped[Key]
    course_id: Mapped[Ref] = mapped_column(ForeignKey("courses.id"))
    position: Mapped[int]
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    is_required: Mapped[bool] = mapped_column(default=True)

    course: Mapped[Course] = relationship(back_populates="lessons", lazy="raise_on_sql")
    resource: Mapped[Resource] = relationship(lazy="raise_on_sql")
