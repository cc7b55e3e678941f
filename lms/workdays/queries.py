"""Read the table of days."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.workdays import rules
from lms.workdays.models import CalendarDay


def overrides(session: Session, since: date) -> dict[date, bool]:
    """Day → whether it is worked, for the entries from that day on; as `clock.is_working_day` takes them."""
    rows = session.execute(select(CalendarDay.on, CalendarDay.is_working).where(CalendarDay.on >= since))
    return {on: is_working for on, is_working in rows}


def list_year(session: Session, year: int) -> Sequence[CalendarDay]:
    """The year's entries in order of their days."""
    within = CalendarDay.on.between(date(year, 1, 1), date(year, 12, 31))
    return session.scalars(select(CalendarDay).where(within).order_by(CalendarDay.on)).all()


def find_day(session: Session, day_id: int) -> CalendarDay | None:
    return session.get(CalendarDay, day_id)


def list_unknown_years(session: Session, today: date) -> list[int]:
    """This year and the next, as far as nobody knows their holidays: there Monday to Friday count as working days."""
    since = date(today.year, 1, 1)
    entered = {on.year for on in session.scalars(select(CalendarDay.on).where(CalendarDay.on >= since))}
    return rules.unknown_years(today, entered)
