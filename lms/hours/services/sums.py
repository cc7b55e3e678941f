"""The sums of the ledger by person, month and bucket: changed in the transaction of each entry, made anew, and compared with the entries."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, extract, func, insert, literal, null, select, union_all
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
    expected, kept = _compared(session, year)
    return [
        f"sum of person {place[0]} in {place[3].value}{' (elective)' * place[4]} {year}-{place[2]:02}:"
        f" {told[0]} quarters in {told[1]} lines, its entries give {true[0]} in {true[1]}"
        for place in sorted({*expected, *kept})
        if (told := kept.get(place, [0, 0])) != (true := expected.get(place, [0, 0]))
    ]


def _compared(session: Session, year: int) -> tuple[Sums, Sums]:
    """What the entries give, and what is kept: of one moment, for both are read by one statement while others are credited."""
    kept = select(
        HourSum.person_id, HourSum.month, HourSum.bucket, literal(""), literal(""), HourSum.quarters, HourSum.entries,
        HourSum.is_elective,
    )  # fmt: skip
    by_entries = _entries(year).add_columns(null())
    true: Sums = {}
    told: Sums = {}
    for *row, is_elective in session.execute(union_all(by_entries, kept.where(HourSum.year == year))):
        _take_in(session, true if is_elective is None else told, year, row, is_elective)
    return true, told


def _of_entries(session: Session, year: int) -> Sums:
    found: Sums = {}
    for row in session.execute(_entries(year)):
        _take_in(session, found, year, row)
    return found


def _entries(year: int) -> Select[*tuple[Any, ...]]:
    e = HourEntry
    of = (e.person_id, extract("month", e.on), e.bucket, e.rule_version, e.source_kind)
    return select(*of, func.sum(e.quarters), func.count()).where(e.year == year).group_by(*of)


def _take_in(session: Session, sums: Sums, year: int, row: Sequence[Any], is_elective: bool | None = None) -> None:
    """`is_elective` None: as the rules call the source of the row."""
    person_id, month, bucket, version, kind, quarters, entries = row
    elective = _is_elective(session, version, kind) if is_elective is None else is_elective
    _count(sums, (person_id, year, int(month), bucket, elective), int(quarters), entries)


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
