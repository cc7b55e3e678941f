"""Versions of the rules: from draft to the day they hold, and what they leave alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.audit.models import AuditRecord
from lms.errors import Conflict, Invalid
from lms.hours import policy_rules, queries, requirement_rules, rule_queries, rules, services
from lms.hours.models import HourEntry, RuleVersion
from lms.hours.policy_rules import NANJING, Subject
from lms.hours.rules import Bucket, Policy, Source, SourceRule
from tests.hours.making import issue_policy

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = {"conversion": "offline", "extent": "full_day"}


def give_day(session: Session, person: Any, on: date, number: int = 1) -> HourEntry | None:
    quarters = services.worth(session, DAY, on=on, source_kind="class")
    return services.credit(
        session, person_id=person.id, source=Source("class", number), bucket=Bucket.OFFLINE, quarters=quarters, on=on,
        title="轮训班", evidence=DAY, now=NOW,
    )  # fmt: skip


def test_a_change_holds_for_what_is_earned_from_its_day_on_and_leaves_the_rest(
    session: Session, cast: SimpleNamespace
) -> None:
    before = give_day(session, cast.lin, date(2026, 6, 30), 1)
    issue_policy(session, NANJING, date(2026, 7, 1), by_id=cast.hua.id)
    late = give_day(session, cast.lin, date(2026, 6, 29), 2)
    after = give_day(session, cast.lin, date(2026, 7, 1), 3)
    assert before is not None
    assert late is not None
    assert after is not None
    assert [(e.quarters, e.rule_version) for e in (before, late, after)] == [
        (32, "2026-1"), (32, "2026-1"), (24, "2026-2"),
    ]  # fmt: skip
    assert services.verify(session).holds


def test_an_entry_that_names_rules_of_another_day_is_found(session: Session, cast: SimpleNamespace) -> None:
    issue_policy(session, Policy(quiz=3), date(2026, 7, 1), by_id=cast.hua.id)
    entry = give_day(session, cast.lin, date(2026, 8, 1))
    assert entry is not None
    entry.rule_version = "2026-1"
    session.flush()
    check = services.verify(session)
    assert check.problems == [f"hour entry {entry.id}: names the rules 2026-1, on 2026-08-01 2026-2 held"]


def test_what_was_issued_never_changes_again(session: Session, cast: SimpleNamespace) -> None:
    version = issue_policy(session, NANJING, date(2026, 7, 1), by_id=cast.hua.id)
    figures = policy_rules.policy_json(rules.FIRST)
    with pytest.raises(Conflict):
        services.write(session, version, figures, reason="再改", by_id=cast.hua.id, now=NOW)
    with pytest.raises(Conflict):
        services.drop(session, version, by_id=cast.hua.id, now=NOW)
    with pytest.raises(Invalid):
        services.issue(session, version, from_on=date(2026, 7, 2), by_id=cast.hua.id, now=NOW)


def test_a_version_begins_tomorrow_at_the_earliest_and_after_the_one_before_it(
    session: Session, cast: SimpleNamespace
) -> None:
    hua = cast.hua.id
    version = services.draft(session, Subject.CONVERSION, "nanjing", by_id=hua, now=NOW)
    with pytest.raises(Invalid, match="为什么改"):
        services.issue(session, version, from_on=date(2027, 1, 1), by_id=hua, now=NOW)
    services.write(session, version, version.figures, reason="按新办法", by_id=hua, now=NOW)
    session.refresh(version)
    with pytest.raises(Invalid, match="2026-11-24"):
        services.issue(session, version, from_on=date(2026, 11, 23), by_id=hua, now=NOW)
    before_midnight = datetime(2026, 11, 23, 15, 55, tzinfo=UTC)
    with pytest.raises(Invalid, match="2026-11-25"):
        services.issue(session, version, from_on=date(2026, 11, 24), by_id=hua, now=before_midnight)
    services.issue(session, version, from_on=date(2027, 1, 1), by_id=hua, now=NOW)
    second = services.draft(session, Subject.CONVERSION, "yunnan", by_id=hua, now=NOW)
    services.write(session, second, second.figures, reason="再改", by_id=hua, now=NOW)
    session.refresh(second)
    with pytest.raises(Invalid, match="2027-01-01"):
        services.issue(session, second, from_on=date(2027, 1, 1), by_id=hua, now=NOW)


def test_a_version_whose_day_has_not_come_can_be_taken_back_and_then_never_held(
    session: Session, cast: SimpleNamespace
) -> None:
    version = services.draft(session, Subject.CONVERSION, "nanjing", by_id=cast.hua.id, now=NOW)
    services.write(session, version, version.figures, reason="按新办法", by_id=cast.hua.id, now=NOW)
    session.refresh(version)
    services.issue(session, version, from_on=date(2027, 1, 1), by_id=cast.hua.id, now=NOW)
    assert rule_queries.policy_on(session, date(2027, 1, 1)).figures == NANJING
    services.drop(session, version, by_id=cast.hua.id, now=NOW)
    assert rule_queries.policy_on(session, date(2027, 1, 1)).figures == rules.FIRST


def test_every_act_on_the_rules_stands_in_the_audit_chain(session: Session, cast: SimpleNamespace) -> None:
    issue_policy(session, NANJING, date(2026, 7, 1), by_id=cast.hua.id)
    records = session.scalars(select(AuditRecord).order_by(AuditRecord.number)).all()
    acts = {record.action: record for record in records if record.action.startswith("hours.")}
    assert list(acts) == ["hours.rule_draft", "hours.rule_write", "hours.rule_issue"]
    issued = acts["hours.rule_issue"]
    assert issued.actor_id == cast.hua.id
    assert "集中培训：全天 8，半天 4 → 全天 6，半天 3" in issued.detail["changes"]
    assert audit.verify(session)[1] == []
    issued.detail = {**issued.detail, "reason": "没有原因"}
    session.flush()
    session.expire_all()
    assert audit.verify(session)[1] != []


def test_requirements_follow_the_version_of_the_day(session: Session, cast: SimpleNamespace) -> None:
    then = NOW - timedelta(days=300)
    version = services.draft(session, Subject.REQUIREMENT, "", by_id=cast.hua.id, now=then)
    figures = requirement_rules.as_json(replace(requirement_rules.FIRST, online=60, township_offline=0))
    services.write(session, version, figures, reason="年度工作要点", by_id=cast.hua.id, now=then)
    session.refresh(version)
    services.issue(session, version, from_on=date(2026, 7, 1), by_id=cast.hua.id, now=then)

    def asked(today: date) -> list[tuple[str, int]]:
        found = queries.requirements_of(session, cast.lin.id, 2026, today=today)
        return [(each.label, each.target // 4) for each in found]

    assert asked(date(2026, 6, 30)) == [("集中培训", 90), ("网络自学", 50), ("党员学习", 32)]
    assert asked(date(2026, 7, 1)) == [("网络自学", 60), ("党员学习", 32)]


def test_a_process_that_read_the_rules_yesterday_learns_of_a_version_on_its_day(
    session: Session, cast: SimpleNamespace, time_machine: Any
) -> None:
    time_machine.move_to(NOW)
    assert rule_queries.policy_on(session, date(2026, 11, 23)).name == "2026-1"
    kept = rule_queries.CACHE.of(session, date(2026, 11, 23))
    version = RuleVersion(
        subject=Subject.CONVERSION, name="2026-2", preset="nanjing", figures=policy_rules.policy_json(NANJING), reason="别的进程",
        state=policy_rules.VersionState.ISSUED, from_on=date(2026, 11, 24), created_by_id=cast.hua.id, created_at=NOW,
    )  # fmt: skip
    session.add(version)
    session.flush()
    assert rule_queries.CACHE.of(session, date(2026, 11, 23)) is kept
    time_machine.move_to(NOW + timedelta(days=1))
    assert rule_queries.policy_on(session, date(2026, 11, 24)).name == "2026-2"


def test_the_rules_move_a_source_to_another_bucket_and_corrections_find_it_there(
    session: Session, cast: SimpleNamespace
) -> None:
    moved = Policy(sources={"class": SourceRule(bucket=Bucket.ONLINE, factor_percent=50)})
    issue_policy(session, moved, date(2026, 3, 1), by_id=cast.hua.id)
    entry = give_day(session, cast.lin, date(2026, 5, 1))
    assert entry is not None
    assert (entry.bucket, entry.quarters) == (Bucket.ONLINE, 16)
    found = services.find_entry(
        session, person_id=cast.lin.id, source=Source("class", 1), bucket=Bucket.OFFLINE, year=2026
    )
    assert found is entry
    assert services.verify(session).holds


def test_a_cap_holds_for_corrections_and_restorations_too(session: Session, cast: SimpleNamespace) -> None:
    issue_policy(session, Policy(sources={"class": SourceRule(cap=40)}), date(2026, 3, 1), by_id=cast.hua.id)
    first = give_day(session, cast.lin, date(2026, 5, 1), 1)
    assert first is not None
    about = {"person_id": cast.lin.id, "source": Source("class", 1), "year": 2026, "now": NOW}
    assert services.withdraw(session, reason="未到", **about) == 32
    assert give_day(session, cast.lin, date(2026, 5, 2), 2)
    services.restore(session, reason="补签", **about)
    session.flush()
    assert queries.totals(session, cast.lin.id, 2026)[Bucket.OFFLINE] == 40
    assert services.verify(session).holds
