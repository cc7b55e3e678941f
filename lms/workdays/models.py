"""The table of days that differ from the built-in calendar."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Key, Ref


class CalendarDay(Base):
    """One day that is worked or free, whatever the built-in calendar says."""

    __tablename__ = "calendar_days"

    id: Mapped[Key]
    on: Mapped[date] = mapped_column(unique=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(30))
    changed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime]
