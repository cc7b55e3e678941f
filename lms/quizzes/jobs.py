"""Closing of abandoned attempts."""

from lms.quizzes.services import close_due
from lms.quizzes.services.attempts import Settle
from lms.tasks.jobs import Job

CLOSE_EVERY_SECONDS = 10


def closing_job(settle: Settle) -> Job:
    """Every open attempt is closed within seconds of deadline and grace; `settle` is lms/outcomes.py's."""
    return Job("quizzes.close", CLOSE_EVERY_SECONDS, lambda make_session, now: close_due(make_session, settle, now))
