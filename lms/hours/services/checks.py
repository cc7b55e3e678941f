"""Proving the ledger: every entry against its evidence, and what was carried over against the year it came from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
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
        """Whether all agree. Comparing nothing where there is something is a failure, not a success; what came meanwhile may be compared
        too."""
        return not self.problems and self.compared >= self.there


def verify(session: Session) -> Check:
    """Every entry against its evidence by the rule version it names, that version and its year against its day, no source counting less
    than nothing, the sums made from the entries, and what each closed year carried over."""
    there, newest = session.execute(select(func.count(), func.max(HourEntry.id))).one()
    check, last = Check(there), 0
    judge = _Judge(rule_queries.list_held(session))
    while rows := ENTRIES.rows(flushed(session), {"after": last, "newest": newest or 0}):
        last = rows[-1].id
        check.compared += len(rows)
        check.problems += [f"hour entry {entry.id}: {said}" for entry in rows for said in judge.faults(entry)]
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


ENTRIES = Prepared(
    select(
        HourEntry.id, HourEntry.quarters, HourEntry.year, HourEntry.on, HourEntry.source_kind, HourEntry.rule_version,
        cast(HourEntry.evidence, String).label("evidence"),
    )
    .where(HourEntry.id > bindparam("after"), HourEntry.id <= bindparam("newest"))
    .order_by(HourEntry.id)
    .limit(5000)
)  # fmt: skip


class _Judge:
    """What is wrong with an entry. Who learned the same has the same evidence, so most of it is read and worked out once."""

    def __init__(self, versions: Sequence[Held[Policy]]) -> None:
        self._versions = versions
        self._named = {version.name: version for version in versions}
        self._gives = lru_cache(maxsize=20_000)(self._worked_out)
        self._held = lru_cache(maxsize=5_000)(self._held_on)

    def faults(self, entry: Any) -> list[str]:
        found = []
        gives = self._gives(entry.evidence, entry.rule_version, entry.source_kind)
        if gives != entry.quarters:
            found.append(f"{entry.quarters} quarters, its evidence gives {gives}")
        if entry.on.year != entry.year:
            found.append(f"day {entry.on} in year {entry.year}")
        day = date(entry.on.year - 1, 12, 31) if entry.source_kind == years.SOURCE else entry.on
        held = self._held(day)
        if held != entry.rule_version:
            found.append(f"names the rules {entry.rule_version}, on {day} {held} held")
        return found

    def _worked_out(self, evidence: str, version: str, source_kind: str) -> int | None:
        named = self._named.get(version)
        return rules.recompute(json.loads(evidence), named.figures, source_kind) if named else None

    def _held_on(self, day: date) -> str:
        return next(version.name for version in reversed(self._versions) if version.from_on <= day)
