"""人事教育处 builds a yearly plan at a PC; a cadre sees on the phone what is due and passes the quiz; the office sees it done, and the report too."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import time_machine
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.training.plan_models import TrainingPlan
from tests.browser.conftest import keep
from tests.browser.test_journey_theme_day import Hand, at
from tests.courses.desk import paper_with
from tests.training.bureau import NOW
from tests.training.test_plans import course

__all__ = ["at"]
OFFICE = "/office/plans"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def press(hand: Hand, name: str) -> None:
    hand.tap(hand.page.get_by_role("button", name=name, exact=True).first)


def add(hua: Hand, what: str, due_on: str, *, is_theory: bool = False, count: str = "") -> None:
    page = hua.page
    page.get_by_label("学什么").select_option(label=what)
    page.get_by_label("完成期限").fill(due_on)
    page.get_by_label("讲座场数").fill(count)
    if is_theory:
        page.get_by_label("党的创新理论").check()
    press(hua, "加入计划")
    expect(page.get_by_text("已加入计划。")).to_be_visible()


def test_a_plan_is_built_followed_on_the_phone_and_seen_to_be_done(
    at: Callable[..., Hand], session: Session, cast: SimpleNamespace
) -> None:
    course(session)
    paper_with(session, pass_percent=60)
    session.commit()
    hua, lin = at("hua", "pc"), at("lin")

    # a draft, its items, publication
    page = hua.go(OFFICE)
    page.get_by_label("计划名称").fill("2026年干部教育培训计划")
    press(hua, "建草稿")
    expect(page.get_by_text("已建好草稿")).to_be_visible()
    add(hua, "测验：小测验", "2026-12-10")
    press(hua, "发布")
    expect(page.get_by_text("先排一项党的创新理论")).to_be_visible()
    plan = session.scalars(select(TrainingPlan)).one()
    hua.go(f"{OFFICE}/{plan.id}")
    add(hua, "课程：全会精神", "2026-12-20", is_theory=True)
    series = page.get_by_label("学什么").locator("option", has_text="上讲台").first.inner_text()
    add(hua, series, "2026-12-31", count="4")
    keep(page, "plan-draft-pc")
    press(hua, "发布")
    expect(page.get_by_text("已发布，面向的人")).to_be_visible()

    # a deadline is moved, and that stands on the page
    hua.tap(page.get_by_role("link", name="小测验"))
    expect(page.get_by_role("heading", name="小测验", level=1)).to_be_visible()
    keep(page, "plan-item-pc")
    hua.tap(page.get_by_role("link", name="修改期限和面向"))
    page.get_by_label("完成期限").fill("2026-12-15")
    keep(page, "plan-edit-pc")
    press(hua, "保存修改")
    expect(page.get_by_text("期限：12月10日 → 12月15日")).to_be_visible()

    # lin sees what is due, the theory first, and passes the quiz
    page = lin.go("/plans")
    titles = page.locator(".gathering-row b").all_inner_texts()
    assert titles[:2] == ["全会精神", "小测验"]
    expect(page.get_by_text("12月15日 周二 前完成")).to_be_visible()
    expect(page.get_by_text("已听 0 / 4 场")).to_be_visible()
    keep(page, "plan-mine-phone")
    lin.tap(page.get_by_role("button", name="去测验"))
    lin.tap(page.locator(".exam-question.is-current .option", has_text="十八"))
    expect(page.locator("[data-exam-saved]")).to_have_text("已保存")
    lin.tap(page.locator("[data-exam-next]", has_text="交卷"))
    lin.tap(page.locator(".dialog button[value=yes]"))
    page.wait_for_url("**/review")
    lin.tap(page.get_by_role("link", name="回到我的计划"))
    expect(page.get_by_text("1 / 3 项已完成")).to_be_visible()
    keep(page, "plan-done-phone")

    # the office sees it by person and by unit
    page = hua.go(f"{OFFICE}/{plan.id}/people")
    keep(page, "plan-people-pc")
    row = page.get_by_role("row").filter(has_text=cast.lin.name)
    expect(row).to_contain_text("1 / 3")
    page = hua.go("/office/reports")
    expect(page.get_by_role("heading", level=1)).to_contain_text("统计报表")
    keep(page, "report-pc")
    page = at("ada", "pc").go("/office/reports")
    expect(page.get_by_role("heading", name="和其他单位的中位数比")).to_be_visible()
    keep(page, "report-unit-pc")
    keep(at("wen").go("/office/reports"), "report-phone")
    assert lin.faults == []
    assert [fault for fault in hua.faults if "409" not in fault] == []  # the plan without theory was refused
