"""The result of a contest in the browser: an objection is answered; what follows is chosen, previewed and published; a wrong key is found
afterwards, and the corrected version replaces a certificate."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from lms import clock
from lms.certificates.models import Certificate
from lms.certificates.rules import State, grouped
from lms.contests import services
from lms.contests.award_models import RoundEffect
from lms.contests.models import Contest, Round
from lms.contests.services.contests import Plan
from lms.people.models import Person as Staff
from lms.people.models import Unit
from lms.quizzes.models import AttemptItem, QuestionVersion
from tests.browser.backstage import Backstage
from tests.browser.caller import Caller
from tests.browser.conftest import Person, Site, keep
from tests.browser.test_journey_contest import confirm, wrong

At = Callable[..., Person]
TITLE = "耕地保护知识比拼"


@pytest.fixture(scope="module")
def backstage(live: Site) -> Backstage:
    return Backstage(live)


@pytest.fixture(scope="module")
def contest(backstage: Backstage) -> tuple[int, int]:
    """A contest of the bureau that has been running for an hour: its number and that of its round."""
    with backstage.work() as session:
        now = clock.now()
        plan = Plan(TITLE, None, now - timedelta(hours=1), now + timedelta(days=2), clock.today(now))
        root, hua = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one(), backstage.who(session, "hua")
        made = services.create_from_preset(session, plan, owner=root, actor_id=hua.id, now=now)
        session.flush()  # its round is asked for
        services.open_contest(session, made, actor_id=hua.id, now=now)
        found = session.execute(select(Contest.id, Round.id).join(Round).where(Contest.id == made.id)).one()
    return found[0], found[1]


def take_part(live: Site, backstage: Backstage, name: str, round_id: int, *, missing: int | None = None) -> list[int]:
    """One of the ten questions answered wrongly, all others rightly: the first that is not of this version. The versions of the sheet,
    the wrong one first."""
    caller = Caller(live.url, name)
    begun = caller.call("/api/attempts", {"purpose": "contest", "subject_id": round_id}).json
    path, lease = f"/api/attempts/{begun['attempt_id']}", f"script-{name}-0123456789"
    assert caller.call(f"{path}/lease", {"lease": lease}).status == 200
    keys = backstage.keys_of(begun["attempt_id"])
    with backstage.work() as session:
        mine = select(AttemptItem.position, AttemptItem.version_id).where(AttemptItem.attempt_id == begun["attempt_id"])
        versions = {position: version for position, version in session.execute(mine)}
    wrong_at = next(position for position in sorted(versions) if versions[position] != missing)
    for question in caller.get(path).json["questions"]:
        kind, key = keys[question["item"]]
        choice = wrong(kind, key, question) if question["item"] == wrong_at else key
        body = {"item": question["item"], "sequence": question["sequence"] + 1, "choice": choice, "lease": lease}
        assert caller.call(f"{path}/answers", body).status == 200
    time.sleep(2 if missing is None else 0)
    assert caller.call(f"{path}/submission", {}).json["score_millis"] == 90_000
    return [versions[wrong_at], *(version for position, version in versions.items() if position != wrong_at)]


def said(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible()


def until(backstage: Backstage, round_id: int, version: int, effects: int) -> None:
    """The site's own scheduler has done what follows from the version."""
    for _ in range(200):
        with backstage.work() as session:
            done = session.scalars(
                select(RoundEffect.id).where(RoundEffect.round_id == round_id, RoundEffect.version == version)
            ).all()
        if len(done) >= effects:
            assert len(done) == effects
            return
        time.sleep(0.2)
    raise AssertionError(f"version {version} has {len(done)} effects")


def certificates(backstage: Backstage, name: str) -> list[tuple[str, str, State, str]]:
    """Serial, first line, state and code of a person's contest honours."""
    with backstage.work() as session:
        mine = select(Certificate).join(Staff, Staff.id == Certificate.person_id).where(Staff.staff_no == name)
        found = session.scalars(mine.where(Certificate.source_kind == "contest_honour").order_by(Certificate.id)).all()
        return [(one.serial, one.lines[0], one.state, one.code) for one in found]


