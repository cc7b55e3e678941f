"""Proving the ledger: every entry against its evidence, and what was carried over against the year it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.hours import rule_queries, rules
from lms.hours.models import HourEntry, YearClosing
from lms.hours.rules import Policy
from lms.hours.services import years


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
    than nothing, and what each closed year carried over."""
    check = Check(there=session.scalar(select(func.count()).select_from(HourEntry)) or 0)
    policies = rule_queries.policies(session)
    for entry in session.scalars(select(HourEntry).order_by(HourEntry.id).execution_options(yield_per=1000)):
        check.compared += 1
        check.problems += [f"hour entry {entry.id}: {said}" for said in _faults(session, entry, policies)]
    below = (
        select(HourEntry.person_id, HourEntry.source_kind, HourEntry.source_id, HourEntry.bucket, HourEntry.year)
        .group_by(HourEntry.person_id, HourEntry.source_kind, HourEntry.source_id, HourEntry.bucket, HourEntry.year)
        .having(func.sum(HourEntry.quarters) < 0)
    )
    for person_id, kind, source_id, bucket, year in session.execute(below):
        check.problems.append(f"{kind} {source_id} of person {person_id}: less than nothing in {bucket.value} {year}")
    for closing in session.scalars(select(YearClosing).order_by(YearClosing.year)).all():
        check.problems += years.faults(session, closing)
    return check


def _faults(session: Session, entry: HourEntry, policies: Mapping[str, Policy]) -> list[str]:
    found = []
    policy = policies.get(entry.rule_version)
    gives = rules.recompute(entry.evidence, policy, entry.source_kind) if policy is not None else None
    if gives != entry.quarters:
        found.append(f"{entry.quarters} quarters, its evidence gives {gives}")
    if entry.on.year != entry.year:
        found.append(f"day {entry.on} in year {entry.year}")
    day = date(entry.on.year - 1, 12, 31) if entry.source_kind == years.SOURCE else entry.on
    if (held := rule_queries.policy_on(session, day).name) != entry.rule_version:
        found.append(f"names the rules {entry.rule_version}, on {day} {held} held")
    return found
