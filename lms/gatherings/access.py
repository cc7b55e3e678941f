"""The loaders of gatherings: what is there for whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lms.errors import Forbidden, NotFound
from lms.gatherings import queries, questionnaires
from lms.gatherings.clash_queries import Clash
from lms.gatherings.kind_rules import Owner
from lms.gatherings.models import Decision, Entry, Gathering, Leave, Material, Photo
from lms.gatherings.rules import DecisionState
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.access import Scope
from lms.people.models import Branch, Unit
from lms.people.principal import Principal
from lms.people.rules import Permission

HOLD, READ = Permission.GATHERING_HOLD, Permission.GATHERING_READ


def hold_scope(session: Session, person: Principal) -> Scope:
    """Where the person plans gatherings, takes rolls and writes minutes."""
    return people.scope(session, person, HOLD)


def read_scope(session: Session, person: Principal) -> Scope:
    """Where the person reads all records: as keeper, or as the committee above the branches."""
    return people.scope(session, person, READ)


def covers(scope: Scope, owner: Branch | Unit) -> bool:
    return scope.covers_branch(owner.path) if isinstance(owner, Branch) else scope.covers_unit(owner.path)


def gathering_to_see(session: Session, person: Principal, gathering_id: int) -> Gathering:
    """One of my branch's or unit's, or of those above; one I was chosen for or am on the roll of; or one in my scope."""
    gathering = _found(session, gathering_id)
    if not (is_meant(session, person, gathering) or may_read(session, person, gathering)):
        raise NotFound()
    return gathering


def is_meant(session: Session, person: Principal, gathering: Gathering) -> bool:
    """Whether the person belongs to it today, was chosen, or stands on its roll (as no mere visitor)."""
    entry = queries.find_entry(session, gathering.id, person.id)
    if entry is not None and entry.visit is None:
        return True
    if gathering.roster.is_chosen:
        return person.id in queries.list_invitees(session, gathering.id)
    owner = queries.owner_of(session, gathering)
    mine = person.branch_path if isinstance(owner, Branch) else person.unit_path
    return mine.startswith(owner.path) or queries.is_on_roster(session, gathering, person.id)


def gathering_to_rate(session: Session, person: Principal, gathering_id: int) -> Gathering:
    """One whose questionnaire the person may answer, a confirmed visitor included. Forbidden for who was not there but may see it."""
    gathering = _found(session, gathering_id)
    if questionnaires.may_reply(session, gathering, person.id):
        return gathering
    gathering_to_see(session, person, gathering_id)
    raise Forbidden("点名结束后，到会的人可以评价。")


def may_read(session: Session, person: Principal, gathering: Gathering) -> bool:
    return covers(read_scope(session, person), queries.owner_of(session, gathering))


def may_hold(session: Session, person: Principal, gathering: Gathering) -> bool:
    return covers(hold_scope(session, person), queries.owner_of(session, gathering))


@dataclass(frozen=True)
class ClashLine:
    """A clash as its planner may see it: what lies outside their reading has neither title nor owner, its time only."""

    clash: Clash
    title: str
    owner: str


def clashes_to_see(session: Session, person: Principal, clashes: Sequence[Clash]) -> list[ClashLine]:
    """The clashes with what the person may read of them."""
    reach, lines = read_scope(session, person), []
    for clash in clashes:
        owner = queries.owner_of(session, clash.gathering)
        is_read = covers(reach, owner)
        lines.append(ClashLine(clash, clash.gathering.title if is_read else "", owner.name if is_read else ""))
    return lines


def gathering_to_read(session: Session, person: Principal, gathering_id: int) -> Gathering:
    """One whose whole record is in my scope; NotFound elsewhere."""
    gathering = _found(session, gathering_id)
    if not may_read(session, person, gathering):
        raise NotFound()
    return gathering


def gathering_to_hold(session: Session, person: Principal, gathering_id: int) -> Gathering:
    """One I keep. Forbidden for who only reads it, NotFound for everybody else."""
    gathering = gathering_to_read(session, person, gathering_id)
    if not may_hold(session, person, gathering):
        raise Forbidden("记录由支部书记填写和修改，你可以查看。")
    return gathering


def _found(session: Session, gathering_id: int) -> Gathering:
    gathering = queries.find_gathering(session, gathering_id)
    if gathering is None:
        raise NotFound()
    return gathering


def owners_to_hold_for(session: Session, person: Principal) -> list[Branch | Unit]:
    """The branches and units of my scope that hold any kind; my own first, then in reading order."""
    reach = hold_scope(session, person)
    branches = [b for b in people_queries.list_branches(session) if reach.covers_branch(b.path)]
    units = [u for u in people_queries.list_units(session) if reach.covers_unit(u.path)]
    own = (person.branch_id, person.unit_id)
    owners: list[Branch | Unit] = [*branches, *units]
    return sorted(owners, key=lambda node: node.id != own[isinstance(node, Unit)])


def owner_to_hold_for(session: Session, person: Principal, kind: Owner, owner_id: int) -> Branch | Unit:
    owner: Branch | Unit | None = session.get(Branch, owner_id) if kind is Owner.BRANCH else session.get(Unit, owner_id)
    if owner is None or not covers(hold_scope(session, person), owner):
        raise NotFound()
    return owner


def leave_to_decide(session: Session, gathering: Gathering, leave_id: int) -> Leave:
    leave = session.get(Leave, leave_id)
    if leave is None or leave.gathering_id != gathering.id:
        raise NotFound()
    return leave


def own_leave(session: Session, person: Principal, gathering: Gathering) -> Leave:
    leave = queries.find_leave(session, gathering.id, person.id)
    if leave is None:
        raise NotFound()
    return leave


def visit_to_decide(session: Session, gathering: Gathering, entry_id: int) -> Entry:
    entry = session.get(Entry, entry_id)
    if entry is None or entry.gathering_id != gathering.id or entry.visit is None:
        raise NotFound()
    return entry


def decision_to_settle(session: Session, person: Principal, decision_id: int) -> tuple[Gathering, Decision]:
    """One I carry out, or of a gathering I keep; NotFound otherwise."""
    decision = session.get(Decision, decision_id)
    if decision is None or decision.state is not DecisionState.OPEN:
        raise NotFound()
    gathering = _found(session, decision.gathering_id)
    if decision.owner_id != person.id and not may_hold(session, person, gathering):
        raise NotFound()
    return gathering, decision


def material_of(session: Session, gathering: Gathering, material_id: int) -> Material:
    material = session.get(Material, material_id)
    if material is None or material.gathering_id != gathering.id:
        raise NotFound()
    return material


def photo_of(session: Session, gathering: Gathering, photo_id: int) -> Photo:
    photo = session.get(Photo, photo_id)
    if photo is None or photo.gathering_id != gathering.id:
        raise NotFound()
    return photo
