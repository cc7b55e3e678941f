"""Writing the ledger: crediting, correcting, noting why not, and checking it against its evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.db import insert_ignore
from lms.hours import rules
from lms.hours.models import KEY, NOTE_KEY, HourEntry, UncreditedNote
from lms.hours.rules import Bucket, Source

Evidence = Mapping[str, Any]


def credit(
    session: Session,
    *,
    person_id: int,
    source: Source,
    bucket: Bucket,
    quarters: int,
    on: date,
    title: str,
    evidence: Evidence,
    rule_version: str = rules.RULE_VERSION,
    now: datetime,
) -> HourEntry | None:
    """The new entry, or None when there is nothing to credit or this source was credited in that year already.

    `evidence` names its `conversion` (rules.CONVERSIONS) and must be worth exactly `quarters`; a figure that somebody
    set has none and is kept as `given`. What a yearly cap cuts off is noted.
    """
    if quarters <= 0:
        return None
    proof = _proof(evidence, quarters, rule_version)
    allowed = _within_cap(session, person_id, source, bucket, quarters, on.year, rule_version)
    if allowed < quarters:
        proof = {"conversion": "given", "quarters": allowed, "because": "cap", "of": proof}
        _note_cap(session, person_id=person_id, source=source, title=title, on=on, now=now)
    if allowed == 0:
        return None
    entry = {
        "person_id": person_id, "bucket": bucket, "quarters": allowed, "year": on.year, "on": on,
        "source_kind": source.kind, "source_id": source.id, "revision": 0, "rule_version": rule_version,
        "evidence": proof, "title": title[:200], "created_at": now,
    }  # fmt: skip
    if not insert_ignore(session, HourEntry, [entry], key=KEY):
        return None
    return find_entry(session, person_id=person_id, source=source, bucket=bucket, year=on.year)


def correct(
    session: Session, entry: HourEntry, *, quarters: int, reason: str, evidence: Evidence, now: datetime
) -> HourEntry | None:
    """Make the entry's source count `quarters` from now on, by a further entry with the difference; None if it does."""
    family = _family(entry.person_id, Source(entry.source_kind, entry.source_id), entry.bucket, entry.year)
    standing, latest = session.execute(
        select(func.sum(HourEntry.quarters), func.max(HourEntry.revision)).where(*family)
    ).one()
    if standing == quarters:
        return None
    difference = quarters - standing
    further = HourEntry(
        person_id=entry.person_id, bucket=entry.bucket, quarters=difference, year=entry.year, on=entry.on,
        source_kind=entry.source_kind, source_id=entry.source_id, revision=latest + 1,
        rule_version=entry.rule_version, title=entry.title, created_at=now,
        evidence={"conversion": "given", "quarters": difference, "because": reason, "of": dict(evidence)},
    )  # fmt: skip
    session.add(further)
    return further


def withdraw(session: Session, *, person_id: int, source: Source, year: int, reason: str, now: datetime) -> int:
    """What the source was credited in that year counts for nothing from now on, by further entries; how many quarters that were."""
    entries = _first_entries(session, person_id, source, year)
    taken = [correct(session, entry, quarters=0, reason=reason, evidence=entry.evidence, now=now) for entry in entries]
    return -sum(entry.quarters for entry in taken if entry is not None)


def restore(session: Session, *, person_id: int, source: Source, year: int, reason: str, now: datetime) -> None:
    """What was withdrawn counts again as it was first credited."""
    for entry in _first_entries(session, person_id, source, year):
        correct(session, entry, quarters=entry.quarters, reason=reason, evidence=entry.evidence, now=now)


def _first_entries(session: Session, person_id: int, source: Source, year: int) -> Sequence[HourEntry]:
    """What the source was first credited in that year, one for each bucket."""
    return session.scalars(
        select(HourEntry).where(
            HourEntry.person_id == person_id, HourEntry.source_kind == source.kind, HourEntry.source_id == source.id,
            HourEntry.year == year, HourEntry.revision == 0,
        )
    ).all()  # fmt: skip


