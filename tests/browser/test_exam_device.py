"""The exam page when network, browser or device fail, and what it tells: truthfully saved, marked for later, clock, page leaves."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select, update

from lms import clock
from lms.people.guard import COOKIE
from lms.people.services import sign_in
from lms.quizzes import services
from lms.quizzes.models import Answer, Attempt, AttemptLeave, CurrentAnswer
from lms.quizzes.rules import Purpose, State
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.test_exam import choose, saved
from tests.quizzes.conftest import nothing_follows
from tests.quizzes.kinds import begin

pytestmark = pytest.mark.browser


@pytest.fixture
def attempt(session, cast):
    return begin(session, cast.lin.id, clock.now(), seconds=1800)


def open_at(context: BrowserContext, attempt: Attempt, place: str = "") -> Page:
    page = context.new_page()
    page.goto(f"/attempts/{attempt.id}{place}")
    saved(page)
    return page


def told(page: Page):
    return page.locator("[data-exam-saved]")


# --- saved, saving, not saved


def test_what_is_not_saved_is_called_so_within_five_seconds_while_the_server_only_hangs(attempt, device):
    """R11: a network that answers nothing is not "being saved" for ever."""
    context = device()
    page = open_at(context, attempt)
    context.route("**/answers", lambda route: None)
    choose(page, "A")
    expect(told(page)).to_have_text("正在保存…")
    expect(told(page)).to_contain_text("未保存 1 题", timeout=5000)


def test_nothing_is_called_saved_while_the_page_may_not_write_yet(attempt, device):
    context = device()
    context.route("**/lease", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"/attempts/{attempt.id}")
    choose(page, "A")
    expect(told(page)).to_contain_text("未保存 1 题", timeout=5000)
    context.unroute("**/lease")
    expect(told(page)).to_have_text("已保存", timeout=8000)


def test_what_the_server_refuses_stays_unsaved_and_is_not_handed_over_as_if_it_were(attempt, device, session):
    """PEERS 3.2: restored answers marked as synced are lost silently."""
    context = device()
    page = open_at(context, attempt)
    refusal = {"status": 422, "content_type": "application/json", "body": '{"error": "答案太长，请写短一些。"}'}
    context.route("**/answers", lambda route: route.fulfill(**refusal))
    choose(page, "A")
    expect(page.locator("[data-exam-alert]")).to_contain_text("答案太长")
    expect(told(page)).to_contain_text("未保存 1 题")
    context.unroute("**/answers")
    choose(page, "B")
    saved(page)
    session.expire_all()
    assert session.scalars(select(CurrentAnswer.choice)).all() == ["[1]"]


def test_without_a_network_nothing_is_handed_in_before_the_answers_are(attempt, device, session):
    context = device()
    page = open_at(context, attempt)
    context.route("**/answers", lambda route: route.abort())
    choose(page, "A")
    page.locator(".exam-sheet button[value=submit]").click()
    page.locator(".dialog button[value=yes]").click()
    expect(page.locator("[data-exam-alert]")).to_contain_text("还没有交卷")
    session.expire_all()
    assert session.get_one(Attempt, attempt.id).state is State.OPEN


# --- kept on the device


@pytest.mark.parametrize("database", ["indexeddb", "none"])
def test_answers_survive_a_reload_offline_with_and_without_a_database_in_the_browser(
    attempt, device, session, database
):
    context = device()
    if database == "none":
        context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    page = open_at(context, attempt)
    context.route("**/api/**", lambda route: route.abort())
    choose(page, "C")
    expect(told(page)).to_contain_text("未保存 1 题", timeout=5000)
    in_local = page.evaluate("Object.keys(localStorage).filter(k => k.includes('answer/')).length")
    assert in_local == (1 if database == "none" else 0)
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(f"/attempts/{attempt.id}#q-1")
    expect(again.locator(".exam-question.is-current input:checked")).to_have_value("2")
    expect(told(again)).to_contain_text("未保存 1 题", timeout=5000)
    context.unroute("**/api/**")
    expect(told(again)).to_have_text("已保存", timeout=8000)
    session.expire_all()
    assert session.scalars(select(CurrentAnswer.choice)).all() == ["[2]"]
    kept = again.evaluate("Object.keys(localStorage).filter(k => k.includes('answer/')).length")
    assert kept == 0, "what the server has acknowledged is kept no longer"


class Phone:
    """A browser of its own with a profile on disk, which can be killed without a word."""

    def __init__(self, chromium, folder, address, token) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        command = [CHROMIUM, *FLAGS, "--headless=new", "--no-first-run", f"--user-data-dir={folder}"]
        command += [f"--remote-debugging-port={port}", "about:blank"]
        self.running = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/json/version", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        self.browser = chromium.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.context = self.browser.contexts[0]
        self.context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        self.page = self.context.pages[0]

    def kill(self) -> None:
        if self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait(10)


def test_thirty_answers_in_ten_minutes_offline_outlive_a_killed_browser_and_arrive_once(
    exam,
    chromium,
    address,
    session,
    cast,
    tmp_path,
):
    """R11, B11. The ten minutes pass on the page's own clock."""
    attempt = exam(30, seconds=3600)
    token = sign_in.begin(session, cast.lin, device="phone", hours=12, now=clock.now())
    session.commit()
    phone = Phone(chromium, tmp_path / "profile", address, token)
    try:
        page = phone.page
        page.clock.install()
        page.goto(f"{address}/attempts/{attempt.id}#q-1")
        saved(page)
        phone.context.set_offline(True)
        for n in range(30):
            if page.locator(".exam-question.is-current").get_attribute("data-kind") == "blank":
                page.fill(".exam-question.is-current input", "国家")
            else:
                choose(page, "A")
            page.clock.run_for(20_000)
            if n < 29:
                page.click("[data-exam-next]")
        expect(told(page)).to_contain_text("未保存 30 题")
        expect(page.locator("[data-countdown-text]")).to_have_text(re.compile("^(49|50):"))
        assert session.scalar(select(func.count()).select_from(Answer)) == 0
    finally:
        phone.kill()
    again = Phone(chromium, tmp_path / "profile", address, token)
    try:
        again.page.goto(f"{address}/attempts/{attempt.id}")
        expect(again.page.locator(".sheet-answered")).to_have_count(30)
        saved(again.page)
    finally:
        again.kill()
    session.expire_all()
    counts = session.execute(select(Answer.position, func.count()).group_by(Answer.position)).all()
    assert sorted(tuple(row) for row in counts) == [(n, 1) for n in range(1, 31)]
    assert session.scalar(select(func.count()).select_from(CurrentAnswer)) == 30


