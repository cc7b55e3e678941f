"""A whole contest in simulated time: from a preset over entry, practice, the online round, advancement, the final on stage and the
notice period to honours, certificate and hours of the winner, and the public pages on which they are checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import SimpleNamespace

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.certificates.models import Certificate
from lms.config import Keys
from lms.contests import award_services, jobs
from lms.contests.models import Contest, Round
from lms.contests.rules import FINAL
from lms.db import MakeSession
from lms.demo.bank import draft_of
from lms.demo.scripts import list_questions
from lms.leaderboard import services as boards
from lms.leaderboard.models import PublishedRanking
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.quizzes import services as quizzes
from lms.quizzes.models import AnswerKey, AttemptItem
from lms.quizzes.services.bank import Content
from lms.tasks.services import run_due
from tests.browser.conftest import VIEWS, keep
from tests.browser.test_journey_contest import confirm
from tests.browser.test_journey_theme_day import Hand, at

__all__ = ["at"]

TITLE = "2026年局业务大比拼"
At = Callable[..., Hand]


def on(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of autumn 2026 by the clock of Shanghai: 中秋 is 25 to 27 September, 国庆 1 to 7 October, two Saturdays or Sundays
    are worked for them."""
    return clock.at_local(date(2026, month, day), hour, minute)


@pytest.fixture
def travelling() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(on(8, 31, 9), tick=True) as traveller:
        yield traveller


@pytest.fixture
def bank(travelling: time_machine.Traveller, session: Session) -> None:
    """Just enough real questions for the final on stage."""
    root = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
    for draw in FINAL.draws:
        fitting = [raw for raw in list_questions() if (raw["kind"], raw["difficulty"]) == (draw.kind, draw.difficulty)]
        for raw in fitting[: draw.count]:
            read = draft_of(raw)
            content = Content(
                read.kind, read.stem, list(read.options), list(read.key), read.explanation, difficulty=draw.difficulty
            )
            quizzes.create_question(
                session, content, owner_unit_id=root.id, line=Line(raw["line"]), by_id=None, now=clock.now()
            )
    session.commit()


@pytest.fixture
def scheduler(make_session: MakeSession, keys: Keys) -> Callable[[], None]:
    """What the site's scheduler does as time passes."""

    def run() -> None:
        jobs.end_and_settle(make_session, clock.now())
        run_due(make_session, {award_services.FOLLOW: award_services.follow}, {"keys": keys})

    return run


def both(page: Page, name: str) -> None:
    """The page at a phone's width and at a PC's: it never scrolls sideways."""
    before = page.viewport_size
    for view, (width, height) in VIEWS.items():
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{page.url} scrolls sideways by {wide} px at {view}"
        keep(page, f"whole-{name}-{view}")
    if before:
        page.set_viewport_size(before)


