"""The pictures of the operator's guide and of the help pages. `./dev pictures` takes them anew; otherwise each is taken and only looked
at for its size, so that a page the guide shows cannot go away unnoticed."""

import base64
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lms import config
from lms.app import create_app
from lms.web.read_only import SENTENCE
from tests.browser.conftest import Person, Site, serving
from tests.browser.guide import ACTIVATION, EXAM, KILOBYTES, NOT_SAVED, PAGES, READ_ONLY, SIZES, Picture
from tests.browser.test_pages import walk

People = Callable[..., Person]
QUALITIES = (82, 70, 60)


def take(page: Page, picture: Picture, elsewhere: Path) -> None:
    """What stands on the screen, as WebP. It goes where it belongs when LMS_GUIDE_PICTURES is "write"."""
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    data = next((data for data in shots(page) if len(data) <= KILOBYTES * 1024), None)
    assert data, f"{picture.name} does not go into {KILOBYTES} KB"
    path = picture.path if os.environ.get("LMS_GUIDE_PICTURES") == "write" else elsewhere / picture.path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def shots(page: Page) -> Iterator[bytes]:
    """The screen as WebP, a full page of small letters a little coarser than others."""
    screen = page.context.new_cdp_session(page)
    for quality in QUALITIES:
        yield base64.b64decode(screen.send("Page.captureScreenshot", {"format": "webp", "quality": quality})["data"])


def at(person: People, picture: Picture) -> Person:
    """Who the picture is of, at a screen of its size."""
    somebody = person(picture.who, picture.view)
    width, height = SIZES[picture.view]
    somebody.page.set_viewport_size({"width": width, "height": height})
    return somebody


@pytest.mark.parametrize("picture", PAGES, ids=lambda picture: picture.name)
def test_a_page_of_the_guide(person: People, picture: Picture, tmp_path: Path) -> None:
    somebody = at(person, picture)
    page = walk(somebody, picture.start, tuple(picture.steps))
    expect(page.locator("h1")).to_have_count(1)
    somebody.check()
    take(page, picture, tmp_path)


def test_an_exam_saved_and_without_the_network(person: People, tmp_path: Path) -> None:
    bo = at(person, EXAM)
    page = bo.go(EXAM.start)
    page.get_by_role("button", name=re.compile("开始答题|继续答题")).first.click()
    page.wait_for_url("**/attempts/*")
    options = page.locator(".exam-question.is-current .option")
    options.nth(1).click()
    expect(page.locator("[data-exam-saved]")).to_have_text("已保存")
    take(page, EXAM, tmp_path)

    bo.context.set_offline(True)
    options.nth(0).click()
    expect(page.locator("[data-exam-saved]")).to_contain_text("未保存", timeout=8000)
    take(page, NOT_SAVED, tmp_path)
    bo.context.set_offline(False)
    bo.check(but="ERR_INTERNET_DISCONNECTED")


def test_the_link_of_a_new_admin(person: People, live: Site, tmp_path: Path) -> None:
    page = at(person, replace(ACTIVATION, who="lin")).go(f"{ACTIVATION.start}JT7K-2QXM-9WPD")
    expect(page.locator("main input[type=password]").first).to_be_visible()
    take(page, ACTIVATION, tmp_path)


@pytest.fixture
def reading(live: Site) -> Iterator[str]:
    """Where the same site can only be read."""
    settings = replace(config.from_environment(live.environment), read_only=True)
    with serving(create_app(settings)) as found:
        yield found


def test_a_site_that_can_only_be_read_says_so(person: People, reading: str, tmp_path: Path) -> None:
    """The sign-in of before is good here: a cookie knows no port."""
    lin = at(person, READ_ONLY)
    lin.page.goto(f"{reading}{READ_ONLY.start}")
    expect(lin.page.get_by_text(SENTENCE)).to_be_visible()
    take(lin.page, READ_ONLY, tmp_path)
