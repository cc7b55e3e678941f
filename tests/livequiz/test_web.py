"""The pages of a live quiz: prepared and hosted at a PC, joined and answered on phones, shown on a wall."""

import re

import pytest
import time_machine
from sqlalchemy import select

from lms import clock
from lms.contests.rules import ContestState
from lms.leaderboard import services as boards
from lms.livequiz import queries
from lms.livequiz.models import LiveAnswer, LiveQuiz
from lms.livequiz.order_rules import AHEAD_MS
from lms.quizzes.models import AnswerKey, QuestionVersion
from lms.quizzes.rules import Kind

SECONDS = 30


@pytest.fixture
def console(live, web, travelled):
    """`console("asked", question=0)`: hua presses a button of the host's console; `console.later(seconds)`: time goes on."""
    return Console(live, web.as_("hua"), travelled)


class Console:
    def __init__(self, live, hua, travelled) -> None:
        self.live, self.hua, self.address = live, hua, f"/office/livequiz/{live.quiz_id}"
        self._time = travelled
        self.later(0)

    def __call__(self, kind: str, **fields) -> str:
        """What the page says to it."""
        seen = fields.pop("seen", None)
        at = self.live.quiz.sequence if seen is None else seen
        answer = self.hua.post(f"{self.address}/steps", {"kind": kind, "seen": at, **fields})
        return self.hua.follow(answer).text

    def later(self, seconds: float) -> "Console":
        self.live.later(seconds)
        self._time.move_to(self.live.now, tick=False)
        return self

    def ask(self, question: int) -> str:
        page = self("asked", question=question)
        self.later(AHEAD_MS / 1000)
        return page

    def reveal(self) -> str:
        self.later(SECONDS + 2)
        return self("revealed")


@pytest.fixture
def travelled():
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def phone(web, name: str, live):
    """A browser of somebody who has joined with the button on the round's page."""
    browser, address = web.as_(name), f"/livequiz/rounds/{live.quiz.round_id}"
    assert "进入同答" in browser.get(address).text
    page = browser.follow(browser.post(address))
    assert 'data-module="live-phone"' in page.text
    return browser


def state_of(web, live):
    return web.client.get(f"/live/quiz/{live.quiz.live_key}/state").get_json()


def answer(browser, live, choice, status=200, **body):
    return browser.call(
        f"/livequiz/{live.quiz_id}/answers",
        {"turn": live.state.turn, "choice": choice, **body},
        status,
        headers={"Accept": "application/json"},
    )


# --- prepared ------------------------------------------------------------------------------------------------------


def test_the_organiser_prepares_the_quiz_from_the_contest_s_page(web, live_round):
    as_hua, line = web.as_("hua"), live_round.line
    address = f"/office/livequiz/rounds/{line.round.id}"
    assert address in as_hua.get(f"/office/contests/{line.contest.id}").text
    as_hua.post(address, {"seconds": "3"}, 422)
    page = as_hua.follow(as_hua.post(address, {"seconds": "20"})).text
    assert "10 题，每题 20 秒" in page
    quiz = live_round.session.scalars(select(LiveQuiz)).one()
    assert f"/office/livequiz/{quiz.id}" in page
    assert "出第 1 题" in as_hua.get(f"/office/livequiz/{quiz.id}").text


def test_a_round_of_another_kind_has_no_live_quiz(web, running):
    web.as_("hua").get(f"/office/livequiz/rounds/{running.round.id}", 404)
    web.as_("lin").get(f"/livequiz/rounds/{running.round.id}", 404)
    web.as_("lin").post(f"/livequiz/rounds/{running.round.id}", {}, 404)


def test_an_organiser_makes_a_contest_with_a_live_quiz(web, bank):
    as_hua = web.as_("hua")
    assert "全员同答" in as_hua.get("/office/contests/new").text


# --- joined --------------------------------------------------------------------------------------------------------


