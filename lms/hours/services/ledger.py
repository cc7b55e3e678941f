"""Writing the ledger: crediting, correcting, noting why not."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.db import insert_ignore, serialise
from lms.hours import rule_queries, rules
from lms.hours.models import KEY, NOTE_KEY, HourEntry, UncreditedNote
from lms.hours.rule_queries import Held
from lms.hours.rules import Bucket, Policy, Source
from lms.hours.services import sums

Evidence = Mapping[str, Any]


CAPPED = "已达到这类学习的年度上限，超出部分不计"


def worth(session: Session, evidence: Evidence, *, on: date, source_kind: str) -> int:
    """The quarters that the evidence gives by the rules of that day, before any yearly cap; 0 for evidence no rule understands."""
    policy = rule_queries.policy_on(session, on).figures
    return rules.recompute(evidence, policy, source_kind) or 0


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
    rule_version: str | None = None,
    now: datetime,
) -> HourEntry | None:
    """The new entry, or None when there is nothing to credit or this source was credited in that year already.

    The rules are those of the day `on`, unless a version is named. `evidence` names its `conversion` (rules.CONVERSIONS) and must be
    worth exactly `quarters` by them (`worth`); a figure that somebody set has none and is kept as `given`. What a yearly cap cuts off is
    noted.
    """
    if quarters <= 0:
        return None
    held = _held(session, on, rule_version)
    proof = _proof(evidence, quarters, held.figures, source.kind)
    bucket, cap = held.figures.bucket_of(source.kind, bucket), held.figures.of(source.kind).cap
    allowed = quarters
    if cap is not None:
        serialise(session, f"hours.cap.{person_id}")
        if find_entry(session, person_id=person_id, source=source, bucket=bucket, year=on.year) is not None:
            return None
        allowed = rules.capped(quarters, _already(session, person_id, source.kind, bucket, on.year), cap)
    if allowed < quarters:
        proof = {"conversion": "given", "quarters": allowed, "because": "cap", "of": proof}
        note_uncredited(session, person_id=person_id, source=source, reason=CAPPED, title=title, on=on, now=now)
    if allowed == 0:
        return None
    entry = {
        "person_id": person_id, "bucket": bucket, "quarters": allowed, "year": on.year, "on": on,
        "source_kind": source.kind, "source_id": source.id, "revision": 0, "rule_version": held.name,
        "evidence": proof, "title": title[:200], "created_at": now,
    }  # fmt: skip
    if not insert_ignore(session, HourEntry, [entry], key=KEY):
        return None
    sums.add(session, [entry])
    return session.scalars(select(HourEntry).where(*_family(person_id, source, bucket, on.year))).first()


def _held(session: Session, on: date, name: str | None) -> Held[Policy]:
    if name is None:
        return rule_queries.policy_on(session, on)
    policy = rule_queries.policy_named(session, name)
    if policy is None:
        raise ValueError(f"no version of the rules is called {name}")
    return Held(name, on, policy)


def correct(
    session: Session, entry: HourEntry, *, quarters: int, reason: str, evidence: Evidence, now: datetime
) -> HourEntry | None:
    """Make the entry's source count `quarters` from now on, by a further entry with the difference; None if it does. A yearly cap
    holds here too."""
    family = _family(entry.person_id, Source(entry.source_kind, entry.source_id), entry.bucket, entry.year)
    policy = rule_queries.policy_named(session, entry.rule_version) or rules.FIRST
    cap = policy.of(entry.source_kind).cap
    if cap is not None:
        serialise(session, f"hours.cap.{entry.person_id}")
    standing, latest = session.execute(
        select(func.sum(HourEntry.quarters), func.max(HourEntry.revision)).where(*family)
    ).one()
    difference = quarters - standing
    if cap is not None and difference > 0:
        already = _already(session, entry.person_id, entry.source_kind, entry.bucket, entry.year)
        difference = rules.capped(difference, already, cap)
    if difference == 0:
        return None
    row = {
        "person_id": entry.person_id, "bucket": entry.bucket, "quarters": difference, "year": entry.year, "on": entry.on,
        "source_kind": entry.source_kind, "source_id": entry.source_id, "revision": latest + 1,
        "rule_version": entry.rule_version, "title": entry.title, "created_at": now,
        "evidence": {"conversion": "given", "quarters": difference, "because": reason, "of": dict(evidence)},
    }  # fmt: skip
    further = HourEntry(**row)
    session.add(further)
    sums.add(session, [row])
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
    """The first entry of that source and year for what its activity calls `bucket`, wherever the rules of its day made it count."""
    for entry in _first_entries(session, person_id, source, year):
        policy = rule_queries.policy_named(session, entry.rule_version) or rules.FIRST
        if entry.bucket is policy.bucket_of(source.kind, bucket):
            return entry
    return None


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


def _proof(evidence: Evidence, quarters: int, policy: Policy, source_kind: str) -> dict[str, Any]:
    proof = dict(evidence)
    if "conversion" not in proof:
        proof |= {"conversion": "given", "quarters": quarters}
    found = rules.recompute(proof, policy, source_kind)
    if found != quarters:
        raise ValueError(f"evidence is worth {found} quarters, not {quarters}: {proof}")
    return proof


def _already(session: Session, person_id: int, source_kind: str, bucket: Bucket, year: int) -> int:
    """What this kind of source gave the person in the bucket and year so far."""
    query = select(func.coalesce(func.sum(HourEntry.quarters), 0)).where(
        HourEntry.person_id == person_id,
        HourEntry.source_kind == source_kind,
        HourEntry.bucket == bucket,
        HourEntry.year == year,
    )
    return int(session.scalar(query) or 0)


def _family(person_id: int, source: Source, bucket: Bucket, year: int) -> tuple[Any, ...]:
    return (
        HourEntry.person_id == person_id,
        HourEntry.source_kind == source.kind,
        HourEntry.source_id == source.id,
        HourEntry.bucket == bucket,
        HourEntry.year == year,
    )
