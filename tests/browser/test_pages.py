"""The pages people use most, on the small demonstration: accessible, never wider than the screen, no errors in the console."""

import re
import sqlite3
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import VIEWS, Person, Site

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
People = Callable[..., Person]
REQUESTS, KILOBYTES = 10, 250

# What the page is, who looks at it, where they begin, and the links they follow from there (a selector each).
PAGES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "home": ("lin", "/", ()),
    "library": ("lin", "/library/", ()),
    "course": ("lin", "/library/?kind=course", (".item-link",)),
    "player": ("lin", "/library/?kind=course", (".item-link", ".item:has-text('视频') .item-link")),
    "reader": ("lin", "/library/?kind=course", (".item-link", ".item:has-text('文档') .item-link")),
    "contests": ("lin", "/contests", ()),
    "contest": ("lin", "/contests", ("a:text-is('详情')",)),
    "board": ("lin", "/contests", ("a:text-is('榜单')",)),
    "units": ("lin", "/contests", ("a:text-is('榜单')", "a:text-is('单位榜')")),
    "hours": ("lin", "/hours", ()),
    "profile": ("lin", "/me", ()),
    "notices": ("lin", "/notices", ()),
    "today": ("hua", "/office", ()),
    "people": ("hua", "/office/people", ()),
    "questions": ("hua", "/office/questions", ()),
    "contest office": ("hua", "/office/contests", ("table a",)),
    "audit": ("shi", "/office/audit", ()),
}
# The four ways to look: view, colours, type size.
LOOKS = (("phone", "light", "standard"), ("pc", "light", "standard"), ("phone", "dark", "standard"))
LOOKS += (("phone", "light", "extra"),)
AXE_LOOKS = (LOOKS[0], LOOKS[2])


def walk(somebody: Person, start: str, steps: tuple[str, ...]) -> Page:
    """The page at the end of the links."""
    page = somebody.go(start)
    for step in steps:
        page.locator(f"main {step}, aside {step}").first.click()
        page.wait_for_load_state("load")
    return page


def wrongs_of(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page, options=AXE)
    return [(fault["id"], fault["nodes"][0]["html"][:160]) for fault in found.response["violations"]]


def set_look(page: Page, view: str, colours: str, size: str) -> None:
    width, height = VIEWS[view]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light", reduced_motion="reduce")
    page.evaluate("size => { document.documentElement.dataset.type = size }", size)


def look_around(somebody: Person) -> None:
    """The page as it stands fits in all four looks; axe finds nothing by day and by night on the phone."""
    for look in LOOKS:
        set_look(somebody.page, *look)
        somebody.look()
        if look in AXE_LOOKS:
            assert wrongs_of(somebody.page) == [], look


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits_on_phone_and_pc_in_the_dark_and_in_the_largest_type(
    person: People, name: str
) -> None:
    who, start, steps = PAGES[name]
    somebody = person(who)
    page = walk(somebody, start, steps)

    assert page.locator("h1").count() == 1
    assert page.locator(".button-primary:visible").count() <= 1
    look_around(somebody)
    somebody.check()


def test_the_exam_is_accessible_in_the_middle_of_an_attempt(person: People) -> None:
    bo = person("bo")
    page = bo.go("/contests")
    page.get_by_role("button", name=re.compile("开始答题|继续答题")).first.click()
    page.wait_for_url("**/attempts/*")
    page.locator(".exam-question.is-current .option").first.click()
    page.wait_for_selector(".exam-saved.is-saved")

    look_around(bo)
    bo.check()


def test_the_review_of_a_quiz_is_accessible(person: People, live: Site) -> None:
    with sqlite3.connect(live.environment["DATABASE_URL"].removeprefix("sqlite:///")) as database:
        handed_in = "SELECT a.id, p.staff_no FROM attempts a JOIN persons p ON p.id = a.person_id"
        attempt_id, who = database.execute(
            f"{handed_in} WHERE a.purpose = 'course' AND a.state = 'submitted' AND length(p.staff_no) < 5"
        ).fetchone()
    somebody = person(who)
    page = somebody.go(f"/attempts/{attempt_id}/review")

    assert page.locator(".button-primary:visible").count() <= 1
    look_around(somebody)
    somebody.check()


@pytest.mark.parametrize("path", ["/", "/library/", "/contests", "/hours", "/me"])
def test_a_page_needs_few_requests_and_few_kilobytes_even_with_an_empty_cache(person: People, path: str) -> None:
    seen: list[int] = []
    fresh = person("lin")
    fresh.page.on("response", lambda answer: seen.append(int(answer.headers.get("content-length") or 0)))
    fresh.page.route("**/*", lambda route: route.continue_())  # a routed page keeps no cache
    fresh.go(path)
    fresh.page.wait_for_load_state("networkidle")

    assert 1 < len(seen) <= REQUESTS
    assert sum(seen) <= KILOBYTES * 1024
    fresh.check()