def test_the_way_in_is_on_home_and_on_the_contest_s_page_and_a_reload_keeps_the_place(web, live, console):
    as_lin, address = web.as_("lin"), f"/livequiz/rounds/{live.quiz.round_id}"
    for page in ("/", "/contests", f"/contests/{live.contest_id}"):
        assert address in as_lin.get(page).text
    lin = phone(web, "lin", live)
    assert 'data-module="live-phone"' in lin.get(address).text
    lin.post(address)
    assert queries.count_joined(live.session, live.quiz.round_id) == 1


def test_nobody_outside_the_audience_joins(web, live, south):
    live.line.contest.audience_unit_id = south.id
    address = f"/livequiz/rounds/{live.quiz.round_id}"
    lin = web.as_("lin")
    lin.get(address, 404)
    lin.post(address, {}, 404)
    web.as_("dana").get(address)
    live.line.contest.state = ContestState.WITHDRAWN
    web.as_("dana").get(address, 404)


def test_who_has_not_joined_neither_answers_nor_asks_for_a_standing(web, live, console):
    console.ask(0)
    bo = web.as_("bo")
    answer(bo, live, [0], 404)
    bo.get(f"/livequiz/{live.quiz_id}/mine", 404)


# --- run -----------------------------------------------------------------------------------------------------------


def test_a_question_goes_to_the_phones_is_answered_and_its_answer_is_told_after_the_end(web, live, console):
    lin, dana = phone(web, "lin", live), phone(web, "dana", live)
    console.ask(0)
    shown = state_of(web, live)
    assert shown["phase"] == "asked"
    assert shown["ends_ms"] - shown["opens_ms"] == SECONDS * 1000
    console.later(3)
    assert answer(lin, live, live.key) == {"saved": True, "first": True}
    assert answer(lin, live, live.key) == {"saved": True, "first": False}
    answer(lin, live, live.wrong, 409)
    answer(dana, live, live.wrong)
    mine = lin.get(f"/livequiz/{live.quiz_id}/mine").get_json()
    assert (mine["choice"], mine["score_millis"], mine["place"]) == (live.key, 0, None)
    assert "<b>2</b> 人已答这一题" in console.hua.get(f"{console.address}/counts").text
    assert "还没有截止" in console("revealed")
    assert "2 人作答，1 人答对" in console.reveal()
    told = state_of(web, live)
    assert (told["key"], told["answered"], told["right"], told["top"]) == (live.key, 2, 1, [])
    assert sum(told["counts"].values()) == len(live.key) + 1
    console("ranked")
    told = state_of(web, live)
    assert [(line["place"], line["score_millis"], line["seconds"]) for line in told["top"]] == [
        (1, 10_000, 3),
        (2, 0, 0),
    ]
    assert told["units"][0]["name"] == "北区分局"
    mine = lin.get(f"/livequiz/{live.quiz_id}/mine").get_json()
    assert (mine["place"], mine["people"], mine["right"]) == (1, 2, 1)


def test_an_answer_after_the_end_is_refused_and_says_so(web, live, console):
    lin, bo = phone(web, "lin", live), phone(web, "bo", live)
    console.ask(0)
    console.later(SECONDS + 1.9)
    answer(lin, live, live.key)
    console.later(0.2)
    assert "不收答案" in answer(bo, live, live.key, 409)["error"]


def test_a_question_is_closed_early_paused_undone_and_voided_from_the_console(web, live, console):
    console.ask(0)
    assert "提前截止" in console.hua.get(console.address).text
    console("paused")
    assert state_of(web, live)["is_paused"]
    console("resumed")
    console.later(5)
    console("closed")
    console.later(6.5)
    console("revealed")
    assert "公布名次" in console.hua.get(console.address).text
    console.hua.post(f"{console.address}/voiding", {"reason": ""}, 422)
    page = console.hua.follow(console.hua.post(f"{console.address}/voiding", {"reason": "选项印错"})).text
    assert "这一题作废：选项印错" in page
    assert "key" not in state_of(web, live)
    console("undone")
    assert state_of(web, live)["key"] == live.key
    console("finished")
    assert state_of(web, live)["is_finished"]
    assert "已经结束" in console("asked", question=1)