def note_uncredited(
    session: Session, *, person_id: int, source: Source, reason: str, title: str, on: date, now: datetime
) -> None:
    """Keep why something earned nothing; saying it again changes nothing."""
    note = {
        "person_id": person_id, "source_kind": source.kind, "source_id": source.id, "year": on.year, "on": on,
        "title": title[:200], "reason": reason[:200], "created_at": now,
    }  # fmt: skip
    insert_ignore(session, UncreditedNote, [note], key=NOTE_KEY)


def find_entry(session: Session, *, person_id: int, source: Source, bucket: Bucket, year: int) -> HourEntry | None:
    """The first entry of that source, bucket and year."""
    return session.scalar(
        select(HourEntry).where(*_family(person_id, source, bucket, year)).order_by(HourEntry.revision)
    )


def knows(session: Session, *, person_id: int, source: Source, year: int) -> bool:
    """Whether the source was credited in that year, or noted as earning nothing."""
    return any(
        session.scalar(
            select(table.id)
            .where(table.person_id == person_id, table.source_kind == source.kind)
            .where(table.source_id == source.id, table.year == year)
            .limit(1)
        )
        is not None
        for table in (HourEntry, UncreditedNote)
    )


@dataclass
class Check:
    """What a recount compared and what did not agree."""

    there: int
    compared: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether all agree. Comparing nothing where there is something is a failure, not a success."""
        return not self.problems and self.compared == self.there


def verify(session: Session) -> Check:
    """Every entry against its evidence by the rule version it names, and its year against its day."""
    check = Check(there=session.scalar(select(func.count()).select_from(HourEntry)) or 0)
    for entry in session.scalars(select(HourEntry).order_by(HourEntry.id).execution_options(yield_per=1000)):
        check.compared += 1
        worth = rules.recompute(entry.evidence, entry.rule_version)
        if worth != entry.quarters:
            check.problems.append(f"hour entry {entry.id}: {entry.quarters} quarters, its evidence gives {worth}")
        if entry.on.year != entry.year:
            check.problems.append(f"hour entry {entry.id}: day {entry.on} in year {entry.year}")
    return check


def _proof(evidence: Evidence, quarters: int, rule_version: str) -> dict[str, Any]:
    proof = dict(evidence)
    if "conversion" not in proof:
        proof |= {"conversion": "given", "quarters": quarters}
    worth = rules.recompute(proof, rule_version)
    if worth != quarters:
        raise ValueError(f"evidence is worth {worth} quarters, not {quarters}: {proof}")
    return proof


def _within_cap(
    session: Session, person_id: int, source: Source, bucket: Bucket, quarters: int, year: int, rule_version: str
) -> int:
    caps = rules.POLICIES[rule_version].caps or {}
    cap = caps.get((source.kind, bucket))
    if cap is None:
        return quarters
    already = session.scalar(
        select(func.coalesce(func.sum(HourEntry.quarters), 0)).where(
            HourEntry.person_id == person_id,
            HourEntry.source_kind == source.kind,
            HourEntry.bucket == bucket,
            HourEntry.year == year,
        )
    )
    return rules.capped(quarters, already or 0, cap)


def _note_cap(session: Session, *, person_id: int, source: Source, title: str, on: date, now: datetime) -> None:
    reason = "已达到这类学习的年度上限，超出部分不计"
    note_uncredited(session, person_id=person_id, source=source, reason=reason, title=title, on=on, now=now)


def _family(person_id: int, source: Source, bucket: Bucket, year: int) -> tuple[Any, ...]:
    return (
        HourEntry.person_id == person_id,
        HourEntry.source_kind == source.kind,
        HourEntry.source_id == source.id,
        HourEntry.bucket == bucket,
        HourEntry.year == year,
    )
