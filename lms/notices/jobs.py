"""Messages are sent and swept; announcements are handed to mail and robots."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lms.db import MakeSession, unit_of_work
from lms.notices.services import announcing, outbox, sending
from lms.notices.services.sending import Outside
from lms.tasks.jobs import Job
from lms.tasks.services import Run

SEND_SECONDS = 15


def sending_job(services: Mapping[str, Any]) -> Job:
    """The outbox with the site's keys and settings. A channel that hangs keeps only this job waiting, and each message for seconds."""
    outside = Outside.of(services["keys"], services["settings"])

    def run(make_session: MakeSession, now: datetime) -> int:
        return sending.send_all(make_session, outside)

    return Job("notices.outbox", SEND_SECONDS, run)


def sweep(make_session: MakeSession, now: datetime) -> None:
    with unit_of_work(make_session) as session:
        outbox.sweep(session, now)


JOBS = [Job("notices.sweep", 3600, sweep)]
KINDS: Mapping[str, Run] = {announcing.TASK_KIND: announcing.deliver}
