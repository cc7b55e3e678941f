"""Reading the ledger: totals of a year, its lines, and what is asked of a person."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
from lms.hours import requirement_rules, rule_queries
from lms.hours.models import HourEntry, HourExemption, HourSum, UncreditedNote
from lms.hours.policy_rules import ExemptionState
from lms.hours.requirement_rules import Asked, Exemption, Requirement, Standing
from lms.hours.rules import Bucket, Policy
from lms.people.access import Scope, persons_in
from lms.people.models import Membership, Person, RoleGrant
from lms.people.rules import PartyStatus, RankBand, Role

MEMBERS = (PartyStatus.FULL, PartyStatus.PROBATIONARY)


@dataclass(frozen=True)
class Standard:
    """One requirement of a year with what was earned towards it, in quarters."""

    requirement: Requirement
    earned: int
    pace: int
    """Where one would be today by even steps."""

    @property
    def label(self) -> str:
        return self.requirement.bucket.label if self.requirement.bucket else "继续教育"

    @property
    def target(self) -> int:
        return self.requirement.target

    @property
    def gap(self) -> int:
        return max(0, self.target - self.earned)


def totals(session: Session, person_id: int, year: int) -> dict[Bucket, int]:
    """Quarters by bucket, all revisions summed; every bucket is named."""
    found = TOTALS.rows(flushed(session), {"person": person_id, "year": year})
    return dict.fromkeys(Bucket, 0) | {row.bucket: int(row.quarters) for row in found}


TOTALS = Prepared(
    select(HourSum.bucket, func.sum(HourSum.quarters).label("quarters"))
    .where(HourSum.person_id == bindparam("person"), HourSum.year == bindparam("year"))
    .group_by(HourSum.bucket)
)


def total_of_events(session: Session, person_id: int, year: int) -> int:
    """Quarters with every event counted once, by the bucket that got most of it."""
    found = EVENTS.first(flushed(session), {"person": person_id, "year": year})
    return int(found.quarters or 0)


def _events() -> Select[int]:
    by_bucket = (
        select(func.sum(HourEntry.quarters).label("quarters"), HourEntry.source_kind, HourEntry.source_id)
        .where(HourEntry.person_id == bindparam("person"), HourEntry.year == bindparam("year"))
        .group_by(HourEntry.source_kind, HourEntry.source_id, HourEntry.bucket)
        .subquery()
    )
    by_event = (
        select(func.max(by_bucket.c.quarters).label("quarters"))
        .group_by(by_bucket.c.source_kind, by_bucket.c.source_id)
        .subquery()
    )
    return select(func.sum(by_event.c.quarters).label("quarters"))


EVENTS = Prepared(_events())


def policy_on(session: Session, on: date) -> Policy:
    """The conversion that holds for what is earned on that day."""
    return rule_queries.policy_on(session, on).figures


def requirements_of(session: Session, person_id: int, year: int, *, today: date) -> list[Standard]:
    """What the year asks of the person by rank, Party standing, office and exemptions, as of today or of that year's last day."""
    on = min(today, date(year, 12, 31))
    standing = STANDING.first(flushed(session), {"person": person_id, "on": on})
    asked = requirement_rules.requirements(
        Standing(standing.rank_band),
        is_member=standing.party_status in MEMBERS,
        is_committee=bool(standing.is_committee),
        asked=rule_queries.asked_on(session, on).figures,
    )
    exemptions = exemptions_of(session, person_id, year)
    relieved = [requirement_rules.relieved(each, year, exemptions) for each in asked]
    earned = totals(session, person_id, year)
    every = total_of_events(session, person_id, year) if any(each.bucket is None for each in asked) else 0
    return [
        Standard(each, earned[each.bucket] if each.bucket else every, requirement_rules.pace(each.target, on, year))
        for each in relieved
    ]


def exemptions_of(session: Session, person_id: int, year: int) -> list[Exemption]:
    """Approved exemptions that touch the year."""
    rows = list_exemptions_of(session, person_id, year)
    return [Exemption(row.from_on, row.until_on, row.percent, row.bucket) for row in rows]


