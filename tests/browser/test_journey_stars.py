"""A whole cycle of learning stars: made and tried by the organiser, recommended on the phone, reviewed by a second person, on notice with
an objection and its reply, decided, published; the star finds the honour and the certificate on the phone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from lms import clock
from lms.stars import jobs
from lms.stars.models import StarCycle, StarProgramme
from lms.stars.period_rules import Period, last_finished
from lms.stars.rules import CycleState
from tests.browser.backstage import Backstage
from tests.browser.conftest import Person, Site, keep

At = Callable[..., Person]
TITLE = "岗位学习之星"
DEED = "把办事流程改成一页纸，窗口少跑一趟"


@pytest.fixture(scope="module")
def backstage(live: Site) -> Backstage:
    return Backstage(live)


def confirm(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.locator(".dialog button[value=yes]").click()


def cycle_of(backstage: Backstage) -> tuple[int, CycleState]:
    with backstage.work() as session:
        row = session.execute(
            select(StarCycle.id, StarCycle.state)
            .join(StarProgramme, StarProgramme.id == StarCycle.programme_id)
            .where(StarProgramme.title == TITLE)
        ).one()
    return row.id, row.state


def the_quarter_ends(backstage: Backstage) -> int:
    """The programme ran in the last quarter, which is over: the scheduler's run opens its cycle."""
    began = clock.start_of(last_finished(Period.QUARTER, clock.today(clock.now())).first_on)
    with backstage.work() as session:
        session.execute(update(StarProgramme).where(StarProgramme.title == TITLE).values(started_at=began))
    jobs.open_due(backstage.app.extensions["make_session"], clock.now())
    return cycle_of(backstage)[0]


def the_notice_period_passes(backstage: Backstage, cycle_id: int) -> None:
    yesterday = clock.today(clock.now()) - timedelta(days=1)
    with backstage.work() as session:
        session.execute(
            update(StarCycle)
            .where(StarCycle.id == cycle_id)
            .values(notice_from_on=yesterday - timedelta(days=7), notice_until_on=yesterday)
        )


def test_a_cycle_from_the_preset_to_the_certificate(person: At, backstage: Backstage, live: Site) -> None:
    hua = person("hua", "pc")
    page = hua.go("/office/stars/new")
    page.get_by_label("名称").fill(TITLE)
    page.get_by_role("button", name="建好草稿").click()
    page.get_by_role("link", name="改分值和条件").click()
    keep(page, "stars-editor-pc")
    assert "minutes" not in page.content()
    page.get_by_label("学时跟上进度（按截止日）").uncheck()
    page.locator("#weight_accuracy").fill("30")
    page.get_by_role("button", name="存为新的一版").click()
    expect(page.get_by_text("各项分值加起来是 90 分").first).to_be_visible()
    page.locator("#weight_accuracy").fill("40")
    page.get_by_role("button", name="存为新的一版").click()
    expect(page.get_by_text("已存为第 2 版")).to_be_visible()

    page.get_by_role("link", name="用上一期试算").click()
    page.get_by_role("button", name="读取上一期的数据").click()
    trial = page.get_by_role("button", name="试算", exact=True)
    for _ in range(40):
        if trial.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    page.locator("#weight_accuracy").fill("0")
    page.locator("#weight_lectures").fill("60")
    trial.click()
    expect(page.get_by_role("heading", name="试算分值")).to_be_visible()
    keep(page, "stars-preview-pc")
    page.get_by_role("link", name=TITLE).first.click()
    confirm(page, "开始")
    expect(page.get_by_text("每一期结束后自动计算候选")).to_be_visible()

    cycle_id = the_quarter_ends(backstage)
    for _ in range(60):
        if cycle_of(backstage)[1] is not CycleState.MEASURING:
            break
        page.wait_for_timeout(500)
    assert cycle_of(backstage)[1] is CycleState.RECOMMENDING

    chen = person("chen", "phone")
    phone = chen.go(f"/stars/recommending/{cycle_id}")
    phone.get_by_label("按姓名找").fill("林晓")
    phone.get_by_label("按姓名找").press("Enter")
    keep(phone, "stars-recommend-phone")
    phone.get_by_role("link", name="推荐", exact=True).click()
    phone.get_by_label("推荐事迹").fill(DEED)
    phone.get_by_role("button", name="推荐", exact=True).click()
    expect(phone.get_by_text("已推荐林晓。")).to_be_visible()
    chen.look()

    office = f"/office/stars/cycles/{cycle_id}"
    hua.go(office)
    confirm(page, "提前截止推荐")
    yan = person("yan", "pc")
    review = yan.go(office)
    review.get_by_role("link", name="林晓").first.click()
    expect(review.get_by_text(DEED)).to_be_visible()
    keep(review, "stars-candidate-pc")
    yan.go(office)
    review.get_by_label("情况说明").fill("逐个核对了前 10 名的依据。")
    confirm(review, "复核通过")
    expect(review.get_by_text("名单已定").first).to_be_visible()
    hua.go(office)
    confirm(page, "开始公示")

    bo = person("bo", "phone")
    small = bo.go("/stars")
    small.get_by_role("link", name=TITLE).first.click()
    expect(small.get_by_text("林晓").first).to_be_visible()
    keep(small, "stars-notice-phone")
    small.get_by_text("提出异议", exact=True).click()
    small.get_by_label("异议内容").fill("请核对推荐的事迹。")
    small.get_by_role("button", name="提交异议").click()
    expect(small.get_by_text("已收到，等待答复。")).to_be_visible()
    the_notice_period_passes(backstage, cycle_id)
    hua.go(office)
    expect(page.get_by_text("还有 1 条异议没有答复")).to_be_visible()
    yan.go(office)
    review.get_by_label("答复").fill("已核对，事迹属实。")
    review.get_by_role("button", name="答复", exact=True).click()
    expect(review.get_by_text("已答复").first).to_be_visible()
    expect(review.get_by_text("复核和公布须由两个人完成")).to_be_visible()
    bo.go(f"/stars/cycles/{cycle_id}")
    expect(small.get_by_text("答复：已核对，事迹属实。")).to_be_visible()

    hua.go(office)
    page.get_by_label("情况说明").fill("局党组会研究同意。")
    confirm(page, "决定")
    confirm(page, "公布")
    expect(page.get_by_text("已公布，证书正在发放。")).to_be_visible()
    keep(page, "stars-cycle-pc")

    lin = person("lin", "phone")
    own = lin.go("/stars")
    expect(own.get_by_role("heading", name=TITLE)).to_be_visible()
    own.locator(".star summary", has_text="林晓").first.click()
    keep(own, "stars-honours-phone")
    for _ in range(30):
        lin.go("/stars/mine")
        if own.get_by_role("link", name="我的证书").count():
            break
        own.wait_for_timeout(1000)
    expect(own.get_by_text("当选").first).to_be_visible()
    keep(own, "stars-mine-phone")
    address = own.get_by_role("link", name="我的证书").first.get_attribute("href")
    paper = lin.context.request.get(f"{live.url}{address}")
    assert paper.body().startswith(b"%PDF")
    own.get_by_role("link", name="逐条依据").first.click()
    expect(own.get_by_text(DEED)).to_be_visible()
    live.flask("stars", "verify")
    for one in (hua, yan, chen, bo, lin):
        one.check(but="status of 4")