def test_an_objection_is_answered_and_a_correction_replaces_a_certificate(
    person: At, live: Site, backstage: Backstage, contest: tuple[int, int]
) -> None:
    contest_id, round_id = contest
    bos = take_part(live, backstage, "bo", round_id)
    take_part(live, backstage, "lin", round_id, missing=bos[0])
    office, outcome = f"/office/contests/{contest_id}", f"/office/contests/rounds/{round_id}/outcome"
    hua = person("hua", "pc")
    hua.go(office)
    confirm(hua.page, "提前结束")
    expect(hua.page.get_by_role("button", name="提前结束")).to_have_count(0)  # the page that answers is there
    settling = hua.page.get_by_role("button", name="进入复核")
    if settling.count():
        settling.click()
    yan = person("yan", "pc")
    yan.go(office)
    yan.page.get_by_label("复核情况").fill("抽查两份，评分无误。")
    yan.page.get_by_role("button", name="复核通过").click()
    said(yan.page, "复核通过，可以开始公示")

    hua.go(outcome)
    hua.page.get_by_label("表彰前几名").fill("2")
    hua.page.get_by_label("不低于多少分").fill("85")
    hua.page.get_by_label("公布后记几学时").fill("6")
    hua.page.locator("#award").get_by_role("button", name="保存").click()
    said(hua.page, "已保存，公布时照此办理")
    said(hua.page, "前 2 名、不低于 85 分的评为业务标兵")
    keep(hua.page, "results-award-preview-pc")
    hua.go(office)
    confirm(hua.page, "开始公示")

    bo = person("bo", "phone")
    bo.go(f"/contests/rounds/{round_id}/board")
    said(bo.page, "前 2 名、不低于 85 分的评为业务标兵")
    bo.page.get_by_role("link", name="提出异议").click()
    bo.page.get_by_label("异议").fill("我答错的那道题，标准答案和新条文不一致，请复核。")
    keep(bo.page, "results-objection-phone")
    bo.page.get_by_role("button", name="提交异议").click()
    said(bo.page, "已收到，等待答复")

    yan.go(office)
    said(yan.page, "标准答案和新条文不一致")
    yan.page.get_by_label("答复").fill("已转出题人核对，核对结果会随公布榜说明。")
    keep(yan.page, "results-objection-office-pc")
    yan.page.get_by_role("button", name="答复", exact=True).click()
    said(yan.page, "答复已发出")
    bo.go("/notices")
    bo.page.get_by_text("你对比拼名次的异议有了答复").first.click()
    said(bo.page, "答复：已转出题人核对")
    keep(bo.page, "results-objection-answered-phone")

    yesterday = clock.today(clock.now()) - timedelta(days=1)
    with backstage.work() as session:
        passed = update(Round).where(Round.id == round_id)
        session.execute(passed.values(notice_from_on=yesterday - timedelta(days=7), notice_until_on=yesterday))
    hua.go(office)
    keep(hua.page, "results-ready-to-publish-pc")
    confirm(hua.page, "公布")
    said(hua.page, "已公布，这一版不会再变")
    until(backstage, round_id, 1, 2)
    ((old_serial, old_line, _, old_code),) = certificates(backstage, "bo")
    assert "获第 2 名" in old_line
    bo.go(f"/contests/rounds/{round_id}/published")
    said(bo.page, old_serial)
    keep(bo.page, "results-published-phone")

    with backstage.work() as session:
        question = session.scalars(select(QuestionVersion.question_id).where(QuestionVersion.id == bos[0])).one()
    hua.go(f"/office/questions/{question}/correction")
    hua.page.get_by_label("题目作废").check()
    hua.page.get_by_label("原因").fill("标准答案与新条文不一致")
    hua.page.get_by_role("button", name="看看会改变什么").click()
    said(hua.page, "证书换发")
    expect(hua.page.get_by_label(f"自动发布“{TITLE}")).to_be_checked()
    keep(hua.page, "results-regrade-preview-pc")
    confirm(hua.page, "更正并重新计分")
    said(hua.page, "答案已更正")
    until(backstage, round_id, 2, 2)
    first, second = certificates(backstage, "bo")
    assert (first[2], second[2]) == (State.REPLACED, State.VALID)
    assert "获第 1 名" in second[1]
    bo.go(f"/contests/rounds/{round_id}/published")
    said(bo.page, "更正试题后重新计分：标准答案与新条文不一致")
    said(bo.page, "第 2 名，90 分")
    said(bo.page, second[0])
    keep(bo.page, "results-corrected-phone")
    bo.go("/me/certificates")
    said(bo.page, "已换发")
    keep(bo.page, "results-certificates-phone")
    bo.go(f"/verify/{old_code}")
    said(bo.page, grouped(old_code))
    said(bo.page, "已换发")
    keep(bo.page, "results-old-certificate-phone")
    hua.go(outcome)
    said(hua.page, "第 2 版 2 / 2 人")
    keep(hua.page, "results-followed-pc")
    live.flask("boards", "verify")
    for one in (hua, yan, bo):
        one.check()