def test_a_button_of_an_old_page_does_nothing_and_says_so(live, console):
    console.ask(0)
    assert "别的台刚刚记了一步" in console("paused", seen=0)
    assert "已经失效" in console("no-such-step")
    assert "已经失效" in console("voided")
    assert live.quiz.sequence == 1


def test_a_console_is_sent_again_only_when_something_moved(console):
    desk = f"{console.address}/desk"
    tag = {"If-None-Match": console.hua.get(desk).headers["ETag"]}
    assert console.hua.client.get(desk, headers=tag).status_code == 304
    console("asked", question=0)
    tag = {"If-None-Match": console.hua.get(desk).headers["ETag"]}
    console.later(AHEAD_MS / 1000)
    assert console.hua.client.get(desk, headers=tag).status_code == 200


def test_rankings_that_are_off_are_on_no_wall_and_no_phone(web, live, console, cast):
    lin = phone(web, "lin", live)
    console.ask(0)
    answer(lin, live, live.key)
    console.reveal()
    console("ranked")
    boards.switch_rankings(live.session, on=False, actor_id=cast.hua.id, now=live.now)
    live.session.commit()
    assert lin.get(f"/livequiz/{live.quiz_id}/mine").get_json()["place"] is None


def test_phones_get_the_same_page_but_for_who_they_are(web, live, console):
    address = f"/livequiz/rounds/{live.quiz.round_id}"
    seen = {}
    for name in ("lin", "bo"):
        browser = phone(web, name, live)
        seen[name] = browser.get(address).text
        token = re.search('name="csrf-token" content="([0-9a-f]+)"', seen[name])[1]
        person = re.search('name="person" content="([0-9]+)"', seen[name])[1]
        seen[name, "bare"] = seen[name].replace(token, "TOKEN").replace(f'content="{person}"', "PERSON")
    assert seen["lin"] != seen["bo"]
    assert seen["lin", "bare"] == seen["bo", "bare"]


def test_what_a_phone_asks_for_needs_no_flask(web, live, console, flask_is_asked):
    address = f"/livequiz/rounds/{live.quiz.round_id}"
    bo = web.as_("bo")
    bo.get(address)  # the way in, and the token of its button
    bo.follow(bo.post(address))  # the mould of the page is made once, with Flask
    del flask_is_asked[:]
    assert 'data-module="live-phone"' in bo.get(address).text
    bo.call("/livequiz/echo", {})
    bo.get(f"/livequiz/{live.quiz_id}/mine")
    assert [path for path in flask_is_asked if path.startswith("/livequiz")] == []


def test_who_joined_and_may_no_longer_see_the_contest_gets_no_phone(web, live, console):
    lin = phone(web, "lin", live)
    live.line.contest.state = ContestState.WITHDRAWN
    live.session.commit()
    lin.get(f"/livequiz/rounds/{live.quiz.round_id}", 404)


# --- the line ------------------------------------------------------------------------------------------------------


def test_a_phone_is_measured_by_the_echo_it_returns_and_only_its_own_counts(web, live, console, cast):
    lin, bo = phone(web, "lin", live), phone(web, "bo", live)
    first = lin.call("/livequiz/echo", {})
    assert (first["round_trip_ms"], first["trip"]) == (None, "")
    console.later(0.3)
    second = lin.call("/livequiz/echo", {"nonce": first["nonce"]})
    assert second["round_trip_ms"] == 300
    console.ask(0)
    console.later(5)
    answer(lin, live, live.key, trip=second["trip"])
    answer(bo, live, live.key, trip=second["trip"])
    console.reveal()
    totals = live.totals()
    assert (totals[cast.lin.id].used_ms, totals[cast.bo.id].used_ms) == (4850, 5000)
    made_up = lin.call("/livequiz/echo", {"nonce": "1-abc"})
    assert made_up["trip"] == ""


