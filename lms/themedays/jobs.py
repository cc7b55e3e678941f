"""What comes round: packs whose day has come, packs on their way to the branches, make-up study."""

from datetime import datetime

from lms.db import MakeSession
from lms.tasks.jobs import Job
from lms.themedays import services


def bring_packs(make_session: MakeSession, now: datetime) -> int:
    """Packs that are due are published, published ones reach every branch once; returns how many branches were reached."""
    services.publish_due(make_session, now)
    return services.push_due(make_session, now)


JOBS = [Job("themedays.packs", 60, bring_packs), Job("themedays.make_ups", 60, services.settle_make_ups)]
