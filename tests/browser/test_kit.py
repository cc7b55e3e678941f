"""The gallery and the generic modules in a real Chromium: accessible in every theme and size, and doing what they say."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, make_response, request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lms.web.assets import asset_url
from tests.support.kit import create_kit

pytestmark = pytest.mark.browser

SHELL = '<!doctype html><html lang="zh-CN"><head><title>t</title><script type="module" src="{app}"></script></head><body>{body}</body></html>'


class Kit:
    """The running kit: `body` is what /body shows, `fragment` answers /fragment, `posted` collects what was sent."""

    def __init__(self) -> None:
        self.app = create_kit(asset_url)
        self.body = ""
        self.fragments: list[tuple[str, int]] = []
        self.asked: list[str | None] = []
        self.posted: list[dict[str, Any]] = []
        self._add_pages(self.app)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def _add_pages(self, app: Flask) -> None:
        def shell() -> str:
            return SHELL.format(app=asset_url("app.js"), body=self.body)

        def fragment() -> Any:
            self.asked.append(request.headers.get("If-None-Match"))
            text, status = self.fragments[min(len(self.asked), len(self.fragments)) - 1]
            response = make_response(text, status)
            response.headers["ETag"] = f'"{len(self.asked)}"'
            return response

        def post() -> str:
            self.posted.append(
                {**request.form.to_dict(), **{key: file.filename for key, file in request.files.items()}}
            )
            return '<!doctype html><html lang="zh-CN"><title>t</title><h1>收到了</h1></html>'

        app.add_url_rule("/body", "body", shell)
        app.add_url_rule("/fragment", "fragment", fragment)
        app.add_url_rule("/post", "post", post, methods=["POST"])


@pytest.fixture
def kit() -> Iterator[Kit]:
    running = Kit()
    thread = threading.Thread(target=running.server.serve_forever, daemon=True)
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


@pytest.fixture
def page(chromium: Browser, kit: Kit) -> Iterator[Page]:
    context = chromium.new_context(base_url=kit.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert [fault for fault in faults if "Failed to load resource" not in fault] == []


def shown(page: Page, kit: Kit, body: str) -> Page:
    """The page with the body, its modules started."""
    kit.body = body
    page.goto("/body", wait_until="networkidle")
    return page


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("query", ["", "theme=dark", "type=extra", "contrast=high"])
def test_the_gallery_is_accessible_and_never_scrolls_sideways(page: Page, width: int, query: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/_components?{query}", wait_until="networkidle")

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found.response["violations"]] == []


@pytest.mark.parametrize("width", [360, 768, 1024])
def test_no_width_and_no_type_size_makes_the_gallery_scroll_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for size in ("standard", "large", "extra"):
        page.goto(f"/_components?type={size}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, size


def test_axe_does_find_a_field_without_a_label(page: Page, kit: Kit) -> None:
    shown(page, kit, "<main><h1>x</h1><input></main>")

    assert "label" in {fault["id"] for fault in Axe().run(page).response["violations"]}


def test_targets_on_the_phone_are_tall_enough_for_a_thumb(page: Page) -> None:
    page.goto("/_components", wait_until="networkidle")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, .button, .chip, .tab, .option, .segment, .choice, .link-row, .bottom a, .sheet-number, .input")]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5 && !e.closest(".chart, .gallery-code"))
            .map((e) => `${e.className} ${e.getBoundingClientRect().height}`)"""
    )
    assert small == []


def test_a_form_asks_before_it_is_sent_and_stays_when_one_thinks_again(page: Page, kit: Kit) -> None:
    form = '<form method="post" action="/post" data-module="submit-once confirm" data-confirm="公布吗？" data-confirm-yes="公布"><button name="go" value="1">公布名次</button></form>'
    shown(page, kit, form)

    page.click("text=公布名次")
    expect(page.get_by_role("dialog")).to_contain_text("公布吗？")
    page.click("text=再想想")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert kit.posted == []
    page.click("text=公布名次")
    page.get_by_role("dialog").get_by_text("公布", exact=True).click()
    page.wait_for_selector("h1")
    assert kit.posted == [{"go": "1"}]


def test_a_form_is_sent_once_however_often_it_is_pressed(page: Page, kit: Kit) -> None:
    shown(
        page,
        kit,
        '<form method="post" action="/post" data-module="submit-once"><input type="hidden" name="operation_id" value="7"><button>保存</button></form>',
    )

    page.evaluate(
        "() => { const form = document.forms[0]; form.requestSubmit(); form.requestSubmit(); form.requestSubmit(); }"
    )
    page.wait_for_selector("h1")
    assert kit.posted == [{"operation_id": "7"}]


def test_a_fragment_is_fetched_with_its_tag_and_stops_when_the_server_says_so(page: Page, kit: Kit) -> None:
    kit.fragments = [
        ('<p>第一次</p><p data-module="countdown" data-seconds-left="60">-</p>', 200),
        ("", 304),
        ("", 204),
    ]
    shown(page, kit, '<div data-module="fragment" data-url="/fragment" data-seconds="0.1">原来</div>')

    expect(page.locator("p").first).to_have_text("第一次")
    expect(page.locator("p").nth(1)).to_have_text(re.compile(r"01:00|00:5\d"))
    page.wait_for_function("() => true")
    page.wait_for_timeout(900)
    assert kit.asked == [None, '"1"', '"1"']


