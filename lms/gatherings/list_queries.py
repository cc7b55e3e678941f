"""Lists of gatherings: what is coming for a person, what waits for a keeper, what was decided and is still open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
from lms.gatherings.kind_rules import GatheringKind, RosterRule
from lms.gatherings.models import Decision, Entry, Gathering, Invitee, Leave
from lms.gatherings.rules import DecisionState, GatheringState, LeaveState
from lms.people.access import Scope
from lms.people.models import Branch, Person, Unit


@dataclass(frozen=True)
class GatheringLine:
    """A gathering as lists show it, with its owner's name and the asker's own entry and leave."""

    gathering: Gathering
    owner_name: str
    entry: Entry | None = None
    leave: Leave | None = None


def _named() -> Select[Gathering, str]:
    return (
        select(Gathering, func.coalesce(Branch.name, Unit.name))
        .outerjoin(Branch, Branch.id == Gathering.branch_id)
        .outerjoin(Unit, Unit.id == Gathering.unit_id)
    )


def reaches(scope: Scope) -> ColumnElement[bool]:
    """SQL condition over `Branch` and `Unit` of a gathering's owner: it lies within the scope."""
    return or_(
        and_(Gathering.branch_id.is_not(None), scope.branches_filter(Branch.path)),
        and_(Gathering.unit_id.is_not(None), scope.units_filter(Unit.path)),
    )


def list_records(scope: Scope, *, kind: GatheringKind | None = None, branch_id: int | None = None) -> Select[Gathering]:
    """Everything that owners within the scope hold or held, cancelled ones too, the newest first."""
    query = (
        select(Gathering)
        .outerjoin(Branch, Branch.id == Gathering.branch_id)
        .outerjoin(Unit, Unit.id == Gathering.unit_id)
        .where(reaches(scope))
        .order_by(Gathering.starts_at.desc(), Gathering.id.desc())
    )
    if branch_id is not None:
        query = query.where(Gathering.branch_id == branch_id)
    return query if kind is None else query.where(Gathering.kind == kind)


def owner_names(session: Session, gatherings: Sequence[Gathering]) -> dict[int, str]:
    """Owner's name by gathering id, in one statement."""
    query = _named().where(Gathering.id.in_([gathering.id for gathering in gatherings]))
    return {gathering.id: name for gathering, name in session.execute(query)}


def list_open(session: Session, scope: Scope, *, now: datetime) -> list[GatheringLine]:
    """What still waits for its keeper: to come, to be rolled, or without minutes; the oldest first, at most 200."""
    waiting = (Gathering.state == GatheringState.PLANNED) | (
        (Gathering.state == GatheringState.HELD) & Gathering.minutes_at.is_(None)
    )
    query = _named().where(reaches(scope), waiting).order_by(Gathering.starts_at, Gathering.id).limit(200)
    return [GatheringLine(gathering, name) for gathering, name in session.execute(query)]


def list_mine(
    session: Session, person_id: int, *, branch_path: str, unit_path: str, first: date, last: date
) -> list[GatheringLine]:
    """What a person is meant for, was on the roll of, or was chosen for, in order of time; not what was cancelled."""
    owners = or_(
        Gathering.branch_id.in_(_nodes(branch_path)) & Gathering.roster.not_in(_CHOSEN),
        Gathering.unit_id.in_(_nodes(unit_path)) & Gathering.roster.not_in(_CHOSEN),
        Gathering.id.in_(select(Invitee.gathering_id).where(Invitee.person_id == person_id)),
        Gathering.id.in_(select(Entry.gathering_id).where(Entry.person_id == person_id)),
    )
    query = (
        _named()
        .add_columns(Entry, Leave)
        .outerjoin(Entry, (Entry.gathering_id == Gathering.id) & (Entry.person_id == person_id))
        .outerjoin(Leave, (Leave.gathering_id == Gathering.id) & (Leave.person_id == person_id))
        .where(owners, Gathering.held_on.between(first, last), Gathering.state != GatheringState.CANCELLED)
        .order_by(Gathering.starts_at, Gathering.id)
        .limit(300)
    )
    return [GatheringLine(*row) for row in session.execute(query)]


