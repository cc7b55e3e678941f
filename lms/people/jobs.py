"""What people sweep up: failures nobody counts any more, dead sign-ins and codes, roster files nobody decided on."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from lms.db import MakeSession, unit_of_work
from lms.people.models import OneTimeCode, RosterImport, SignIn, SignInFailure
from lms.people.rules import ImportState
from lms.tasks.jobs import Job

FAILURES_KEPT = timedelta(days=1)
SIGN_INS_KEPT = timedelta(days=180)
ROSTER_KEPT = timedelta(hours=48)


def sweep(make_session: MakeSession, now: datetime) -> None:
    """Failed sign-ins after a day, ended sign-ins and codes after half a year, undecided roster files after 48 hours."""
    with unit_of_work(make_session) as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < now - FAILURES_KEPT))
        session.execute(delete(SignIn).where(SignIn.expires_at < now - SIGN_INS_KEPT))
        session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now - SIGN_INS_KEPT))
        session.execute(
            update(RosterImport)
            .where(RosterImport.state == ImportState.READ, RosterImport.created_at < now - ROSTER_KEPT)
            .values(state=ImportState.DISCARDED, lines_sealed="")
        )


JOBS = [Job("people.sweep", 3600, sweep)]
