"""What was said of a branch's organisation, and how the outside platform wants its table."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref


class BranchOrganisation(Base):
    """From the first day of a month on, until the next such row: whether the branch has a committee (None: by its number of full
    members), and how many groups."""

    __tablename__ = "branch_organisations"
    __table_args__ = (UniqueConstraint("branch_id", "since"),)

    id: Mapped[Key]
    branch_id: Mapped[Ref] = mapped_column(ForeignKey("branches.id"))
    since: Mapped[date]
    has_committee: Mapped[bool | None]
    groups: Mapped[int] = mapped_column(default=0)
    changed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime]


class OutsideLayout(Base):
    """How an outside platform wants the table of gatherings: columns as a list of {field, heading} and how days are written.

    The newest row holds; the others are what was used before.
    """

    __tablename__ = "outside_layouts"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    columns: Mapped[JsonValue]
    day_format: Mapped[str] = mapped_column(String(20))
    changed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime]
