"""The read side of gatherings: the roster of the day, the roll, lists and what is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.gatherings import rules
from lms.gatherings.kind_rules import RosterRule
from lms.gatherings.models import (
    Change,
    Decision,
    Entry,
    Gathering,
    Invitee,
    Leave,
    Material,
    Minutes,
    Photo,
)
from lms.gatherings.rules import Count, GatheringState, LeaveState, Mark, VisitState
from lms.people import queries as people
from lms.people.models import Branch, Person, Unit
from lms.people.queries import Member
from lms.people.rules import DutyStatus, PartyStatus


@dataclass(frozen=True)
class RosterLine:
    """One person of the roster of the day with the mark so far. `leave` is the person's own request, if there is one."""

    person_id: int
    staff_no: str
    name: str
    party_status: PartyStatus
    duty_status: DutyStatus
    is_due: bool
    entry: Entry | None
    leave: Leave | None

    @property
    def mark(self) -> Mark | None:
        return self.entry.mark if self.entry else None

    @property
    def has_leave(self) -> bool:
        return self.leave is not None and self.leave.state is LeaveState.APPROVED

    @property
    def why_not_due(self) -> str:
        return "" if self.is_due else rules.not_due_words(self.party_status, self.duty_status)


@dataclass(frozen=True)
class Roll:
    """The roster of the day and who else is there: `visitors` wait or are confirmed, `others` were marked and belong elsewhere now."""

    lines: list[RosterLine]
    visitors: list[RosterLine]

    @property
    def due(self) -> list[RosterLine]:
        return [line for line in self.lines if line.is_due]

    @property
    def not_due(self) -> list[RosterLine]:
        return [line for line in self.lines if not line.is_due]

    @property
    def waiting(self) -> list[RosterLine]:
        """Visitors to be confirmed."""
        return [line for line in self.visitors if line.entry and line.entry.visit is VisitState.ASKED]

    @property
    def count(self) -> Count:
        """As the roll stands; approved leave counts before it is written down."""
        marks = [(line.is_due, line.mark or (Mark.LEAVE if line.has_leave else None)) for line in self.lines]
        return rules.count(marks + [(False, line.mark) for line in self.visitors if is_there(line.entry)])


def is_there(entry: Entry | None) -> bool:
    """Present, and no visitor whom the keeper has not confirmed."""
    return entry is not None and entry.mark is Mark.PRESENT and entry.visit in (None, VisitState.CONFIRMED)


def find_gathering(session: Session, gathering_id: int) -> Gathering | None:
    return session.get(Gathering, gathering_id)


def owner_of(session: Session, gathering: Gathering) -> Branch | Unit:
    """What holds it."""
    if gathering.branch_id is not None:
        return session.get_one(Branch, gathering.branch_id)
    return session.get_one(Unit, gathering.unit_id)


def members_on(session: Session, gathering: Gathering, on: date, *, only: Sequence[int] | None = None) -> list[Member]:
    """Who belongs to the gathering on a day: the owner's people, or those of them (or of everybody) who were chosen; of them `only`."""
    wanted = only
    if gathering.roster.is_chosen:
        chosen = list_invitees(session, gathering.id)
        wanted = chosen if only is None else [person_id for person_id in only if person_id in chosen]
    if gathering.roster is RosterRule.CHOSEN:
        return people.roster(session, on, person_ids=wanted)
    owner = owner_of(session, gathering)
    if isinstance(owner, Branch):
        return people.roster(session, on, branch_path=owner.path, person_ids=wanted)
    return people.roster(session, on, unit_path=owner.path, person_ids=wanted)


def roll_of(session: Session, gathering: Gathering) -> Roll:
    """While the roll is open, the memberships of the day with the marks so far; afterwards what was written down."""
    entries = {entry.person_id: entry for entry in list_entries(session, gathering.id)}
    leaves = {leave.person_id: leave for leave in list_leaves(session, gathering.id)}
    if gathering.state is GatheringState.HELD:
        return _closed_roll(session, entries, leaves)
    lines = []
    for member in members_on(session, gathering, gathering.held_on):
        entry, leave = entries.pop(member.person_id, None), leaves.get(member.person_id)
        lines.append(_line(gathering, member, entry, leave))
    return Roll(lines, _lines_of(session, list(entries.values()), {}))


def line_of(session: Session, gathering: Gathering, person_id: int) -> RosterLine | None:
    """One person's line of `roll_of`, without reading the others; None for who does not belong to the gathering."""
    entry = find_entry(session, gathering.id, person_id)
    if gathering.state is GatheringState.HELD:
        return _lines_of(session, [entry], {})[0] if entry is not None and entry.visit is None else None
    found = members_on(session, gathering, gathering.held_on, only=[person_id])
    return _line(gathering, found[0], entry, find_leave(session, gathering.id, person_id)) if found else None