def test_answers_that_were_still_on_the_device_when_time_ran_out_are_stored_as_late_and_shown(
    attempt, device, session, make_session
):
    """R12: never dropped silently, also when the exam page is never opened again."""
    context = device()
    page = open_at(context, attempt)
    context.route("**/answers", lambda route: route.abort())
    choose(page, "A")
    page.wait_for_timeout(300)
    page.close(run_before_unload=False)
    session.execute(update(Attempt).values(deadline_at=clock.now() - timedelta(minutes=5)))
    session.commit()
    assert services.close_due(make_session, nothing_follows, clock.now()) == 1
    context.unroute("**/answers")
    again = context.new_page()
    again.goto(f"/attempts/{attempt.id}")
    expect(again.get_by_text("有 1 个答案在时间到以后才收到，已留存，不计分。")).to_be_visible()
    session.expire_all()
    assert [(row.choice, row.is_counted) for row in session.scalars(select(Answer))] == [("[0]", False)]
    assert session.get_one(Attempt, attempt.id).score_millis == 0


def test_answers_that_another_device_handed_in_without_are_said_to_be_lost(attempt, device, session):
    context = device()
    page = open_at(context, attempt)
    context.route("**/answers", lambda route: route.abort())
    choose(page, "A")
    page.wait_for_timeout(300)
    page.close(run_before_unload=False)
    services.submit(session, session.get_one(Attempt, attempt.id), settle=nothing_follows, now=clock.now())
    session.commit()
    context.unroute("**/answers")
    again = context.new_page()
    again.goto(f"/attempts/{attempt.id}/review")
    expect(again.get_by_role("alert")).to_contain_text("第 1 题在这台设备上改过的答案，交卷前没有送到服务器，不计分。")


