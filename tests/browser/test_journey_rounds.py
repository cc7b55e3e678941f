"""A contest of two rounds from its preset: units enter people, the best advance, one gives the place up and the next moves up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from lms import clock
from lms.contests.models import Contest, Round
from lms.leaderboard.models import Board
from tests.browser.backstage import Backstage
from tests.browser.caller import Caller
from tests.browser.conftest import Person, Site, keep
from tests.browser.test_journey_contest import answer_through, confirm

At = Callable[..., Person]
TITLE = "岗位练兵推荐赛"


@pytest.fixture(scope="module")
def backstage(live: Site) -> Backstage:
    return Backstage(live)


def rounds_of(backstage: Backstage) -> tuple[int, int, int]:
    """The contest and its two rounds."""
    with backstage.work() as session:
        contest_id = session.scalars(select(Contest.id).where(Contest.title == TITLE)).one()
        first, second = session.scalars(select(Round.id).where(Round.contest_id == contest_id).order_by(Round.opens_at))
    return contest_id, first, second


def begins_now(backstage: Backstage, round_id: int) -> None:
    """The days until the round pass."""
    now = clock.now()
    with backstage.work() as session:
        times = {"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=1)}
        session.execute(update(Round).where(Round.id == round_id).values(entry_until=now - timedelta(hours=2), **times))
        board = select(Round.board_id).where(Round.id == round_id).scalar_subquery()
        session.execute(update(Board).where(Board.id == board).values(begins_at=now - timedelta(hours=1)))


def take_part(live: Site, backstage: Backstage, name: str, round_id: int, rights: int) -> None:
    caller = Caller(live.url, name)
    begun = caller.call("/api/attempts", {"purpose": "contest", "subject_id": round_id})
    assert begun.status == 200, begun.text
    answer_through(caller, begun.json["attempt_id"], backstage, rights=rights)
    assert caller.call(f"/api/attempts/{begun.json['attempt_id']}/submission", {}).status == 200


def said(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible()


def test_from_the_preset_over_entry_and_advancement_to_the_second_round(
    person: At, live: Site, backstage: Backstage
) -> None:
    hua = person("hua", "pc")
    hua.go("/office/contests/new")
    hua.page.get_by_role("link", name="单位推荐赛").click()
    hua.page.get_by_label("名称").fill(TITLE)
    keep(hua.page, "rounds-preset-pc")
    hua.page.get_by_role("button", name="建好草稿").click()
    said(hua.page, "已建好，核对各轮的时间和办法")
    contest_id, first, second = rounds_of(backstage)
    office = f"/office/contests/{contest_id}"
    hua.page.get_by_role("link", name="改", exact=True).nth(1).click()
    hua.page.get_by_label("按名次晋级前").fill("1")
    hua.page.get_by_label("候补").fill("1")
    keep(hua.page, "rounds-edit-pc")
    hua.page.get_by_role("button", name="保存").click()
    said(hua.page, "已保存。")
    keep(hua.page, "rounds-draft-pc")
    confirm(hua.page, "开放比拼")
    said(hua.page, "已开放")

    ada = person("ada", "pc")
    ada.go("/office/entries")
    ada.page.get_by_role("link", name=TITLE).first.click()
    for name in ("lin", "bo"):
        ada.page.get_by_label("工号").fill(name)
        ada.page.get_by_role("button", name="报名").click()
        said(ada.page, "报名，本人会收到消息")
    keep(ada.page, "rounds-entries-pc")

    begins_now(backstage, first)
    dana = Caller(live.url, "dana").call("/api/attempts", {"purpose": "contest", "subject_id": first})
    assert dana.status == 403
    assert "名单里没有你" in dana.json["error"]
    lin = person("lin", "phone")
    lin.go(f"/contests/{contest_id}")
    said(lin.page, "现在可以答题：初赛")
    keep(lin.page, "rounds-running-phone")
    take_part(live, backstage, "lin", first, 9)
    take_part(live, backstage, "bo", first, 7)

    hua.go(f"{office}?round={first}")
    confirm(hua.page, "提前结束")
    settling = hua.page.get_by_role("button", name="进入复核")
    if settling.count():
        settling.click()
    yan = person("yan", "pc")
    yan.go(f"{office}?round={first}")
    yan.page.get_by_label("复核情况").fill("都看过了，没有异常。")
    yan.page.get_by_role("button", name="复核通过").click()
    said(yan.page, "复核通过")

    hua.go(f"/office/contests/rounds/{second}/advancement")
    said(hua.page, "第 1 名，前 1 名晋级")
    said(hua.page, "第 2 名，候补第 1 位")
    keep(hua.page, "rounds-advancement-preview-pc")
    confirm(hua.page, "公布晋级名单")
    said(hua.page, "名单已公布，晋级和候补的人都收到了消息")

    bo = person("bo", "phone")
    bo.go(f"/contests/{contest_id}")
    said(bo.page, "你在候补名单里")
    lin.go(f"/contests/rounds/{second}/advancement")
    said(lin.page, "你已晋级：第 1 名")
    keep(lin.page, "rounds-advanced-phone")
    lin.page.get_by_text("退出，把名额让给候补").click()
    lin.page.get_by_label("原因").fill("出差")
    confirm(lin.page, "退出")
    said(lin.page, "已退出，名额让给了候补")

    begins_now(backstage, second)
    refused = Caller(live.url, "lin").call("/api/attempts", {"purpose": "contest", "subject_id": second})
    assert "你已退出这一轮" in refused.json["error"]
    bo.go(f"/contests/{contest_id}")
    said(bo.page, "已递补")
    keep(bo.page, "rounds-moved-up-phone")
    bo.page.get_by_role("button", name="开始答题").click()
    expect(bo.page).to_have_url(f"{live.url}/attempts/{attempt_in(bo.page)}")
    for one in (hua, ada, yan, lin, bo):
        one.check()


def attempt_in(page: Page) -> str:
    page.wait_for_url("**/attempts/*")
    return page.url.rsplit("/", 1)[-1]
