"""Crediting, noting and verifying on a real database."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.hours import queries, requirement_rules, services
from lms.hours.models import HourEntry, UncreditedNote
from lms.hours.rules import Bucket, Policy, Source, SourceRule
from tests.hours.making import issue_policy

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ON = date(2026, 11, 23)
VIDEO = {"conversion": "lesson", "kind": "video", "seconds": 1800}


def credit(session: Session, person: Any, **more: Any) -> HourEntry | None:
    return services.credit(
        session,
        **{
            "person_id": person.id, "source": Source("resource", 7), "bucket": Bucket.ONLINE, "quarters": 4, "on": ON,
            "title": "第一讲", "evidence": VIDEO, "now": NOW, **more,
        },
    )  # fmt: skip


def test_an_entry_names_its_evidence_and_rule_version(session: Session, cast: SimpleNamespace) -> None:
    entry = credit(session, cast.lin)
    assert entry is not None
    assert (entry.quarters, entry.year, entry.rule_version, entry.revision) == (4, 2026, "2026-1", 0)
    assert entry.evidence == VIDEO


def test_the_same_source_credits_a_bucket_once_a_year(session: Session, cast: SimpleNamespace) -> None:
    assert credit(session, cast.lin)
    assert credit(session, cast.lin) is None
    assert credit(session, cast.lin, bucket=Bucket.PROFESSIONAL)
    assert credit(session, cast.lin, on=date(2027, 1, 1))
    assert credit(session, cast.bo)
    assert queries.totals(session, cast.lin.id, 2026) == {
        Bucket.OFFLINE: 0, Bucket.ONLINE: 4, Bucket.PARTY: 0, Bucket.PROFESSIONAL: 4,
    }  # fmt: skip
    assert queries.total_of_events(session, cast.lin.id, 2026) == 4


def test_nothing_is_credited_as_nothing(session: Session, cast: SimpleNamespace) -> None:
    assert credit(session, cast.lin, quarters=0) is None
    assert session.scalars(select(HourEntry)).all() == []


def test_evidence_that_is_worth_something_else_is_refused(session: Session, cast: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="worth 4 quarters, not 8"):
        credit(session, cast.lin, quarters=8)


def test_a_figure_that_somebody_set_is_kept_as_given(session: Session, cast: SimpleNamespace) -> None:
    entry = credit(session, cast.lin, source=Source("contest", 1), quarters=24, evidence={"contest": "业务大比拼"})
    assert entry is not None
    assert entry.evidence == {"contest": "业务大比拼", "conversion": "given", "quarters": 24}


def test_a_correction_is_a_further_entry_and_the_sum_counts(session: Session, cast: SimpleNamespace) -> None:
    entry = credit(session, cast.lin)
    assert entry is not None
    further = services.correct(session, entry, quarters=1, reason="时长登记有误", evidence={}, now=NOW)
    session.flush()
    assert further is not None
    assert (further.quarters, further.revision) == (-3, 1)
    assert queries.totals(session, cast.lin.id, 2026)[Bucket.ONLINE] == 1
    assert services.correct(session, entry, quarters=1, reason="再来", evidence={}, now=NOW) is None
    assert services.verify(session).holds


def test_a_cap_cuts_what_goes_beyond_and_says_so(session: Session, cast: SimpleNamespace) -> None:
    issue_policy(session, Policy(sources={"resource": SourceRule(cap=6)}), date(2026, 3, 1), by_id=cast.hua.id)
    assert credit(session, cast.lin)
    second = credit(session, cast.lin, source=Source("resource", 8))
    assert second is not None
    assert second.quarters == 2
    assert credit(session, cast.lin, source=Source("resource", 9)) is None
    assert queries.totals(session, cast.lin.id, 2026)[Bucket.ONLINE] == 6
    assert [n.source_id for n in queries.list_uncredited(session, cast.lin.id, 2026)] == [9, 8]
    assert services.verify(session).holds


def test_why_not_is_said_once(session: Session, cast: SimpleNamespace) -> None:
    for _ in range(2):
        services.note_uncredited(
            session,
            person_id=cast.lin.id,
            source=Source("resource", 7),
            reason="外部链接不计学时",
            title="链接",
            on=ON,
            now=NOW,
        )
    assert len(session.scalars(select(UncreditedNote)).all()) == 1


def test_the_recount_names_a_changed_entry(session: Session, cast: SimpleNamespace) -> None:
    entry = credit(session, cast.lin)
    assert entry is not None
    assert services.verify(session) == services.Check(there=1, compared=1)
    session.execute(update(HourEntry).values(quarters=40))
    session.expire_all()
    check = services.verify(session)
    assert check.problems == [
        f"hour entry {entry.id}: 40 quarters, its evidence gives 4",
        f"sum of person {cast.lin.id} in online 2026-11: 4 quarters in 1 lines, its entries give 40 in 1",
    ]
    assert not check.holds


def test_the_recount_names_an_entry_in_the_wrong_year(session: Session, cast: SimpleNamespace) -> None:
    credit(session, cast.lin)
    session.execute(update(HourEntry).values(year=2025))
    session.expire_all()
    assert not services.verify(session).holds


def test_comparing_nothing_where_there_is_something_is_a_failure() -> None:
    assert services.Check(there=0).holds
    assert not services.Check(there=3).holds


def test_requirements_follow_the_person(session: Session, cast: SimpleNamespace) -> None:
    credit(session, cast.lin)

    def asked(person: Any) -> list[tuple[str, int]]:
        found = queries.requirements_of(session, person.id, 2026, today=ON)
        return [(each.label, each.target // 4) for each in found]

    assert asked(cast.lin) == [("集中培训", 90), ("网络自学", 50), ("党员学习", 32)]
    assert asked(cast.chen) == [("集中培训", 90), ("网络自学", 50), ("党员学习", 56)]
    assert asked(cast.gao) == [("集中培训", 110), ("网络自学", 50), ("党员学习", 32)]
    assert asked(cast.sun) == [("集中培训", 90), ("网络自学", 50)]
    online = queries.requirements_of(session, cast.lin.id, 2026, today=ON)[1]
    assert (online.earned, online.gap) == (4, 196)


def test_the_five_years_are_shown_to_county_rank_only(session: Session, cast: SimpleNamespace) -> None:
    credit(session, cast.gao, bucket=Bucket.OFFLINE)
    credit(session, cast.gao, bucket=Bucket.OFFLINE, on=date(2022, 12, 31))
    assert queries.five_years(session, cast.gao.id, ON).earned == 4
    assert queries.five_years(session, cast.lin.id, ON) is None


def test_the_standings_are_the_rank_bands_of_people() -> None:
    assert {standing.value for standing in requirement_rules.Standing} == {"county", "township", "technical"}
