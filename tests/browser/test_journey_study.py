"""lin studies a course on the phone and at the PC, through a cut of the network, takes its quiz and sees the hours rise."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lms.quizzes.rules import Kind
from tests.browser.backstage import Backstage, Given, lecture_of
from tests.browser.conftest import Person, Site, keep

At = Callable[..., Person]
FILM_SECONDS = 24


@pytest.fixture(scope="module")
def backstage(live: Site) -> Backstage:
    return Backstage(live)


@pytest.fixture(scope="module")
def course(backstage: Backstage) -> Given:
    return backstage.give_course(lecture_of(8, slides=3, seconds=FILM_SECONDS // 3))


def play(page: Page) -> None:
    page.locator("[data-part=start]:visible, [data-part=toggle]:visible").first.click()


def until(page: Page, holds: str) -> None:
    """Waits for a condition on the video; asks from outside, because the page forbids evaluated scripts to itself."""
    for _ in range(600):
        if page.evaluate(f"(() => {{ const video = document.querySelector('video'); return {holds}; }})()"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within 30 s: {holds}; {page.url}")


def play_until(page: Page, seconds: float) -> None:
    until(page, f"video.currentTime >= {seconds}")


def stop(page: Page) -> None:
    """Paused, and the server has the last beat."""
    with page.expect_response("**/beats"):
        page.evaluate("document.querySelector('video').pause()")


def position(page: Page) -> float:
    until(page, "video.readyState >= 1")
    page.wait_for_timeout(100)
    return float(page.evaluate("document.querySelector('video').currentTime"))


def hours(page: Page) -> float:
    """The learner's 网络自学 of this year, as the page shows it."""
    one = page.locator(".hours-one", has=page.locator(".hours-label:text-is('网络自学')"))
    return float(one.locator(".hours-value").inner_text())


def answer_all(page: Page, backstage: Backstage) -> None:
    attempt = int(page.url.rsplit("/", 1)[1].split("#")[0])
    keys = backstage.keys_of(attempt)
    for place, (kind, key) in sorted(keys.items()):
        question = page.locator(".exam-question.is-current")
        expect(question).to_have_attribute("data-position", str(place))
        if kind is Kind.BLANK:
            for box, text in zip(question.locator("input").all(), key, strict=True):
                box.fill(text)
        else:
            for number in key:
                question.locator(f".option:has(input[value='{number}'])").click()
        if place < len(keys):
            page.click("[data-exam-next]")


