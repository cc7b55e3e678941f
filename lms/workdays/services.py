"""Enter days and take them out again; each act is in the audit log."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import upsert
from lms.errors import Invalid
from lms.workdays.models import CalendarDay
from lms.workdays.rules import DAYS_AT_ONCE


def set_days(
    session: Session, first: date, last: date, *, is_working: bool, name: str, by_id: int, by: str, now: datetime
) -> int:
    """Every day from the first to the last is worked, or free; what was entered for them before is replaced. Returns how many.

    Raises Invalid when the last day comes before the first, or for more than 31 days.
    """
    count = (last - first).days + 1
    if count < 1:
        raise Invalid("最后一天不能早于第一天，请核对日期。", field="until_on")
    if count > DAYS_AT_ONCE:
        raise Invalid(f"一次最多登记 {DAYS_AT_ONCE} 天，请核对日期。", field="until_on")
    facts = {"is_working": is_working, "name": name, "changed_by_id": by_id, "changed_at": now}
    rows = [{"on": first + timedelta(days=n), **facts} for n in range(count)]
    upsert(session, CalendarDay, rows, key=["on"], update=list(facts))
    detail = {"until": last.isoformat(), "is_working": is_working, "title": name}
    audit.record(session, by_id, "calendar.set", f"calendar:{first}", detail, now=now, actor=by)
    return count


def remove_day(session: Session, day: CalendarDay, *, by_id: int, by: str, now: datetime) -> None:
    """The built-in calendar decides about the day again."""
    session.execute(delete(CalendarDay).where(CalendarDay.id == day.id))
    detail = {"is_working": day.is_working, "title": day.name}
    audit.record(session, by_id, "calendar.remove", f"calendar:{day.on}", detail, now=now, actor=by)
