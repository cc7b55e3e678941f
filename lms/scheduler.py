"""The clock of the site: each domain's jobs and the tasks that are due. Any number of these may run; a claim row lets one do each run.

Inside the web process for one machine (`LMS_SCHEDULER=inside`), as `./dev worker` elsewhere.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from lms import clock, outcomes, reminders
from lms.admin import services as admin
from lms.archive import jobs as archive_jobs
from lms.contests import jobs as contest_jobs
from lms.courses.services import imports as course_imports
from lms.courses.services import recounts
from lms.courses.services import versions as resource_versions
from lms.db import MakeSession, unit_of_work
from lms.gatherings import jobs as gathering_jobs
from lms.hours import jobs as hour_jobs
from lms.lazy import later
from lms.livequiz import jobs as livequiz_jobs
from lms.media import jobs as media_jobs
from lms.media import services as media
from lms.notices import jobs as notice_jobs
from lms.people import jobs as people_jobs
from lms.people.services import rosters
from lms.quizzes.jobs import closing_job
from lms.quizzes.services import imports as question_imports
from lms.quizzes.services import regrade, twins
from lms.stars import jobs as star_jobs
from lms.tasks import jobs as task_jobs
from lms.tasks.jobs import Job
from lms.tasks.services import Run, claim_run, end_run, run_due
from lms.themedays import handbook_queries as handbooks
from lms.themedays import handbook_services as handbook_making
from lms.themedays import jobs as theme_day_jobs
from lms.training import jobs as training_jobs

if TYPE_CHECKING:
    from apscheduler.schedulers import background
else:
    background = later("apscheduler.schedulers.background")

TASK_SECONDS = 2

JOBS: Sequence[Job] = (
    *task_jobs.JOBS,
    *people_jobs.JOBS,
    *media_jobs.JOBS,
    closing_job(outcomes.settle),
    *contest_jobs.JOBS,
    *livequiz_jobs.JOBS,
    *gathering_jobs.JOBS,
    *hour_jobs.JOBS,
    *theme_day_jobs.JOBS,
    *archive_jobs.JOBS,
    *star_jobs.JOBS,
    *notice_jobs.JOBS,
    *training_jobs.JOBS,
)
KINDS: Mapping[str, Run] = {
    **media_jobs.KINDS,
    **contest_jobs.KINDS,
    **gathering_jobs.KINDS,
    **hour_jobs.KINDS,
    **archive_jobs.KINDS,
    **star_jobs.KINDS,
    **notice_jobs.KINDS,
    resource_versions.RECOUNT: recounts.run_recount,
    rosters.KIND: admin.import_people,
    handbooks.TASK_KIND: handbook_making.make,
    question_imports.TASK_KIND: question_imports.run_import,
    twins.TASK_KIND: twins.run_search,
    **course_imports.KINDS,
    regrade.TASK_KIND: regrade.regrade_task(outcomes.resettle, outcomes.publish),
}

# A film of two hours keeps nobody's import waiting: what makes media better runs beside what makes them playable, and both beside the rest.
LANES: Mapping[str, Mapping[str, Run]] = {
    "tasks": {kind: run for kind, run in KINDS.items() if kind not in (media.TASK_KIND, media.MORE_KIND)},
    "tasks.media": {media.TASK_KIND: KINDS[media.TASK_KIND]},
    "tasks.media.more": {media.MORE_KIND: KINDS[media.MORE_KIND]},
}

log = structlog.get_logger("lms.scheduler")


def slot_of(job: Job, now: datetime) -> str:
    """The name of the period the instant falls into; one claim per job and slot."""
    return str(int(now.timestamp()) // job.every_seconds)


def run_job(job: Job, make_session: MakeSession, now: datetime) -> bool:
    """Run the job for the present slot if nobody has; returns whether this call did."""
    slot = slot_of(job, now)
    with unit_of_work(make_session) as session:
        mine = claim_run(session, job.name, slot, now=now)
    if not mine:
        return False
    error = None
    try:
        job.run(make_session, now)
    except Exception as problem:  # the next slot asks the data again, so one failure loses nothing
        error = f"{type(problem).__name__}: {problem}"
        log.error("job failed", job=job.name, exc_info=problem)
    with unit_of_work(make_session) as session:
        end_run(session, job.name, slot, error=error, now=clock.now())
    return True


def jobs_of(services: Mapping[str, Any]) -> tuple[Job, ...]:
    """The jobs that need something of the site: its storage, keys or settings."""
    return (
        media_jobs.sweeping_job(services["storage"]),
        notice_jobs.sending_job(services),
        reminders.reminding_job(services),
    )


def names_of(services: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of all jobs of the site."""
    return tuple(job.name for job in (*JOBS, *jobs_of(services)))


def start(make_session: MakeSession, services: Mapping[str, Any]) -> "background.BackgroundScheduler":
    """A running scheduler with every job and the task runner; the caller shuts it down."""
    # A lane that is still busy when its next turn comes is as it should be, and no line in the log.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = background.BackgroundScheduler(
        timezone=clock.SHANGHAI, job_defaults={"coalesce": True, "max_instances": 1}
    )
    for job in (*JOBS, *jobs_of(services)):
        scheduler.add_job(
            lambda job=job: run_job(job, make_session, clock.now()),
            "interval",
            seconds=max(1, min(job.every_seconds, 60)),
            id=job.name,
        )
    for name, kinds in LANES.items():
        scheduler.add_job(
            lambda kinds=kinds: run_due(make_session, kinds, services), "interval", seconds=TASK_SECONDS, id=name
        )
    scheduler.start()
    return scheduler
