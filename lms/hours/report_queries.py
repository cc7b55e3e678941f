"""Hours of units: by bucket and month, and who met the requirement, all by the roster of one day. The page and the file read the same rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import String, exists, func, select, type_coerce
from sqlalchemy.orm import Session

from lms.hours import requirement_rules, rule_queries
from lms.hours.models import HourEntry, HourExemption, HourSum
from lms.hours.policy_rules import ExemptionState
from lms.hours.queries import MEMBERS
from lms.hours.requirement_rules import Exemption, Requirement, Standing
from lms.hours.rules import Bucket
from lms.people.access import Scope
from lms.people.models import Membership, Person, RoleGrant, Unit
from lms.people.rules import DutyStatus, RankBand, Role

Sums = dict[Bucket, int]
BY_VALUE = {bucket.value: bucket for bucket in Bucket}


NOTHING: Sums = dict.fromkeys(Bucket, 0)


def nothing() -> Sums:
    return NOTHING.copy()


@dataclass(frozen=True)
class PersonRow:
    """One person of the roster: what was earned by bucket, and which duties are short, in quarters."""

    person_id: int
    staff_no: str
    name: str
    unit_id: int
    sums: Sums
    elective: int
    """What of all of them is 选修."""
    gaps: dict[str, int]

    @property
    def has_met(self) -> bool:
        return not self.gaps


@dataclass
class UnitRow:
    """A unit's own people, without those of the units below it."""

    unit_id: int
    name: str
    people: int = 0
    met: int = 0
    sums: Sums = field(default_factory=nothing)
    elective: int = 0

    def add(self, person: PersonRow) -> None:
        self.people += 1
        self.met += person.has_met
        self._count(person.sums, person.elective)

    def take_in(self, unit: "UnitRow") -> None:
        """This row is of that unit too."""
        self.people += unit.people
        self.met += unit.met
        self._count(unit.sums, unit.elective)

    def _count(self, sums: Sums, elective: int) -> None:
        self.elective += elective
        for bucket, quarters in sums.items():
            self.sums[bucket] += quarters

    @property
    def total(self) -> int:
        return sum(self.sums.values())


@dataclass(frozen=True)
class Report:
    """A year in a scope as of a day: units in reading order, all of them together, months, and the persons behind."""

    year: int
    on: date
    units: list[UnitRow]
    whole: UnitRow
    months: list[Sums]
    electives: Sums
    """What of the whole is 选修, by bucket."""
    persons: list[PersonRow]


def report(
    session: Session, reach: Scope, year: int, *, today: date, unit_path: str = "", is_exact: bool = True
) -> Report:
    """Everybody on duty by the roster of today, or of the year's last day. A transferred person's whole year is counted where they are
    then. Not `is_exact`: who met what is exact, but a gap in 继续教育 may be larger than it says; that spares the dearest query."""
    on = min(today, date(year, 12, 31))
    people = [row for row in _roster(session, reach, on, unit_path)]
    inside = _members(reach, on, unit_path).with_only_columns(Membership.person_id)
    sums = _sums(session, year, inside)
    relief = _exemptions(session, year)
    asked = rule_queries.asked_on(session, on).figures
    technical = [row.id for row in people if row.rank_band is RankBand.TECHNICAL]
    every = {id: sum(sums[id][0].values()) for id in technical if id in sums}
    target = asked.technical_total * 4
    doubtful = [
        id for id in every if id in relief or (max(sums[id][0].values()) < target and (is_exact or target <= every[id]))
    ]
    every |= _events(session, year, doubtful)
    known: dict[Any, tuple[Requirement, ...]] = {}
    persons = []
    units: dict[int, UnitRow] = {}
    whole = UnitRow(0, "合计")
    for row in people:
        standing = (row.rank_band, row.party_status in MEMBERS, bool(row.is_committee))
        if standing not in known:
            known[standing] = requirement_rules.requirements(
                Standing(standing[0]), is_member=standing[1], is_committee=standing[2], asked=asked
            )
        mine, elective = sums.get(row.id) or (nothing(), 0)
        gaps = _gaps(known[standing], relief.get(row.id, ()), year, mine, every.get(row.id, 0))
        person = PersonRow(row.id, row.staff_no, row.name, row.unit_id, mine, elective, gaps)
        persons.append(person)
        if row.unit_id not in units:
            units[row.unit_id] = UnitRow(row.unit_id, row.unit_name)
        units[row.unit_id].add(person)
    for unit in units.values():
        whole.take_in(unit)
    months, electives = _months(session, year, inside)
    return Report(year, on, list(units.values()), whole, months, electives, persons)


