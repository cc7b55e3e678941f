"""Tables of yearly plans."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.training.plan_rules import ItemKind, PlanAct, PlanState


class TrainingPlan(Base):
    """What a unit asks of its people in a year."""

    __tablename__ = "training_plans"
    __table_args__ = (Index("ix_training_plans_year", "year", "state"),)

    id: Mapped[Key]
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    year: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    state: Mapped[PlanState] = mapped_column(enum_column(PlanState), default=PlanState.DRAFT)
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class PlanItem(Base):
    """One thing to do until a day; `ref_id` is the course, class, resource or paper, or the unit whose lectures are heard, `wanted_count` of
    them. Whom it is for as in `plan_rules.ItemAudience`."""

    __tablename__ = "plan_items"
    __table_args__ = (UniqueConstraint("plan_id", "kind", "ref_id"),)

    id: Mapped[Key]
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("training_plans.id"))
    kind: Mapped[ItemKind] = mapped_column(enum_column(ItemKind))
    ref_id: Mapped[Ref]
    title: Mapped[str] = mapped_column(String(120))
    is_required: Mapped[bool] = mapped_column(default=True)
    is_theory: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[date]
    audience_units: Mapped[JsonValue] = mapped_column(default=list)
    rank_bands: Mapped[JsonValue] = mapped_column(default=list)
    least_age: Mapped[int | None]
    most_age: Mapped[int | None]
    roles: Mapped[JsonValue] = mapped_column(default=list)
    named: Mapped[JsonValue] = mapped_column(default=list)
    party: Mapped[JsonValue] = mapped_column(default=list, server_default="[]")
    wanted_count: Mapped[int] = mapped_column(default=1, server_default="1")


class PlanChange(Base):
    """What was done to the items of a plan; never changed. `differences` is a list of [what, before, after] in words."""

    __tablename__ = "plan_changes"
    __table_args__ = (Index("ix_plan_changes_plan", "plan_id", "at"),)

    id: Mapped[Key]
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("training_plans.id"))
    act: Mapped[PlanAct] = mapped_column(enum_column(PlanAct))
    title: Mapped[str] = mapped_column(String(120))
    differences: Mapped[JsonValue] = mapped_column(default=list)
    by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]
