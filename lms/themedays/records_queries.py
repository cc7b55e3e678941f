"""The whole records of many gatherings in a few statements: what a handbook and the outside platform's table are made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from lms.gatherings.models import Decision, Entry, Gathering, Material, Minutes, Photo
from lms.gatherings.rules import Count, GatheringState, Mark, VisitState, count
from lms.people import queries as people
from lms.people.models import Branch, Person
from lms.themedays.models import MakeUp, Part
from lms.themedays.rules import PartKind

AT_ONCE = 400
"""Ids in one statement, below every database's limit."""

T = TypeVar("T")
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Attendance:
    """One person's line of a closed roll."""

    name: str
    entry: Entry

    @property
    def is_visitor(self) -> bool:
        return self.entry.visit is VisitState.CONFIRMED


@dataclass(frozen=True)
class MadeUp:
    """补学 of one member: which part, and the player's evidence once it was closed."""

    name: str
    part: PartKind
    row: MakeUp


@dataclass
class Record:
    """One gathering with everything that was written of it. Lists are in the order of the record."""

    gathering: Gathering
    branch: str
    names: dict[int, str] = field(default_factory=dict)
    attendance: list[Attendance] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
    photos: list[int] = field(default_factory=list)
    parts: list[PartKind] = field(default_factory=list)
    make_ups: list[MadeUp] = field(default_factory=list)

    def name_of(self, person_id: int | None) -> str:
        return self.names.get(person_id, "") if person_id is not None else ""

    def who(self, mark: Mark) -> list[Attendance]:
        """The due with that mark."""
        return [each for each in self.attendance if each.entry.is_due and each.entry.mark is mark]

    @property
    def away(self) -> set[int]:
        """Ids of the due who were not there; whom a correction found present has nothing to make up."""
        return {each.entry.person_id for mark in (Mark.LEAVE, Mark.ABSENT) for each in self.who(mark)}

    @property
    def visitors(self) -> list[Attendance]:
        return [each for each in self.attendance if each.is_visitor]

    @property
    def count(self) -> Count:
        """From the lines of the closed roll."""
        lines = [each for each in self.attendance if each.entry.visit in (None, VisitState.CONFIRMED)]
        return count((each.entry.is_due, each.entry.mark) for each in lines if each.entry.mark is not Mark.NOT_DUE)


def list_records(session: Session, which: ColumnElement[bool], first: date, last: date) -> list[Record]:
    """What branches (`which`: a condition over Branch) held between the days, by branch and time; only closed rolls."""
    query = (
        select(Gathering, Branch.name)
        .join(Branch, Branch.id == Gathering.branch_id)
        .where(which, Gathering.held_on.between(first, last), Gathering.state == GatheringState.HELD)
        .order_by(Branch.sort, Branch.id, Gathering.starts_at, Gathering.id)
    )
    records = {gathering.id: Record(gathering, branch) for gathering, branch in session.execute(query)}
    for ids in chunks(list(records)):
        _fill(session, {number: records[number] for number in ids})
    return list(records.values())


def chunks(ids: Sequence[T]) -> Iterable[Sequence[T]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _fill(session: Session, records: dict[int, Record]) -> None:
    ids = list(records)
    entries = select(Entry, Person.name).join(Person, Person.id == Entry.person_id)
    for entry, name in session.execute(_of(entries, Entry.gathering_id, ids).order_by(Person.staff_no)):
        records[entry.gathering_id].attendance.append(Attendance(name, entry))
    for minutes in session.scalars(_of(select(Minutes), Minutes.gathering_id, ids)):
        records[minutes.gathering_id].texts = dict(minutes.texts)
    for decision in session.scalars(
        _of(select(Decision), Decision.gathering_id, ids).order_by(Decision.due_on, Decision.id)
    ):
        records[decision.gathering_id].decisions.append(decision)
    for material in session.scalars(_of(select(Material), Material.gathering_id, ids).order_by(Material.id)):
        records[material.gathering_id].materials.append(material.title)
    for photo in session.scalars(_of(select(Photo), Photo.gathering_id, ids).order_by(Photo.place)):
        records[photo.gathering_id].photos.append(photo.media_id)
    for part in session.scalars(_of(select(Part), Part.gathering_id, ids).order_by(Part.id)):
        records[part.gathering_id or 0].parts.append(part.kind)
    away = {number: record.away for number, record in records.items()}
    made_up = select(MakeUp, Part.kind, Person.name).join(Part, Part.id == MakeUp.part_id)
    made_up = made_up.join(Person, Person.id == MakeUp.person_id).order_by(Person.staff_no, MakeUp.id)
    for row, kind, name in session.execute(_of(made_up, MakeUp.gathering_id, ids)):
        if row.person_id in away[row.gathering_id]:
            records[row.gathering_id].make_ups.append(MadeUp(name, kind, row))
    names = _names(session, records.values())
    for record in records.values():
        record.names = names


def _of(query: Query, column: Any, ids: Sequence[int]) -> Query:
    return query.where(column.in_(ids))


def _names(session: Session, records: Iterable[Record]) -> dict[int, str]:
    """Names of hosts, recorders and whoever carries out a decision."""
    wanted: set[int] = set()
    for record in records:
        ids = [record.gathering.host_id, record.gathering.recorder_id, *(each.owner_id for each in record.decisions)]
        wanted |= {person_id for person_id in ids if person_id is not None}
    names: dict[int, str] = {}
    for part in chunks(sorted(wanted)):
        names |= people.names_of(session, part)
    return names
