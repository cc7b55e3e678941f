"""The final on stage with its windows open at once: host and jury at PCs, two teams' phones, the big screen; and the reveal at the end."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Person, Site, keep

pytestmark = pytest.mark.browser

SOON = 15_000


@pytest.fixture
def hall(chromium: Browser, live: Site):
    """The big screen: a browser nobody signed in at, 1080p."""
    context = chromium.new_context(
        viewport={"width": 1920, "height": 1080}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    yield Person(context, live, "hall")
    context.close()


def press(page: Page, text: str) -> None:
    """A button of a console, and its page again."""
    with page.expect_navigation():
        page.get_by_role("button", name=text, exact=True).first.click()


def wait_for(place, text: str) -> None:
    expect(place).to_contain_text(text, timeout=SOON)


def to_the_final(host: Person) -> Page:
    page = host.go("/office/contests")
    page.get_by_role("link", name=re.compile("现场决赛")).click()
    page.get_by_role("link", name=re.compile("现场赛：")).click()
    return page


def as_buzzer(team: Person) -> Page:
    """From the list of contests to the own team's buzzer."""
    page = team.go("/contests")
    page.get_by_role("link", name="到现场赛").click()
    page.get_by_role("button", name="用这台手机抢答").click()
    expect(page.locator('[data-stage="line"]')).to_contain_text("毫秒", timeout=SOON)
    return page


