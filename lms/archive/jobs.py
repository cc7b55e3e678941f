"""Years close by themselves a month after they end; closing and printing are tasks."""

from collections.abc import Mapping
from datetime import datetime

from lms import clock
from lms.archive import queries, rules, services
from lms.db import MakeSession, unit_of_work
from lms.errors import Conflict
from lms.tasks.jobs import Job
from lms.tasks.services import Run


def close_due(make_session: MakeSession, now: datetime) -> int:
    """Begin closing each year that is due, once, whatever was missed; returns how many were begun."""
    with make_session() as session:
        closed = {closing.year for closing in queries.list_closings(session)}
        due = rules.due_years(queries.list_years(session), closed, clock.today(now))
    begun = 0
    for year in due:
        try:
            with unit_of_work(make_session) as session:
                services.begin_closing(session, year, by_id=None, now=now)
            begun += 1
        except Conflict:
            continue  # another node was quicker
    return begun


JOBS = [Job("archive.closing", 3600, close_due)]
KINDS: Mapping[str, Run] = {services.CLOSING: services.close_everybody, services.PRINTING: services.print_everybody}
