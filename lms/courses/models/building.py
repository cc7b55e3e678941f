"""Courses on their way: a lecturer's quick course, and an archive of files that becomes a course."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref


class QuickCourse(Base):
    """What a lecturer wants to become of one upload: `course_id` is the draft with the resource as its only lesson. `questions`
    is a list of quick_rules.QuickQuestion as JSON; they are made questions of the bank when the resource passed both reviews,
    and stand nowhere else before. `is_published_by_review`: the second approval publishes the course too; otherwise it lies
    ready for whoever manages courses."""

    __tablename__ = "quick_courses"

    course_id: Mapped[Ref] = mapped_column(ForeignKey("courses.id"), primary_key=True, autoincrement=False)
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"), unique=True)
    author_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    pass_percent: Mapped[int] = mapped_column(default=60)
    questions: Mapped[JsonValue]
    is_published_by_review: Mapped[bool] = mapped_column(default=True)
    settled_at: Mapped[datetime | None]
    """When both reviews had approved the resource and the quiz was made."""


class CourseImport(Base):
    """An archive on its way into a draft course. `done` files of it, in their order, are in; `problems` is a list of
    [name, why not] of the others."""

    __tablename__ = "course_imports"

    id: Mapped[Key]
    course_id: Mapped[Ref] = mapped_column(ForeignKey("courses.id"), index=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    task_id: Mapped[Ref | None] = mapped_column(ForeignKey("tasks.id"))
    name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    problems: Mapped[JsonValue]
    failure: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
