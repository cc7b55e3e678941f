"""What is said of a branch's organisation."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import serialise
from lms.errors import Invalid
from lms.people.models import Branch
from lms.themedays import duties_queries as queries
from lms.themedays.duties_models import BranchOrganisation
from lms.themedays.duties_rules import MOST_GROUPS


def organise(
    session: Session, branch: Branch, *, has_committee: bool | None, groups: int, by_id: int, now: datetime
) -> BranchOrganisation:
    """From this month on the branch has a committee or none (None: by its number of full members), and so many groups.

    Earlier months keep what was said then. Raises Invalid for a number of groups that is none.
    """
    if not 0 <= groups <= MOST_GROUPS:
        raise Invalid(f"党小组填 0 到 {MOST_GROUPS}。", field="groups")
    month = clock.month_of(now)
    serialise(session, f"organisation:{branch.id}")
    row = queries.find_organisation(session, branch.id, month)
    if row is None:
        row = BranchOrganisation(branch_id=branch.id, since=month)
        session.add(row)
    row.has_committee, row.groups, row.changed_by_id, row.changed_at = has_committee, groups, by_id, now
    told = {"since": month.isoformat(), "committee": has_committee, "groups": groups}
    audit.record(session, by_id, "branch:organise", f"branch:{branch.id}", told, now=now)
    return row
