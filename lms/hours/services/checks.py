"""Proving the ledger: every entry against its evidence, and what was carried over against the year it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.hours import rule_queries, rules
from lms.hours.models import HourEntry, YearClosing
from lms.hours.rule_queries import Held
from lms.hours.rules import Policy
from lms.hours.services import sums, years


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
    """Every entry against its evidence by the rule version it names, that version and its year against its day, no source counting less
    than nothing, the sums made from the entries, and what each closed year carried over."""
    check = Check(there=session.scalar(select(func.count()).select_from(HourEntry)) or 0)
    versions = rule_queries.list_held(session)
    columns = (
        HourEntry.id, HourEntry.quarters, HourEntry.year, HourEntry.on, HourEntry.source_kind, HourEntry.rule_version,
        HourEntry.evidence,
    )  # fmt: skip
    for entry in session.execute(select(*columns).order_by(HourEntry.id).execution_options(yield_per=1000)):
        check.compared += 1
        check.problems += [f"hour entry {entry.id}: {said}" for said in _faults(entry, versions)]
    below = (
        select(HourEntry.person_id, HourEntry.source_kind, HourEntry.source_id, HourEntry.bucket, HourEntry.year)
        .group_by(HourEntry.person_id, HourEntry.source_kind, HourEntry.source_id, HourEntry.bucket, HourEntry.year)
        .having(func.sum(HourEntry.quarters) < 0)
    )
    for person_id, kind, source_id, bucket, year in session.execute(below):
        check.problems.append(f"{kind} {source_id} of person {person_id}: less than nothing in {bucket.value} {year}")
    check.problems += sums.faults(session)
    for closing in session.scalars(select(YearClosing).order_by(YearClosing.year)).all():
        check.problems += years.faults(session, closing)
    return check


def _faults(entry: Any, versions: Sequence[Held[Policy]]) -> list[str]:
    found = []
    named = next((version for version in versions if version.name == entry.rule_version), None)
    gives = rules.recompute(entry.evidence, named.figures, entry.source_kind) if named else None
    if gives != entry.quarters:
        found.append(f"{entry.quarters} quarters, its evidence gives {gives}")
    if entry.on.year != entry.year:
        found.append(f"day {entry.on} in year {entry.year}")
    day = date(entry.on.year - 1, 12, 31) if entry.source_kind == years.SOURCE else entry.on
    held = next(version for version in reversed(versions) if version.from_on <= day)
    if held is not named:
        found.append(f"names the rules {entry.rule_version}, on {day} {held.name} held")
    return found
