"""The committee's desk: what each line says, who sees it, that it stays few statements, and the file equals the page to the digit."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit.models import AuditRecord
from lms.demo.cast import NORTH_BRANCH, PARTY, SOUTH_BRANCH
from lms.gatherings import services
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Gathering
from lms.gatherings.rules import Mark
from lms.gatherings.services import Plan, Tap
from lms.people.access import Scope
from lms.people.models import Branch, Unit
from lms.people.rules import PartyStatus, RankBand
from lms.people.services import accounts, trees
from lms.themedays import committee_queries, committee_rules
from lms.themedays.committee_rules import Line
from lms.themedays.rules import MonthState, PartKind, PartState
from lms.themedays.services import MonthPlan, plan_month, record_apart
from lms.web.spreadsheets import read_rows
from tests.gatherings.north import AFTER, DURING, FRIDAY, LONG_AFTER, NOON, branch, member, move, theme_day
from tests.gatherings.test_roster_property import LIVES, Move, is_north, live, model_due
from tests.support.statements import statements_of
from tests.support.web import Web

DESK = "/branches/desk?month=2026-12"
DECEMBER = date(2026, 12, 1)
EVERYWHERE = Scope(("/",), ("/",))


@pytest.fixture(autouse=True)
def after() -> Iterator[time_machine.Traveller]:
    """The clock stands just after that Friday's theme day until it is moved."""
    with time_machine.travel(AFTER, tick=False) as traveller:
        yield traveller


def line_of(session: Session, name: str, *, now: object = AFTER, month: date = DECEMBER) -> Line:
    lines = committee_queries.list_lines(session, EVERYWHERE, month, now=now)  # type: ignore[arg-type]
    (found,) = [line for line in lines if line.name == name]
    return found


def hold(session: Session, made: Gathering, by_id: int, *present: int) -> None:
    services.mark(session, made, [Tap(one, Mark.PRESENT) for one in present], by_id=by_id, now=DURING)
    services.close_roll(session, made, by_id=by_id, now=AFTER)
    session.commit()


# --- what a line says