EXEMPTIONS = Prepared(
    select(
        HourExemption.from_on, HourExemption.until_on, HourExemption.percent, HourExemption.bucket, HourExemption.reason
    )
    .where(HourExemption.person_id == bindparam("person"), HourExemption.state == ExemptionState.APPROVED)
    .where(HourExemption.from_on <= bindparam("last"), HourExemption.until_on >= bindparam("first"))
    .order_by(HourExemption.from_on)
)


def totals_of_source(session: Session, person_id: int, year: int, source_kind: str) -> dict[Bucket, int]:
    """Quarters by bucket that one kind of source gave in a year."""
    rows = session.execute(
        select(HourEntry.bucket, func.sum(HourEntry.quarters))
        .where(HourEntry.person_id == person_id, HourEntry.year == year, HourEntry.source_kind == source_kind)
        .group_by(HourEntry.bucket)
    )
    return {bucket: int(quarters) for bucket, quarters in rows}


STANDING = Prepared(
    select(
        Person.rank_band,
        Membership.party_status,
        exists()
        .where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.SECRETARY, RoleGrant.revoked_at.is_(None))
        .label("is_committee"),
    )
    .outerjoin(
        Membership,
        (Membership.person_id == Person.id)
        & (Membership.from_on <= bindparam("on"))
        & or_(Membership.until_on.is_(None), Membership.until_on > bindparam("on")),
    )
    .where(Person.id == bindparam("person"))
    .order_by(Membership.from_on.desc())
    .limit(1)
)


@dataclass(frozen=True)
class FiveYears:
    """What five years together ask, and what was earned in them so far, in quarters."""

    asked: Asked
    earned: int

    @property
    def target(self) -> int:
        return self.asked.five_years_total * 4


def five_years(session: Session, person_id: int, today: date) -> FiveYears | None:
    """Offline training in the five years that ask it of 县处级 and above together; None for everybody else."""
    standing = STANDING.first(flushed(session), {"person": person_id, "on": today})
    if standing.rank_band is not RankBand.COUNTY:
        return None
    asked = rule_queries.asked_on(session, today).figures
    query = select(func.coalesce(func.sum(HourSum.quarters), 0)).where(
        HourSum.person_id == person_id,
        HourSum.bucket == Bucket.OFFLINE,
        HourSum.year.between(asked.five_years_from, asked.five_years_until),
    )
    return FiveYears(asked, int(session.scalar(query) or 0))


def list_entries(session: Session, person_id: int, year: int) -> list[HourEntry]:
    """The lines of a year, newest first."""
    query = select(HourEntry).where(HourEntry.person_id == person_id, HourEntry.year == year)
    return list(session.scalars(query.order_by(HourEntry.on.desc(), HourEntry.id.desc())))


def list_lines(session: Session, person_id: int, year: int, months: tuple[int, int] = (1, 12)) -> list[Any]:
    """The columns of the lines from the first to the last of these months of a year, newest first: for pages, which only read."""
    first, last = months
    until = date(year, last + 1, 1) if last < 12 else date(year + 1, 1, 1)
    return LINES.rows(
        flushed(session), {"person": person_id, "year": year, "first": date(year, first, 1), "until": until}
    )


LINES = Prepared(
    select(
        HourEntry.id, HourEntry.on, HourEntry.bucket, HourEntry.quarters, HourEntry.title, HourEntry.source_kind,
        HourEntry.revision, HourEntry.rule_version, HourEntry.evidence,
    )
    .where(HourEntry.person_id == bindparam("person"), HourEntry.year == bindparam("year"))
    .where(HourEntry.on >= bindparam("first"), HourEntry.on < bindparam("until"))
    .order_by(HourEntry.on.desc(), HourEntry.id.desc())
)  # fmt: skip


def list_taught(session: Session, person_id: int, year: int) -> list[HourEntry]:
    """The lines of a year for lectures given, corrections among them, newest first."""
    entries = list_entries(session, person_id, year)
    given = {(entry.source_kind, entry.source_id) for entry in entries if entry.evidence.get("conversion") == LECTURING}
    return [entry for entry in entries if (entry.source_kind, entry.source_id) in given]


