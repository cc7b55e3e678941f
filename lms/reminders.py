"""What people may be reminded of: the literal table of sources, and the job that reminds.

Each domain lists in its `reminders.py` what waits for somebody, and for whom: only what a person was given or holds (a decision to carry
out, a request to decide), never what anybody might do.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from lms import clock
from lms.claims import reminders as claims
from lms.courses import reminders as courses
from lms.db import MakeSession
from lms.gatherings import reminders as gatherings
from lms.lectures import reminders as lectures
from lms.notices import reminder_rules as rules
from lms.notices import reminders as notices
from lms.notices.rules import Due
from lms.notices.services import reminding
from lms.records import reminders as records
from lms.stars import reminders as stars
from lms.tasks.jobs import Job
from lms.themedays import duties_reminders as duties
from lms.themedays import reminders as themedays
from lms.training import reminders as training
from lms.workdays import queries as workdays

EVERY_SECONDS = 600

# `list_due(session, *, now) -> list[Due]`: reads, writes nothing.
ListDue = Callable[..., list[Due]]

SOURCES: tuple[ListDue, ...] = (
    claims.list_due,
    lectures.list_due,
    records.list_due,
    themedays.list_due,
    duties.list_due,
    stars.list_due,
    gatherings.list_due,
    courses.list_due,
    notices.list_due,
    training.list_due,
)

log = structlog.get_logger("lms.reminders")


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Everything that waits for anybody, in the order of the table."""
    return [due for source in SOURCES for due in source(session, now=now)]


def reminding_job(services: Mapping[str, Any]) -> Job:
    """The job with the site's keys and working hours."""
    keys, windows = services["keys"], rules.windows_of(services["settings"].reminder_hours)

    def run(make_session: MakeSession, now: datetime) -> int:
        with make_session() as session:
            overrides = _overrides(session, clock.today(now))
            if rules.window_at(now, windows, overrides) is None:
                return 0
            dues = list_due(session, now=now)
        return reminding.remind(make_session, dues, windows=windows, overrides=overrides, keys=keys, now=now)

    return Job("notices.reminders", EVERY_SECONDS, run)


def _overrides(session: Session, today: date) -> dict[date, bool]:
    """The site's own working days; a year nobody knows the holidays of is told to the log, as the office's first page tells it."""
    if today.year in workdays.list_unknown_years(session, today):
        log.warning("holidays unknown, Monday to Friday count as working days", year=today.year)
    return workdays.overrides(session, today)