def _line(gathering: Gathering, member: Member, entry: Entry | None, leave: Leave | None) -> RosterLine:
    due = rules.is_due(gathering.roster, member.party_status, member.duty_status, is_chosen=True)
    return RosterLine(
        member.person_id, member.staff_no, member.name, member.party_status, member.duty_status, due, entry, leave
    )


def _closed_roll(session: Session, entries: dict[int, Entry], leaves: dict[int, Leave]) -> Roll:
    lines = _lines_of(session, list(entries.values()), leaves)
    inside = [line for line in lines if line.entry and line.entry.visit is None]
    return Roll(inside, [line for line in lines if line.entry and line.entry.visit is not None])


def _lines_of(session: Session, entries: Sequence[Entry], leaves: dict[int, Leave]) -> list[RosterLine]:
    """Lines by staff number from what the entries say themselves."""
    persons = {p.id: p for p in session.scalars(select(Person).where(Person.id.in_([e.person_id for e in entries])))}
    lines = [
        RosterLine(
            entry.person_id, persons[entry.person_id].staff_no, persons[entry.person_id].name,
            entry.party_status or PartyStatus.NONE, entry.duty_status or DutyStatus.ON_DUTY, entry.is_due, entry,
            leaves.get(entry.person_id),
        )
        for entry in entries
    ]  # fmt: skip
    return sorted(lines, key=lambda line: line.staff_no)


def list_entries(session: Session, gathering_id: int) -> Sequence[Entry]:
    return session.scalars(select(Entry).where(Entry.gathering_id == gathering_id).order_by(Entry.id)).all()


def find_entry(session: Session, gathering_id: int, person_id: int) -> Entry | None:
    return session.scalar(select(Entry).where(Entry.gathering_id == gathering_id, Entry.person_id == person_id))


def list_invitees(session: Session, gathering_id: int) -> list[int]:
    query = select(Invitee.person_id).where(Invitee.gathering_id == gathering_id)
    return list(session.scalars(query.order_by(Invitee.person_id)))


def is_on_roster(session: Session, gathering: Gathering, person_id: int) -> bool:
    """Whether the person belongs to the gathering by the memberships of its day."""
    return bool(members_on(session, gathering, gathering.held_on, only=[person_id]))


# Leave


def list_leaves(session: Session, gathering_id: int) -> Sequence[Leave]:
    return session.scalars(select(Leave).where(Leave.gathering_id == gathering_id).order_by(Leave.id)).all()


def list_asked(session: Session, gathering_id: int) -> list[tuple[Leave, str]]:
    """Requests that wait, with names, in the order of asking."""
    query = (
        select(Leave, Person.name)
        .join(Person, Person.id == Leave.person_id)
        .where(Leave.gathering_id == gathering_id, Leave.state == LeaveState.ASKED)
        .order_by(Leave.asked_at)
    )
    return [(leave, name) for leave, name in session.execute(query)]


def find_leave(session: Session, gathering_id: int, person_id: int) -> Leave | None:
    return session.scalar(select(Leave).where(Leave.gathering_id == gathering_id, Leave.person_id == person_id))


# What belongs to a gathering


def find_minutes(session: Session, gathering_id: int) -> Minutes | None:
    return session.get(Minutes, gathering_id)


def list_decisions(session: Session, gathering_id: int) -> Sequence[Decision]:
    query = select(Decision).where(Decision.gathering_id == gathering_id)
    return session.scalars(query.order_by(Decision.due_on, Decision.id)).all()


def list_materials(session: Session, gathering_id: int) -> Sequence[Material]:
    return session.scalars(select(Material).where(Material.gathering_id == gathering_id).order_by(Material.id)).all()


def list_photos(session: Session, gathering_id: int) -> Sequence[Photo]:
    return session.scalars(select(Photo).where(Photo.gathering_id == gathering_id).order_by(Photo.place)).all()


@dataclass(frozen=True)
class ChangeLine:
    change: Change
    by: str


def list_changes(session: Session, gathering_id: int) -> list[ChangeLine]:
    """The history, newest first; `by` is "系统" for the scheduler."""
    query = (
        select(Change, Person.name)
        .outerjoin(Person, Person.id == Change.by_id)
        .where(Change.gathering_id == gathering_id)
        .order_by(Change.id.desc())
        .limit(100)
    )
    return [ChangeLine(change, name or "系统") for change, name in session.execute(query)]
