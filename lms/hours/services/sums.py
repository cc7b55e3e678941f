"""The sums of the ledger by person, month and bucket: changed in the transaction of each entry, made anew, and compared with the entries."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, extract, func, insert, select
from sqlalchemy.orm import Session

from lms.db import add_up, write_alone
from lms.hours import rule_queries
from lms.hours.models import SUM_KEY, HourEntry, HourSum
from lms.hours.rules import Bucket

Place = tuple[int, int, int, Bucket, bool]
"""Person, year, month, bucket, is it elective."""
Sums = dict[Place, list[int]]
"""Quarters and lines at each place."""


def add(session: Session, entries: Iterable[Mapping[str, Any]]) -> None:
    """New entries, named by the columns of the ledger, are in the sums from here on."""
    found: Sums = {}
    for entry in entries:
        is_elective = _is_elective(session, entry["rule_version"], entry["source_kind"])
        place = (entry["person_id"], entry["year"], entry["on"].month, entry["bucket"], is_elective)
        _count(found, place, entry["quarters"], 1)
    add_up(session, HourSum, _rows(found), key=SUM_KEY, add=("quarters", "entries"))


def rebuild(session: Session) -> int:
    """All sums are made anew from the entries while nobody credits; how many there are now."""
    write_alone(session, HourSum)
    session.execute(delete(HourSum))
    made = 0
    for year in session.scalars(select(HourEntry.year).distinct()).all():
        rows = _rows(_of_entries(session, year))
        session.execute(insert(HourSum), rows)
        made += len(rows)
    return made


def faults(session: Session) -> list[str]:
    """Sums that are not what their entries give."""
    years = {*session.scalars(select(HourEntry.year).distinct()), *session.scalars(select(HourSum.year).distinct())}
    return [fault for year in sorted(years) for fault in _faults_of(session, year)]


def _faults_of(session: Session, year: int) -> list[str]:
    expected, kept = _of_entries(session, year), _as_kept(session, year)
    return [
        f"sum of person {place[0]} in {place[3].value}{' (elective)' * place[4]} {year}-{place[2]:02}:"
        f" {told[0]} quarters in {told[1]} lines, its entries give {true[0]} in {true[1]}"
        for place in sorted({*expected, *kept})
        if (told := kept.get(place, [0, 0])) != (true := expected.get(place, [0, 0]))
    ]


def _of_entries(session: Session, year: int) -> Sums:
    of = (
        HourEntry.person_id,
        extract("month", HourEntry.on),
        HourEntry.bucket,
        HourEntry.rule_version,
        HourEntry.source_kind,
    )
    query = select(*of, func.sum(HourEntry.quarters), func.count()).where(HourEntry.year == year).group_by(*of)
    found: Sums = {}
    for person_id, month, bucket, version, kind, quarters, entries in session.execute(query):
        place = (person_id, year, int(month), bucket, _is_elective(session, version, kind))
        _count(found, place, int(quarters), entries)
    return found


def _as_kept(session: Session, year: int) -> Sums:
    columns = (*(getattr(HourSum, name) for name in SUM_KEY), HourSum.quarters, HourSum.entries)
    rows = session.execute(select(*columns).where(HourSum.year == year))
    return {
        (person_id, year, month, bucket, elective): [*sums] for person_id, _, month, bucket, elective, *sums in rows
    }


def _is_elective(session: Session, version: str, source_kind: str) -> bool:
    policy = rule_queries.policy_named(session, version)
    return policy is not None and policy.of(source_kind).is_elective


def _count(found: Sums, place: Place, quarters: int, entries: int) -> None:
    sums = found.setdefault(place, [0, 0])
    sums[0] += quarters
    sums[1] += entries


def _rows(found: Sums) -> Sequence[dict[str, Any]]:
    return [
        dict(zip(SUM_KEY, place, strict=True)) | {"quarters": quarters, "entries": entries}
        for place, (quarters, entries) in found.items()
    ]
