"""The loaders of theme days: one's own branch, those one keeps, those the committee reads; packs for who publishes them."""

from datetime import date

from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.courses.review_rules import ResourceState
from lms.errors import Forbidden, NotFound
from lms.gatherings import access as gathering_access
from lms.gatherings.models import Gathering
from lms.people import queries as people
from lms.people.access import TOP, scope
from lms.people.models import Branch
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.themedays import rules
from lms.themedays.models import MonthPack
from lms.themedays.rules import PartKind


def branch_to_see(session: Session, person: Principal, branch_id: int) -> Branch:
    """My own branch, or one whose records I keep or read; NotFound otherwise."""
    branch = people.find_branch(session, branch_id)
    if branch is None or not (branch.id == person.branch_id or may_read(session, person, branch)):
        raise NotFound()
    return branch


def branch_to_keep(session: Session, person: Principal, branch_id: int) -> Branch:
    """One I keep. Forbidden for its members and the committee, NotFound for everybody else."""
    branch = branch_to_see(session, person, branch_id)
    if not may_keep(session, person, branch):
        raise Forbidden("主题党日由支部书记安排，你可以查看。")
    return branch


def may_keep(session: Session, person: Principal, branch: Branch) -> bool:
    return gathering_access.covers(gathering_access.hold_scope(session, person), branch)


def may_read(session: Session, person: Principal, branch: Branch) -> bool:
    return gathering_access.covers(gathering_access.read_scope(session, person), branch)


def month_asked(text: str) -> date:
    """The month of an address; NotFound for what is none."""
    month = rules.parse_month(text)
    if month is None:
        raise NotFound()
    return month


def part_asked(text: str) -> PartKind:
    if text not in {kind.value for kind in PartKind}:
        raise NotFound()
    return PartKind(text)


def gathering_of(session: Session, branch: Branch, gathering_id: int) -> Gathering:
    """One of the branch's own."""
    gathering = session.get(Gathering, gathering_id)
    if gathering is None or gathering.branch_id != branch.id:
        raise NotFound()
    return gathering


def pack_to_edit(session: Session, person: Principal, pack_id: int) -> MonthPack:
    """Any pack, for a committee at the top of the branch tree: it reaches all branches. Forbidden for a committee further down."""
    check_packs(session, person)
    pack = session.get(MonthPack, pack_id)
    if pack is None:
        raise NotFound()
    return pack


def check_packs(session: Session, person: Principal) -> None:
    """Raises Forbidden unless the person holds the top of the branch tree."""
    if not any(path.count("/") <= TOP for path in scope(session, person, Permission.PACK_MANAGE).branch_paths):
        raise Forbidden("月度方案发给所有支部，由最上级的机关党委编写发布。")


def resource_to_offer(session: Session, resource_id: int) -> Resource:
    """A published resource for everybody: a pack goes to all branches."""
    resource = session.get(Resource, resource_id)
    if resource is None or resource.state is not ResourceState.PUBLISHED or resource.audience_unit_id is not None:
        raise NotFound()
    return resource
