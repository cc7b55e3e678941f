"""What awaits reviewers of claims and exemptions, and whoever has to complete a claim."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.claims import queries
from lms.claims.rules import ClaimState
from lms.hours import queries as hours
from lms.people.access import scope
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """Claims to complete; for reviewers those that wait at their level, and for HR exemptions to decide."""
    today = clock.today(now)
    returned = queries.count_returned(session, person.id)
    found = [Awaiting(returned, "份学时申报要补充", "去补充", "claims.index", {})]
    if person.can(Permission.CLAIM_ENDORSE):
        reach = scope(session, person, Permission.CLAIM_ENDORSE)
        count = queries.count_in(session, reach, today, ClaimState.SUBMITTED, but=person.id)
        found.append(Awaiting(count, "份学时申报待单位审核", "去审核", "claims_office.index", {}))
    if person.can(Permission.HOURS_MANAGE):
        reach = scope(session, person, Permission.HOURS_MANAGE)
        count = queries.count_in(session, reach, today, ClaimState.ENDORSED, but=person.id)
        found.append(Awaiting(count, "份学时申报待审批", "去审批", "claims_office.index", {}))
        proposed = hours.count_proposed(session, reach, today)
        found.append(Awaiting(proposed, "条学时减免待审批", "去审批", "hours_office.exemptions", {}))
    return found
