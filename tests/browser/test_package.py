"""Packages of our own in a real Chromium: the SCO finds its run-time, its word reaches the lesson, nobody else's does, and it reaches nothing of ours."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Lesson, LessonProgress, PackageResult
from lms.courses.package_rules import Completion
from lms.courses.review_rules import ResourceKind
from lms.people.guard import COOKIE
from lms.people.services import sign_in
from lms.web.hosts import trusted_hosts
from lms.web.vendor import missing
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.test_pages import wrongs_of
from tests.courses import desk
from tests.courses.conftest import Publish, draft, publish, publish_file, run_tasks, storage
from tests.media import package_files as files

__all__ = ["draft", "publish", "publish_file", "run_tasks", "storage"]

SECONDS = 3


@pytest.fixture(autouse=True)
def own_origin(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As `./dev run` serves it: the site at 127.0.0.1, packages at localhost. What a leaving page still says is answered before the database goes."""
    busy: list[int] = []
    answer = app.wsgi_app

    def counted(environ: Any, start: Any) -> Any:
        busy.append(1)
        try:
            return answer(environ, start)
        finally:
            busy.pop()

    monkeypatch.setattr(app, "wsgi_app", counted)
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], package_origin=""))
    if missing():
        if os.environ.get("CI"):
            pytest.fail("scorm-again is missing: run ./dev assets")
        pytest.skip("scorm-again is not installed: run ./dev assets")
    yield
    for _ in range(100):
        time.sleep(0.05)
        if not busy:
            break


@pytest.fixture
def lesson(session: Session, publish_file: Publish) -> Callable[[bytes], Lesson]:
    def put(content: bytes) -> Lesson:
        resource = publish_file("课件.zip", content, "耕地保护课件", ResourceKind.PACKAGE)
        resource.required_reading_seconds = SECONDS
        (made,) = desk.lessons(session, desk.course(session, resource, title="耕地保护一讲"))
        session.commit()
        return made

    return put


def sco(page: Page, path: str = "sco.html") -> Frame:
    """The frame of the package's own page, once it is there."""
    frame = page.frame_locator(".package-frame").frame_locator("iframe")
    frame.locator("h1").wait_for()
    return next(one for one in page.frames if path in one.url)


def shim(page: Page) -> Frame:
    return next(one for one in page.frames if one.url.endswith("/") and "/p/" in one.url)


def picture(page: Page, name: str) -> None:
    """Of the window, once the frame has been painted: it is another process."""
    if folder := os.environ.get("LMS_TEST_PICTURES"):
        page.wait_for_timeout(500)
        page.screenshot(path=f"{folder}/{name}.png")


def watched(page: Page) -> list[str]:
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    return faults


def standing(page: Page) -> str:
    return page.locator("[data-part=standing]").inner_text()


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_a_scorm_1_2_package_is_studied_left_resumed_and_finished(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson], session: Session, view: str
) -> None:
    made = lesson(files.scorm12())
    page = device(view).new_page()
    faults = watched(page)
    page.goto(f"/courses/lessons/{made.id}")
    frame = sco(page)
    assert frame.locator("h1").inner_text().strip() == "第 1 页 ab-initio"
    frame.click("#next")
    frame.click("#next")
    expect(page.locator("[data-part=standing]")).to_have_text("未完成")
    picture(page, f"package-{view}-begun")
    wait_for(session, lambda kept: kept.location == "3")

    page.reload()
    frame = sco(page)
    assert frame.locator("h1").inner_text() == "第 3 页 记到第3页 resume"
    frame.click("#finish")
    expect(page.locator("[data-part=standing]")).to_have_text("已完成 · 得分 80")
    expect(page.locator("[data-part=next]")).to_be_visible(timeout=20_000)
    expect(page.locator("[data-part=state]")).to_have_text("已学完")
    assert frame.locator("#finish").is_visible()
    picture(page, f"package-{view}-done")
    kept = wait_for(session, lambda kept: kept.completed_at is not None)
    assert (kept.completion, kept.raw_millis, kept.session_seconds) == (Completion.COMPLETED, 80_000, 90)
    assert kept.interactions == [{"id": "q1", "type": "choice", "response": "b", "result": "correct"}]
    progress = session.scalars(select(LessonProgress)).one()
    assert progress.finished_at is not None
    assert progress.read_seconds >= SECONDS
    assert faults == []


