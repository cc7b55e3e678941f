"""The pages of a stage final: prepared, hosted, judged, kept on paper, joined and buzzed on phones, shown on a wall."""

import re

import pytest
from sqlalchemy import select

from lms.quizzes.models import AnswerKey, QuestionVersion
from lms.quizzes.rules import Kind
from lms.stage import queries
from lms.stage.models import StageFinal
from tests.support.web import Web, visible

KEY_WORD = "鲟鳇码头是对的"


@pytest.fixture
def consoles(stage, web):
    """`consoles("segment", segment="buzzer")`: hua presses a button of the host's console."""
    return Consoles(stage, web.as_("hua"))


class Consoles:
    def __init__(self, stage, hua: Web) -> None:
        self.stage, self.hua = stage, hua
        self.address = f"/office/stage/{stage.final_id}"

    def __call__(self, kind: str, **fields) -> str:
        """What the page says to it."""
        seen = fields.pop("seen", None)
        self.stage.session.expire_all()
        at = self.stage.session.get(StageFinal, self.stage.final_id).sequence if seen is None else seen
        answer = self.hua.post(f"{self.address}/steps", {"kind": kind, "seen": at, **fields})
        return self.hua.follow(answer).text


def phone(web, stage, number):
    """A stranger's phone that has joined with the team's code, and the header its script sends."""
    seat = stage.running.seats[number]
    stranger = Web(web.app, stage.session)
    stranger.post("/stage/join", {"pin": stage.final.pin, "code": seat.device.code})
    page = stranger.get("/stage/device").text
    return stranger, {"X-Device-Token": re.search(r'data-token="([^"]+)"', page)[1]}


def state_of(web, stage):
    return web.client.get(f"/live/stage/{stage.final.live_key}/state").get_json()


# --- prepared ------------------------------------------------------------------------------------------------------


def test_the_organiser_prepares_the_final_from_the_contest_s_page(web, stage_round):
    as_hua = web.as_("hua")
    address = f"/office/stage/rounds/{stage_round.round.id}"
    assert address in as_hua.get(f"/office/contests/{stage_round.contest.id}").text
    assert "准备现场赛" in as_hua.get(address).text
    page = as_hua.follow(as_hua.post(address))
    assert "主持台" in page.text
    final = queries.find_running_of(stage_round.session, stage_round.round.id, now=stage_round.now).final
    for part in ("", "/jury", "/scores", "/codes", "/sheet"):
        as_hua.get(f"/office/stage/{final.id}{part}")
    assert final.pin in as_hua.get(f"/office/stage/{final.id}/codes").text


def test_a_round_of_another_kind_has_no_stage(web, running):
    as_hua, as_lin = web.as_("hua"), web.as_("lin")
    as_hua.get(f"/office/stage/rounds/{running.round.id}", 404)
    as_lin.get(f"/stage/rounds/{running.round.id}", 404)


def test_a_reviewer_judges_and_does_not_host(web, stage):
    as_ada, as_mei = web.as_("ada"), web.as_("mei")
    for part in ("/jury", "/scores", "/sheet", "/devices"):
        as_ada.get(f"/office/stage/{stage.final_id}{part}")
        as_mei.get(f"/office/stage/{stage.final_id}{part}", 403)
    for part in ("", "/codes", "/desk"):
        as_ada.get(f"/office/stage/{stage.final_id}{part}", 403)
    assert (
        "主持台"
        not in as_ada.get(f"/office/stage/rounds/{stage.final.round_id}").text.split("开场前")[1].split("</section>")[0]
    )


# --- run -----------------------------------------------------------------------------------------------------------


def test_a_question_goes_from_the_host_to_the_wall_and_its_key_only_when_it_is_revealed(web, stage, consoles):
    team = stage.teams[0]
    consoles("segment", segment="required")
    page = consoles("shown", question=0, team=team.id)
    assert "答案：" in page
    shown = state_of(web, stage)
    assert shown["question"]["stem"] in page
    assert (shown["team_name"], "key" in shown) == ("北区队", False)
    consoles("judged", right="yes")
    assert "key" not in state_of(web, stage)
    consoles("keyed")
    told = state_of(web, stage)
    assert told["key"]
    wall = web.get(f"/live/stage/{stage.final.live_key}").text
    assert f"答案 <b>{told['key']}</b>" in wall
    assert told["scores"][0] == {"place": 1, "team": team.id, "name": "北区队", "score": 110}


