"""One's own hours page."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from lms.hours import services
from lms.hours.policy_rules import NANJING
from lms.hours.rules import Bucket, Source
from tests.hours.making import issue_policy
from tests.support.statements import statements_of
from tests.support.web import Web

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def fill(session: Session, person_id: int) -> None:
    for number, on in enumerate((date(2025, 3, 1), date(2026, 3, 2))):
        services.credit(
            session, person_id=person_id, source=Source("resource", number), bucket=Bucket.ONLINE, quarters=4, on=on,
            title=f"耕地占补平衡 {on.year}", now=NOW,
            evidence={"conversion": "lesson", "kind": "video", "seconds": 1830, "course": "耕地保护"},
        )  # fmt: skip
    services.note_uncredited(
        session,
        person_id=person_id,
        source=Source("resource", 9),
        reason="外部链接不计学时",
        title="部网站",
        on=date(2026, 5, 1),
        now=NOW,
    )
    session.commit()


def test_an_empty_year_says_how_the_first_entry_comes_about(web: Web) -> None:
    text = web.as_("lin").get("/hours").get_data(as_text=True)
    assert "还没有学时记录" in text
    assert "集中培训" in text


def test_entries_show_evidence_and_rule_version_and_what_was_not_credited(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    fill(session, cast.lin.id)
    text = web.as_("lin").get("/hours?year=2026").get_data(as_text=True)
    for words in (
        "耕地占补平衡 2026",
        "《耕地保护》",
        "30 分 30 秒",
        "2026-1",
        "未计入",
        "外部链接不计学时",
        "学时网络自学",
    ):
        assert words in text
    assert "耕地占补平衡 2025" not in text


def test_another_year_is_one_tap_away_and_an_unknown_one_is_this_one(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    fill(session, cast.lin.id)
    lin = web.as_("lin")
    assert "耕地占补平衡 2025" in lin.get("/hours?year=2025").get_data(as_text=True)
    for odd in ("1800", "x", ""):
        assert "我的学时" in lin.get(f"/hours?year={odd}").get_data(as_text=True)


def test_nobody_sees_anothers_hours(web: Web, session: Session, cast: SimpleNamespace) -> None:
    fill(session, cast.lin.id)
    assert "耕地占补平衡" not in web.as_("dana").get("/hours").get_data(as_text=True)


def test_county_rank_sees_the_five_years(web: Web) -> None:
    assert "550 学时" in web.as_("gao").get("/hours").get_data(as_text=True)


def test_strangers_are_sent_to_sign_in(web: Web) -> None:
    assert "/login" in web.get("/hours", 303).headers["Location"]


def test_a_long_year_begins_with_its_newest_months_and_every_month_is_one_tap_away(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    for number in range(90):
        services.credit(
            session, person_id=cast.lin.id, source=Source("resource", number), bucket=Bucket.ONLINE, quarters=4,
            on=date(2026, 1 + number % 9, 5), title=f"第{number}讲", now=NOW,
            evidence={"conversion": "lesson", "kind": "video", "seconds": 1830},
        )  # fmt: skip
    lin = web.as_("lin")
    shown = lin.get("/hours?year=2026").get_data(as_text=True)
    assert "第8讲" in shown
    assert "第0讲" not in shown
    assert "7 月的 10 条" in shown
    assert "year=2026&amp;month=7" in shown
    assert shown.count("累计 90<") == 1  # the newest line stands on the whole year
    july = lin.get("/hours?year=2026&month=7").get_data(as_text=True)
    assert "第6讲" in july
    assert "第7讲" not in july
    assert "6 月的 10 条" in july
    assert july.count("累计 70<") == 1
    assert july.count("累计 61<") == 1
    whole = lin.get("/hours?year=2026&all=1").get_data(as_text=True)
    assert "第0讲" in whole
    assert "月的 10 条" not in whole
    assert whole.count("累计 1<") == 1


def test_what_was_not_credited_stands_in_its_month(web: Web, session: Session, cast: SimpleNamespace) -> None:
    fill(session, cast.lin.id)
    lin = web.as_("lin")
    assert "外部链接不计学时" in lin.get("/hours?year=2026&month=5").get_data(as_text=True)
    march = lin.get("/hours?year=2026&month=3").get_data(as_text=True)
    assert "外部链接不计学时" not in march
    assert "耕地占补平衡 2026" in march
    for odd in ("13", "0", "x"):
        assert "耕地占补平衡 2026" in lin.get(f"/hours?year=2026&month={odd}").get_data(as_text=True)


def test_electives_are_told_apart_where_the_rules_of_the_entry_know_them(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    issue_policy(session, NANJING, date(2026, 4, 1), by_id=cast.hua.id)
    for number, (kind, on) in enumerate((("resource", "03"), ("resource", "05"), ("contest", "05"))):
        services.credit(
            session, person_id=cast.lin.id, source=Source(kind, number), bucket=Bucket.ONLINE, quarters=4 + number,
            on=date.fromisoformat(f"2026-{on}-05"), title="一讲", now=NOW, evidence={},
        )  # fmt: skip
    text = web.as_("lin").get("/hours?year=2026").get_data(as_text=True)
    assert "必修 2.5，选修 1.25 学时" in text
    assert "网络自学 2.75（选修 1.25）" in text
    text = web.as_("hua").get("/office/hours?year=2026").get_data(as_text=True)
    assert '1.25</b> <span class="stat-unit">学时选修' in text


def test_a_statement_asks_the_same_few_questions_however_long_the_year(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    lin, engine = web.as_("lin"), web.app.extensions["engine"]
    lin.get("/hours")

    def asked() -> int:
        with statements_of(engine) as said:
            lin.get("/hours?year=2026")
        return len(said)

    fill(session, cast.lin.id)
    few = asked()
    for number in range(100, 160):
        services.credit(
            session, person_id=cast.lin.id, source=Source("resource", number), bucket=Bucket.ONLINE, quarters=4,
            on=date(2026, 1 + number % 9, 5), title="一讲", now=NOW, evidence={"conversion": "given", "quarters": 4},
        )  # fmt: skip
    session.commit()
    assert asked() == few <= 16


def test_the_sums_of_a_year_are_read_from_an_index_alone(session: Session) -> None:
    if session.get_bind().dialect.name != "sqlite":  # type: ignore[union-attr]
        pytest.skip("the plan is SQLite's")
    for query, index in (
        (
            "SELECT person_id, bucket, is_elective, sum(quarters) FROM hour_sums WHERE year = 2026 GROUP BY 1, 2, 3",
            "sums",
        ),
        ("SELECT month, bucket, quarters, entries FROM hour_sums WHERE person_id = 1 AND year = 2026", "sums"),
        (
            'SELECT person_id, bucket, sum(quarters) FROM hour_entries WHERE year = 2026 AND "on" < 9 GROUP BY 1, 2',
            "entries",
        ),
    ):
        plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
        assert len(plan) == 1, plan
        assert f"COVERING INDEX ix_hour_{index}_year" in plan[0], plan
