"""The exam page in a real browser: one question at a time, saved at once, and what happens when network, page or device fail."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from lms import clock
from lms.quizzes.models import Answer, Attempt, CurrentAnswer
from lms.quizzes.rules import State

pytestmark = pytest.mark.browser


def saved(page: Page) -> None:
    expect(page.locator("[data-exam-saved]")).to_have_text("已保存")


def choose(page: Page, letter: str) -> None:
    page.locator(".exam-question.is-current .option", has=page.locator(f".option-letter:text-is('{letter}')")).click()


def test_each_choice_is_saved_at_once_and_the_attempt_is_handed_in(exam, device, session):
    attempt = exam()
    page = device().new_page()
    page.goto(f"/attempts/{attempt.id}")
    expect(page.locator(".exam-question.is-current .exam-number")).to_have_text("第 1 题 / 4 · 单选题 · 25 分")
    choose(page, "A")
    page.click("text=下一题")
    choose(page, "A")
    choose(page, "D")
    page.click("text=下一题")
    page.click(".sheet-number[data-number='4']")
    page.fill(".exam-question.is-current input", "国 家。")
    saved(page)
    assert session.scalar(select(func.count()).select_from(CurrentAnswer)) == 3
    expect(page.locator(".sheet-answered")).to_have_count(3)
    page.locator("[data-exam-next]", has_text="交卷").click()
    expect(page.locator(".dialog-text")).to_contain_text("还有 1 题没有作答")
    page.locator(".dialog button[value=yes]").click()
    page.wait_for_url("**/review")
    expect(page.locator("h1")).to_have_text("62.5 分")
    session.expire_all()
    assert session.get_one(Attempt, attempt.id).score_millis == 62_500


def test_thirty_answers_offline_survive_a_reload_and_arrive_once(exam, device, session):
    """R11, B11."""
    attempt = exam(30)
    context = device()
    page = context.new_page()
    page.goto(f"/attempts/{attempt.id}")
    choose(page, "B")
    saved(page)
    context.set_offline(True)
    choose(page, "A")
    expect(page.locator("[data-exam-saved]")).to_contain_text("未保存 1 题", timeout=5000)
    for _ in range(1, 30):
        page.click("[data-exam-next]")
        if page.locator(".exam-question.is-current").get_attribute("data-kind") == "blank":
            page.fill(".exam-question.is-current input", "国家")
        else:
            choose(page, "A")
    page.wait_for_timeout(700)
    expect(page.locator("[data-exam-saved]")).to_contain_text("未保存 30 题")
    assert session.scalar(select(func.count()).select_from(Answer)) == 1
    page.close(run_before_unload=False)
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"/attempts/{attempt.id}")
    expect(again.locator(".sheet-answered")).to_have_count(30)
    saved(again)
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(CurrentAnswer)) == 30
    assert session.scalar(select(CurrentAnswer.choice).where(CurrentAnswer.position == 1)) == "[0]"
    counts = session.execute(select(Answer.position, func.count()).where(Answer.position > 1).group_by(Answer.position))
    assert {count for _, count in counts} == {1}


def test_another_device_takes_over_visibly_and_goes_on_where_the_first_stopped(exam, device):
    """S05."""
    attempt = exam()
    first = device().new_page()
    first.goto(f"/attempts/{attempt.id}")
    choose(first, "B")
    saved(first)
    second = device().new_page()
    second.goto(f"/attempts/{attempt.id}")
    expect(second.locator("[data-exam-alert]")).to_contain_text("正在另一台设备上作答")
    second.click("[data-exam-take-over]")
    expect(second.locator("[data-exam-alert]")).to_be_hidden()
    second.click(".sheet-number[data-number='1']")
    expect(second.locator(".exam-question.is-current input:checked")).to_have_value("1")
    choose(second, "C")
    saved(second)
    choose(first, "A")
    expect(first.locator("[data-exam-alert]")).to_contain_text("正在另一台设备上作答")
    expect(first.locator("[data-exam-saved]")).to_contain_text("未保存 1 题")


def test_an_old_unsaved_choice_never_overwrites_a_newer_one(exam, device, session):
    """R11: the office PC went on; the phone's forgotten choice is dropped when its page is opened again."""
    attempt = exam()
    phone = device()
    page = phone.new_page()
    with page.expect_response("**/lease"):
        page.goto(f"/attempts/{attempt.id}")
    phone.route("**/answers", lambda route: route.abort())
    for letter in "BAB":
        choose(page, letter)
    page.wait_for_timeout(200)
    page.close(run_before_unload=False)
    assert session.scalar(select(func.count()).select_from(Answer)) == 0
    office = device().new_page()
    office.goto(f"/attempts/{attempt.id}")
    office.click("[data-exam-take-over]")
    expect(office.locator("[data-exam-alert]")).to_be_hidden()
    choose(office, "C")
    saved(office)
    phone.unroute("**/answers")
    again = phone.new_page()
    again.goto(f"/attempts/{attempt.id}#q-1")
    expect(again.locator("[data-exam-alert]")).to_be_visible()
    again.click("[data-exam-take-over]")
    expect(again.locator("[data-exam-alert]")).to_be_hidden()
    saved(again)
    expect(again.locator(".exam-question.is-current input:checked")).to_have_value("2")
    session.expire_all()
    assert session.scalar(select(CurrentAnswer.choice)) == "[2]"


@pytest.mark.parametrize("days", [-1, 1])
def test_a_device_clock_off_by_a_day_changes_nothing(exam, device, session, days):
    """B02, R13."""
    attempt = exam(seconds=600)
    context = device()
    context.add_init_script(
        f"const RealDate = Date; const off = {days * 86_400_000}; Date.now = () => RealDate.prototype.getTime.call(new RealDate()) + off;"
    )
    page = context.new_page()
    with page.expect_response("**/lease"):
        page.goto(f"/attempts/{attempt.id}")
    saved(page)
    shown = page.locator("[data-countdown-text]").inner_text()
    minutes, seconds = (int(part) for part in shown.split(":"))
    session.expire_all()
    left = (session.get_one(Attempt, attempt.id).deadline_at - clock.now()).total_seconds()
    assert abs(minutes * 60 + seconds - left) <= 2
    choose(page, "A")
    saved(page)


def test_when_time_is_up_the_page_hands_in_by_itself(exam, device, session):
    attempt = exam()
    attempt.deadline_at = clock.now() + timedelta(seconds=4)
    session.commit()
    page = device().new_page()
    page.goto(f"/attempts/{attempt.id}")
    choose(page, "A")
    page.wait_for_url("**/review", timeout=15_000)
    session.expire_all()
    ended = session.get_one(Attempt, attempt.id)
    assert (ended.state, ended.score_millis) == (State.SUBMITTED, 25_000)
