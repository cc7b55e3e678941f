"""What a person may reach among people and trees."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms import clock
from lms.errors import Forbidden, NotFound
from lms.people import queries
from lms.people.models import Branch, Membership, Person, RoleGrant, RosterImport, Unit
from lms.people.principal import Principal
from lms.people.rules import ROLE_PERMISSIONS, Permission, normal_identity

TOP = 2
"""Slashes in the path of a tree's top: "/1/"."""


@dataclass(frozen=True)
class Scope:
    """The subtrees in which somebody holds a permission. A grant on neither unit nor branch reaches everywhere ("/")."""

    unit_paths: tuple[str, ...]
    branch_paths: tuple[str, ...]

    def covers_unit(self, path: str) -> bool:
        return any(path.startswith(held) for held in self.unit_paths)

    def covers_branch(self, path: str) -> bool:
        return any(path.startswith(held) for held in self.branch_paths)

    def units_filter(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        """SQL condition: the unit path lies within the scope."""
        return or_(false(), *(column.startswith(path, autoescape=True) for path in self.unit_paths))

    def branches_filter(self, column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        return or_(false(), *(column.startswith(path, autoescape=True) for path in self.branch_paths))


def scope(session: Session, person: Principal, permission: Permission) -> Scope:
    """Where the person's grants give the permission."""
    held = [grant for grant in person.grants if permission in ROLE_PERMISSIONS[grant.role]]
    everywhere = any(g.unit_path is None and g.branch_path is None for g in held)
    units = ("/",) if everywhere else tuple(g.unit_path for g in held if g.unit_path)
    branches = ("/",) if everywhere else tuple(g.branch_path for g in held if g.branch_path)
    return Scope(units, branches)


def person_to_manage(session: Session, me: Principal, person_id: int, permission: Permission) -> Person:
    """A person whose unit lies in my scope today; NotFound otherwise, so that ids tell nothing."""
    person = queries.find_person(session, person_id)
    if person is None:
        raise NotFound()
    if permission in (Permission.ACCOUNT_MANAGE, Permission.ROLE_GRANT):
        return person
    unit = unit_of(session, person)
    if unit is None or not scope(session, me, permission).covers_unit(unit.path):
        raise NotFound()
    return person


def unit_of(session: Session, person: Person) -> Unit | None:
    """The unit the person belongs to today, or else of the newest membership: a transfer to come moves nobody yet."""
    today = clock.today(clock.now())
    place = queries.membership_of(session, person.id, today) or queries.newest_membership(session, person.id)
    return queries.find_unit(session, place.unit_id) if place else None


def persons_in(reach: Scope, column: InstrumentedAttribute[int], on: date) -> ColumnElement[bool]:
    """SQL condition: the person belongs within the scope on the day, by unit or by branch. Who holds the top of a tree reaches
    also those who belong nowhere."""
    if any(path.count("/") <= TOP for path in (*reach.unit_paths, *reach.branch_paths)):
        return true()
    places = (
        select(Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .outerjoin(Branch, Branch.id == Membership.branch_id)
        .where(Membership.from_on <= on, Membership.until_on.is_(None) | (Membership.until_on > on))
        .where(reach.units_filter(Unit.path) | reach.branches_filter(Branch.path))
    )
    return column.in_(places)


def find_person_by_number(
    session: Session, me: Principal, staff_no: str, permission: Permission, on: date
) -> Person | None:
    """The person of my scope with this 工号. None for somebody outside as for nobody: a number must not tell a name."""
    reach = scope(session, me, permission)
    query = select(Person).where(Person.staff_no == normal_identity(staff_no), persons_in(reach, Person.id, on))
    return session.scalar(query)


def unit_to_see(session: Session, me: Principal, unit_id: int, permission: Permission) -> Unit:
    unit = queries.find_unit(session, unit_id)
    if unit is None or not scope(session, me, permission).covers_unit(unit.path):
        raise NotFound()
    return unit


def branch_to_see(session: Session, me: Principal, branch_id: int, permission: Permission) -> Branch:
    branch = queries.find_branch(session, branch_id)
    if branch is None or not scope(session, me, permission).covers_branch(branch.path):
        raise NotFound()
    return branch


def persons_to_see(session: Session, me: Principal, permission: Permission, on: date, **filters: Any) -> Select[Person]:
    """`queries.list_persons` inside my scope."""
    return queries.list_persons(on=on, **filters).where(scope(session, me, permission).units_filter(Unit.path))


def person_to_disable(session: Session, me: Principal, person_id: int) -> Person:
    """A person of my scope, but not myself and none of the three admins: their accounts are the system admin's business."""
    person = person_to_manage(session, me, person_id, Permission.PEOPLE_MANAGE)
    if person.id == me.id:
        raise Forbidden("不能停用自己的账号，请账号管理员办理。")
    if queries.is_exclusive_admin(session, person.id):
        raise Forbidden("这是系统、安全或审计管理员，请账号管理员办理。")
    return person


def units_to_see(session: Session, me: Principal, permission: Permission) -> list[Unit]:
    """The units of my scope in reading order."""
    reach = scope(session, me, permission)
    return [unit for unit in queries.list_units(session) if reach.covers_unit(unit.path)]


def branches_to_see(session: Session, me: Principal, permission: Permission) -> list[Branch]:
    reach = scope(session, me, permission)
    return [branch for branch in queries.list_branches(session) if reach.covers_branch(branch.path)]


def branch_to_visit(session: Session, me: Principal, branch_id: int) -> Branch:
    """My own branch, or one in my scope as its secretary or committee; NotFound otherwise."""
    branch = queries.find_branch(session, branch_id)
    if branch is None or not (branch.id == me.branch_id or may_read_branch(session, me, branch)):
        raise NotFound()
    return branch


def may_read_branch(session: Session, me: Principal, branch: Branch) -> bool:
    return scope(session, me, Permission.BRANCH_READ).covers_branch(branch.path)


def account_to_manage(session: Session, me: Principal, person_id: int) -> Person:
    """Any account but my own: nobody opens, closes or resets the account they sit in."""
    person = person_to_manage(session, me, person_id, Permission.ACCOUNT_MANAGE)
    if person.id == me.id:
        raise Forbidden("不能操作自己的账号，请在“我的”里修改密码；其他事项请另一位系统管理员办理。")
    return person


def account_to_reset(session: Session, me: Principal, person_id: int) -> Person:
    """An account that may be given a one-time code here. Not that of another of the three admins before an authenticator is bound to
    it: whoever issues the code could redeem it and bind an own one."""
    person = account_to_manage(session, me, person_id)
    if person.totp_sealed is None and queries.is_exclusive_admin(session, person.id):
        raise Forbidden("三员绑定动态口令之前，一次性口令只能在服务器上发放：flask accounts code。")
    return person


def second_factor_to_remove(session: Session, me: Principal, person_id: int) -> Person:
    """An account whose authenticator may be removed here. Not one of the three admins': that would let one of them become another."""
    person = account_to_manage(session, me, person_id)
    if queries.is_exclusive_admin(session, person.id):
        raise Forbidden("三员的动态口令不能在这里解除，请在服务器上运行 flask accounts forget-second-factor。")
    return person


def grant_to_revoke(session: Session, me: Principal, grant_id: int) -> RoleGrant:
    """A live grant of somebody else."""
    granted = queries.find_grant(session, grant_id)
    if granted is None or granted.revoked_at is not None:
        raise NotFound()
    if granted.person_id == me.id:
        raise Forbidden("不能收回自己的角色，请另一位安全管理员办理。")
    return granted


def import_to_decide(session: Session, me: Principal, import_id: int) -> RosterImport:
    """A roster file that I read in myself."""
    roster = queries.find_import(session, import_id)
    if roster is None or roster.owner_id != me.id:
        raise NotFound()
    return roster
