"""Closing a year: its surplus is carried into the next by entries of their own, once; what changes afterwards is corrected by further ones."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession, insert_ignore, unit_of_work
from lms.hours import queries, rule_queries
from lms.hours.models import HourEntry, HourSum, YearClosing
from lms.hours.rule_queries import Held
from lms.hours.rules import Bucket, Policy, Source, carried_over
from lms.hours.services import ledger

SOURCE = "carry_over"
CLOSES = (2, 1)
"""Month and day of the next year on which a year is closed: what was late in January still counts."""
PERSONS_AT_ONCE = 100
UNDER_WAY = timedelta(hours=1)
"""What began so long before the closing may have been committed after it."""


def close_due(make_session: MakeSession, now: datetime) -> int:
    """Every year that is over and whose day of closing has come is closed; what a closed year got or lost later is carried again.
    Running it twice, on two nodes, or after years of silence makes the same rows. Returns how many years were closed."""
    with make_session() as session:
        due, newest = list_due(session, clock.today(now)), _newest(session)
    for year in due:
        _carry(make_session, year, now)
        _close(make_session, year, now)
    if newest is not None:
        _carry(make_session, newest.year, now, since=newest.closed_at)
    return len(due)


def list_due(session: Session, today: date) -> list[int]:
    """Years with entries that may be closed and are not, oldest first."""
    first = session.scalar(select(func.min(HourEntry.year)))
    if first is None:
        return []
    closed = set(session.scalars(select(YearClosing.year)))
    return [year for year in range(first, today.year) if year not in closed and today >= date(year + 1, *CLOSES)]


def _newest(session: Session) -> YearClosing | None:
    return session.scalars(select(YearClosing).order_by(YearClosing.year.desc()).limit(1)).one_or_none()


def _carry(make_session: MakeSession, year: int, now: datetime, since: datetime | None = None) -> None:
    """What everybody's surplus of the year is worth in the next stands there; of those only who got or lost something `since`."""
    with make_session() as session:
        held = rule_queries.policy_on(session, date(year, 12, 31))
        if not held.figures.carry_over:
            return
        query = select(HourEntry.person_id).distinct().where(HourEntry.year == year).order_by(HourEntry.person_id)
        ids = list(session.scalars(query if since is None else query.where(HourEntry.created_at > since - UNDER_WAY)))
    for start in range(0, len(ids), PERSONS_AT_ONCE):
        with unit_of_work(make_session) as session:
            _carry_some(session, ids[start : start + PERSONS_AT_ONCE], year, held, now)


def _carry_some(session: Session, ids: Iterable[int], year: int, held: Held[Policy], now: datetime) -> None:
    proofs = [(person_id, proof) for person_id in ids for proof in _proofs(session, person_id, year, held.figures)]
    for person_id, proof in proofs:
        bucket, source, quarters = Bucket(proof["bucket"]), Source(SOURCE, year), _worth(proof, held.figures)
        entry = ledger.find_entry(session, person_id=person_id, source=source, bucket=bucket, year=year + 1)
        if entry is not None:
            reason = f"{year} 年的学时有更正"
            ledger.correct(session, entry, quarters=quarters, reason=reason, evidence=proof, now=now)
        else:
            ledger.credit(
                session, person_id=person_id, source=source, bucket=bucket, quarters=quarters, on=date(year + 1, 1, 1),
                title=f"{year} 年结转", evidence=proof, rule_version=held.name, now=now,
            )  # fmt: skip


def _proofs(session: Session, person_id: int, year: int, policy: Policy) -> list[dict[str, Any]]:
    """What was earned and asked in each bucket that may be carried over."""
    last = date(year, 12, 31)
    brought = queries.totals_of_source(session, person_id, year, SOURCE)
    return [
        {
            "conversion": "carry_over", "bucket": standard.requirement.bucket.value, "earned": standard.earned,
            "target": standard.target, "brought": brought.get(standard.requirement.bucket, 0), "year": year,
        }
        for standard in queries.requirements_of(session, person_id, year, today=last)
        if standard.requirement.bucket in policy.carry_over and standard.requirement.bucket is not None
    ]  # fmt: skip


def _worth(proof: dict[str, Any], policy: Policy) -> int:
    most = policy.carry_over.get(Bucket(proof["bucket"]))
    return carried_over(proof["earned"], proof["target"], most, brought=proof["brought"])


def _close(make_session: MakeSession, year: int, now: datetime) -> None:
    with unit_of_work(make_session) as session:
        persons, carried = _sums(session, year)
        held = rule_queries.policy_on(session, date(year, 12, 31))
        row = {"year": year, "rule_version": held.name, "persons": persons, "carried": carried, "closed_at": now}
        insert_ignore(session, YearClosing, [row], key=["year"])


def _sums(session: Session, year: int) -> tuple[int, int]:
    """(persons, quarters) that the year carried into the next."""
    row = session.execute(
        select(func.count(distinct(HourEntry.person_id)), func.coalesce(func.sum(HourEntry.quarters), 0)).where(
            HourEntry.year == year + 1, HourEntry.source_kind == SOURCE, HourEntry.source_id == year
        )
    ).one()
    return int(row[0]), int(row[1])


def faults(session: Session, closing: YearClosing) -> list[str]:
    """Persons whose surplus of the closed year and what stands for it in the next do not agree."""
    year = closing.year
    policy = rule_queries.policy_on(session, date(year, 12, 31)).figures
    stood: dict[tuple[int, Bucket], int] = {
        (person_id, bucket): int(quarters)
        for person_id, bucket, quarters in session.execute(
            select(HourEntry.person_id, HourEntry.bucket, func.sum(HourEntry.quarters))
            .where(HourEntry.year == year + 1, HourEntry.source_kind == SOURCE)
            .group_by(HourEntry.person_id, HourEntry.bucket)
        )
    }
    if not policy.carry_over and not stood:
        return []
    ids = session.scalars(select(HourSum.person_id).distinct().where(HourSum.year == year)).all()
    due = {
        (person_id, Bucket(proof["bucket"])): _worth(proof, policy)
        for person_id in ids
        for proof in _proofs(session, person_id, year, policy)
    }
    return [
        f"year {year} of person {key[0]}: {stood.get(key, 0)} quarters carried over in {key[1].value}, not {due.get(key, 0)}"
        for key in sorted({*stood, *due}, key=lambda k: (k[0], k[1].value))
        if stood.get(key, 0) != due.get(key, 0)
    ]
