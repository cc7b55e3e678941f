"""A film sent in parts over a bad line: cut in the middle, gone on with, in the same tab or after it was closed."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, make_server

from lms import clock
from lms.config import Settings
from lms.media.models import MediaFile
from lms.media.upload_models import Upload
from lms.people.guard import COOKIE
from lms.people.services import sign_in
from tests.browser.conftest import VIEWS, free_port, keep
from tests.media.sending import KB64, film

PARTS = re.compile(r"/api/uploads/\d+/parts/\d+$")
NO_WEBCRYPTO = "Object.defineProperty(window.crypto, 'subtle', { value: undefined })"


class House:
    """The test's own site, which can be shut and opened again at the same address."""

    def __init__(self, app: Flask) -> None:
        self.app, self.port = app, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server: BaseWSGIServer | None = None

    def open(self) -> None:
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def shut(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@pytest.fixture
def house(app: Flask) -> Iterator[House]:
    before: Settings = app.extensions["settings"]
    app.extensions["settings"] = Settings(**{**vars(before), "upload_part_bytes": KB64})
    made = House(app)
    made.open()
    yield made
    made.shut()
    app.extensions["settings"] = before


@pytest.fixture
def ed(
    chromium: Browser, house: House, session: Session, cast: SimpleNamespace
) -> Iterator[Callable[[str], BrowserContext]]:
    """`ed("phone")`: a signed-in browser of the lecturer's."""
    opened: list[BrowserContext] = []

    def at(view: str) -> BrowserContext:
        token = sign_in.begin(session, cast.ed, device=view, hours=12, now=clock.now())
        session.commit()
        width, height = VIEWS[view]
        context = chromium.new_context(
            base_url=house.url, viewport={"width": width, "height": height}, has_touch=view == "phone", locale="zh-CN"
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": house.url}])
        opened.append(context)
        return context

    yield at
    for context in opened:
        context.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twenty parts of a film whose name is as long as people make them."""
    path = tmp_path / "自然资源业务大讲堂第三讲：耕地占补平衡政策解读与案例分析（完整录像）.mp4"
    path.write_bytes(film(20))
    return path


def choose(page: Page, source: Path) -> None:
    page.get_by_label("标题").fill("占补平衡")
    page.get_by_label("业务条线").select_option(index=1)
    page.locator("input[type=file][name=file]").set_input_files(source)


def after(page: Page, parts: int, then: Callable[[Route], None]) -> list[str]:
    """Lets so many parts pass; what happens to the next ones is said. Returns the list of those that passed."""
    passed: list[str] = []

    def handle(route: Route) -> None:
        if len(passed) >= parts:
            then(route)
        else:
            passed.append(route.request.url)
            route.continue_()

    page.route(PARTS, handle)
    return passed


def content_of(app: Flask, session: Session) -> bytes:
    """What the one media file holds."""
    session.rollback()
    media = session.scalars(select(MediaFile)).one()
    return b"".join(app.extensions["storage"].read(media.key))


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_an_upload_outlives_a_restarted_server_and_saves_by_itself_without_webcrypto(
    app: Flask, session: Session, house: House, ed: Callable[[str], BrowserContext], source: Path, view: str
) -> None:
    context = ed(view)
    context.add_init_script(NO_WEBCRYPTO)
    page = context.new_page()
    page.goto("/studio/new/video")

    def shut(route: Route) -> None:
        house.shut()
        route.continue_()

    after(page, 6, shut)
    choose(page, source)
    text = page.locator(".upload-text").first
    expect(text).to_have_text("已断开，会自动继续。")
    page.get_by_role("button", name="上传并保存").click()
    keep(page, f"parts-cut-{view}")
    page.unroute(PARTS)
    house.open()
    page.wait_for_url(re.compile(r"/studio/\d+$"), timeout=30_000)
    expect(page.get_by_text("已保存为草稿。")).to_be_visible()
    assert content_of(app, session) == source.read_bytes()


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_a_closed_tab_is_gone_on_with_on_the_page_of_uploads(
    app: Flask, session: Session, ed: Callable[[str], BrowserContext], source: Path, tmp_path: Path, view: str
) -> None:
    context = ed(view)
    page = context.new_page()
    page.goto("/studio/new/video")
    after(page, 9, lambda route: route.abort("internetdisconnected"))
    choose(page, source)
    expect(page.locator(".upload-text").first).to_have_text("已断开，会自动继续。")
    page.close(run_before_unload=False)

    page = context.new_page()
    page.goto("/studio/")
    page.locator("a.link-row[href='/uploads']").click()
    expect(page.get_by_text(source.name)).to_be_visible()
    expect(page.locator("progress").first).to_have_attribute("max", str(source.stat().st_size))
    keep(page, f"parts-list-{view}")
    other = tmp_path / "other.mp4"
    other.write_bytes(film(20, seed=2))
    chooser = page.locator(".uploads-line input[type=file]")
    sent = after(page, 99, lambda route: route.abort())
    chooser.set_input_files(other)
    expect(page.locator(".upload-text")).to_contain_text("不是同一个")
    assert sent == [], "no part of another file is sent"
    keep(page, f"parts-other-{view}")
    chooser.set_input_files(source)
    page.get_by_role("link", name="用它新建视频").click(timeout=20_000)
    assert 0 < len(sent) <= 20 - 9 + 3, "what had arrived was not sent again"
    expect(page.get_by_text("已经传好，保存后开始处理")).to_be_visible()
    keep(page, f"parts-ready-{view}")
    page.get_by_label("标题").fill("占补平衡")
    page.get_by_label("业务条线").select_option(index=1)
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/studio/\d+$"))
    assert content_of(app, session) == source.read_bytes()
    page.goto("/uploads")
    expect(page.get_by_text("没有未完成的上传")).to_be_visible()
    keep(page, f"parts-empty-{view}")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1


def test_the_same_file_chosen_again_in_the_form_goes_on_and_a_wrong_type_is_told_at_once(
    app: Flask, session: Session, ed: Callable[[str], BrowserContext], source: Path, tmp_path: Path
) -> None:
    page = ed("phone").new_page()
    page.goto("/studio/new/video")
    lie = tmp_path / "其实是网页.mp4"
    lie.write_bytes(b"<html>" + film(2))
    choose(page, lie)
    expect(page.locator(".upload-failed")).to_contain_text("文件内容不是 MP4")
    keep(page, "parts-refused-phone")
    after(page, 5, lambda route: route.abort("internetdisconnected"))
    choose(page, source)
    expect(page.locator(".upload-text").first).to_have_text("已断开，会自动继续。")
    page.reload()
    page.unroute(PARTS)
    sent = after(page, 99, lambda route: route.abort())
    choose(page, source)
    expect(page.locator(".upload-text").first).to_have_text("已传好。", timeout=20_000)
    assert len(sent) <= 20 - 5 + 3
    keep(page, "parts-done-phone")
    page.get_by_role("button", name="上传并保存").click()
    page.wait_for_url(re.compile(r"/studio/\d+$"))
    assert content_of(app, session) == source.read_bytes()
    assert len(session.scalars(select(Upload).where(Upload.size_bytes == source.stat().st_size)).all()) == 1


def test_what_is_waiting_is_shown_on_the_form_while_the_rest_is_filled_in(
    ed: Callable[[str], BrowserContext], source: Path
) -> None:
    page = ed("pc").new_page()
    page.goto("/studio/new/video")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    line.send("Network.emulateNetworkConditions", slow)
    choose(page, source)
    expect(page.locator(".upload-text").first).to_have_text(re.compile(r"已传 \d+%（.+），每秒 .+，约剩 .+"))
    page.get_by_role("button", name="上传并保存").click()
    expect(page.locator(".upload-text").first).to_contain_text("传完自动保存")
    keep(page, "parts-progress-pc")
    page.wait_for_url(re.compile(r"/studio/\d+$"), timeout=30_000)
