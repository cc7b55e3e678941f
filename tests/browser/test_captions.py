"""ed uploads a film with subtitles in an old encoding, mends them beside the player, and a second tab overwrites nothing."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.backstage import film_of, lecture_of
from tests.browser.conftest import Person, keep

At = Callable[..., Person]
SRT = "1\r\n00:00:00,500 --> 00:00:02,500\r\n先保护耕地再谈占用\r\n\r\n2\r\n00:00:02,500 --> 00:00:04,000\r\n占补\r\n\r\n3\r\n00:00:04,000 --> 00:00:05,500\r\n平衡\r\n"


def uploaded(ed: Person) -> str:
    """The address of a draft with a film and its captions."""
    ed.go("/studio/new/video")
    page = ed.page
    page.get_by_label("标题").fill("字幕演示")
    page.get_by_label("业务条线").select_option(index=1)
    film = film_of(lecture_of(10, slides=2, seconds=6))
    page.locator("input[name=file]").set_input_files(
        files=[{"name": "演示.mp4", "mimeType": "video/mp4", "buffer": film}]
    )
    page.locator("input[name=captions]").set_input_files(
        files=[{"name": "演示.srt", "mimeType": "application/x-subrip", "buffer": SRT.encode("gb18030")}]
    )
    page.get_by_role("button", name="上传并保存").click()
    page.wait_for_url(re.compile(r"/studio/\d+$"))
    expect(page.get_by_text("文件已处理好，可以提交审核。")).to_be_visible(timeout=90_000)
    ed.look()
    return page.url


def words(page: Page) -> list[str]:
    return [area.input_value() for area in page.locator(".cue textarea").all()]


def times(page: Page, name: str) -> list[str]:
    return [field.input_value() for field in page.get_by_role("textbox", name=name, exact=True).all()]


def test_captions_are_split_joined_moved_and_saved_and_a_second_tab_overwrites_nothing(person: At) -> None:
    ed = person("ed", "pc")
    address = uploaded(ed)
    page = ed.page
    page.get_by_role("link", name="编辑字幕").click()
    expect(page.locator(".cue")).to_have_count(3)
    other = ed.context.new_page()
    other.goto(f"{address}/captions")
    expect(other.locator(".cue")).to_have_count(3)

    page.locator(".cue").nth(1).get_by_role("button", name="并入下一条").click()
    assert words(page) == ["先保护耕地再谈占用", "占补平衡"]
    assert times(page, "结束") == ["0:00:02.500", "0:00:05.500"]
    page.locator(".cue textarea").first.evaluate("area => area.setSelectionRange(5, 5)")
    page.locator(".cue").first.get_by_role("button", name="拆开").click()
    assert words(page) == ["先保护耕地", "再谈占用", "占补平衡"]
    assert times(page, "开始")[1] == times(page, "结束")[0]

    page.get_by_label("整体移动").fill("0.5")
    page.get_by_role("button", name="移动", exact=True).click()
    assert times(page, "开始")[0] == "0:00:01.000"
    page.get_by_role("textbox", name="开始", exact=True).nth(2).fill("0:00:02.400")
    page.get_by_role("textbox", name="开始", exact=True).nth(2).blur()
    expect(page.get_by_text("和上一条重叠")).to_be_visible()
    page.get_by_role("button", name="保存字幕").click()
    expect(page.locator(".error-summary")).to_contain_text("与上一条重叠")
    page.get_by_role("textbox", name="开始", exact=True).nth(2).fill("0:00:03.000")
    page.locator(".cue").nth(1).get_by_role("button", name="从这里放").click()
    expect(page.locator("[data-part=said]")).to_have_text("再谈占用")
    keep(page, "captions-editor-pc")
    page.get_by_role("button", name="保存字幕").click()
    expect(page.get_by_text("字幕已保存。")).to_be_visible()

    other.locator(".cue textarea").first.fill("另一页的改动")
    other.get_by_role("button", name="保存字幕").click()
    expect(other.locator(".error-summary")).to_contain_text("别的页面改过")
    assert words(other)[0] == "另一页的改动"
    page.goto(f"{address}/captions")
    assert words(page) == ["先保护耕地", "再谈占用", "占补平衡"]
    ed.check(but="the server responded with a status of 4")  # the two refusals above

    phone = person("ed", "phone")
    phone.go(address.partition("/studio")[1] + address.partition("/studio")[2] + "/captions")
    expect(phone.page.locator(".cue")).to_have_count(3)
    keep(phone.page, "captions-editor-phone")
    phone.go("/studio/files")
    expect(phone.page.get_by_text("演示.mp4").first).to_be_visible()
    keep(phone.page, "files-phone")
    phone.check()