def said(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


# --- prepared ------------------------------------------------------------------------------------------------------


def make(hua: Hand, session: Session) -> SimpleNamespace:
    """From the preset; the online round is entered by quota, honours and hours are chosen, units may enter teams; opened."""
    page = hua.go("/office/contests/new/grand")
    page.get_by_label("名称").fill(TITLE)
    page.get_by_label("第一轮从哪天开始").fill("2026-09-02")
    both(page, "01-preset")
    press(page, "建好草稿")
    said(page, "已建好，核对各轮的时间和办法")
    contest = session.scalars(select(Contest).where(Contest.title == TITLE)).one()
    practice, online, stage = session.scalars(
        select(Round.id).where(Round.contest_id == contest.id).order_by(Round.opens_at)
    )
    page.get_by_role("link", name="改", exact=True).nth(1).click()
    page.get_by_label("谁能参加").select_option("quota")
    page.get_by_label("每个单位报").fill("3")
    page.get_by_label("报名截止").fill("2026-09-08T18:00")
    press(page, "保存")
    said(page, "每单位报 3 人")
    both(page, "02-draft")

    page = hua.go(f"/office/contests/rounds/{online}/outcome")
    page.get_by_label("表彰前几名").fill("2")
    page.get_by_label("公布后记几学时").fill("6")
    page.locator("#award").get_by_role("button", name="保存").click()
    said(page, "已保存，公布时照此办理")
    page = hua.go(f"/office/teams/{contest.id}/terms")
    for label, value in (("队员最少", "1"), ("队员最多", "3"), ("每个单位最多", "1"), ("计分人数", "2")):
        page.get_by_label(label).fill(value)
    page.get_by_label("报名截止").fill("2026-09-08T18:00")
    page.get_by_label("换人截止").fill("2026-09-22T18:00")
    press(page, "保存")
    said(page, "已保存，各单位可以报名")
    page = hua.go(f"/office/contests/{contest.id}")
    confirm(page, "开放比拼")
    said(page, "已开放")
    return SimpleNamespace(id=contest.id, practice=practice, online=online, stage=stage)


def enter(hand: Hand, contest: SimpleNamespace, people: Sequence[str], team: str, unit: str) -> None:
    """A unit's people by number, and its team with the first of them as captain."""
    page = hand.go(f"/office/entries/{contest.online}")
    for name in people:
        page.get_by_label("工号").fill(name)
        press(page, "报名")
        said(page, "报名，本人会收到消息")
    page = hand.go(f"/office/teams/{contest.id}")
    page.get_by_label("队名").fill(team)
    page.get_by_label("单位").select_option(label=unit)
    page.get_by_label("队长工号").fill(people[0])
    press(page, "报名")
    said(page, "已报名，请补充队员")


def complete_team(captain: Hand, contest: SimpleNamespace, comes: str) -> None:
    """On the captain's phone."""
    page = captain.go(f"/contests/{contest.id}")
    page.get_by_role("link", name="我的队伍").click()
    page.get_by_text("加人", exact=True).click()
    page.get_by_label("工号").fill(comes)
    press(page, "加入")
    expect(page.get_by_role("table", name="人员").locator("tbody tr")).to_have_count(2)


# --- answering -----------------------------------------------------------------------------------------------------


def keys_of(session: Session, attempt_id: int) -> Mapping[int, list[int]]:
    """Position → the numbers of the right options."""
    query = (
        select(AttemptItem.position, AnswerKey.key)
        .join(AnswerKey, AnswerKey.version_id == AttemptItem.version_id)
        .where(AttemptItem.attempt_id == attempt_id)
    )
    session.rollback()
    return {position: list(key) for position, key in session.execute(query)}


def take(hand: Hand, session: Session, contest: SimpleNamespace, right: int, picture: str = "") -> Page:
    """Begins on the contest's page, answers the first so many questions by the key and the others wrongly, hands in."""
    page = hand.go(f"/contests/{contest.id}")
    press(page, "开始答题")
    page.wait_for_url("**/attempts/*")
    keys = keys_of(session, int(page.url.rsplit("/", 1)[-1].split("#")[0]))
    for number in range(1, len(keys) + 1):
        current = page.locator(".exam-question.is-current")
        expect(current).to_have_attribute("data-position", str(number))
        for value in _choice(current, keys[number], number <= right):
            current.locator(".option", has=page.locator(f"input[value='{value}']")).click()
        if number == 4 and picture:
            both(page, picture)
        if number < len(keys):
            page.click("[data-exam-next]")
    expect(page.locator("[data-exam-saved]")).to_have_text("已保存")
    page.locator("[data-exam-next]", has_text="交卷").click()
    page.locator(".dialog button[value=yes]").click()
    page.wait_for_url("**/review")
    expect(page.locator("h1")).to_have_text(f"{right * 10} 分")
    return page


def _choice(current: Locator, key: list[int], right: bool) -> list[int]:
    if right:
        return key
    values = [int(one.get_attribute("value") or 0) for one in current.locator(".option input").all()]
    return [value for value in values if value not in key][:1]


# --- the result ----------------------------------------------------------------------------------------------------


def review(hand: Hand, contest: SimpleNamespace, round_id: int, note: str) -> None:
    page = hand.go(f"/office/contests/{contest.id}?round={round_id}")
    page.get_by_label("复核情况").fill(note)
    press(page, "复核通过")
    said(page, "复核通过，可以开始公示")


def prepare_final(hua: Hand, contest: SimpleNamespace) -> None:
    page = hua.go(f"/office/contests/{contest.id}?round={contest.stage}")
    page.get_by_role("link", name="现场赛：主持、评委、大屏幕").click()
    press(page, "准备现场赛")
    said(page, "已准备好：题目已抽定，各队有了队伍码")
    both(page, "10-stage-prepared")


def keep_final(hua: Hand, contest: SimpleNamespace) -> None:
    """Without phones and big screen: the score keeper alone, and the host ends it."""
    page = hua.go(f"/office/stage/rounds/{contest.stage}")
    page.get_by_role("link", name="记分台").click()
    for team, mark in (("北区先锋队", "必答答对 +10"), ("南区开拓队", "必答答对 +10"), ("北区先锋队", "抢答答对 +10")):
        page.locator("section", has=page.get_by_role("heading", name=team)).get_by_role("button", name=mark).click()
        expect(page.locator(".stage-log").first).to_contain_text(team)
    both(page, "11-stage-keeper")
    page.get_by_role("link", name="现场赛").first.click()
    page.get_by_role("link", name="主持台").click()
    press(page, "结束决赛")
    page.get_by_role("dialog").get_by_role("button", name="结束决赛").click()
    said(page, "各队成绩已记录")


def test_a_whole_contest_goes_from_its_preset_to_the_certificate_of_the_winner(
    at: At,
    session: Session,
    keys: Keys,
    cast: SimpleNamespace,
    bank: None,
    scheduler: Callable[[], None],
    travelling: time_machine.Traveller,
) -> None:
    hua = at("hua", "pc")
    contest = make(hua, session)
    ada = at("ada", "pc")
    enter(ada, contest, ["lin", "bo", "chen"], "北区先锋队", "北区分局")
    both(ada.go(f"/office/entries/{contest.online}"), "03-entries")
    assert ada.page.get_by_text("还有 0 个名额").count() == 1
    enter(hua, contest, ["dana", "mei"], "南区开拓队", "南区分局")
    lin, dana = at("lin"), at("dana")
    complete_team(lin, contest, "bo")
    complete_team(dana, contest, "mei")
    both(lin.go("/notices"), "04-notices")

    travelling.move_to(on(9, 3, 10))
    lin = at("lin")
    both(lin.go(f"/contests/{contest.id}"), "05-practice-runs")
    take(lin, session, contest, 7)

    travelling.move_to(on(9, 10, 10))
    ed = at("ed")
    page = ed.go(f"/contests/{contest.id}")
    said(page, "名单里没有你")
    both(page, "06-not-entered")
    both(at("lin").go("/"), "06-home")
    for minutes, (name, right) in enumerate((("lin", 10), ("bo", 8), ("dana", 9), ("mei", 6))):
        travelling.move_to(on(9, 10, 10, 5 * minutes + 5))
        page = take(at(name), session, contest, right, "07-exam" if name == "lin" else "")
        if name == "lin":
            both(page, "07-handed-in")
    both(at("lin").go(f"/contests/rounds/{contest.online}/board"), "08-board")

    travelling.move_to(on(9, 15, 18, 20))
    scheduler()
    travelling.move_to(on(9, 16, 9))
    hua, ada, lin = at("hua", "pc"), at("ada", "pc"), at("lin")
    page = hua.go(f"/office/contests/{contest.id}")
    said(page, "答卷已收齐")
    review(ada, contest, contest.online, "抽查四份，评分无误。")
    page = hua.go(f"/office/contests/rounds/{contest.stage}/advancement")
    said(page, "前 8 名晋级")
    both(page, "09-advancement-preview")
    confirm(page, "公布晋级名单")
    said(page, "名单已公布")
    page = lin.go(f"/contests/rounds/{contest.stage}/advancement")
    said(page, "北区先锋队")
    both(page, "09-advanced")
    said(lin.go(f"/contests/{contest.id}"), "公布后，达到 60 分得 6 学时网络自学")

    travelling.move_to(on(9, 24, 14, 5))
    hua, ada, lin = at("hua", "pc"), at("ada", "pc"), at("lin")
    both(lin.go(f"/contests/{contest.id}"), "10-final-day")
    prepare_final(hua, contest)
    page = lin.go("/")
    said(page, "你在北区先锋队，到会场用手机抢答")
    both(page, "10-home-final")
    page = hua.go("/office")
    said(page, "场现场决赛可以主持")
    both(page, "10-office-final")
    keep_final(hua, contest)
    travelling.move_to(on(9, 24, 18, 20))
    scheduler()
    review(ada, contest, contest.stage, "和纸质记分表核对过，一致。")
    for round_id in (contest.online, contest.stage):
        page = hua.go(f"/office/contests/{contest.id}?round={round_id}")
        confirm(page, "开始公示")
        said(page, "公示已开始")
    expect(page.get_by_text("单位得分")).to_have_count(0)  # teams compete
    said(page, "10月9日")  # five working days: 中秋 and 国庆 between do not count
    both(page, "12-notice-office")
    both(lin.go(f"/contests/rounds/{contest.online}/board"), "12-notice-board")

    travelling.move_to(on(10, 9, 10))
    hua = at("hua", "pc")
    page = hua.go(f"/office/contests/{contest.id}?round={contest.online}")
    expect(page.get_by_role("button", name="公布", exact=True)).to_have_count(0)
    travelling.move_to(on(10, 10, 9))
    for round_id in (contest.online, contest.stage):
        page = hua.go(f"/office/contests/{contest.id}?round={round_id}")
        confirm(page, "公布")
        said(page, "已公布，这一版不会再变")
    both(page, "13-published-office")
    scheduler()
    the_winner_has_it_all(at("lin"), session, contest, cast)
    session.rollback()
    assert boards.verify(session, keys).faults == []
    for hand in (hua, ada, lin, dana, ed):
        assert hand.faults == []


def the_winner_has_it_all(lin: Hand, session: Session, contest: SimpleNamespace, cast: SimpleNamespace) -> None:
    """Told, honoured, with a certificate that the public page knows, and six hours."""
    page = lin.go("/notices")
    both(page, "14-told")
    page = lin.go(f"/contests/rounds/{contest.online}/published")
    said(page, "第 1 名　林晓")
    both(page, "15-published")
    page = lin.go(f"/contests/rounds/{contest.stage}/published")
    said(page, "北区先锋队")
    said(page, "按队比赛，共 2 队")
    expect(page.get_by_text("人上榜")).to_have_count(0)
    expect(page.get_by_text("交卷")).to_have_count(0)
    both(page, "15-published-final")
    said(lin.go(f"/contests/rounds/{contest.online}/place"), "第 1 名")
    both(lin.page, "16-place")
    both(lin.go("/contests/history"), "17-history")
    session.rollback()
    paper = session.scalars(select(Certificate).where(Certificate.person_id == cast.lin.id)).one()
    page = lin.go("/me/certificates")
    said(page, paper.serial)
    both(page, "18-certificates")
    page = lin.go("/hours")
    said(page, TITLE)
    both(page, "19-hours")
    lin.page.context.clear_cookies()
    page = lin.go(f"/verify/{paper.code}")
    said(page, paper.serial)
    said(page, "林晓")
    both(page, "20-verify-certificate")
    ranking = session.scalars(
        select(PublishedRanking)
        .join(Round, Round.board_id == PublishedRanking.board_id)
        .where(Round.id == contest.online)
    ).one()
    page = lin.go(f"/verify/rankings?digest={ranking.public_digest}")
    said(page, "第 1 版")
    both(page, "21-verify-ranking")