def test_a_final_from_the_first_question_to_the_reveal_with_all_windows_open(person, hall: Person) -> None:
    host, jury = person("hua", "pc"), person("ada", "pc")
    north, south = person("lin"), person("dana")
    console = to_the_final(host)
    keep(console, "stage-round")
    base = console.get_by_role("link", name="大屏幕", exact=True).get_attribute("href")
    console.get_by_role("link", name="主持台", exact=True).click()
    wall = hall.go(base)
    table = jury.go(console.url.removeprefix(host.site.url) + "/jury")
    of_north, of_south = as_buzzer(north), as_buzzer(south)
    wait_for(console.locator(".stage-devices"), "毫秒")
    keep(console, "stage-host-start")

    # 必答: the key is on the consoles only, the jury judges, the wall follows
    press(console, "必答题")
    press(console, "北区先锋队")
    key = console.locator(".stage-key b").inner_text()
    wait_for(wall.locator(".stage-who"), "北区先锋队")
    wait_for(of_north.locator('[data-stage="phase"]'), "由你队回答")
    wait_for(table.locator(".stage-desk"), key)
    expect(wall.locator(".stage-answer")).to_have_count(0)
    keep(wall, "stage-wall-required")
    keep(table, "stage-jury")
    press(table, "答对")
    wait_for(wall.locator(".stage-who"), "回答正确")
    wait_for(of_north.locator('[data-stage="score"]'), "110")
    console.reload()
    press(console, "公布答案")
    wait_for(wall.locator(".stage-answer"), key)

    # 抢答: announced, opened at the same moment everywhere, the first press answers
    press(console, "抢答题")
    console.get_by_role("button", name=re.compile("^出第 2 题")).click()
    expect(of_south.get_by_role("button", name="抢答（还没开抢）")).to_be_enabled(timeout=SOON)
    press(console, "宣布开抢（2 秒后）")
    wait_for(wall.locator(".stage-opening"), "准备抢答")
    keep(wall, "stage-wall-announced")
    ready = of_south.get_by_role("button", name="抢！")
    expect(ready).to_be_enabled(timeout=SOON)
    ready.click()
    expect(of_north.locator('[data-stage="buzzer"]')).to_be_disabled(timeout=SOON)
    wait_for(of_south.locator('[data-stage="phase"]'), "由你队回答")
    wait_for(wall.locator(".stage-who"), "南区开拓队")
    keep(of_south, "stage-phone-answering")
    keep(wall, "stage-wall-buzzed")
    console.reload()  # in the middle: nothing is lost
    wait_for(console.locator(".stage-order"), "南区开拓队")
    keep(console, "stage-host-buzzed")
    press(console, "答错")
    wait_for(of_south.locator('[data-stage="score"]'), "90")

    # 抢跑 costs ten points; the host skips the question
    console.get_by_role("button", name=re.compile("^出第 3 题")).click()
    early = of_north.get_by_role("button", name="抢答（还没开抢）")
    expect(early).to_be_enabled(timeout=SOON)
    early.click()
    wait_for(wall.locator(".stage-early"), "北区先锋队")
    keep(of_north, "stage-phone-early")
    wait_for(of_north.locator('[data-stage="score"]'), "100")
    console.reload()
    press(console, "跳过这一题")

    # 风险题: the team chooses on its phone
    press(console, "风险题")
    press(console, "南区开拓队")
    of_south.get_by_role("button", name="30 分").click()
    wait_for(console.locator(".stage-phase"), "30 分")
    console.get_by_role("button", name=re.compile("^出第 4 题")).first.click()
    wait_for(wall.locator(".live-phase"), "30 分")

    # 封榜: what is judged now is not on the wall until it is revealed
    press(console, "封榜")
    press(console, "答对")
    wait_for(wall.locator(".stage-frozen"), "已封榜")
    assert "120" not in wall.locator("tbody").inner_text()
    keep(wall, "stage-wall-frozen")
    press(console, "揭晓倒数第 1 名")
    press(console, "全部揭晓")
    wait_for(wall.locator("tbody tr").first, "120")
    keep(wall, "stage-wall-revealed")

    # the jury corrects with a reason, the score keeper's page alone can go on, the end records the results
    table.reload()
    table.get_by_label("队", exact=True).select_option(label="北区先锋队")
    table.get_by_label("加减几分").fill("10")
    table.get_by_label("原因").fill("第 3 题抢跑判得不当，退回")
    press(table, "更正")
    wait_for(table.locator(".stage-log"), "评委更正：北区先锋队 +10 分")
    keeper = jury.go(table.url.removeprefix(jury.site.url).replace("/jury", "/scores"))
    keep(keeper, "stage-keeper")
    keeper.locator('section[aria-labelledby^="team-"]', has_text="勘界队").get_by_role(
        "button", name="必答答对 +10"
    ).click()
    wait_for(keeper.locator(".stage-log"), "记分：勘界队 +10 分")
    keep(jury.go(keeper.url.removeprefix(jury.site.url).replace("/scores", "/sheet")), "stage-sheet")
    console.reload()
    console.get_by_role("button", name="结束决赛").click()
    console.get_by_role("dialog").get_by_role("button", name="结束决赛").click()
    wait_for(console.locator(".stage-desk"), "各队成绩已记录")
    keep(console, "stage-host-finished")
    wait_for(wall.locator(".stage-wall"), "决赛结束")
    keep(host.go(console.url.removeprefix(host.site.url) + "/codes"), "stage-codes")
    standings = north.go("/contests")
    standings.get_by_role("link", name="到现场赛").click()
    keep(standings, "stage-learner")
    for one in (host, jury, north, south, hall):
        one.look()
        one.check()


def test_a_phone_that_nobody_signed_in_at_joins_with_the_code_on_the_table_card(
    person, chromium: Browser, live: Site
) -> None:
    console = to_the_final(person("hua", "pc"))
    console.get_by_role("link", name="打印桌牌（队伍码）").click()
    card = console.locator(".stage-card", has_text="沃土队")
    pin, code = [each.inner_text() for each in card.locator("b").all()]
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="zh-CN")
    phone = Person(context, live, "phone")
    page = phone.go("/stage/join")
    page.get_by_label("场次号").fill(pin)
    page.get_by_label("队伍码").fill("0000" if code != "0000" else "1111")
    page.get_by_role("button", name="加入").click()
    expect(page.locator(".field-wrong")).to_contain_text("对不上")
    keep(page, "stage-join-wrong")
    page.get_by_label("队伍码").fill(code)
    page.get_by_role("button", name="加入").click()
    expect(page.locator(".stage-device-name")).to_have_text("沃土队")
    expect(page.locator('[data-stage="line"]')).to_contain_text("毫秒", timeout=SOON)
    phone.look()
    phone.check(but="422")
    context.close()