def test_a_fragment_waits_longer_after_errors_and_keeps_what_it_shows(page: Page, kit: Kit) -> None:
    kit.fragments = [("", 500)]
    shown(page, kit, '<div data-module="fragment" data-url="/fragment" data-seconds="0.1">原来</div>')

    page.wait_for_timeout(1500)
    expect(page.locator(".fragment-stale")).to_have_text("原来")
    assert 2 <= len(kit.asked) <= 5


def test_a_countdown_goes_by_the_servers_figure_whatever_the_device_thinks(page: Page, kit: Kit) -> None:
    page.clock.install(time=0)
    shown(
        page,
        kit,
        '<span data-module="countdown" data-seconds-left="62"><span data-countdown-text></span><span data-countdown-say></span></span>',
    )
    page.evaluate("addEventListener('countdown:over', () => document.title = 'over')")

    expect(page.locator("[data-countdown-text]")).to_have_text("01:02")
    page.clock.set_system_time(86_400_000)
    page.clock.run_for(2_000)
    expect(page.locator("[data-countdown-text]")).to_have_text("01:00")
    expect(page.locator("[data-countdown-say]")).to_have_text("还剩 1 分钟")
    page.clock.run_for(60_000)
    expect(page).to_have_title("over")


def test_marking_rows_shows_how_many_and_shift_marks_a_stretch(page: Page, kit: Kit) -> None:
    rows = "".join(
        f'<tr><td class="table-select"><input type="checkbox" name="ids" value="{n}"></td></tr>' for n in range(4)
    )
    head = '<thead><tr><th><input type="checkbox" data-select-all></th></tr></thead>'
    shown(
        page,
        kit,
        f'<form><table data-module="table-select">{head}<tbody>{rows}</tbody></table><div data-bulk hidden>已选 <b data-bulk-count></b></div></form>',
    )

    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.locator("tbody input").nth(0).click()
    page.locator("tbody input").nth(2).click(modifiers=["Shift"])
    expect(page.locator("[data-bulk]")).to_have_text("已选 3")
    page.locator("[data-select-all]").click()
    expect(page.locator("[data-bulk]")).to_have_text("已选 4")


def test_an_upload_shows_its_progress_and_ends_on_the_answer(page: Page, kit: Kit) -> None:
    form = '<form method="post" action="/post" enctype="multipart/form-data" data-module="submit-once upload-progress"><input type="file" name="file"><div data-upload hidden><progress></progress><p class="upload-text"></p></div><button>上传</button></form>'
    shown(page, kit, form)

    page.set_input_files(
        "input[type=file]", {"name": "lecture.mp4", "mimeType": "video/mp4", "buffer": b"0" * 2_000_000}
    )
    page.get_by_role("button", name="上传").click()
    expect(page.locator("h1")).to_have_text("收到了")
    assert kit.posted == [{"file": "lecture.mp4"}]


def test_an_upload_that_breaks_says_so_and_can_be_sent_again(page: Page, kit: Kit) -> None:
    form = '<form method="post" action="/post" enctype="multipart/form-data" data-module="submit-once upload-progress"><input type="file" name="file"><div data-upload hidden><progress></progress><p class="upload-text"></p></div><button>上传</button></form>'
    shown(page, kit, form)
    page.set_input_files("input[type=file]", {"name": "lecture.mp4", "mimeType": "video/mp4", "buffer": b"0" * 1000})

    page.route("**/post", lambda route: route.abort())
    page.get_by_role("button", name="上传").click()
    expect(page.locator(".upload-text")).to_contain_text("没有传完")
    page.unroute("**/post")
    page.get_by_role("button", name="上传").click()
    expect(page.locator("h1")).to_have_text("收到了")


def test_the_error_summary_has_the_focus_and_leads_to_the_field(page: Page) -> None:
    page.goto("/_components", wait_until="networkidle")

    expect(page.locator(".error-summary")).to_be_focused()


def test_type_size_and_theme_show_at_once(page: Page, kit: Kit) -> None:
    shown(
        page,
        kit,
        '<form data-module="type-size"><input type="radio" name="type_size" value="extra"><input type="radio" name="theme" value="contrast"></form>',
    )

    page.check("[value=extra]")
    page.check("[value=contrast]")
    root = page.locator("html")
    expect(root).to_have_attribute("data-type", "extra")
    expect(root).to_have_attribute("data-contrast", "high")


def test_a_menu_closes_on_escape_and_returns_the_focus(page: Page, kit: Kit) -> None:
    shown(page, kit, '<details data-module="menu"><summary>栏目</summary><a href="#">今日</a></details>')

    page.click("summary")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("details")).not_to_have_attribute("open", "")
    expect(page.locator("summary")).to_be_focused()


def test_copying_says_that_it_is_done(page: Page, kit: Kit) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown(
        page,
        kit,
        '<div data-module="copy"><pre class="copy-text">各支部书记</pre><button data-copy>复制</button><span class="copy-said"></span></div>',
    )

    page.click("text=复制")
    expect(page.locator(".copy-said")).to_have_text("已复制，可以去粘贴了")
    assert page.evaluate("navigator.clipboard.readText()") == "各支部书记"