def test_what_is_no_choice_is_refused(web, live, console):
    lin = phone(web, "lin", live)
    console.ask(0)
    for body in ({"choice": []}, {"choice": ["a"]}, {"choice": [0] * 11}, {"choice": [0], "more": 1}, {"choice": [99]}):
        lin.call(f"/livequiz/{live.quiz_id}/answers", {"turn": 1, **body}, 422)
    assert live.session.scalars(select(LiveAnswer)).all() == []


# --- what everybody sees -------------------------------------------------------------------------------------------


def test_the_state_is_the_same_bytes_for_everybody_and_small(web, live, console):
    lin = phone(web, "lin", live)
    console.ask(0)
    url = f"/live/quiz/{live.quiz.live_key}/state"
    seen = [browser.client.get(url) for browser in (web, lin, web.as_("dana"))]
    assert len({one.data for one in seen}) == 1
    assert {one.headers["Cache-Control"] for one in seen} == {"public, max-age=1"}
    assert not any(one.headers.getlist("Set-Cookie") or "Vary" in one.headers for one in seen)
    tag = {"If-None-Match": seen[0].headers["ETag"]}
    assert web.client.get(url, headers=tag).status_code == 304
    console("paused")
    assert web.client.get(url, headers=tag).status_code == 200
    assert len(seen[0].data) < 3000


def test_an_address_that_nobody_gave_out_shows_nothing(web, live):
    for part in ("", "/board", "/state"):
        assert web.client.get(f"/live/quiz/{'x' * 32}{part}").status_code == 404


def test_no_phone_and_no_wall_meets_the_key_before_the_reveal_and_all_do_after(web, session, live, console):
    """Every key is an option number that stands nowhere else, every explanation a word: neither leaves before the reveal."""
    for version, key in session.execute(select(QuestionVersion, AnswerKey).join(AnswerKey)):
        version.kind, version.options, key.key = Kind.SINGLE, [f"项{n}" for n in range(8)], [7]
    quiz = session.get(LiveQuiz, live.quiz_id)
    quiz.questions = [[version, points, list(range(8))] for version, points, _ in quiz.questions]
    session.commit()
    lin, base = phone(web, "lin", live), f"/live/quiz/{live.quiz.live_key}"

    def met():
        told = state_of(web, live)
        pages = [web.client.get(f"{base}{part}").text for part in ("", "/board")]
        pages += [lin.get(f"/livequiz/rounds/{live.quiz.round_id}").text]
        mine = lin.get(f"/livequiz/{live.quiz_id}/mine").get_json()
        leaks = [name for name in ("key", "counts", "answered", "right") if name in told]
        marked = [text for text in pages if "is-right" in text or "正确" in text or "人答对" in text]
        assert mine["score_millis"] == 0 or leaks
        return bool(leaks or marked), "钥匙" in "".join(pages) + str(told)

    assert met() == (False, False)
    assert "正确" in console.ask(0)
    assert met() == (False, False)
    answer(lin, live, [7])
    assert met() == (False, False)
    console.later(SECONDS + 2)
    assert met() == (False, False)
    console("revealed")
    assert met() == (True, False)
    console.ask(1)
    lin.call(f"/livequiz/{live.quiz_id}/answers", {"turn": live.state.turn, "choice": [0]})
    told = state_of(web, live)
    assert "key" not in told
    assert "counts" not in told


def test_the_page_of_the_contest_and_its_board_say_how_a_live_quiz_ranks(live, web, session):
    session.commit()
    sentence = "得分高的在前；得分相同的，用时短的在前；全部相同的名次并列"
    for url in (
        f"/contests/{live.contest_id}",
        f"/contests/rounds/{live.quiz.round_id}/board",
        f"/livequiz/rounds/{live.quiz.round_id}",
    ):
        text = web.as_("lin").get(url).text
        assert sentence in text, url
        assert "交卷早" not in text, "nobody hands in earlier"
