"""Fifty people take the running contest at once; the board is right, is published by two people, and cannot be changed afterwards."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from lms import clock
from lms.contests import services
from lms.contests.models import Contest, Round, RoundEntry
from lms.contests.services.contests import Plan
from lms.leaderboard import services as boards
from lms.leaderboard.errors import BoardClosed
from lms.leaderboard.models import Board, PublishedRanking
from lms.people.models import Unit
from lms.quizzes.models import Attempt
from lms.quizzes.rules import Kind, Purpose
from tests.browser.backstage import Backstage
from tests.browser.caller import Caller
from tests.browser.conftest import VIEWS, Person, Site, keep

At = Callable[..., Person]
PEOPLE = 50
AT_ONCE = 8


@dataclass(frozen=True)
class Contested:
    contest_id: int
    round_id: int
    board_id: int
    live_key: str


@pytest.fixture(scope="module")
def backstage(live: Site) -> Backstage:
    return Backstage(live)


@pytest.fixture(scope="module")
def contest(backstage: Backstage) -> Contested:
    """A contest of the bureau that has been running for an hour."""
    with backstage.work() as session:
        now = clock.now()
        plan = Plan("秋季业务大比拼", None, now - timedelta(hours=1), now + timedelta(days=2), clock.today(now))
        root, hua = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one(), backstage.who(session, "hua")
        made = services.create_from_preset(session, plan, owner=root, actor_id=hua.id, now=now)
        session.flush()  # its round and board are asked for
        services.open_contest(session, made, actor_id=hua.id, now=now)
        found = session.execute(
            select(Contest.id, Round.id, Board.id, Board.live_key)
            .join(Round, Round.contest_id == Contest.id)
            .join(Board, Board.id == Round.board_id)
            .where(Contest.id == made.id)
        ).one()
    return Contested(*found)


@pytest.fixture(scope="module")
def crowd(live: Site, contest: Contested, backstage: Backstage) -> dict[str, Caller]:
    """lin and perf1 … perf49 have each handed in one attempt, eight at a time; number n had n mod 11 of the ten answers right."""
    live.flask("demo", "crowd", str(PEOPLE - 1))

    def take_part(number: int) -> Caller:
        caller = Caller(live.url, f"perf{number}" if number < PEOPLE else "lin")
        begun = caller.call("/api/attempts", {"purpose": "contest", "subject_id": contest.round_id})
        assert begun.status == 200, begun.text
        answer_through(caller, begun.json["attempt_id"], backstage, rights=number % 11)
        done = caller.call(f"/api/attempts/{begun.json['attempt_id']}/submission", {})
        assert done.status == 200, done.text
        assert done.json["score_millis"] == (number % 11) * 10_000
        return caller

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {caller.name: caller for caller in pool.map(take_part, range(1, PEOPLE + 1))}


def answer_through(caller: Caller, attempt_id: int, backstage: Backstage, *, rights: int) -> None:
    """The first so many questions answered rightly, the others wrongly."""
    path, lease = f"/api/attempts/{attempt_id}", f"script-{caller.name}-0123456789"
    assert caller.call(f"{path}/lease", {"lease": lease}).status == 200
    keys = backstage.keys_of(attempt_id)
    asked = caller.get(path)
    assert "key" not in asked.text, "no answer key leaves the server before the end"
    for place, question in enumerate(asked.json["questions"]):
        kind, key = keys[question["item"]]
        choice = key if place < rights else wrong(kind, key, question)
        body = {"item": question["item"], "sequence": question["sequence"] + 1, "choice": choice, "lease": lease}
        saved = caller.call(f"{path}/answers", body)
        assert (saved.status, saved.json["counted"]) == (200, True), saved.text


def wrong(kind: Kind, key: list[Any], question: dict[str, Any]) -> list[Any]:
    if kind is Kind.BLANK:
        return ["不知道"] * len(key)
    others = [option["number"] for option in question["options"] if option["number"] not in key]
    return others[:1]


@dataclass(frozen=True)
class Result:
    person_id: int
    score_millis: int
    seconds: int
    submitted_at: datetime

    @property
    def order(self) -> tuple[int, int, int]:
        return -self.score_millis, self.seconds, int(self.submitted_at.timestamp())


def recount(backstage: Backstage, contest: Contested) -> dict[int, tuple[int, Result]]:
    """Person → place and best result, from the attempts alone: more points, then less time, then handed in earlier, then equal."""
    best: dict[int, Result] = {}
    with backstage.work() as session:
        ranked = select(RoundEntry.person_id).where(RoundEntry.round_id == contest.round_id, RoundEntry.is_ranked)
        rows = session.execute(
            select(Attempt.person_id, Attempt.score_millis, Attempt.seconds_used, Attempt.submitted_at).where(
                Attempt.purpose == Purpose.CONTEST,
                Attempt.subject_id == contest.round_id,
                Attempt.submitted_at.is_not(None),
                Attempt.person_id.in_(ranked),
            )
        ).all()
    for row in rows:
        result = Result(*row)
        best[result.person_id] = min(best.get(result.person_id, result), result, key=lambda one: one.order)
    orders = [one.order for one in best.values()]
    return {who: (1 + sum(order < one.order for order in orders), one) for who, one in best.items()}


def confirm(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.locator(".dialog button[value=yes]").click()


def test_everybodys_place_is_the_one_the_results_give(
    crowd: dict[str, Caller], contest: Contested, backstage: Backstage
) -> None:
    with backstage.work() as session:
        ids = {name: backstage.who(session, name).id for name in crowd}
    counted = recount(backstage, contest)
    assert set(ids.values()) <= counted.keys()
    for name, caller in crowd.items():
        answer = caller.get(f"/api/boards/{contest.board_id}").json
        place, result = counted[ids[name]]
        assert (answer["me"]["place"], answer["me"]["score_millis"]) == (place, result.score_millis), name
        assert answer["me"]["seconds"] == result.seconds
    shown = [line["place"] for line in answer["top"]]
    assert shown == sorted(place for place, _ in counted.values())[: len(shown)]
    lines = [(-line["score_millis"], line["seconds"], line["submitted_at"][:19]) for line in answer["top"]]
    assert lines == sorted(lines)
    assert answer["total"] == len(counted)


def test_lin_sees_the_own_line_on_the_phone_and_anybody_the_big_screen(
    person: At, crowd: dict[str, Caller], contest: Contested, backstage: Backstage, chromium: Browser, live: Site
) -> None:
    with backstage.work() as session:
        lins = backstage.who(session, "lin").id
    place, _ = recount(backstage, contest)[lins]
    lin = person("lin", "phone")
    page = lin.go(f"/contests/rounds/{contest.round_id}/board")
    expect(page.locator(".standings-own")).to_contain_text(f"你在第 {place} 名")
    expect(page.locator("tr.me")).to_contain_text("林晓（我）")
    keep(lin.page, "contest-board-phone")
    lin.go(f"/contests/{contest.contest_id}")
    keep(lin.page, "contest-phone")
    lin.check()

    width, height = VIEWS["pc"]
    hall = chromium.new_context(viewport={"width": width, "height": height})
    screen = hall.new_page()
    answer = screen.goto(f"{live.url}/live/{contest.live_key}")
    assert answer is not None
    assert answer.status == 200
    expect(screen.locator("h1")).to_contain_text("业务大比拼")
    expect(screen.locator("table").first.locator("tbody tr")).not_to_have_count(0)
    assert hall.cookies() == []
    keep(screen, "contest-screen")
    assert screen.goto(f"{live.url}/live/{contest.live_key[::-1]}").status == 404  # type: ignore[union-attr]
    hall.close()


def test_two_people_publish_the_result_and_nobody_changes_it_afterwards(
    person: At, crowd: dict[str, Caller], contest: Contested, backstage: Backstage, live: Site, tmp_path: Path
) -> None:
    office, late = f"/office/contests/{contest.contest_id}", crowd["perf9"]
    begun = late.call("/api/attempts", {"purpose": "contest", "subject_id": contest.round_id}).json
    hua = person("hua", "pc")
    hua.go(office)
    keep(hua.page, "contest-office-running")
    confirm(hua.page, "提前结束")
    expect(hua.page.get_by_text("还有 1 人在作答；收齐后自动进入复核")).to_be_visible()
    hua.page.get_by_role("button", name="进入复核").click()
    expect(hua.page.get_by_text("还有人在作答，收齐后再来")).to_be_visible()
    refused = crowd["perf1"].call("/api/attempts", {"purpose": "contest", "subject_id": contest.round_id})
    assert (refused.status, refused.json["error"]) == (409, "比拼已经结束，不能再开始作答。")
    answer_through(late, begun["attempt_id"], backstage, rights=10)
    done = late.call(f"/api/attempts/{begun['attempt_id']}/submission", {})
    assert done.json["score_millis"] == 100_000, "who was answering goes on to the own deadline"
    hua.go(office)
    settling = hua.page.get_by_role("button", name="进入复核")
    if settling.count():
        settling.click()
    expect(hua.page.get_by_text("答卷已收齐").first).to_be_visible()

    yan = person("yan", "pc")
    yan.go(office)
    yan.page.get_by_role("button", name="复核通过").click()
    expect(yan.page.locator(".field-error, .error-summary").first).to_be_visible()
    yan.page.get_by_label("复核情况").fill("抽查 10 份，评分无误。")
    yan.page.get_by_role("button", name="复核通过").click()
    expect(yan.page.get_by_text("复核通过，可以开始公示。")).to_be_visible()

    hua.go(office)
    confirm(hua.page, "开始公示")
    expect(hua.page.get_by_text("结束，次日起可以公布")).to_be_visible()
    early = Caller(live.url, "hua")
    publication = f"/office/contests/rounds/{contest.round_id}/publication"
    assert early.post(publication).status == 409, "not before the notice period is over"
    the_notice_period_passes(backstage, contest)
    yan.go(office)
    expect(yan.page.get_by_text("复核和公布须由两个人完成")).to_be_visible()
    hua.go(office)
    confirm(hua.page, "公布")
    expect(hua.page.get_by_text("已公布，这一版不会再变")).to_be_visible()
    keep(hua.page, "contest-office-published")

    counted = recount(backstage, contest)
    lin = person("lin", "phone")
    page = lin.go(f"/contests/rounds/{contest.round_id}/board")
    expect(page).to_have_url(f"{live.url}/contests/rounds/{contest.round_id}/published")
    with backstage.work() as session:
        place, _ = counted[backstage.who(session, "lin").id]
    expect(page.locator(".standings-own")).to_contain_text(f"你在第 {place} 名")
    expect(page.locator("tr.me")).to_contain_text("林晓（我）")
    keep(lin.page, "contest-published-phone")
    digest = page.locator(".digest code").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载校验文件").click()
    download.value.save_as(tmp_path / "snapshot.json")
    body = (tmp_path / "snapshot.json").read_bytes()
    assert hashlib.sha256(body).hexdigest() == digest, "anybody can check the digest"
    public = json.loads(body)
    assert public["total"] == len(counted)
    scores = [line["score_millis"] for line in public["people"]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 100_000
    live.flask("boards", "verify")

    nobody_changes_it(early, crowd["perf1"], contest, backstage, live)
    again = Caller(live.url, "lin").get(f"/contests/rounds/{contest.round_id}/published.json")
    assert again.text.encode() == body
    assert Caller(live.url, "lin").get(f"/live/{contest.live_key}").status == 404, "the screen of the hall is over"
    for one in (hua, yan, lin):
        one.check(but="status of 422")


def the_notice_period_passes(backstage: Backstage, contest: Contested) -> None:
    yesterday = clock.today(clock.now()) - timedelta(days=1)
    with backstage.work() as session:
        session.execute(
            update(Round)
            .where(Round.id == contest.round_id)
            .values(notice_from_on=yesterday - timedelta(days=7), notice_until_on=yesterday)
        )


def nobody_changes_it(hua: Caller, perf: Caller, contest: Contested, backstage: Backstage, live: Site) -> None:
    """By the pages, by a late result, or by a hand in the database that nobody would notice."""
    round_ = f"/office/contests/rounds/{contest.round_id}"
    assert hua.post(f"{round_}/publication").status == 409
    assert hua.post(f"{round_}/notice-period").status == 409
    assert hua.post(f"{round_}/review", note="再看一次").status == 409
    assert hua.post(f"{round_}/ending").status == 409
    assert hua.post(f"{round_}/correction", reason="没有改动").status == 409
    assert hua.post(f"/office/contests/{contest.contest_id}/withdrawal", reason="想撤下").status == 409
    assert perf.call("/api/attempts", {"purpose": "contest", "subject_id": contest.round_id}).status == 409
    with pytest.raises(BoardClosed), backstage.work() as session:
        boards.record(
            session,
            contest.board_id,
            person_id=backstage.who(session, "bo").id,
            unit_id=None,
            score_millis=100_000,
            seconds=1,
            submitted_at=clock.now(),
            source_id=999_999,
            now=clock.now(),
        )
    with backstage.work() as session:
        mine = PublishedRanking.board_id == contest.board_id
        ranking = session.scalars(select(PublishedRanking).where(mine)).one()
        kept = ranking.public
        better = {**kept, "people": [{**kept["people"][0], "name": "别人"}, *kept["people"][1:]]}
        session.execute(update(PublishedRanking).where(mine).values(public=better))
    with pytest.raises(AssertionError, match="public snapshot is not the one its digest names"):
        live.flask("boards", "verify")
    with backstage.work() as session:
        session.execute(update(PublishedRanking).where(mine).values(public=kept))
    live.flask("boards", "verify")
