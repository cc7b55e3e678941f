"""The live quiz with its windows open at once: the host at a PC, two phones (one joins late and reloads), the big screen."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Person, Site, keep

pytestmark = pytest.mark.browser

SOON = 20_000
QUESTION = 40_000  # announced, open, and its grace


@pytest.fixture
def wall(chromium: Browser, live: Site):
    """The big screen: a browser nobody signed in at, 1080p."""
    context = chromium.new_context(
        viewport={"width": 1920, "height": 1080}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    yield Person(context, live, "wall")
    context.close()


def press(page: Page, text: str) -> None:
    """A button of the console, once it is there, and its page again."""
    button = page.get_by_role("button", name=text, exact=True).first
    expect(button).to_be_visible(timeout=QUESTION)
    with page.expect_navigation():
        button.click()


def join(person: Person) -> Page:
    """From home into the quiz."""
    page = person.go("/")
    page.get_by_role("link", name="进入同答").click()
    page.get_by_role("button", name="进入同答").click()
    expect(page.locator('[data-live="status"]')).not_to_contain_text("正在连接", timeout=SOON)
    return page


def status(page: Page, text: str) -> None:
    expect(page.locator('[data-live="status"]')).to_contain_text(text, timeout=QUESTION)


def choose(page: Page, letters: list[str]) -> None:
    """Thumbs on these options, and the button that sends them where several may be chosen."""
    expect(page.locator(".live-button").first).to_be_enabled(timeout=QUESTION)
    for letter in letters:
        page.locator(".live-button", has=page.locator(".live-letter", has_text=letter)).click()
    send = page.locator(".live-send")
    if send.count():
        send.click()
    expect(page.locator('[data-live="said"]')).to_contain_text("已收到", timeout=SOON)


def right_ones(console: Page) -> list[str]:
    return console.locator(".live-choices .is-right .live-letter").all_inner_texts()


def test_a_quiz_from_the_first_question_to_the_standings_with_all_windows_open(person, wall: Person) -> None:
    host, lin, dana = person("hua", "pc"), person("lin"), person("dana")
    console = host.go("/office/contests")
    console.get_by_role("link", name=re.compile("全员同答")).first.click()
    console.get_by_role("link", name=re.compile("全员同答：")).click()
    keep(console, "live-round")
    screen = wall.go(console.get_by_role("link", name="大屏幕", exact=True).get_attribute("href"))
    console.get_by_role("link", name="主持台", exact=True).click()
    keep(lin.go("/"), "live-home")
    of_lin = join(lin)
    status(of_lin, "等主持人出题")
    expect(screen.locator(".live-figure")).to_contain_text("1", timeout=SOON)
    keep(of_lin, "live-phone-waiting")

    # the first question: one phone answers, the wall has no key
    press(console, "出第 1 题")
    keep(screen, "live-wall-soon")
    choose(of_lin, right_ones(console))
    keep(of_lin, "live-phone-answered")
    expect(screen.locator(".live-side")).to_contain_text("1 / 1", timeout=SOON)
    assert screen.locator(".is-right").count() == 0
    keep(screen, "live-wall-open")
    keep(console, "live-host-open")
    press(console, "提前截止（4 秒后）")
    press(console, "公布答案")
    expect(of_lin.locator('[data-live="said"]')).to_contain_text("答对了", timeout=SOON)
    expect(screen.locator(".is-right").first).to_be_visible(timeout=SOON)
    keep(screen, "live-wall-revealed")
    keep(of_lin, "live-phone-right")
    keep(console, "live-host-revealed")

    # the second: somebody joins while it is open, reloads, and finds the answer still there
    press(console, "出第 2 题")
    of_dana = join(dana)
    keep(of_dana, "live-phone-late")
    right = right_ones(console)
    wrong = [letter for letter in "ABCD" if letter not in right][:1]
    choose(of_dana, wrong)
    of_dana.reload()
    expect(of_dana.locator('[data-live="said"]')).to_contain_text("已收到", timeout=SOON)
    choose(of_lin, right)
    press(console, "暂停")
    status(of_lin, "暂停")
    press(console, "继续")
    press(console, "公布答案")
    expect(of_dana.locator('[data-live="said"]')).to_contain_text("答错了", timeout=SOON)
    keep(of_dana, "live-phone-wrong")
    press(console, "公布名次")
    expect(screen.locator("tbody").first).to_contain_text("20", timeout=SOON)
    expect(of_lin.locator('[data-live="standings"]')).to_contain_text("你现在第 1 名", timeout=SOON)
    keep(screen, "live-wall-ranked")
    keep(of_lin, "live-phone-ranked")
    keep(console, "live-host-ranked")

    # the end: the result stands on the board
    console.get_by_role("button", name="结束同答").click()
    console.get_by_role("dialog").get_by_role("button", name="结束同答").click()
    expect(console.locator(".stage-desk")).to_contain_text("同答已结束", timeout=SOON)
    status(of_dana, "同答结束")
    board = lin.go(of_lin.url.removeprefix(lin.site.url))
    board.get_by_role("link", name="看榜单").click()
    for _ in range(20):
        if board.locator("tbody tr").count():
            break
        board.wait_for_timeout(1500)
        board.reload()
    expect(board.locator("main")).to_contain_text("20")
    keep(board, "live-board")
    for one in (host, lin, dana, wall):
        one.look()
        one.check()
