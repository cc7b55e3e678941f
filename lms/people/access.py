"""What a person may reach among people and trees."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.errors import NotFound
from lms.people import queries
from lms.people.models import Branch, Person, Unit
from lms.people.principal import Principal
from lms.people.rules import ROLE_PERMISSIONS, Permission


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
    """The unit of the person's newest membership."""
    newest = queries.newest_membership(session, person.id)
    return queries.find_unit(session, newest.unit_id) if newest else None


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
