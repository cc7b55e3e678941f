"""The site's own table of working days."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit.models import AuditRecord
from lms.errors import Invalid
from lms.workdays import queries, rules, services
from lms.workdays.models import CalendarDay
from tests.support.web import Web

NOW = clock.at_local(date(2026, 11, 27), 9)
UNKNOWN = next(year for year in range(2026, 2100) if not clock.is_known_year(year))


def text_of(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.get_data(as_text=True)


def enter(session: Session, cast: SimpleNamespace, first: date, last: date | None = None, **changed: object) -> int:
    facts = {"is_working": False, "name": "元旦", "by_id": cast.sun.id, "by": "孙平", "now": NOW} | changed
    return services.set_days(session, first, last or first, **facts)  # type: ignore[arg-type]


def test_what_is_entered_wins_over_the_built_in_calendar(session: Session, cast: SimpleNamespace) -> None:
    monday, saturday = date(2026, 11, 30), date(2026, 11, 28)
    assert (clock.is_working_day(monday), clock.is_working_day(saturday)) == (True, False)
    enter(session, cast, monday)
    enter(session, cast, saturday, is_working=True)
    table = queries.overrides(session, saturday)
    assert (clock.is_working_day(monday, table), clock.is_working_day(saturday, table)) == (False, True)
    assert clock.add_working_days(date(2026, 11, 27), 2, table) == date(2026, 12, 1)


def test_a_stretch_is_entered_at_once_and_entering_it_again_replaces_it(
    session: Session, cast: SimpleNamespace
) -> None:
    first, last = date(2027, 2, 5), date(2027, 2, 11)
    assert enter(session, cast, first, last, name="春节") == 7
    assert enter(session, cast, last, is_working=True, name="调休") == 1
    days = queries.list_year(session, 2027)
    assert [day.on for day in days] == [first + timedelta(days=n) for n in range(7)]
    assert [day.is_working for day in days] == [False] * 6 + [True]
    assert queries.list_year(session, 2026) == []


@pytest.mark.parametrize(("days", "field"), [(-1, "until_on"), (31, "until_on")])
def test_a_stretch_that_ends_before_it_begins_or_is_longer_than_a_month_is_refused(
    session: Session, cast: SimpleNamespace, days: int, field: str
) -> None:
    first = date(2027, 2, 5)
    with pytest.raises(Invalid) as refused:
        enter(session, cast, first, first + timedelta(days=days))
    assert refused.value.field == field
    assert enter(session, cast, first, first + timedelta(days=30)) == 31


def test_every_change_is_in_the_audit_log(session: Session, cast: SimpleNamespace) -> None:
    enter(session, cast, date(2027, 1, 1), name="元旦")
    (day,) = queries.list_year(session, 2027)
    services.remove_day(session, day, by_id=cast.sun.id, by="孙平", now=NOW)
    assert queries.list_year(session, 2027) == []
    records = session.scalars(select(AuditRecord).order_by(AuditRecord.number)).all()[-2:]
    assert [(r.action, r.target, r.detail["title"], r.actor) for r in records] == [
        ("calendar.set", "calendar:2027-01-01", "元旦", "孙平"),
        ("calendar.remove", "calendar:2027-01-01", "元旦", "孙平"),
    ]


@given(st.integers(2005, 2060), st.sets(st.integers(2005, 2062)))
def test_a_year_is_unknown_only_without_calendar_and_without_entries(year: int, entered: set[int]) -> None:
    unknown = rules.unknown_years(date(year, 6, 1), entered)
    assert set(unknown) <= {year, year + 1}
    for one in (year, year + 1):
        assert (one in unknown) is (not clock.is_known_year(one) and one not in entered)


# Pages


def test_the_system_admin_is_warned_of_a_year_nobody_knows_until_its_first_entry(web: Web) -> None:
    with time_machine.travel(clock.at_local(date(UNKNOWN - 1, 12, 1), 9), tick=False):
        sun = web.as_("sun")
        assert f"个年份没有放假安排（{UNKNOWN} 年）" in text_of(sun.get("/office"))
        assert f"{UNKNOWN} 年放假安排未登记" in text_of(sun.get("/office/calendar"))
        form = {"from_on": f"{UNKNOWN}-01-01", "until_on": "", "kind": "free", "name": "元旦"}
        page = text_of(sun.follow(sun.post("/office/calendar", form)))
        assert "元旦" in page
        assert "放假安排未登记" not in page
        assert "没有放假安排" not in text_of(sun.get("/office"))


def test_the_year_is_listed_and_a_day_taken_out_again(web: Web, session: Session) -> None:
    sun = web.as_("sun")
    form = {"from_on": "2027-10-01", "until_on": "2027-10-03", "kind": "free", "name": "国庆节"}
    page = text_of(sun.follow(sun.post("/office/calendar", form)))
    assert page.count("国庆节") >= 3
    assert "孙平" in page
    first_id = queries.list_year(session, 2027)[0].id
    sun.post(f"/office/calendar/{first_id}/removal")
    assert [day.on.day for day in queries.list_year(session, 2027)] == [2, 3]
    sun.post(f"/office/calendar/{first_id}/removal", status=404)
    assert "登记工作日历" in text_of(web.as_("shi").get("/office/audit"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"until_on": "2027-09-30"}, "不能早于第一天"),
        ({"until_on": "2027-12-31"}, "最多登记 31 天"),
        ({"from_on": "十月一日"}, "日期"),
        ({"name": ""}, "请填写事由"),
    ],
)
def test_a_wrong_entry_gets_a_sentence_and_loses_nothing(
    web: Web, session: Session, change: dict[str, str], sentence: str
) -> None:
    form = {"from_on": "2027-10-01", "until_on": "2027-10-03", "kind": "work", "name": "值班周"} | change
    page = text_of(web.as_("sun").post("/office/calendar", form, 422))
    assert sentence in page
    assert form["name"] in page
    assert session.scalar(select(func.count()).select_from(CalendarDay)) == 0


@pytest.mark.parametrize("year", ["1999", "2060", "abc", "-1"])
def test_any_year_in_the_address_is_answered(web: Web, year: str) -> None:
    web.as_("sun").get(f"/office/calendar?year={year}")


def test_a_new_contest_is_proposed_for_the_next_day_that_is_worked(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    with time_machine.travel(NOW, tick=False):
        hua = web.as_("hua")
        assert 'value="2026-11-30T09:00"' in text_of(hua.get("/office/contests/new"))
        enter(session, cast, date(2026, 11, 30))
        assert 'value="2026-12-01T09:00"' in text_of(hua.get("/office/contests/new"))
