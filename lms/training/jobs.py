"""What follows for closed classes when a roll or a quiz is corrected later."""

from datetime import datetime, timedelta

from lms import clock
from lms.db import MakeSession, unit_of_work
from lms.tasks.jobs import Job
from lms.training import queries
from lms.training.models import TrainingClass
from lms.training.services import correct_class, to_correct

FOLLOWED_DAYS = 400
"""Classes that ended longer ago are corrected by hand, from their page."""


def follow_corrections(make_session: MakeSession, now: datetime) -> int:
    """Results, hours and certificates of closed classes are those of roll and quiz; how many persons changed. A second run finds nothing."""
    since = clock.today(now) - timedelta(days=FOLLOWED_DAYS)
    with make_session() as session:
        ids = [each.id for each in queries.list_closed_since(session, since) if to_correct(session, each)]
    corrected = 0
    for class_id in ids:
        with unit_of_work(make_session) as session:
            corrected += len(correct_class(session, session.get_one(TrainingClass, class_id), by_id=None, now=now))
    return corrected


JOBS = [Job("training.corrections", 3600, follow_corrections)]
