"""The entries are the same for the whole site; the permission decides alone."""

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.workdays import queries
from lms.workdays.models import CalendarDay


def day_to_remove(session: Session, day_id: int) -> CalendarDay:
    day = queries.find_day(session, day_id)
    if day is None:
        raise NotFound()
    return day
