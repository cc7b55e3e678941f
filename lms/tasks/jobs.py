"""What a scheduled job is, and the house's own sweeping."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lms.db import MakeSession, unit_of_work
from lms.tasks import services
from lms.web import operations


@dataclass(frozen=True)
class Job:
    """Work that comes round. `run(make_session, now)` asks the data what is due, in small transactions of its own."""

    name: str
    every_seconds: int
    run: Callable[[MakeSession, datetime], object]


def sweep(make_session: MakeSession, now: datetime) -> None:
    """Operation ids after 48 hours, claims after a week, finished tasks after 90 days."""
    with unit_of_work(make_session) as session:
        operations.sweep(session, now)
    with unit_of_work(make_session) as session:
        services.sweep(session, now)


JOBS = [Job("tasks.sweep", 3600, sweep)]
