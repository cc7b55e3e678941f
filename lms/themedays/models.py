"""Tables of theme days: the month's pack, a branch's month with its three parts, make-up study."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.themedays.rules import PartKind


class MonthPack(Base):
    """What the committee gives all branches for a month; a draft until `published_at`.

    `publishes_on`: from that Shanghai day on the scheduler publishes it. `pushed_at`: every branch has its month. `together_at`: the
    hour of 同主题同步学, which the push plans in every branch. Lesson and film are resources of the library.
    """

    __tablename__ = "month_packs"
    __table_args__ = (
        UniqueConstraint("month"),
        CheckConstraint("pushed_at IS NULL OR published_at IS NOT NULL", name="order"),
    )

    id: Mapped[Key]
    month: Mapped[date]
    theme: Mapped[str] = mapped_column(String(60))
    lesson_id: Mapped[Ref | None] = mapped_column(ForeignKey("resources.id"))
    film_id: Mapped[Ref | None] = mapped_column(ForeignKey("resources.id"))
    practice: Mapped[str] = mapped_column(String(500), default="")
    guidance: Mapped[str] = mapped_column(String(2000), default="")
    plan_by_on: Mapped[date]
    together_at: Mapped[datetime | None]
    publishes_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    pushed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class PackFile(Base):
    """A further resource of the library that goes with the pack."""

    __tablename__ = "month_pack_files"

    pack_id: Mapped[Ref] = mapped_column(ForeignKey("month_packs.id"), primary_key=True, autoincrement=False)
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"), primary_key=True, autoincrement=False)


class BranchMonth(Base):
    """One month of one branch. `theme` is the branch's own, "" for the pack's. `slip_reason` explains a day later than allowed."""

    __tablename__ = "branch_months"
    __table_args__ = (UniqueConstraint("branch_id", "month"), Index("ix_branch_months_month", "month"))

    id: Mapped[Key]
    branch_id: Mapped[Ref] = mapped_column(ForeignKey("branches.id"))
    month: Mapped[date]
    pack_id: Mapped[Ref | None] = mapped_column(ForeignKey("month_packs.id"), index=True)
    theme: Mapped[str] = mapped_column(String(60), default="")
    slip_reason: Mapped[str] = mapped_column(String(200), default="")
    planned_at: Mapped[datetime | None]
    planned_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    together_id: Mapped[Ref | None] = mapped_column(ForeignKey("gatherings.id"))
    """The 同主题同步学 that was planned for all branches at once."""
    created_at: Mapped[datetime]


class Part(Base):
    """一课, 一片 or 一实践 of a branch month: covered by a gathering, or done apart on `done_on`, or neither yet.

    Whether it is done follows from the gathering's state (`rules.part_state`). `resource_id` is what was planned to be studied.
    """

    __tablename__ = "theme_parts"
    __table_args__ = (
        UniqueConstraint("branch_month_id", "kind"),
        CheckConstraint("gathering_id IS NULL OR done_on IS NULL", name="way"),
    )

    id: Mapped[Key]
    branch_month_id: Mapped[Ref] = mapped_column(ForeignKey("branch_months.id"))
    kind: Mapped[PartKind] = mapped_column(enum_column(PartKind))
    gathering_id: Mapped[Ref | None] = mapped_column(ForeignKey("gatherings.id"), index=True)
    resource_id: Mapped[Ref | None] = mapped_column(ForeignKey("resources.id"))
    done_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(300), default="")
    changed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime]


class MakeUp(Base):
    """补学 of one due member who was not there when a part was held. Open until `closed_at`, in time through the Shanghai day `due_on`.

    `evidence` is the player's: lesson, course and the moment it was finished. The roll knows nothing of it.
    """

    __tablename__ = "make_ups"
    __table_args__ = (
        UniqueConstraint("part_id", "person_id"),
        Index("ix_make_ups_person", "person_id", "closed_at"),
        Index("ix_make_ups_open", "closed_at", "due_on"),
        CheckConstraint("(closed_at IS NULL) = (evidence IS NULL)", name="evidence"),
    )

    id: Mapped[Key]
    part_id: Mapped[Ref] = mapped_column(ForeignKey("theme_parts.id"))
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"), index=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    resource_id: Mapped[Ref] = mapped_column(ForeignKey("resources.id"), index=True)
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    evidence: Mapped[JsonValue | None]