def wait_for(session: Session, holds: Callable[[PackageResult], bool]) -> PackageResult:
    for _ in range(100):
        session.rollback()
        session.expire_all()
        kept = session.scalars(select(PackageResult)).one_or_none()
        if kept is not None and holds(kept):
            return kept
        time.sleep(0.1)
    raise AssertionError("the report did not arrive")


def test_a_scorm_2004_package_of_two_items_has_a_menu_and_judges_by_its_passing_score(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson], session: Session
) -> None:
    made = lesson(files.scorm2004())
    page = device("pc").new_page()
    faults = watched(page)
    page.goto(f"/courses/lessons/{made.id}")
    frame = sco(page, "a/sco.html")
    assert frame.locator("h1").inner_text() == "?step=1 0.6 unknown"
    assert frame.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
    frame.click("#finish")
    expect(page.locator("[data-item='0'] [data-part=mark]")).to_have_text("已完成")
    page.click("[data-item='1']")
    page.frame_locator(".package-frame").frame_locator("iframe").get_by_text("?step=2").wait_for()
    picture(page, "package-pc-menu")
    sco(page, "b/sco.html").click("#finish")
    expect(page.locator("[data-part=standing]")).to_have_text("已完成 · 得分 90")
    expect(page.locator("[data-part=next]")).to_be_visible(timeout=20_000)
    session.expire_all()
    rows = session.scalars(select(PackageResult).order_by(PackageResult.item)).all()
    assert [(row.item, row.success.value, row.scaled_millis) for row in rows] == [
        ("one", "passed", 900),
        ("two", "passed", 900),
    ]
    assert faults == []


def test_plain_pages_are_finished_by_the_time_spent_with_them(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson], session: Session
) -> None:
    made = lesson(files.html())
    page = device().new_page()
    page.goto(f"/courses/lessons/{made.id}")
    page.frame_locator(".package-frame").frame_locator("iframe").get_by_text("只看不考").wait_for()
    expect(page.locator("[data-part=next]")).to_be_visible(timeout=20_000)
    assert session.scalars(select(PackageResult)).all() == []


FORGED = """([origin, nonce, source]) => {
  const frame = document.querySelector(".package-frame").contentWindow;
  const result = {completion: "completed", success: "passed", raw: 99, min: null, max: null, scaled: null, location: "", suspend_data: "",
    session_seconds: 1, exit: "", interactions: []};
  window.dispatchEvent(new MessageEvent("message", {origin, source: source === "frame" ? frame : window, data: {nonce, kind: "result", item: "i1", result}}));
}"""


def test_only_the_frame_of_this_visit_at_its_own_origin_is_heard(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson], session: Session, address: str
) -> None:
    made = lesson(files.scorm12())
    page = device().new_page()
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.post_data or "") if r.url.endswith("/reports") else None)
    page.goto(f"/courses/lessons/{made.id}")
    sco(page)
    packages = address.replace("127.0.0.1", "localhost")
    nonce = shim(page).evaluate("document.querySelector('script[data-nonce]').dataset.nonce")
    for origin, word, source in (
        ("http://evil.example", nonce, "frame"),
        (address, nonce, "frame"),
        ("null", nonce, "frame"),
        (packages, "guessed", "frame"),
        (packages, nonce, "window"),
    ):
        page.evaluate(FORGED, [origin, word, source])
    page.wait_for_timeout(700)
    assert not any('"raw":99' in body for body in sent)
    with page.expect_response(lambda r: r.url.endswith("/reports")):
        page.evaluate(FORGED, [packages, nonce, "frame"])  # the very same is heard from the right one
    assert any('"raw":99' in body for body in sent)
    # Heard is not yet earned: the time has to be spent.
    session.expire_all()
    assert session.scalars(select(LessonProgress)).one().read_seconds < SECONDS


def test_the_shim_hears_the_site_s_page_only(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson]
) -> None:
    made = lesson(files.scorm12())
    page = device().new_page()
    page.goto(f"/courses/lessons/{made.id}")
    sco(page)
    forged = """([origin, good]) => {
      const {nonce, site} = document.querySelector("script[data-nonce]").dataset;
      const data = {nonce: good ? nonce : "guessed", kind: "stop"};
      window.dispatchEvent(new MessageEvent("message", {origin: origin || site, source: parent, data}));
      return document.querySelectorAll("iframe").length;
    }"""
    assert shim(page).evaluate(forged, ["http://evil.example", True]) == 1
    assert shim(page).evaluate(forged, ["", False]) == 1
    assert shim(page).evaluate(forged, ["", True]) == 0