def test_a_lecture_is_seen_on_two_devices_and_through_a_lost_network_and_is_credited(
    person: At, course: Given, backstage: Backstage
) -> None:
    phone = person("lin", "phone")
    before = hours(phone.go("/hours"))
    phone.go(f"/courses/{course.course_id}")
    lesson = f"/courses/lessons/{course.lesson_id}"
    phone.page.get_by_role("link", name=re.compile("开始学")).click()
    expect(phone.page).to_have_url(re.compile(lesson))
    play(phone.page)
    play_until(phone.page, 5)
    stop(phone.page)

    pc = person("lin", "pc")
    pc.go(lesson)
    assert 4.5 <= position(pc.page) <= 7, "the PC goes on where the phone stopped"
    play(pc.page)
    play_until(pc.page, 8.5)
    stop(pc.page)
    keep(pc.page, "study-pc")

    phone.go(lesson)
    assert 8 <= position(phone.page) <= 10.5, "and the phone where the PC stopped"
    play(phone.page)
    play_until(phone.page, 11)
    phone.context.set_offline(True)
    expect(phone.page.locator("[data-part=state]")).to_have_text("网络断开，已记在本机，恢复后补交")
    play_until(phone.page, 16)
    phone.page.evaluate("document.querySelector('video').pause()")
    phone.page.wait_for_timeout(300)
    unsent = "Object.keys(localStorage).filter(key => key.startsWith('lms.beats.')).length"
    assert phone.page.evaluate(unsent) == 1
    with phone.page.expect_response("**/beats") as late:
        phone.context.set_offline(False)
    assert late.value.json()["spans"][-1][1] >= 15_500, "what was seen without network arrived late and counts"
    play(phone.page)
    expect(phone.page.get_by_role("link", name="学完了，看下一步")).to_be_visible(timeout=20_000)
    assert phone.page.evaluate(unsent) == 0
    expect(phone.page.locator("[data-part=steps]")).to_contain_text("已学完")
    phone.look()
    keep(phone.page, "study-finished")

    phone.page.get_by_role("link", name="学完了，看下一步").click()
    keep(phone.page, "study-course")
    phone.page.get_by_role("button", name="开始小测验").click()
    phone.page.wait_for_url("**/attempts/*")
    answer_all(phone.page, backstage)
    expect(phone.page.locator("[data-exam-saved]")).to_have_text("已保存")
    keep(phone.page, "study-quiz")
    phone.page.locator("[data-exam-next]", has_text="交卷").click()
    phone.page.locator(".dialog button[value=yes]").click()
    phone.page.wait_for_url("**/review")
    expect(phone.page.locator("h1")).to_have_text("100 分")
    phone.look()
    keep(phone.page, "study-review")

    page = phone.go("/hours")
    assert hours(page) == before + 0.75, "0.25 for a short film, 0.5 for its quiz"
    mine = page.locator(".ledger-line", has_text=course.title)
    expect(mine).to_have_count(2)
    expect(mine.locator(".ledger-quarters b")).to_have_text(["+0.25", "+0.5"])
    mine.first.locator("summary").click()
    expect(mine.first.locator(".ledger-proof")).to_contain_text(f"{FILM_SECONDS} 秒")
    expect(mine.first.locator(".ledger-proof")).to_contain_text(f"《{course.title}》")
    keep(phone.page, "study-hours")
    pc.go(f"/courses/{course.course_id}")
    expect(pc.page.get_by_role("link", name="已学完，看我的学时")).to_be_visible()
    phone.check(but="ERR_INTERNET_DISCONNECTED")
    pc.check()


FORGED = """async ([lesson, beats]) => {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const post = async (url, body) => (await fetch(url, {method: "POST", body: JSON.stringify(body),
    headers: {"Content-Type": "application/json", "X-CSRF-Token": token}})).json();
  const opened = await post("/api/viewings", {lesson_id: lesson});
  return post(`/api/viewings/${opened.viewing_id}/beats`, {beats});
}"""


def test_a_jump_to_the_end_earns_nothing(person: At, course: Given) -> None:
    """bo claims the last seconds, the whole film at once, and pulls the slider: the lesson stays unfinished and the quiz closed."""
    bo = person("bo", "phone")
    before = hours(bo.go("/hours"))
    page = bo.go(f"/courses/lessons/{course.lesson_id}")
    end = FILM_SECONDS * 1000
    claims = [(1, end - 6000, end), (2, 0, end)]
    beats = [
        {"sequence": n, "from_millis": a, "to_millis": b, "speed_percent": 100, "has_input": True} for n, a, b in claims
    ]
    answer = page.evaluate(FORGED, [course.lesson_id, beats])
    assert not answer["finished"]
    assert sum(b - a for a, b in answer["spans"]) <= 7000, "no more than the wall clock and its slack of 5 s"
    page = bo.go(f"/courses/lessons/{course.lesson_id}")
    page.evaluate("document.querySelector('video').currentTime = 23")
    expect(page.locator("[data-part=state]")).to_contain_text("不能跳过没学的部分")
    until(page, "video.currentTime < 8")
    expect(page.locator("[data-part=next]")).to_be_hidden()
    bo.go(f"/courses/{course.course_id}")
    expect(page.get_by_role("button", name="开始小测验")).to_have_count(0)
    assert hours(bo.go("/hours")) == before
    bo.check()


def test_the_ledger_agrees_with_the_beats_afterwards(live: Site) -> None:
    live.flask("hours", "verify")
