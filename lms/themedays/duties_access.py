"""Who sees and keeps a branch's duties, its handbook and the desk."""

from sqlalchemy.orm import Session

from lms.errors import Forbidden
from lms.people import access as people
from lms.people.access import Scope
from lms.people.models import Branch
from lms.people.principal import Principal
from lms.people.rules import Permission


def branch_to_visit(session: Session, person: Principal, branch_id: int) -> Branch:
    """My own branch, or one I keep or oversee; NotFound otherwise."""
    return people.branch_to_visit(session, person, branch_id)


def branch_to_read(session: Session, person: Principal, branch_id: int) -> Branch:
    """A branch whose whole record I may take away: as its secretary or the committee above; NotFound otherwise."""
    return people.branch_to_see(session, person, branch_id, Permission.BRANCH_READ)


def may_organise(session: Session, person: Principal, branch: Branch) -> bool:
    """Whether the person says how the branch is organised: its secretary, or the committee above it."""
    holds = people.scope(session, person, Permission.GATHERING_HOLD).covers_branch(branch.path)
    return holds or people.scope(session, person, Permission.BRANCH_MANAGE).covers_branch(branch.path)


def branch_to_organise(session: Session, person: Principal, branch_id: int) -> Branch:
    branch = branch_to_read(session, person, branch_id)
    if not may_organise(session, person, branch):
        raise Forbidden("支委会和党小组由支部书记或机关党委填写。")
    return branch


def desk_scope(session: Session, person: Principal) -> Scope:
    """The branches whose lines the desk shows: a secretary's own, the committee's all."""
    return people.scope(session, person, Permission.BRANCH_READ)