def _gaps(
    asked: Iterable[Requirement], relief: Iterable[Exemption], year: int, mine: Mapping[Bucket, int], every: int
) -> dict[str, int]:
    """What of each duty is missing, in quarters, by its name."""
    gaps = {}
    for each in asked:
        if not each.is_duty:
            continue
        target = requirement_rules.relieved(each, year, relief).target if relief else each.target
        missing = target - (mine[each.bucket] if each.bucket else every)
        if missing > 0:
            gaps[each.bucket.label if each.bucket else "继续教育"] = missing
    return gaps


def _members(reach: Scope, on: date, unit_path: str) -> Any:
    query = (
        select(Membership)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.from_on <= on, Membership.until_on.is_(None) | (Membership.until_on > on))
        .where(Membership.duty_status.in_([DutyStatus.ON_DUTY, DutyStatus.SECONDED]))
        .where(reach.units_filter(Unit.path))
    )
    return query.where(Unit.path.startswith(unit_path, autoescape=True)) if unit_path else query


def _roster(session: Session, reach: Scope, on: date, unit_path: str) -> Any:
    is_committee = (
        exists()
        .where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.SECRETARY, RoleGrant.revoked_at.is_(None))
        .label("is_committee")
    )
    query = (
        _members(reach, on, unit_path)
        .join(Person, Person.id == Membership.person_id)
        .with_only_columns(
            Person.id, Person.staff_no, Person.name, Person.rank_band, Membership.party_status, Unit.id.label("unit_id"),
            Unit.name.label("unit_name"), is_committee,
        )
        .order_by(Unit.sort, Unit.path, Person.staff_no)
    )  # fmt: skip
    return session.execute(query).all()


def _sums(session: Session, year: int, inside: Any) -> dict[int, tuple[Sums, int]]:
    """By person: quarters by bucket, and what of all of them is 选修."""
    name = type_coerce(HourSum.bucket, String)  # of thousands of rows the conversion would cost more than reading them
    query = select(HourSum.person_id, name, HourSum.is_elective, func.sum(HourSum.quarters))
    query = query.where(HourSum.year == year, HourSum.person_id.in_(inside))
    found: dict[int, Sums] = {}
    electives: dict[int, int] = {}
    by = (HourSum.person_id, HourSum.bucket, HourSum.is_elective)
    for person_id, bucket, is_elective, quarters in session.execute(query.group_by(*by)):
        mine = found.get(person_id)
        if mine is None:
            mine = found[person_id] = nothing()
        mine[BY_VALUE[bucket]] += int(quarters)
        if is_elective:
            electives[person_id] = electives.get(person_id, 0) + int(quarters)
    return {person_id: (mine, electives.get(person_id, 0)) for person_id, mine in found.items()}


def _events(session: Session, year: int, ids: list[int]) -> dict[int, int]:
    """Quarters with every event counted once, of these persons (继续教育 counts so)."""
    found: dict[int, int] = {}
    for start in range(0, len(ids), 500):
        by_bucket = (
            select(HourEntry.person_id, HourEntry.source_kind, HourEntry.source_id, func.sum(HourEntry.quarters).label("q"))
            .where(HourEntry.year == year, HourEntry.person_id.in_(ids[start : start + 500]))
            .group_by(HourEntry.person_id, HourEntry.source_kind, HourEntry.source_id, HourEntry.bucket)
            .subquery()
        )  # fmt: skip
        by_event = (
            select(by_bucket.c.person_id, func.max(by_bucket.c.q).label("q"))
            .group_by(by_bucket.c.person_id, by_bucket.c.source_kind, by_bucket.c.source_id)
            .subquery()
        )
        rows = session.execute(select(by_event.c.person_id, func.sum(by_event.c.q)).group_by(by_event.c.person_id))
        found |= {person_id: int(quarters) for person_id, quarters in rows}
    return found


def _exemptions(session: Session, year: int) -> dict[int, list[Exemption]]:
    rows = session.scalars(
        select(HourExemption)
        .where(HourExemption.state == ExemptionState.APPROVED)
        .where(HourExemption.from_on <= date(year, 12, 31), HourExemption.until_on >= date(year, 1, 1))
    )
    found: dict[int, list[Exemption]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(Exemption(row.from_on, row.until_on, row.percent, row.bucket))
    return found


def _months(session: Session, year: int, inside: Any) -> tuple[list[Sums], Sums]:
    """Quarters by bucket for each of the twelve months, and what of the year is 选修."""
    by = (HourSum.month, HourSum.bucket, HourSum.is_elective)
    query = select(*by, func.sum(HourSum.quarters)).where(HourSum.year == year, HourSum.person_id.in_(inside))
    months, electives = [nothing() for _ in range(12)], nothing()
    for month, bucket, is_elective, quarters in session.execute(query.group_by(*by)):
        months[month - 1][bucket] += int(quarters)
        electives[bucket] += int(quarters) if is_elective else 0
    return months, electives


def first_year(session: Session) -> int | None:
    """The first year with any entry."""
    return session.scalar(select(func.min(HourSum.year)))