LECTURING = "lecture"


def list_uncredited(session: Session, person_id: int, year: int) -> list[Any]:
    """What earned nothing in a year, newest first: source_id, on, title and reason."""
    return UNCREDITED.rows(flushed(session), {"person": person_id, "year": year})


UNCREDITED = Prepared(
    select(UncreditedNote.source_id, UncreditedNote.on, UncreditedNote.title, UncreditedNote.reason)
    .where(UncreditedNote.person_id == bindparam("person"), UncreditedNote.year == bindparam("year"))
    .order_by(UncreditedNote.on.desc(), UncreditedNote.id.desc())
)


def list_years(session: Session, person_id: int, *, this_year: int) -> list[int]:
    """Years with entries, and this one, newest first."""
    found = YEARS.rows(flushed(session), {"person": person_id})
    return sorted({this_year, *(row.year for row in found)}, reverse=True)


YEARS = Prepared(select(HourSum.year).where(HourSum.person_id == bindparam("person")).distinct())


@dataclass
class MonthSum:
    """A person's month: quarters by bucket, what of them is 选修, and how many lines they are."""

    sums: dict[Bucket, int] = field(default_factory=lambda: dict.fromkeys(Bucket, 0))
    elective: int = 0
    entries: int = 0

    @property
    def total(self) -> int:
        return sum(self.sums.values())


def sum_by_month(session: Session, person_id: int, year: int) -> list[MonthSum]:
    """The twelve months of the person's year."""
    months = [MonthSum() for _ in range(12)]
    for row in MONTHS.rows(flushed(session), {"person": person_id, "year": year}):
        month = months[row.month - 1]
        month.sums[row.bucket] += row.quarters
        month.elective += row.quarters if row.is_elective else 0
        month.entries += row.entries
    return months


MONTHS = Prepared(
    select(HourSum.month, HourSum.bucket, HourSum.is_elective, HourSum.quarters, HourSum.entries).where(
        HourSum.person_id == bindparam("person"), HourSum.year == bindparam("year")
    )
)


def list_exemptions_of(session: Session, person_id: int, year: int) -> list[Any]:
    """The person's approved exemptions that touch the year, as the page of the year names them: spans, percent, bucket and reason."""
    span = {"person": person_id, "first": date(year, 1, 1), "last": date(year, 12, 31)}
    return EXEMPTIONS.rows(flushed(session), span)


def find_entry_by_id(session: Session, entry_id: int) -> HourEntry | None:
    return session.get(HourEntry, entry_id)


def list_family(session: Session, entry: HourEntry) -> list[HourEntry]:
    """The entry's source in its bucket and year with all its corrections, oldest first."""
    query = select(HourEntry).where(
        HourEntry.person_id == entry.person_id, HourEntry.source_kind == entry.source_kind,
        HourEntry.source_id == entry.source_id, HourEntry.bucket == entry.bucket, HourEntry.year == entry.year,
    )  # fmt: skip
    return list(session.scalars(query.order_by(HourEntry.revision)))


def find_exemption(session: Session, exemption_id: int) -> HourExemption | None:
    return session.get(HourExemption, exemption_id)


def exemptions_in(reach: Scope, on: date, state: ExemptionState | None = None) -> Select[HourExemption]:
    """Exemptions of persons within the scope, those that wait first, then the newest."""
    waits = case((HourExemption.state == ExemptionState.PROPOSED, 0), else_=1)
    query = select(HourExemption).where(persons_in(reach, HourExemption.person_id, on))
    query = query.order_by(waits, HourExemption.id.desc())
    return query if state is None else query.where(HourExemption.state == state)


def count_proposed(session: Session, reach: Scope, on: date) -> int:
    """Exemptions within the scope that wait for a decision."""
    query = exemptions_in(reach, on, ExemptionState.PROPOSED).order_by(None)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