def test_a_button_of_an_old_page_does_nothing_and_says_so(web, stage, consoles):
    consoles("segment", segment="required")
    assert "别的台刚刚记了一步" in consoles("paused", seen=0)
    assert "已经失效" in consoles("no-such-step")
    assert "题已经用完" in consoles("shown", question=99)
    assert stage.final.sequence == 1


def test_who_buzzes_first_on_a_phone_answers(web, stage, consoles):
    south, of_south = phone(web, stage, 1)
    consoles("segment", segment="buzzer")
    consoles("shown", question=0)
    turn = state_of(web, stage)["turn"]
    told = south.call("/stage/device/buzz", {"turn": turn, "early": True}, headers=of_south)
    assert told == {"received": True, "first": True}
    again = south.call("/stage/device/buzz", {"turn": turn, "early": True}, headers=of_south)
    assert again["first"] is False
    assert "抢跑" in consoles("opened")
    assert [line["score"] for line in state_of(web, stage)["scores"]] == [100, 90]


def test_a_phone_is_measured_by_the_echoes_it_returns(web, stage):
    stranger, header = phone(web, stage, 0)
    first = stranger.call("/stage/device/echo", {}, headers=header)
    assert (first["round_trip_ms"], first["is_slow"]) == (None, False)
    second = stranger.call("/stage/device/echo", {"nonce": first["nonce"]}, headers=header)
    assert 0 <= second["round_trip_ms"] < 5000
    as_hua = web.as_("hua")
    assert "毫秒" in as_hua.get(f"/office/stage/{stage.final_id}/devices").text


def test_without_its_token_no_phone_is_heard(web, stage):
    for part, body in (("echo", {}), ("buzz", {"turn": 1}), ("choice", {"points": 10})):
        web.call(f"/stage/device/{part}", body, 400)
        web.call(f"/stage/device/{part}", body, 404, headers={"X-Device-Token": "made-up"})


def test_a_wrong_code_is_refused_and_a_phone_without_a_place_is_sent_to_join(web, stage):
    answer = web.post("/stage/join", {"pin": stage.final.pin, "code": "abcd"}, 422)
    assert "对不上" in answer.text
    assert web.client.get("/stage/device").headers["Location"].endswith("/stage/join")
    web.post("/stage/join", {"pin": "", "code": ""}, 422)
    filled = web.get("/stage/join?pin=123456&code=7890").text
    assert 'value="123456"' in filled
    assert 'value="7890"' in filled


def test_a_member_takes_the_team_s_place_from_the_contest_page_and_others_cannot(web, stage, stage_round):
    as_lin = web.as_("lin")
    round_page = f"/stage/rounds/{stage_round.round.id}"
    assert round_page in as_lin.get(f"/contests/{stage_round.contest.id}").text
    assert "用这台手机抢答" in as_lin.get(round_page).text
    as_lin.post(f"{round_page}/device")
    assert "北区队" in as_lin.get("/stage/device").text
    as_bo = web.as_("bo")
    assert "用这台手机抢答" not in as_bo.get(round_page).text
    as_bo.post(f"{round_page}/device", {}, 404)


def test_the_called_team_chooses_on_its_phone(web, stage, consoles):
    stranger, header = phone(web, stage, 1)
    consoles("segment", segment="risk")
    stranger.call("/stage/device/choice", {"points": 30}, 409, headers=header)
    consoles("called", team=stage.teams[1].id)
    stranger.call("/stage/device/choice", {"points": 25}, 409, headers=header)
    stranger.call("/stage/device/choice", {"points": 30}, headers=header)
    consoles("shown", question=0)
    assert (state_of(web, stage)["points"], state_of(web, stage)["team_name"]) == (30, "南区队")


# --- the jury and the score keeper ---------------------------------------------------------------------------------


def test_the_jury_judges_and_corrects_with_a_reason(web, stage, consoles):
    consoles("segment", segment="required")
    consoles("shown", question=0, team=stage.teams[0].id)
    hua, jury = consoles.hua, f"{consoles.address}/jury"
    assert "答对" in hua.get(jury).text
    hua.post(f"{consoles.address}/judgement", {"right": "no", "seen": stage.final.sequence})
    hua.post(f"{consoles.address}/corrections", {"team": stage.teams[0].id, "points": "10", "reason": ""}, 422)
    page = hua.follow(
        hua.post(f"{consoles.address}/corrections", {"team": stage.teams[0].id, "points": "10", "reason": "合议算对"})
    )
    assert "评委更正：北区队 +10 分，合议算对" in page.text
    assert stage.scores == [110, 100]


