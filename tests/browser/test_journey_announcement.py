"""An announcement from its first word to its numbers: written on a PC, opened on phones, counted and never named."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.notices.models import AnnouncementRead
from lms.people.guard import COOKIE
from lms.people.services import sign_in
from tests.browser.conftest import VIEWS, keep
from tests.notices.making import branch

Sit = Callable[..., Page]


@pytest.fixture
def faults() -> list[str]:
    """What the browsers complained of."""
    return []


@pytest.fixture
def at(chromium: Browser, address: str, session: Session, cast: SimpleNamespace, faults: list[str]) -> Iterator[Sit]:
    """`at("chen", "pc")`: that member of the cast at a browser of this width."""
    opened = []

    def sit_down(name: str, view: str) -> Page:
        token = sign_in.begin(session, getattr(cast, name), device=view, hours=12, now=clock.now())
        session.commit()
        width, height = VIEWS[view]
        context = chromium.new_context(
            base_url=address, viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: faults.append(str(e)))
        return page

    yield sit_down
    for context in opened:
        context.close()


def fits(page: Page) -> None:
    """No page scrolls sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1, f"{page.url} scrolls sideways by {wide} px"


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_an_announcement_goes_from_writing_to_its_numbers(
    at: Sit, session: Session, cast: SimpleNamespace, faults: list[str], view: str
) -> None:
    chen = at("chen", view)
    chen.goto("/notices")
    chen.get_by_role("link", name="发通知").click()
    chen.get_by_role("link", name="写通知").click()
    fits(chen)
    chen.get_by_label("标题").fill("下周主题党日改到三楼")
    chen.get_by_label("内容").fill("# 改地点\n\n- 地点：**三楼会议室**\n- 时间不变\n\n<script>alert(1)</script>")
    chen.get_by_label("发给").select_option(label=branch(session).name)
    keep(chen, f"announcement-write-{view}")
    chen.get_by_role("button", name="保存并预览").click()
    expect(chen.get_by_text("发布后 5 人能看到")).to_be_visible()
    fits(chen)
    chen.get_by_role("button", name="发布").click()
    expect(chen.get_by_text("已发布，5 人能看到。")).to_be_visible()
    desk = chen.url

    lin = at("lin", "phone")
    lin.goto("/")
    lin.get_by_role("link", name="消息").first.click()
    expect(lin.get_by_role("heading", name="未读通知")).to_be_visible()
    fits(lin)
    lin.get_by_role("button", name="下周主题党日改到三楼").click()
    expect(lin.locator("main h2")).to_have_text("改地点")
    expect(lin.locator("main li strong")).to_have_text("三楼会议室")
    expect(lin.get_by_text("<script>alert(1)</script>")).to_be_visible()
    keep(lin, "announcement-read-phone")

    bo = at("bo", "phone")
    bo.goto(f"/notices/announcements/{desk.rsplit('/', 1)[1]}")
    expect(bo.get_by_role("button", name="标为已读")).to_be_hidden()
    readers = set(session.scalars(select(AnnouncementRead.person_id)))
    assert readers == {cast.lin.id, cast.bo.id}

    chen.goto(desk)
    expect(chen.locator(".stats")).to_contain_text("2 / 5 人已读")
    assert [name for name in ("林晓", "薄一鸣") if name in chen.content()] == []
    keep(chen, f"announcement-numbers-{view}")
    dana = at("dana", "phone")
    assert dana.goto(f"/notices/announcements/{desk.rsplit('/', 1)[1]}").status == 404  # type: ignore[union-attr]
    assert [fault for fault in faults if "404" not in fault] == []
