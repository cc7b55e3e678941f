"""The sums of the ledger: equal to its entries whatever happened, found out when they are not, and made anew."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.db import MakeSession, unit_of_work
from lms.hours import bulk, queries, services
from lms.hours.bulk import Credit
from lms.hours.models import HourEntry, HourSum, UncreditedNote
from lms.hours.policy_rules import NANJING
from lms.hours.rules import Bucket, Source, SourceRule
from tests.hours.making import issue_policy

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
FIRST = date(2025, 12, 1)
MANY = 8
KINDS = ["resource", "claim", "contest", "import"]

ACT = st.tuples(
    st.sampled_from(["credit", "credit", "bulk", "correct", "withdraw", "restore"]), st.sampled_from(["lin", "bo"]),
    st.sampled_from(KINDS), st.integers(1, 4), st.sampled_from(Bucket), st.integers(1, 60), st.integers(0, 400),
)  # fmt: skip


def as_summed(session: Session) -> dict[tuple[Any, ...], list[int]]:
    """What the entries give, added up one by one."""
    policies = {"2026-1": {}, **dict.fromkeys(["2026-2"], NANJING.sources)}
    found: dict[tuple[Any, ...], list[int]] = {}
    for entry in session.scalars(select(HourEntry)):
        is_elective = policies[entry.rule_version].get(entry.source_kind, SourceRule()).is_elective
        sums = found.setdefault((entry.person_id, entry.year, entry.on.month, entry.bucket, is_elective), [0, 0])
        sums[0] += entry.quarters
        sums[1] += 1
    return found


def as_kept(session: Session) -> dict[tuple[Any, ...], list[int]]:
    return {
        (row.person_id, row.year, row.month, row.bucket, row.is_elective): [row.quarters, row.entries]
        for row in session.scalars(select(HourSum))
    }


def do(session: Session, person: Any, act: str, source: Source, bucket: Bucket, quarters: int, on: date) -> None:
    about: dict[str, Any] = {"person_id": person.id, "source": source}
    if act == "credit":
        services.credit(session, **about, bucket=bucket, quarters=quarters, on=on, title="一讲", evidence={}, now=NOW)
    elif act == "bulk":
        there = select(HourEntry.id).where(HourEntry.source_kind == source.kind, HourEntry.source_id == source.id)
        if session.scalar(there.limit(1)) is None:
            proof = {"conversion": "given", "quarters": quarters}
            bulk.add_entries(
                session, [Credit(**about, bucket=bucket, on=on, title="一讲", evidence=proof, created_at=NOW)]
            )
    elif act == "correct":
        entry = services.find_entry(session, **about, bucket=bucket, year=on.year)
        if entry is not None:
            services.correct(session, entry, quarters=quarters, reason="更正", evidence={}, now=NOW)
    else:
        undo = services.withdraw if act == "withdraw" else services.restore
        undo(session, **about, year=on.year, reason="复核", now=NOW)
    session.flush()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACT, max_size=30))
def test_the_sums_are_those_of_the_entries_after_any_history(
    session: Session, cast: SimpleNamespace, acts: list[tuple[str, str, str, int, Bucket, int, int]]
) -> None:
    """Caps and electives of one version from April on, none before; credits, corrections, withdrawals and their return."""
    for table in (HourEntry, HourSum, UncreditedNote):
        session.execute(delete(table))
    session.expire_all()
    if not queries.policy_on(session, date(2026, 4, 1)).carry_over:
        issue_policy(session, NANJING, date(2026, 4, 1), by_id=cast.hua.id)
    for act, name, kind, number, bucket, quarters, days in acts:
        do(session, getattr(cast, name), act, Source(kind, number), bucket, quarters, FIRST + timedelta(days=days))
    session.expire_all()
    assert as_kept(session) == as_summed(session)
    for person in (cast.lin, cast.bo):
        for year in (2025, 2026, 2027):
            months, totals = queries.sum_by_month(session, person.id, year), queries.totals(session, person.id, year)
            assert {b: sum(month.sums[b] for month in months) for b in Bucket} == totals
            lines = queries.list_entries(session, person.id, year)
            assert sum(month.entries for month in months) == len(lines)
            assert sum(line.quarters for line in lines) == sum(totals.values())
    assert services.verify(session).holds


def earn(session: Session, person: Any, number: int = 1) -> None:
    do(session, person, "credit", Source("resource", number), Bucket.ONLINE, 4, date(2026, 3, 2))


def test_the_recount_names_a_sum_that_was_changed_added_or_lost(session: Session, cast: SimpleNamespace) -> None:
    earn(session, cast.lin)
    session.execute(update(HourSum).values(quarters=5))
    said = services.verify(session).problems
    assert said == [f"sum of person {cast.lin.id} in online 2026-03: 5 quarters in 1 lines, its entries give 4 in 1"]
    session.execute(update(HourSum).values(quarters=4, month=4))
    assert len(services.verify(session).problems) == 2
    session.execute(delete(HourSum))
    assert len(services.verify(session).problems) == 1
    session.add(
        HourSum(person_id=cast.bo.id, year=2019, month=1, bucket=Bucket.PARTY, is_elective=True, quarters=1, entries=1)
    )
    assert "party (elective) 2019-01" in services.verify(session).problems[0]


def test_sums_are_made_anew_from_the_entries(session: Session, cast: SimpleNamespace) -> None:
    earn(session, cast.lin)
    earn(session, cast.lin, 2)
    before = as_kept(session)
    session.execute(update(HourSum).values(quarters=5, month=9))
    session.expire_all()
    assert services.rebuild(session) == 1
    assert as_kept(session) == before
    assert services.verify(session).holds


def test_nothing_is_lost_when_many_are_credited_at_once_in_opposite_order(
    session: Session, cast: SimpleNamespace, make_session: MakeSession
) -> None:
    people = [cast.lin.id, cast.bo.id]
    session.rollback()
    gate = Barrier(MANY)

    def credit(number: int) -> None:
        gate.wait()
        for person_id in people if number % 2 else people[::-1]:
            with unit_of_work(make_session) as own:
                person = SimpleNamespace(id=person_id)
                do(own, person, "credit", Source("resource", number), Bucket.ONLINE, 4, date(2026, 3, 2))
                do(own, person, "correct", Source("resource", number), Bucket.ONLINE, 3, date(2026, 3, 2))

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(credit, range(MANY)))
    assert services.verify(session).holds
    assert as_kept(session) == {(id, 2026, 3, Bucket.ONLINE, False): [3 * MANY, 2 * MANY] for id in people}


def test_sums_made_anew_while_others_are_credited_miss_none(
    session: Session, cast: SimpleNamespace, make_session: MakeSession
) -> None:
    person = SimpleNamespace(id=cast.lin.id)
    session.rollback()
    gate = Barrier(MANY)

    def work(number: int) -> None:
        gate.wait()
        with unit_of_work(make_session) as own:
            if number % 4 == 0:
                services.rebuild(own)
            else:
                do(own, person, "credit", Source("resource", number), Bucket.ONLINE, 4, date(2026, 3, 2))

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(work, range(MANY)))
    assert services.verify(session).holds
    assert as_kept(session) == {(person.id, 2026, 3, Bucket.ONLINE, False): [4 * MANY * 3 // 4, MANY * 3 // 4]}
