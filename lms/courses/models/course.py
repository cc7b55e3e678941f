"""A course, its sections and its ordered lessons."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.courses.course_rules import Completion
from lms.courses.models.resource import Resource
from lms.courses.review_rules import CourseState, Line
from lms.db import Base, Key, Ref, enum_column


class Course(Base):
    """Lessons in order and, perhaps, a paper to pass at the end and one to try before the first lesson (the pre-test, which
    only shows how far one has come). `electives_needed` counts under Completion.ELECTIVES only. From `closes_at` on nobody
    begins anything in it any more."""

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
    is_ordered: Mapped[bool] = mapped_column(default=False, server_default=false())
    completion: Mapped[Completion] = mapped_column(
        enum_column(Completion), default=Completion.REQUIRED, server_default=Completion.REQUIRED.value
    )
    electives_needed: Mapped[int] = mapped_column(default=0, server_default="0")
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    pretest_paper_id: Mapped[Ref | None] = mapped_column(ForeignKey("papers.id"), index=True)
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    lessons: Mapped[list[Lesson]] = relationship(
        back_populates="course", order_by="Lesson.position", cascade="all, delete-orphan", lazy="raise_on_sql"
    )


class Section(Base):
    """A heading over some lessons of a course. A lesson without one stands before the first section."""

    __tablename__ = "course_sections"
    __table_args__ = (UniqueConstraint("course_id", "position"),)

    id: Mapped[Key]
    course_id: Mapped[Ref] = mapped_column(ForeignKey("courses.id"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(80))


class Lesson(Base):
    """One step of a course under its own title: a resource to study or a paper to pass.

    Positions run through the whole course, section by section. A retired lesson has been studied by somebody: it belongs to the
    course no more, its beats and progress stay; its position is negative and takes nobody's place.
    """

    __tablename__ = "lessons"
    __table_args__ = (
        UniqueConstraint("course_id", "position"),
        CheckConstraint("(resource_id IS NULL) <> (paper_id IS NULL)", name="is_one_thing"),
    )

    id: Mapped[Key]
    course_id: Mapped[Ref] = mapped_column(ForeignKey("courses.id"))
    section_id: Mapped[Ref | None] = mapped_column(ForeignKey("course_sections.id"), index=True)
    position: Mapped[int]
    resource_id: Mapped[Ref | None] = mapped_column(ForeignKey("resources.id"), index=True)
    paper_id: Mapped[Ref | None] = mapped_column(ForeignKey("papers.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    is_required: Mapped[bool] = mapped_column(default=True)
    is_retired: Mapped[bool] = mapped_column(default=False, server_default=false())

    course: Mapped[Course] = relationship(back_populates="lessons", lazy="raise_on_sql")
    resource: Mapped[Resource | None] = relationship(lazy="raise_on_sql")


class Prerequisite(Base):
    """Who studies the course has finished the other one before."""

    __tablename__ = "course_prerequisites"

    course_id: Mapped[Ref] = mapped_column(ForeignKey("courses.id"), primary_key=True, autoincrement=False)
    required_id: Mapped[Ref] = mapped_column(
        ForeignKey("courses.id"), primary_key=True, autoincrement=False, index=True
    )
