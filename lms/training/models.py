"""Tables of classes: the class, quotas, enrolments, materials, homework, evaluations and results. Meetings are gatherings."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.training.class_rules import PRESETS, ClassKind, ClassState, EnrolmentState, Preset

SUBJECT = "class"


class TrainingClass(Base):
    """One class. `places` bounds `placed_count`; audience columns empty or None ask for nothing; `paper_id` is the quiz at its end."""

    __tablename__ = "training_classes"
    __table_args__ = (
        CheckConstraint("placed_count >= 0 AND placed_count <= places", name="places"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        Index("ix_training_classes_unit", "unit_id", "starts_on"),
        Index("ix_training_classes_state", "state", "ends_on"),
    )

    id: Mapped[Key]
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[ClassKind] = mapped_column(enum_column(ClassKind))
    title: Mapped[str] = mapped_column(String(120))
    aims: Mapped[str] = mapped_column(String(500), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    venue: Mapped[str] = mapped_column(String(100), default="")
    officer_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    places: Mapped[int]
    placed_count: Mapped[int] = mapped_column(default=0)
    enrol_from: Mapped[datetime]
    enrol_until: Mapped[datetime]
    is_decided: Mapped[bool] = mapped_column(default=False)
    audience_units: Mapped[JsonValue] = mapped_column(default=list)
    rank_bands: Mapped[JsonValue] = mapped_column(default=list)
    least_age: Mapped[int | None]
    most_age: Mapped[int | None]
    paper_id: Mapped[Ref | None] = mapped_column(ForeignKey("papers.id"))
    is_professional: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ClassState] = mapped_column(enum_column(ClassState), default=ClassState.PROPOSED)
    proposed_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(String(200), default="")
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))

    @property
    def preset(self) -> Preset:
        return PRESETS[self.kind]

    @property
    def free(self) -> int:
        return self.places - self.placed_count


class ClassQuota(Base):
    """At most so many of a unit and what lies below it."""

    __tablename__ = "class_quotas"
    __table_args__ = (
        UniqueConstraint("class_id", "unit_id"),
        CheckConstraint("placed_count >= 0 AND placed_count <= places", name="places"),
    )

    id: Mapped[Key]
    class_id: Mapped[Ref] = mapped_column(ForeignKey("training_classes.id"))
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    places: Mapped[int]
    placed_count: Mapped[int] = mapped_column(default=0)


class ClassEnrolment(Base):
    """One person's way into a class; enrolling again after withdrawing is the same row at the end of the list."""

    __tablename__ = "class_enrolments"
    __table_args__ = (
        UniqueConstraint("class_id", "person_id"),
        Index("ix_class_enrolments_queue", "class_id", "state", "asked_at"),
        Index("ix_class_enrolments_person", "person_id", "state"),
    )

    id: Mapped[Key]
    class_id: Mapped[Ref] = mapped_column(ForeignKey("training_classes.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    quota_id: Mapped[Ref | None] = mapped_column(ForeignKey("class_quotas.id"))
    state: Mapped[EnrolmentState] = mapped_column(enum_column(EnrolmentState))
    asked_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    was_promoted: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(200), default="")


class ClassMaterial(Base):
    """A resource of the library that belongs to the class."""

    __tablename__ = "class_materials"

    class_id: Mapped[Ref] = mapped_column(ForeignKey("training_classes.id"), primary_key=True, autoincrement=False)
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"), primary_key=True, autoincrement=False)
    added_at: Mapped[datetime]


class Homework(Base):
    __tablename__ = "class_homework"

    id: Mapped[Key]
    class_id: Mapped[Ref] = mapped_column(ForeignKey("training_classes.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(String(2000), default="")
    due_at: Mapped[datetime]
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class HandIn(Base):
    """What a person handed in: words, a file or both; handing in again replaces it until the class officer has written back."""

    __tablename__ = "class_hand_ins"
    __table_args__ = (UniqueConstraint("homework_id", "person_id"),)

    id: Mapped[Key]
    homework_id: Mapped[Ref] = mapped_column(ForeignKey("class_homework.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    text: Mapped[str] = mapped_column(String(5000), default="")
    media_id: Mapped[Ref | None] = mapped_column(ForeignKey("media_files.id"))
    handed_at: Mapped[datetime]
    comment: Mapped[str] = mapped_column(String(1000), default="")
    commented_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    commented_at: Mapped[datetime | None]


class ClassEvaluation(Base):
    """One person's opinion: points for each question and words. Only sums are ever shown."""

    __tablename__ = "class_evaluations"
    __table_args__ = (UniqueConstraint("class_id", "person_id"),)

    id: Mapped[Key]
    class_id: Mapped[Ref] = mapped_column(ForeignKey("training_classes.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    points: Mapped[JsonValue]
    words: Mapped[str] = mapped_column(String(500), default="")
    given_at: Mapped[datetime]


class ClassResult(Base):
    """What the class came to for a person when it was closed; `revision` counts later corrections."""

    __tablename__ = "class_results"
    __table_args__ = (UniqueConstraint("class_id", "person_id"), Index("ix_class_results_person", "person_id"))

    id: Mapped[Key]
    class_id: Mapped[Ref] = mapped_column(ForeignKey("training_classes.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    attended_seconds: Mapped[int]
    held_seconds: Mapped[int]
    quiz_passed: Mapped[bool | None]
    is_completed: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200), default="")
    quarters: Mapped[int]
    certificate_id: Mapped[Ref | None] = mapped_column(ForeignKey("certificates.id"))
    revision: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime]
