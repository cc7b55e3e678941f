"""Granting and revoking roles. Whoever's roles change is signed out everywhere: the next sign-in has the new ones."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, serialise
from lms.errors import Conflict, Invalid
from lms.people import queries, rules
from lms.people.models import Branch, Person, RoleGrant, Unit
from lms.people.rules import EXCLUSIVE, ON_BRANCH, ROLES, Role
from lms.people.services import sign_in


def grant(
    session: Session,
    person: Person,
    role: Role,
    *,
    unit: Unit | None = None,
    branch: Branch | None = None,
    by_id: int | None,
    by: str,
    now: datetime,
) -> RoleGrant:
    """The role on the node, reaching downwards. Raises Conflict for the same grant twice or for admins that exclude each other."""
    _check_node(role, unit, branch)
    serialise(
        session, f"grants:{person.id}"
    )  # two grants at once must see each other, or one person could hold two admin roles
    held = queries.list_grants(session, person.id)
    if not rules.may_hold_together({g.role for g in held}, role):
        raise Conflict("三员相互独立：一个人只能担任其中一员，也不能兼任其他管理角色。")
    where = (unit.id if unit else None, branch.id if branch else None)
    if any(g.role == role and (role in EXCLUSIVE or (g.unit_id, g.branch_id) == where) for g in held):
        raise Conflict("这个人已经有同样的角色。")
    made = RoleGrant(
        person_id=person.id, role=role, unit_id=where[0], branch_id=where[1], granted_by_id=by_id, granted_at=now
    )
    session.add(made)
    sign_in.end_all(session, person.id, now=now)
    detail = {"role": role.value, "unit": where[0], "branch": where[1]}
    audit.record(session, by_id, "role.grant", f"person:{person.id}", detail, now=now, actor=by)
    return made


def _check_node(role: Role, unit: Unit | None, branch: Branch | None) -> None:
    """A role of branches stands on a branch, every other one on a unit; the three admins need no place."""
    if role in EXCLUSIVE:
        return
    if role in ON_BRANCH and (branch is None or unit is not None):
        raise Invalid(f"“{ROLES[role]}”要授予在支部上，请选择支部。", field="branch_id")
    if role not in ON_BRANCH and (unit is None or branch is not None):
        raise Invalid(f"“{ROLES[role]}”要授予在单位上，请选择单位。", field="unit_id")


def revoke(session: Session, granted: RoleGrant, *, by_id: int, by: str, now: datetime) -> None:
    """The role is gone from now on; the record of it stays."""
    taken = update(RoleGrant).where(RoleGrant.id == granted.id, RoleGrant.revoked_at.is_(None)).values(revoked_at=now)
    if not changed(session.execute(taken)):
        raise Conflict("这个角色已经被收回。")
    sign_in.end_all(session, granted.person_id, now=now)
    detail = {"role": granted.role.value}
    audit.record(session, by_id, "role.revoke", f"person:{granted.person_id}", detail, now=now, actor=by)
