"""Closing a year, and trying out other rules on one."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.db import MakeSession
from lms.hours import policy_rules, queries, rules, services, whatif_rules
from lms.hours.models import HourEntry, YearClosing
from lms.hours.policy_rules import NANJING, Subject
from lms.hours.rules import Bucket, Policy, Source, SourceRule
from lms.hours.services import whatif, years
from lms.hours.whatif_rules import Fact
from lms.tasks.services import run_due
from tests.hours.making import issue_policy

FEBRUARY = datetime(2027, 2, 1, 1, 0, tzinfo=UTC)
CARRY = Policy(carry_over={Bucket.ONLINE: 40})


def earn(session: Session, person: Any, quarters: int, number: int, on: date = date(2026, 5, 1)) -> HourEntry:
    entry = services.credit(
        session, person_id=person.id, source=Source("import", number), bucket=Bucket.ONLINE, quarters=quarters, on=on,
        title="网络学院", evidence={}, now=datetime(2026, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    assert entry is not None
    return entry


def carried(session: Session, person: Any, year: int = 2027) -> int:
    session.expire_all()
    return queries.totals_of_source(session, person.id, year, years.SOURCE).get(Bucket.ONLINE, 0)


@pytest.fixture
def surplus(session: Session, cast: SimpleNamespace) -> None:
    """lin has 30 quarters more than asked, bo has 100 more, dana lacks some."""
    issue_policy(session, CARRY, date(2026, 2, 1), by_id=cast.hua.id)
    earn(session, cast.lin, 230, 1)
    earn(session, cast.bo, 300, 2)
    earn(session, cast.dana, 199, 3)
    session.commit()


def test_a_year_is_closed_on_the_first_of_february_and_not_before(
    session: Session, cast: SimpleNamespace, make_session: MakeSession, surplus: None
) -> None:
    assert services.close_due(make_session, FEBRUARY - timedelta(days=1)) == 0
    assert services.close_due(make_session, FEBRUARY) == 1
    assert [carried(session, person) for person in (cast.lin, cast.bo, cast.dana)] == [30, 40, 0]
    closing = session.scalars(select(YearClosing)).one()
    assert (closing.year, closing.persons, closing.carried) == (2026, 2, 70)
    assert services.verify(session).holds


def test_closing_twice_on_two_nodes_or_after_a_crash_writes_the_same_rows(
    session: Session, cast: SimpleNamespace, make_session: MakeSession, surplus: None
) -> None:
    held = queries.policy_on(session, date(2026, 12, 31))
    assert held == CARRY
    years._carry(make_session, 2026, FEBRUARY)  # a node that died before it wrote that the year is closed
    for _ in range(3):
        services.close_due(make_session, FEBRUARY)
        services.close_due(make_session, FEBRUARY - timedelta(days=400))
    assert session.scalar(select(func.count()).where(HourEntry.source_kind == years.SOURCE)) == 2
    assert session.scalar(select(func.count()).select_from(YearClosing)) == 1


def test_years_that_were_missed_are_closed_in_order_and_what_was_carried_is_not_carried_again(
    session: Session, cast: SimpleNamespace, make_session: MakeSession, surplus: None
) -> None:
    earn(session, cast.bo, 180, 9, date(2027, 3, 1))
    session.commit()
    assert services.close_due(make_session, FEBRUARY + timedelta(days=3 * 365)) == 3
    assert carried(session, cast.bo, 2027) == 40
    assert carried(session, cast.bo, 2028) == 20  # 180 + 40 earned, 200 asked
    assert carried(session, cast.bo, 2029) == 0
    assert services.verify(session).holds


def test_a_correction_after_the_closing_is_carried_too(
    session: Session, cast: SimpleNamespace, make_session: MakeSession, surplus: None
) -> None:
    services.close_due(make_session, FEBRUARY)
    entry = services.find_entry(
        session, person_id=cast.lin.id, source=Source("import", 1), bucket=Bucket.ONLINE, year=2026
    )
    assert entry is not None
    later = FEBRUARY + timedelta(days=9)
    services.correct(session, entry, quarters=210, reason="证书学时有误", evidence={}, now=later)
    session.commit()
    assert services.verify(session).problems == [
        f"year 2026 of person {cast.lin.id}: 30 quarters carried over in online, not 10"
    ]
    services.close_due(make_session, later)
    assert carried(session, cast.lin) == 10
    assert services.verify(session).holds


def test_the_recount_names_hours_carried_by_nobody(
    session: Session, cast: SimpleNamespace, make_session: MakeSession, surplus: None
) -> None:
    services.close_due(make_session, FEBRUARY)
    session.execute(
        update(HourEntry).where(HourEntry.source_kind == years.SOURCE, HourEntry.person_id == cast.lin.id)
        .values(person_id=cast.dana.id)
    )  # fmt: skip
    session.expire_all()
    said = services.verify(session).problems
    assert len([line for line in said if line.startswith("year 2026")]) == 2


# --- other rules on a year


EVIDENCE = st.one_of(
    st.builds(lambda s: ("resource", {"conversion": "lesson", "kind": "video", "seconds": s}), st.integers(1, 4000)),
    st.builds(lambda e: ("class", {"conversion": "offline", "extent": e}), st.sampled_from(["full_day", "half_day"])),
    st.builds(
        lambda s: ("gathering", {"conversion": "theme_day", "extent": "timed", "seconds": s}), st.integers(0, 20_000)
    ),
    st.builds(lambda q: ("contest", {"conversion": "given", "quarters": q}), st.integers(1, 30)),
)


def facts_by(policy: Policy, given_: list[tuple[str, dict[str, Any]]]) -> list[Fact]:
    """Entries as the ledger would hold them by that policy, caps included."""
    found: list[Fact] = []
    used: dict[str, int] = {}
    for number, (kind, evidence) in enumerate(given_):
        worth = rules.recompute(evidence, policy, kind) or 0
        counted = rules.capped(worth, used.get(kind, 0), policy.of(kind).cap)
        used[kind] = used.get(kind, 0) + counted
        proof = (
            evidence
            if counted == worth
            else {"conversion": "given", "quarters": counted, "because": "cap", "of": evidence}
        )
        if counted:
            found.append(Fact(number, Bucket.ONLINE, counted, kind, number, 0, proof))
    return found


@given(st.lists(EVIDENCE, max_size=30), st.integers(0, 60) | st.none())
def test_a_year_tried_by_its_own_rules_is_the_year_as_it_stands(
    given_: list[tuple[str, dict[str, Any]]], cap: int | None
) -> None:
    policy = Policy(sources={"resource": SourceRule(cap=cap), "class": SourceRule(factor_percent=50)})
    facts = facts_by(policy, given_)
    assert whatif_rules.recount(facts, policy) == whatif_rules.totals(facts)


@given(st.lists(EVIDENCE, max_size=30), st.randoms())
def test_without_caps_the_order_of_delivery_does_not_matter(
    given_: list[tuple[str, dict[str, Any]]], chance: Any
) -> None:
    facts = facts_by(rules.FIRST, given_)
    mixed = [*facts]
    chance.shuffle(mixed)
    renumbered = [Fact(n, *tuple(vars(f).values())[1:]) for n, f in enumerate(mixed)]
    assert whatif_rules.recount(renumbered, NANJING) == whatif_rules.recount(facts, NANJING)


def test_withdrawn_and_corrected_entries_are_tried_as_they_stand() -> None:
    day = {"conversion": "offline", "extent": "full_day"}
    taken = {"conversion": "given", "quarters": -32, "because": "未到", "of": day}
    by_hand = {"conversion": "given", "quarters": -8, "because": "更正", "of": {}}
    facts = [
        Fact(1, Bucket.OFFLINE, 32, "class", 1, 0, day), Fact(2, Bucket.OFFLINE, -32, "class", 1, 1, taken),
        Fact(3, Bucket.OFFLINE, 32, "class", 2, 0, day), Fact(4, Bucket.OFFLINE, -8, "class", 2, 1, by_hand),
        Fact(5, Bucket.OFFLINE, 32, "class", 3, 0, day),
    ]  # fmt: skip
    assert whatif_rules.recount(facts, NANJING)[Bucket.OFFLINE] == 0 + 24 + 24


def test_a_trial_shows_the_difference_by_bucket_unit_and_person_and_changes_nothing(
    app: Flask, session: Session, cast: SimpleNamespace, make_session: MakeSession
) -> None:
    day = {"conversion": "offline", "extent": "full_day"}
    for number, person in enumerate((cast.lin, cast.lin, cast.dana)):
        services.credit(
            session, person_id=person.id, source=Source("class", number), bucket=Bucket.OFFLINE, quarters=32,
            on=date(2026, 5, 1), title="轮训班", evidence=day, now=datetime(2026, 6, 1, tzinfo=UTC),
        )  # fmt: skip
    now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    version = services.draft(session, Subject.CONVERSION, "nanjing", by_id=cast.hua.id, now=now)
    task = whatif.ask(session, version, 2026, by_id=cast.hua.id, now=now)
    session.commit()
    assert run_due(make_session, {whatif.KIND: whatif.run}, app.extensions) == 1
    session.expire_all()
    result = session.get_one(type(task), task.id).result
    assert result["buckets"][0] == ["集中培训", 96, 72]
    assert sorted(line[1:] for line in result["units"]) == [[32, 24], [64, 48]]
    assert [line[1:2] + line[3:] for line in result["persons"]] == [["林晓", 64, 48], [cast.dana.name, 32, 24]]
    assert (result["compared"], result["more"], result["less"]) == (2, 0, 2)
    assert app.extensions["storage"].size(result["file_key"]) > 1000
    assert queries.totals(session, cast.lin.id, 2026)[Bucket.OFFLINE] == 64
    assert session.get_one(type(task), task.id).progress_total == 2


def test_a_draft_is_tried_with_the_figures_it_had_when_it_was_asked(session: Session, cast: SimpleNamespace) -> None:
    now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    version = services.draft(session, Subject.CONVERSION, "nanjing", by_id=cast.hua.id, now=now)
    task = whatif.ask(session, version, 2026, by_id=cast.hua.id, now=now)
    services.write(session, version, policy_rules.policy_json(rules.FIRST), reason="改回", by_id=cast.hua.id, now=now)
    assert policy_rules.policy_of(task.input["figures"]) == NANJING


def test_a_site_without_hours_has_no_year_to_close(session: Session) -> None:
    assert years.list_due(session, date(2030, 6, 1)) == []