_CHOSEN = [rule for rule in RosterRule if rule.is_chosen]


def _nodes(path: str) -> list[int]:
    return [int(part) for part in path.split("/") if part]


@dataclass(frozen=True)
class DecisionLine:
    """A decision to be followed up, with its owner's name and where it was taken."""

    decision: Decision
    owner: str
    gathering: Gathering


def list_open_decisions(session: Session, *conditions: ColumnElement[bool]) -> list[DecisionLine]:
    """待落实事项 that meet the conditions (over Decision, Gathering and its owner's Branch and Unit), those due first first."""
    query = (
        select(Decision, Person.name, Gathering)
        .join(Gathering, Gathering.id == Decision.gathering_id)
        .join(Person, Person.id == Decision.owner_id)
        .outerjoin(Branch, Branch.id == Gathering.branch_id)
        .outerjoin(Unit, Unit.id == Gathering.unit_id)
        .where(Decision.state == DecisionState.OPEN, *conditions)
        .order_by(Decision.due_on, Decision.id)
        .limit(200)
    )
    return [DecisionLine(*row) for row in session.execute(query)]


def decisions_of_owner(session: Session, person_id: int) -> list[DecisionLine]:
    return list_open_decisions(session, Decision.owner_id == person_id)


def decisions_in(session: Session, scope: Scope) -> list[DecisionLine]:
    return list_open_decisions(session, reaches(scope))


def count_decisions_of(session: Session, person_id: int) -> int:
    """Open decisions that the person carries out."""
    return int(MY_DECISIONS.first(flushed(session), {"person": person_id}).open)


MY_DECISIONS = Prepared(
    select(func.count().label("open")).where(
        Decision.owner_id == bindparam("person"), Decision.state == DecisionState.OPEN
    )
)


def count_decisions_in(session: Session, scope: Scope) -> int:
    """Open decisions of gatherings of the scope."""
    query = (
        select(func.count())
        .select_from(Decision)
        .join(Gathering, Gathering.id == Decision.gathering_id)
        .outerjoin(Branch, Branch.id == Gathering.branch_id)
        .outerjoin(Unit, Unit.id == Gathering.unit_id)
        .where(Decision.state == DecisionState.OPEN, reaches(scope))
    )
    return session.scalar(query) or 0


def count_asked_leaves(session: Session, scope: Scope, *, since: date) -> int:
    """Requests nobody has decided, for gatherings of the scope from that day on."""
    query = (
        select(func.count())
        .select_from(Leave)
        .join(Gathering, Gathering.id == Leave.gathering_id)
        .outerjoin(Branch, Branch.id == Gathering.branch_id)
        .outerjoin(Unit, Unit.id == Gathering.unit_id)
        .where(Leave.state == LeaveState.ASKED, Gathering.state == GatheringState.PLANNED)
        .where(Gathering.held_on >= since, reaches(scope))
    )
    return session.scalar(query) or 0


def list_due_locks(session: Session, now: datetime, most: int) -> Sequence[int]:
    """Ids whose lock has come and was not written yet."""
    query = (
        select(Gathering.id)
        .where(Gathering.locked_at.is_(None), Gathering.locks_at <= now, Gathering.state != GatheringState.CANCELLED)
        .order_by(Gathering.locks_at, Gathering.id)
        .limit(most)
    )
    return session.scalars(query).all()


def last_of(session: Session, owner: Branch | Unit, kind: GatheringKind | None) -> Gathering | None:
    """The owner's newest gathering of the kind (or of any), cancelled ones left out: a new one's form is filled from it."""
    column = Gathering.branch_id if isinstance(owner, Branch) else Gathering.unit_id
    query = select(Gathering).where(column == owner.id, Gathering.state != GatheringState.CANCELLED)
    if kind is not None:
        query = query.where(Gathering.kind == kind)
    return session.scalar(query.order_by(Gathering.starts_at.desc(), Gathering.id.desc()).limit(1))
