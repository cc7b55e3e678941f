"""A leader proposes a topic, the organiser approves and schedules it, the roll is closed, the leader sees the hours, a listener replies."""

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import time_machine
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.gatherings.models import Reply
from lms.hours.models import HourEntry
from lms.people.guard import COOKIE
from lms.people.services import sign_in
from tests.browser.conftest import VIEWS, keep
from tests.gatherings.north import theme_day
from tests.lectures.north import AFTER, NOON, resource

Sit = Callable[[str, str], Page]


@pytest.fixture
def travelling() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=True) as traveller:
        yield traveller


@pytest.fixture
def at(chromium: Browser, address: str, session: Session, cast: SimpleNamespace) -> Iterator[Sit]:
    """`at("gao", "phone")`: a page of that member of the cast. A script error fails the journey at its end."""
    contexts, faults = [], list[str]()

    def sit_down(name: str, view: str) -> Page:
        token = sign_in.begin(session, getattr(cast, name), device=view, hours=300, now=clock.now())
        session.commit()
        width, height = VIEWS[view]
        context = chromium.new_context(base_url=address, viewport={"width": width, "height": height}, locale="zh-CN")
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
        return page

    yield sit_down
    for context in contexts:
        context.close()
    assert faults == []


def is_fault(said: ConsoleMessage) -> bool:
    """Chromium reports the refused form (422) as an error of its own."""
    return said.type == "error" and "422" not in said.text


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1, f"{page.url} scrolls sideways by {wide} px"


def picture(page: Page, name: str) -> None:
    fits(page)
    keep(page, f"lectures-{name}")


def test_from_a_leader_s_topic_to_the_leader_s_hours(
    at: Sit, session: Session, cast: SimpleNamespace, travelling: time_machine.Traveller
) -> None:
    slides = resource(session, cast.gao, title="耕地保护三案（课件）")
    theme_day(session, cast.chen)
    gao, hua, lin = at("gao", "phone"), at("hua", "pc"), at("lin", "phone")

    gao.goto("/me")
    gao.get_by_role("link", name="我的讲台").click()
    gao.get_by_role("link", name="报一个题目").click()
    gao.get_by_label("题目").fill("耕地保护三案")
    gao.get_by_label("内容摘要").fill("三个案例讲清卫片执法的口径。")
    gao.get_by_label("讲给谁听").fill("执法人员")
    gao.locator("label").filter(has_text="第四季度").click()
    gao.get_by_label("年度").select_option("2026")
    picture(gao, "propose-phone")
    gao.get_by_role("button", name="报上").click()
    expect(gao.get_by_text("题目已报上")).to_be_visible()
    picture(gao, "mine-phone")

    hua.goto("/office")
    hua.get_by_role("link", name=re.compile("个讲座题目等你审定")).click()
    picture(hua, "desk-pc")
    hua.get_by_role("link", name="审定").click()
    picture(hua, "topic-pc")
    hua.get_by_role("button", name="通过").click()
    hua.get_by_label("开始时间").fill("2026-12-04T15:00")
    hua.get_by_label("时长").select_option("120")
    hua.get_by_label("地点").fill("三楼会议室")
    hua.get_by_label("面向单位").select_option(label="北区分局")
    hua.get_by_role("button", name="保存").click()
    expect(hua.get_by_text("占用三楼会议室")).to_be_visible()
    picture(hua, "clash-pc")
    hua.get_by_label("地点").fill("一楼报告厅")
    hua.get_by_role("button", name="保存").click()
    expect(hua.get_by_role("heading", level=1)).to_have_text("耕地保护三案")
    picture(hua, "scheduled-pc")
    lecture = hua.url

    gao.goto("/notices")
    expect(gao.get_by_text(re.compile("排在 12月4日"))).to_be_visible()
    gao.goto("/lectures/mine")
    gao.get_by_role("link", name="耕地保护三案").first.click()
    gao.get_by_role("link", name="关联课件").click()
    picture(gao, "choose-phone")
    gao.locator("li").filter(has_text=slides.title).get_by_role("button", name="用这份").click()
    expect(gao.get_by_text("等组织者确认就绪")).to_be_visible()
    hua.goto(lecture)
    hua.get_by_role("button", name="确认就绪").click()
    expect(hua.get_by_text("组织者已确认")).to_be_visible()

    lin.goto("/library/")
    lin.get_by_role("link", name="讲座日历").click()
    picture(lin, "index-phone")
    lin.goto("/lectures?month=2026-12")
    picture(lin, "calendar-phone")
    lin.locator(".calendar").get_by_role("link", name=re.compile("耕地保护三案")).click()
    picture(lin, "show-phone")

    travelling.move_to(AFTER)
    hua.goto(lecture)
    hua.get_by_role("link", name="签到、点名、取消").click()
    hua.get_by_role("link", name="点名", exact=True).first.click()
    hua.get_by_role("button", name="全部到会").click()
    hua.get_by_role("button", name="结束点名，去写记录").click()
    expect(hua.get_by_text(re.compile(r"应到 \d+ 人，实到 \d+ 人"))).to_be_visible()

    gao.goto(lecture)
    expect(gao.get_by_text("时长 120 分钟 × 2")).to_be_visible()
    picture(gao, "earned-phone")
    gao.goto("/hours")
    expect(gao.get_by_text("讲课：耕地保护三案").first).to_be_visible()

    lin.goto(lecture)
    lin.get_by_role("link", name="评价这次讲座").click()
    for number in range(5):
        lin.locator("fieldset").nth(number).locator("label").filter(has_text="5").click()
    picture(lin, "questionnaire-phone")
    lin.get_by_role("button", name="提交评价").click()
    expect(lin.get_by_text("已收到你的评价").first).to_be_visible()

    session.expire_all()
    taught = select(HourEntry.person_id, HourEntry.quarters).where(HourEntry.source_kind == "lecture")
    assert session.execute(taught).all() == [(cast.gao.id, 16)]
    assert session.scalars(select(Reply.total)).all() == [25]