def test_the_score_keeper_alone_runs_the_final_on_paper(web, stage, consoles):
    hua, keeper = consoles.hua, f"{consoles.address}/scores"
    sheet = hua.get(f"{consoles.address}/sheet").text
    assert sheet.count("stage-box") == 11 * 2
    team = stage.teams[1].id
    assert f'value="{team} -20 风险题错"' in hua.get(keeper).text
    for mark, note in ((f"{team} 10 必答答对", "3"), (f"{team} -20 风险题错", "")):
        page = hua.follow(hua.post(f"{consoles.address}/marks", {"mark": mark, "note": note}))
    assert "记分：南区队 +10 分，必答答对（3）" in page.text
    assert stage.scores == [100, 90]
    for wrong in (f"{team} 500 必答答对", "x", "", f"{team} 10"):
        hua.post(f"{consoles.address}/marks", {"mark": wrong})
    assert stage.scores == [100, 90]
    assert "南区队" in consoles("finished")


# --- what everybody sees -------------------------------------------------------------------------------------------


def test_frozen_scores_are_in_no_answer_to_the_hall_before_they_are_revealed(web, stage, consoles):
    consoles("frozen")
    consoles("segment", segment="required")
    consoles("shown", question=0, team=stage.teams[0].id)
    page = consoles("judged", right="yes")
    assert "<b>110</b>" in page
    key = stage.final.live_key
    for part in ("", "/watch", "/board", "/state"):
        assert "110" not in visible(web.client.get(f"/live/stage/{key}{part}").text)
    consoles("revealed", teams=2)
    for part in ("", "/watch", "/board", "/state"):
        assert "110" in visible(web.client.get(f"/live/stage/{key}{part}").text)


def test_the_state_is_the_same_bytes_for_everybody_and_changes_its_tag_when_something_moved(web, stage, consoles):
    url = f"/live/stage/{stage.final.live_key}/state"
    seen = [browser.client.get(url) for browser in (web, web.as_("lin"), web.as_("dana"))]
    assert len({answer.data for answer in seen}) == 1
    assert {answer.headers["Cache-Control"] for answer in seen} == {"public, max-age=1"}
    assert not any(answer.headers.getlist("Set-Cookie") or "Vary" in answer.headers for answer in seen)
    tag = {"If-None-Match": seen[0].headers["ETag"]}
    assert web.client.get(url, headers=tag).status_code == 304
    consoles("segment", segment="buzzer")
    assert web.client.get(url, headers=tag).status_code == 200
    assert len(seen[0].data) < 3000


def test_an_address_that_nobody_gave_out_shows_nothing(web, stage):
    for part in ("", "/watch", "/board", "/state"):
        assert web.client.get(f"/live/stage/{'x' * 32}{part}").status_code == 404


def test_a_console_is_sent_again_only_when_something_moved(web, stage, consoles):
    for part in ("/desk", "/jury/desk"):
        first = consoles.hua.get(f"{consoles.address}{part}")
        tag = {"If-None-Match": first.headers["ETag"]}
        assert consoles.hua.client.get(f"{consoles.address}{part}", headers=tag).status_code == 304
        consoles("frozen" if part == "/desk" else "paused")
        assert consoles.hua.client.get(f"{consoles.address}{part}", headers=tag).status_code == 200


@pytest.fixture
def canary(session, bank):
    """Every key of the bank is a word that stands nowhere else."""
    pairs = select(QuestionVersion, AnswerKey).join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
    for version, key in session.execute(pairs):
        version.kind, version.options, key.key = Kind.BLANK, [], [[KEY_WORD]]
    session.flush()


def test_no_phone_and_no_wall_meets_the_key_before_the_reveal_and_all_do_after(web, canary, stage, consoles):
    stranger, header = phone(web, stage, 0)
    as_lin = web.as_("lin")
    live = f"/live/stage/{stage.final.live_key}"

    def met():
        seen = [stranger.client.get(f"{live}{part}").text for part in ("", "/watch", "/board", "/state")]
        seen += [stranger.get("/stage/device").text, as_lin.get(f"/stage/rounds/{stage.final.round_id}").text]
        seen.append(str(stranger.call("/stage/device/echo", {}, headers=header)))
        return [KEY_WORD in text for text in seen]

    consoles("segment", segment="required")
    assert KEY_WORD in consoles("shown", question=0, team=stage.teams[0].id)
    assert not any(met())
    consoles("judged", right="no")
    assert not any(met())
    consoles("keyed")
    assert met()[:4] == [True] * 4
    consoles("shown", question=1, team=stage.teams[1].id)
    assert not any(met())