def test_a_line_goes_from_open_over_planned_and_held_to_recorded(session: Session, cast: SimpleNamespace) -> None:
    assert line_of(session, NORTH_BRANCH).state is MonthState.OPEN
    made = theme_day(session, cast.chen)
    assert line_of(session, NORTH_BRANCH).state is MonthState.PLANNED
    hold(session, made, cast.chen.id, cast.lin.id, cast.bo.id)
    line = line_of(session, NORTH_BRANCH)
    assert (line.state, line.count.due, line.count.present) == (MonthState.HELD, 5, 2)
    services.write_minutes(session, made, {"points": "学习"}, by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert line_of(session, NORTH_BRANCH).state is MonthState.RECORDED
    assert line_of(session, SOUTH_BRANCH).state is MonthState.OPEN


def test_a_cancelled_theme_day_is_no_theme_day(session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    services.cancel(session, made, reason="改期", by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert line_of(session, NORTH_BRANCH).state is MonthState.OPEN


def test_the_three_parts_are_counted_separately(session: Session, cast: SimpleNamespace) -> None:
    plan = MonthPlan(DURING, DURING + timedelta(hours=2), [PartKind.LESSON, PartKind.FILM])
    made = plan_month(session, branch(session), DECEMBER, plan, by_id=cast.chen.id, now=NOON)
    hold(session, made, cast.chen.id, cast.lin.id)
    assert line_of(session, NORTH_BRANCH).parts == {PartKind.LESSON: PartState.DONE, PartKind.FILM: PartState.DONE}
    record_apart(
        session, branch(session), DECEMBER, PartKind.PRACTICE, on=date(2026, 12, 3), note="清理河道", by_id=cast.chen.id, now=AFTER
    )  # fmt: skip
    session.commit()
    together = committee_rules.totals(committee_queries.list_lines(session, EVERYWHERE, DECEMBER, now=AFTER))
    assert together.parts == {PartKind.LESSON: 1, PartKind.FILM: 1, PartKind.PRACTICE: 1}
    assert (together.held, together.due, together.present) == (1, 5, 1)


def test_a_theme_day_that_slipped_into_the_next_month_stays_with_the_month_it_was_planned_for(
    session: Session, cast: SimpleNamespace
) -> None:
    late = clock.at_local(date(2027, 1, 4), 15)
    plan = MonthPlan(late, late + timedelta(hours=2), list(PartKind), reason="年末督查")
    plan_month(session, branch(session), DECEMBER, plan, by_id=cast.chen.id, now=NOON)
    session.commit()
    assert len(line_of(session, NORTH_BRANCH).days) == 1
    assert line_of(session, NORTH_BRANCH, month=date(2027, 1, 1)).days == ()


def test_what_has_passed_its_time_is_named_with_the_record_it_leads_to(session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    services.add_decision(
        session, made, text="整理台账", owner_id=cast.lin.id, due_on=date(2026, 12, 8), link="/", by_id=cast.chen.id, now=DURING
    )  # fmt: skip
    session.commit()
    assert line_of(session, NORTH_BRANCH).overdue == ()
    said = [(each.text, each.gathering_id) for each in line_of(session, NORTH_BRANCH, now=LONG_AFTER).overdue]
    assert said == [
        ("12月4日主题党日还没有点名", made.id),
        ("决定事项过了期限（12月8日）：整理台账", made.id),
    ]
    hold(session, made, cast.chen.id)
    said = [(each.text, each.gathering_id) for each in line_of(session, NORTH_BRANCH, now=LONG_AFTER).overdue]
    assert said[0] == ("12月4日主题党日过了 3 个工作日还没有写记录", made.id)


def test_a_month_that_is_over_without_a_theme_day_is_overdue(session: Session, cast: SimpleNamespace) -> None:
    theme_day(session, cast.mei, on=date(2026, 10, 9), owner=SOUTH_BRANCH)
    said = [each.text for each in line_of(session, NORTH_BRANCH, month=date(2026, 11, 1)).overdue]
    assert said == ["主题党日（11月）缺 1 次的记录"]


# --- rates of the day


def test_a_transfer_after_the_day_changes_no_rate(session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    hold(session, made, cast.chen.id, cast.lin.id, cast.bo.id)
    before = line_of(session, NORTH_BRANCH).count
    move(session, cast.lin, SOUTH_BRANCH, FRIDAY + timedelta(days=3))
    member(session, "new1", since=FRIDAY + timedelta(days=3))
    assert line_of(session, NORTH_BRANCH, now=LONG_AFTER).count == before


def test_a_correction_of_a_closed_roll_stands_on_the_desk(session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    hold(session, made, cast.chen.id, cast.lin.id)
    services.mark(session, made, [Tap(cast.bo.id, Mark.PRESENT)], by_id=cast.chen.id, now=AFTER)
    session.commit()
    assert line_of(session, NORTH_BRANCH).count.present == 2


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=LIVES, present=st.sets(st.integers(0, 4)))
def test_the_desk_s_rate_is_that_of_the_roster_of_the_day(
    session: Session, cast: SimpleNamespace, lives: list[list[Move]], present: set[int]
) -> None:
    """Transfers before the day are known at the roll, those after it are entered when the roll is closed."""
    try:
        made = theme_day(session, cast.chen, commit=False)
        people = [live(session, f"p{n}", life, FRIDAY) for n, life in enumerate(lives)]
        tapped = [n for n in present if n < len(lives) and is_north(lives[n], FRIDAY)]
        services.mark(session, made, [Tap(people[n].id, Mark.PRESENT) for n in tapped], by_id=cast.chen.id, now=DURING)
        services.close_roll(session, made, by_id=cast.chen.id, now=AFTER)
        for n, life in enumerate(lives):
            live(session, "", life, FRIDAY + timedelta(days=9), people[n], FRIDAY)
        session.flush()
        count = line_of(session, NORTH_BRANCH, now=LONG_AFTER).count
        due = 5 + sum(model_due(life, FRIDAY) for life in lives)
        assert (count.due, count.present) == (due, sum(model_due(lives[n], FRIDAY) for n in tapped))
    finally:
        session.rollback()


def test_the_roster_of_today_would_give_another_rate(session: Session, cast: SimpleNamespace) -> None:
    """The positive control: counted from today's members, the property above does not hold."""
    made = theme_day(session, cast.chen)
    hold(session, made, cast.chen.id, cast.lin.id)
    move(session, cast.lin, SOUTH_BRANCH, FRIDAY + timedelta(days=2))
    today = committee_queries.duties.lives(
        session, Branch.id == made.branch_id, FRIDAY, LONG_AFTER.date(), [made.branch_id]
    )  # type: ignore[list-item]
    members = today[made.branch_id].organisation(LONG_AFTER.date()).members  # type: ignore[index]
    assert members == 4 != line_of(session, NORTH_BRANCH, now=LONG_AFTER).count.due


# --- who sees it


def test_the_committee_sees_every_branch_and_a_secretary_only_her_own_line(web: Web, cast: SimpleNamespace) -> None:
    whole = web.as_("wen").get(DESK).get_data(as_text=True)
    assert NORTH_BRANCH in whole
    assert SOUTH_BRANCH in whole
    own = web.as_("mei").get(DESK).get_data(as_text=True)
    assert SOUTH_BRANCH in own
    assert NORTH_BRANCH not in own
    for name in ("lin", "gao", "ada", "hua", "sun"):
        web.as_(name).get(DESK, 403)


def test_a_branch_s_own_page_is_nothing_for_the_neighbour(web: Web, session: Session, cast: SimpleNamespace) -> None:
    north = branch(session).id
    for name in ("wen", "chen"):
        assert NORTH_BRANCH in web.as_(name).get(f"/branches/{north}/desk").get_data(as_text=True)
    for url in (f"/branches/{north}/desk", f"/branches/{north}/handbook", f"/branches/{north}/duties"):
        web.as_("mei").get(url, 404)
    web.as_("mei").post("/branches/outside/file", {"branch": north, "year": 2026, "month": 12}, 404)


def test_the_file_holds_only_lines_of_who_takes_it(web: Web, session: Session, cast: SimpleNamespace) -> None:
    answer = web.as_("mei").post("/branches/desk/export", {"month": "2026-12"}, 200)
    names = [row[0] for row in read_rows(answer.data, "desk.xlsx")[1:]]
    assert names == [SOUTH_BRANCH]


# --- the page and its file


def rows_of_page(text: str) -> list[list[str]]:
    """The cells of the desk's table as a reader sees them, without what only screen readers hear."""
    text = re.sub(r'<span class="visually-hidden">.*?</span>', "", text, flags=re.S)
    body = re.search(r"<tbody.*?</tbody>", text, re.S)
    assert body
    rows = re.findall(r"<tr.*?</tr>", body[0], re.S)
    cells = [re.findall(r"<td.*?</td>", row, re.S) for row in rows]
    return [[" ".join(unescape(re.sub(r"<[^>]+>", "", cell)).split()) for cell in row] for row in cells]


def test_the_file_equals_the_page_to_the_digit(web: Web, session: Session, cast: SimpleNamespace) -> None:
    for number in range(4):
        member(session, f"m{number}")
    made = theme_day(session, cast.chen)
    hold(session, made, cast.chen.id, cast.lin.id, cast.bo.id, cast.chen.id)
    services.write_minutes(session, made, {"points": "学习"}, by_id=cast.chen.id, now=AFTER)
    browser = web.as_("wen")
    page = browser.get(DESK).get_data(as_text=True)
    answer = browser.post("/branches/desk/export", {"month": "2026-12"}, 200)
    head, *rows = read_rows(answer.data, "desk.xlsx")
    assert head[:6] == ["支部", "进度", "主题党日", "应到", "到会", "到会率"]
    shown = [[c[0], c[1], c[2], *reversed(c[3].split(" / ")), *c[4:8], c[8], c[9]] for c in rows_of_page(page)]
    assert [[*row[:9], row[9].replace("没有要求", "—"), row[10]] for row in shown] == rows
    (north,) = [row for row in rows if row[0] == NORTH_BRANCH]
    assert north[1:6] == ["已记录", "12月4日", "9", "3", "33.3%"]
    assert "截至 12月4日 周五 17:05" in " ".join(page.split())
    taken = session.scalars(select(AuditRecord).where(AuditRecord.action == "branch:export-desk")).one()
    assert taken.actor_id == cast.wen.id


def test_the_desk_asks_as_few_statements_for_ninety_branches_as_for_three(
    app: Flask, web: Web, session: Session, cast: SimpleNamespace
) -> None:
    browser = web.as_("wen")

    def said() -> int:
        browser.get(DESK)
        with statements_of(app.extensions["engine"]) as statements:
            browser.get(DESK)
        return len(statements)

    theme_day(session, cast.chen)
    few = said()
    top = session.scalars(select(Branch).where(Branch.name == PARTY)).one()
    unit = session.scalars(select(Unit)).first()
    assert unit is not None
    for number in range(90):
        one = trees.create_branch(session, name=f"第{number}支部", parent=top, by_id=None, by="demo", now=NOON)
        session.flush()
        person = accounts.create_person(
            session, staff_no=f"s{number}", name="党员", rank_band=RankBand.TOWNSHIP, now=NOON
        )
        accounts.place(session, person, unit, one, from_on=date(2026, 1, 1), party_status=PartyStatus.FULL)
        starts = clock.at_local(FRIDAY, 15)
        made = services.plan(
            session, one, Plan(GatheringKind.THEME_DAY, "主题党日", starts, starts + timedelta(hours=1)), by_id=person.id, now=NOON
        )  # fmt: skip
        services.close_roll(session, made, by_id=person.id, now=AFTER)
    session.commit()
    assert len(rows_of_page(browser.get(DESK).get_data(as_text=True))) == 93
    assert said() == few <= 16


# --- the text for a work chat


def test_the_text_names_what_is_open_of_this_branch_and_nothing_of_another(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    theme_day(session, cast.mei, owner=SOUTH_BRANCH)
    north = branch(session).id
    page = web.as_("wen").get(f"/branches/{north}/desk?month=2026-12").get_data(as_text=True)
    text = re.search(r'<pre class="copy-text"[^>]*>(.*?)</pre>', page, re.S)
    assert text
    assert NORTH_BRANCH in text[1]
    assert "安排 12 月主题党日" in text[1]
    assert "谢谢" in text[1]
    assert SOUTH_BRANCH not in page
    assert "copy-text" not in web.as_("chen").get(f"/branches/{north}/desk?month=2026-12").get_data(as_text=True)


def test_there_is_no_text_when_nothing_is_open() -> None:
    done = Line(1, "第一支部", (), {PartKind.PRACTICE: PartState.DONE}, (), (), has_apart=True)
    assert committee_rules.reminder_text(done, DECEMBER, address="/") == ""


def test_the_branch_page_of_a_month_leads_to_its_records(web: Web, session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    page = web.as_("wen").get(DESK).get_data(as_text=True)
    assert f'href="/gatherings/desk/{made.id}"' in page
    web.as_("wen").get(f"/gatherings/desk/{made.id}")
    assert f'href="/branches/{branch(session).id}/desk?month=2026-12"' in page


def test_progress_filters_the_lines_and_says_how_many_there_are(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    theme_day(session, cast.chen)
    page = web.as_("wen").get(f"{DESK}&state=planned").get_data(as_text=True)
    assert [row[0] for row in rows_of_page(page)] == [NORTH_BRANCH]
    assert len(rows_of_page(web.as_("wen").get(f"{DESK}&state=nonsense").get_data(as_text=True))) == 3
