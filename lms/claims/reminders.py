"""Whom a claim waits for: its reviewers once their days are over, its claimant while it is to be completed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.claims import queries
from lms.claims.models import Claim
from lms.claims.rules import ClaimState
from lms.notices.rules import Due
from lms.people import queries as people
from lms.people.models import RoleGrant, Unit
from lms.people.rules import ROLE_PERMISSIONS, Permission

LEVELS = {ClaimState.SUBMITTED: Permission.CLAIM_ENDORSE, ClaimState.ENDORSED: Permission.HOURS_MANAGE}


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Every claim whose day has come or is past, for each who may decide it; and returned ones for their claimant."""
    today = clock.today(now)
    waiting = queries.list_waiting(session, today)
    if not waiting:
        return []
    paths = people.unit_paths_of(session, [claim.person_id for claim in waiting], today)
    holders = {permission: _holders(session, permission) for permission in LEVELS.values()}
    found = []
    for claim in waiting:
        item = f"claims.claim:{claim.id}:{claim.state.value}"
        if claim.state is ClaimState.RETURNED:
            text = f"“{claim.title[:60]}”的学时申报被退回，请补充后再提交"
            found.append(Due(claim.person_id, item, text, f"/hours/claims/{claim.id}"))
            continue
        for person_id, path in holders[LEVELS[claim.state]]:
            if _may(claim, person_id) and paths.get(claim.person_id, "/").startswith(path):
                text = f"一份学时申报应在 {claim.due_on:%m月%d日}前审核，还在等你"
                found.append(Due(person_id, item, text, f"/office/claims/{claim.id}"))
    return found


def _may(claim: Claim, person_id: int) -> bool:
    return person_id not in (claim.person_id, claim.endorsed_by_id)


def _holders(session: Session, permission: Permission) -> list[tuple[int, str]]:
    """(person, unit path from which it reaches down) of every live grant that gives the permission."""
    roles = [role for role, may in ROLE_PERMISSIONS.items() if permission in may]
    rows = session.execute(
        select(RoleGrant.person_id, Unit.path)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .where(RoleGrant.role.in_(roles), RoleGrant.revoked_at.is_(None), RoleGrant.branch_id.is_(None))
        .order_by(RoleGrant.person_id)
    )
    return [(person_id, path or "/") for person_id, path in rows]