def test_a_package_reaches_nothing_of_the_site(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson], address: str
) -> None:
    made = lesson(files.scorm12())
    page = device().new_page()
    page.goto(f"/courses/lessons/{made.id}")
    frame = sco(page)
    before = page.url
    tried = frame.evaluate(
        """async (site) => {
      const attempt = async (what) => { try { return String(await what()); } catch (problem) { return "refused"; } };
      return {
        own: await attempt(() => fetch("sco.html").then((r) => r.status)),
        document: await attempt(() => top.document.title),
        storage: await attempt(() => top.localStorage.length),
        fetched: await attempt(() => fetch(site + "/login/token", {credentials: "include"}).then((r) => r.status)),
        navigated: await attempt(() => { top.location.href = site + "/logout"; return "went"; }),
        opened: await attempt(() => (window.open(site) ? "opened" : "refused")),
        worker: await attempt(() => navigator.serviceWorker.register("sco.html").then(() => "registered")),
        cookie: document.cookie,
      };
    }""",
        address,
    )
    assert tried.pop("own") == "200"
    assert tried.pop("cookie") == ""
    assert set(tried.values()) == {"refused"}, tried
    assert page.url == before


@pytest.fixture
def neighbours(
    chromium: Browser,
    address: str,
    app: Flask,
    session: Session,
    cast: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[BrowserContext]:
    """lin at a site whose package host is its neighbour by name, so that the frame may keep storage."""
    port = address.rpartition(":")[2]
    own = f"http://packages.site.test:{port}"
    named = replace(app.extensions["settings"], hosts=("site.test",), package_origin=own)
    monkeypatch.setitem(app.extensions, "settings", named)
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", trusted_hosts(named))
    url = f"http://site.test:{port}"
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=[*FLAGS, "--host-resolver-rules=MAP *.test 127.0.0.1, MAP site.test 127.0.0.1"]
    )
    context = browser.new_context(base_url=url, locale="zh-CN")
    token = sign_in.begin(session, cast.lin, device="pc", hours=12, now=clock.now())
    session.commit()
    context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
    yield context
    browser.close()


def test_on_a_host_named_by_the_setting_packages_work_and_read_nothing_another_one_left_in_the_storage(
    neighbours: BrowserContext, lesson: Callable[[bytes], Lesson]
) -> None:
    first, second = lesson(files.scorm12()), lesson(files.scorm12())
    page = neighbours.new_page()
    page.goto(f"/courses/lessons/{first.id}")
    sco(page).evaluate("localStorage.setItem('mine', '1')")
    page.reload()
    assert sco(page).evaluate("localStorage.getItem('mine')") == "1"
    assert sco(page).evaluate("document.cookie") == ""
    page.goto(f"/courses/lessons/{second.id}")
    assert sco(page).evaluate("localStorage.getItem('mine')") is None
    sco(page).click("#finish")
    expect(page.locator("[data-part=standing]")).to_have_text("已完成 · 得分 80")


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_a_preview_keeps_nothing(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson], session: Session, view: str
) -> None:
    made = lesson(files.scorm12())
    page = device(view).new_page()
    faults = watched(page)
    page.goto(f"/library/{made.resource_id}")
    page.get_by_role("button", name="打开课件").click()
    sco(page).click("#finish")
    page.wait_for_timeout(500)
    picture(page, f"package-{view}-preview")
    session.expire_all()
    assert session.scalars(select(PackageResult)).all() == []
    assert session.scalars(select(LessonProgress)).all() == []
    assert faults == []


def test_in_very_large_type_the_page_still_fits_a_phone_and_is_accessible(
    device: Callable[..., BrowserContext], lesson: Callable[[bytes], Lesson], session: Session, cast: SimpleNamespace
) -> None:
    cast.lin.type_size = "extra"
    session.commit()
    page = device().new_page()
    page.goto(f"/courses/lessons/{lesson(files.scorm2004()).id}")
    sco(page, "a/sco.html")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    assert wrongs_of(page) == []
    picture(page, "package-phone-large")
