"""Records are locked when their three working days are over; the hours of large halls are a task."""

from collections.abc import Mapping
from datetime import datetime

from lms.db import MakeSession, unit_of_work
from lms.gatherings import list_queries as lists
from lms.gatherings import services
from lms.tasks.jobs import Job
from lms.tasks.services import Run

AT_ONCE = 200


def lock_due(make_session: MakeSession, now: datetime) -> int:
    """Each lock that is due is written once, in a short transaction of its own; returns how many were."""
    locked = 0
    while True:
        with make_session() as session:
            due = list(lists.list_due_locks(session, now, AT_ONCE))
        done = 0
        for gathering_id in due:
            with unit_of_work(make_session) as session:
                done += services.lock(session, gathering_id, now=now)
        locked += done
        if not done:
            return locked


JOBS = [Job("gatherings.locks", 600, lock_due)]
KINDS: Mapping[str, Run] = {services.TASK_KIND: services.credit_hall}