# --- mark for later


def test_marks_stay_on_the_device_and_are_named_before_handing_in(attempt, device):
    context = device()
    page = open_at(context, attempt, "#q-2")
    flag = page.locator("[data-exam-flag]")
    flag.click()
    expect(flag).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".sheet-number[data-number='2']")).to_have_text("第2题，未答，已标记")
    choose(page, "A")
    page.click(".sheet-number[data-number='3']")
    expect(flag).to_have_attribute("aria-pressed", "false")
    saved(page)
    page.close(run_before_unload=False)
    again = open_at(context, attempt, "#q-2")
    expect(again.locator("[data-exam-flag]")).to_have_text("已标记")
    expect(again.locator(".sheet-flagged")).to_have_count(1)
    again.locator(".exam-sheet button[value=submit]").click()
    expect(again.locator(".dialog-text")).to_have_text("还有 8 题没有作答、1 题标了记号，交卷后不能再改。")
    again.locator(".dialog button[value=no]").click()
    again.locator("[data-exam-flag]").click()
    expect(again.locator(".sheet-flagged")).to_have_count(0)


# --- the clock


def test_five_minutes_and_one_minute_are_announced_once_and_politely_also_over_a_nap(exam, device):
    attempt = exam(2, seconds=420)
    context = device()
    page = context.new_page()
    page.clock.install()
    page.goto(f"/attempts/{attempt.id}")
    saved(page)
    said = page.locator("[data-countdown-say]")
    expect(said).to_have_attribute("role", "status")
    expect(said).to_be_empty()
    context.route("**/api/**", lambda route: route.abort())
    page.clock.fast_forward(130_000)
    expect(said).to_have_text("还剩 5 分钟")
    page.clock.fast_forward(235_000)
    expect(said).to_have_text("还剩 1 分钟")


# --- leaving the page


HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_leaving_a_contest_is_noted_once_also_when_it_is_told_later(session, cast, device):
    attempt = begin(session, cast.lin.id, clock.now() - timedelta(minutes=10), seconds=1800, purpose=Purpose.CONTEST)
    context = device()
    page = context.new_page()
    page.clock.install()
    page.goto(f"/attempts/{attempt.id}")
    saved(page)
    expect(page.get_by_text("离开这个页面 3 秒以上会留下记录，只给组织者看，不影响得分。")).to_be_visible()
    context.route("**/leaves", lambda route: route.abort())
    page.evaluate(HIDE, True)
    page.clock.run_for(30_000)
    page.evaluate(HIDE, False)
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    page.clock.run_for(1_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.clock.run_for(2_000)
    page.close(run_before_unload=False)
    assert session.scalar(select(func.count()).select_from(AttemptLeave)) == 0
    context.unroute("**/leaves")
    again = context.new_page()
    with again.expect_response("**/leaves"):
        again.goto(f"/attempts/{attempt.id}")
    saved(again)
    session.expire_all()
    assert [one.away_seconds for one in session.scalars(select(AttemptLeave))] == [30]


def test_leaving_a_quiz_is_nobodys_business(attempt, device, session):
    page = open_at(device(), attempt)
    told_of: list[str] = []
    page.on("request", lambda request: told_of.append(request.url) if "leaves" in request.url else None)
    page.evaluate(HIDE, True)
    page.wait_for_timeout(3500)
    page.evaluate(HIDE, False)
    page.wait_for_timeout(500)
    assert told_of == []
