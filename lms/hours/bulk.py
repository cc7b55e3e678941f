"""Many entries of the ledger at once, for imports and history: by the same proof, in chunks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.hours import rule_queries, rules
from lms.hours.models import HourEntry
from lms.hours.rules import Bucket, Source
from lms.hours.services import sums


@dataclass(frozen=True)
class Credit:
    """What one person gets for one event. `evidence` names its conversion, as in `services.credit`."""

    person_id: int
    source: Source
    bucket: Bucket
    on: date
    title: str
    evidence: Mapping[str, Any]
    created_at: datetime


def add_entries(session: Session, credits: Sequence[Credit]) -> int:
    """An entry for each that is worth something; returns how many. Raises ValueError for evidence no rule understands,
    and breaks on a source credited before: whoever loads in bulk loads once."""
    rows = [row for credit in credits if (row := _row(session, credit))["quarters"]]
    if rows:
        session.execute(insert(HourEntry), rows)
        sums.add(session, rows)
    return len(rows)


def _row(session: Session, credit: Credit) -> dict[str, Any]:
    held = rule_queries.policy_on(session, credit.on)
    worth = rules.recompute(credit.evidence, held.figures, credit.source.kind)
    if worth is None:
        raise ValueError(f"no rule understands this evidence: {dict(credit.evidence)}")
    return {
        "person_id": credit.person_id, "bucket": held.figures.bucket_of(credit.source.kind, credit.bucket), "quarters": worth, "year": credit.on.year,
        "on": credit.on, "source_kind": credit.source.kind, "source_id": credit.source.id, "revision": 0,
        "rule_version": held.name, "evidence": dict(credit.evidence), "title": credit.title[:200],
        "created_at": credit.created_at,
    }  # fmt: skip
