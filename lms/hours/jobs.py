"""Years are closed when their day has come; a year is worked out by other rules as a task."""

from collections.abc import Mapping

from lms.hours import services
from lms.hours.services import whatif
from lms.tasks.jobs import Job
from lms.tasks.services import Run

JOBS = [Job("hours.years", 3600, services.close_due)]
KINDS: Mapping[str, Run] = {whatif.KIND: whatif.run}
