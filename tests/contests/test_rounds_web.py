"""Pages of rounds: made from presets, changed while a draft, entered by units, advanced to, withdrawn from."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.contests import advancement_queries, entry_queries, queries
from lms.contests.advancement_rules import AdvanceRule
from lms.contests.models import Contest, Round
from lms.contests.rules import EntryMode, RoundKind
from lms.contests.team_models import TeamSetting
from lms.people.line_rules import Line
from lms.quizzes.models import Paper
from tests.contests.several import DAY, HOUR

PRESET = {"line": Line.REGISTRATION.value, "audience": "all", "participation_percent": "50"}


@pytest.fixture
def advancing(several):
    """The first round is answered and reviewed; the best of it and one in reserve advance to the second."""
    first, _ = several.two(AdvanceRule(top=1, reserve=1))
    several.all_hand_in(first, {"lin": 9, "bo": 8, "dana": 7})
    several.reviewed(first)
    several.session.commit()
    return several


def rounds_of(session, title):
    contest = session.scalars(select(Contest).where(Contest.title == title)).one()
    return queries.in_order(queries.list_rounds_of(session, contest.id, now=clock.now()))


def form_of(at, **changed):
    """A round of ten questions on that day, as the form posts it."""
    local = clock.local(at)
    values = {
        "title": "复赛", "kind": "online", "opens_at": f"{local:%Y-%m-%dT09:00}", "closes_at": f"{local:%Y-%m-%dT18:00}",
        "cut_off_on": f"{local:%Y-%m-%d}", "questions": "10", "minutes": "10", "attempts_per_day": "1",
        "participation_percent": "50", "hours": "0", "notice_days": "5", "entry": "open", "ties": "place",
    }  # fmt: skip
    return values | changed


# --- presets and copies --------------------------------------------------------------------------------------------


def test_the_grand_preset_makes_practice_preliminary_and_a_final_for_the_best_teams(web, session, hall_bank):
    hua = web.as_("hua")
    assert "局业务大比拼" in hua.get("/office/contests/new").text
    shown = hua.get("/office/contests/new/grand").text
    assert "现场决赛" in shown
    first_on = date(2026, 12, 7)
    hua.follow(
        hua.post("/office/contests/new/grand", PRESET | {"title": "大比拼", "first_on": first_on.isoformat()}, 303)
    )
    lines = rounds_of(session, "大比拼")
    assert [line.round.kind for line in lines] == [RoundKind.PRACTICE, RoundKind.ONLINE, RoundKind.STAGE]
    final = lines[2].round
    assert (final.from_round_id, final.entry) == (lines[1].round.id, EntryMode.ADVANCEMENT)
    assert final.advance_rule.top == 8
    assert session.get(TeamSetting, lines[0].contest.id) is not None
    assert clock.today(lines[0].round.opens_at) == first_on


def test_a_bank_that_is_too_small_or_a_missing_name_leaves_no_contest_behind(web, session, bureau):
    hua = web.as_("hua")
    hua.post("/office/contests/new/three", PRESET | {"title": "", "first_on": "2026-12-07"}, 422)
    hua.post("/office/contests/new/three", PRESET | {"title": "三轮", "first_on": "2026-12-07"}, 422)
    hua.get("/office/contests/new/nothing", 404)
    assert session.scalars(select(Contest)).all() == []


def test_last_years_contest_is_copied_with_its_rounds_rules_and_shifted_dates(web, several):
    first, second = several.two(AdvanceRule(top=3, reserve=1), carry_percent=20)
    contest, hua = several.contest.id, web.as_("hua")
    assert f"/office/contests/{contest}/copy" in hua.get(f"/office/contests/{contest}").text
    first_on = clock.add_working_days(clock.today(first.opens_at) + timedelta(days=364), 1)
    hua.post(f"/office/contests/{contest}/copy", {"title": "明年的三轮赛", "first_on": first_on.isoformat()}, 303)
    lines = rounds_of(several.session, "明年的三轮赛")
    assert [line.round.title for line in lines] == ["初赛", "复赛"]
    assert clock.today(lines[0].round.opens_at) == first_on
    copied = lines[1].round
    assert (copied.from_round_id, copied.carry_percent, copied.advance_rule.top) == (lines[0].round.id, 20, 3)
    old, new = (several.session.get_one(Paper, one.paper_id).rules for one in (second, copied))
    assert old == new
    assert copied.paper_id != second.paper_id


# --- a draft changes -----------------------------------------------------------------------------------------------


def test_a_drafts_rounds_are_added_changed_and_removed(web, several):
    first = several.add(DAY)
    contest, hua, later = several.contest.id, web.as_("hua"), several.now + 9 * DAY
    hua.get(f"/office/contests/{contest}/rounds/new")
    entry = {"entry": "advancement", "source": str(first.id), "top": "5", "reserve": "2", "carry_percent": "10"}
    hua.post(f"/office/contests/{contest}/rounds/new", form_of(later, **entry), 303)
    page = hua.get(f"/office/contests/{contest}").text
    assert "复赛" in page
    second = queries.in_order(queries.list_rounds_of(several.session, contest, now=several.now))[1].round
    assert (second.advance_rule, second.carry_percent) == (AdvanceRule(5, reserve=2), 10)
    address = f"/office/contests/rounds/{second.id}/plan"
    assert "10 题，按现在的抽题规则" in hua.get(address).text
    hua.post(address, form_of(later, title="半决赛", minutes="20", questions="kept", **entry), 303)
    several.session.expire_all()
    changed = several.session.get_one(Round, second.id)
    assert (changed.title, changed.minutes) == ("半决赛", 20)
    assert several.session.get_one(Paper, changed.paper_id).duration_seconds == 1200
    hua.post(f"/office/contests/rounds/{first.id}/removal", status=409)
    gone = second.id
    hua.post(f"/office/contests/rounds/{gone}/removal", status=303)
    assert several.session.get(Round, gone) is None
    hua.post(f"/office/contests/rounds/{first.id}/removal", status=409)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"entry": "advancement"}, "从哪一轮晋级"),
        ({"entry": "quota"}, "每个单位报几人"),
        ({"entry": "quota", "unit_quota": "2"}, "报名截止要填"),
        ({"entry": "advancement", "source": "FIRST"}, "至少填一项"),
        ({"entry": "advancement", "source": "FIRST", "top": "3", "kind": "stage", "carry_percent": "10"}, "个人轮次"),
        ({"title": ""}, "起个名字"),
        ({"closes_at": "2026-01-01T09:00"}, "结束时间"),
    ],
)
def test_a_round_that_cannot_work_is_refused_at_the_field(web, several, wrong, said):
    first = several.add(DAY)
    wrong = {name: value.replace("FIRST", str(first.id)) for name, value in wrong.items()}
    address = f"/office/contests/{several.contest.id}/rounds/new"
    assert said in web.as_("hua").post(address, form_of(several.now + 9 * DAY, **wrong), 422).text
    assert len(queries.list_rounds_of(several.session, several.contest.id, now=several.now)) == 1


def test_rounds_of_an_open_contest_stay_as_they_are(web, several):
    first, second = several.two(AdvanceRule(top=1))
    hua = web.as_("hua")
    hua.post(f"/office/contests/rounds/{second.id}/plan", form_of(several.now + 9 * DAY), 409)
    hua.post(f"/office/contests/rounds/{first.id}/removal", status=409)
    assert "加一轮" not in hua.get(f"/office/contests/{several.contest.id}").text


def test_a_round_cannot_begin_before_the_one_it_follows_has_ended(web, several):
    first = several.add(DAY)
    second = several.add(3 * DAY, title="复赛", entry=EntryMode.ADVANCEMENT, source=first, admission=AdvanceRule(top=1))
    late = form_of(several.now + 9 * DAY, title="初赛")
    assert "先改那一轮" in web.as_("hua").post(f"/office/contests/rounds/{first.id}/plan", late, 422).text
    early = form_of(several.now - 9 * DAY, entry="advancement", source=str(first.id), top="1")
    assert "结束以后开始" in web.as_("hua").post(f"/office/contests/rounds/{second.id}/plan", early, 422).text


# --- entry by unit -------------------------------------------------------------------------------------------------


@pytest.fixture
def quota(several):
    made = several.add(2 * HOUR, entry=EntryMode.QUOTA, unit_quota=1, entry_until=several.now + HOUR)
    several.open()
    several.session.commit()
    return made


def test_a_unit_admin_fills_the_places_of_the_own_unit_and_no_others(web, several, quota, cast):
    ada = web.as_("ada")
    assert "三轮赛 · 初赛" in ada.get("/office/entries").text
    page = ada.get(f"/office/entries/{quota.id}").text
    assert "还有 1 个名额" in page
    assert "南区分局" not in page
    ada.post(f"/office/entries/{quota.id}", {"staff_no": cast.dana.staff_no}, 422)
    ada.post(f"/office/entries/{quota.id}", {"staff_no": ""}, 422)
    ada.post(f"/office/entries/{quota.id}", {"staff_no": cast.lin.staff_no}, 303)
    assert "报满" in ada.post(f"/office/entries/{quota.id}", {"staff_no": cast.bo.staff_no}, 409).text
    assert cast.lin.name in ada.get(f"/office/entries/{quota.id}").text
    ada.post(f"/office/entries/{quota.id}/people/{cast.bo.id}/removal", status=404)
    ada.post(f"/office/entries/{quota.id}/people/{cast.lin.id}/removal", status=303)
    assert entry_queries.list_unit_entries(several.session, quota.id) == []


def test_the_organiser_sees_every_unit_and_learners_read_how_to_get_in(web, several, quota, cast):
    page = web.as_("hua").get(f"/office/entries/{quota.id}").text
    assert "北区分局" in page
    assert "南区分局" in page
    shown = web.as_("lin").get(f"/contests/{several.contest.id}").text
    assert "名单里没有你" in shown
    assert "每个单位报 1 人" in shown


# --- advancement ---------------------------------------------------------------------------------------------------


def test_the_organiser_previews_the_list_with_reasons_publishes_it_and_those_on_it_go_on(
    web, advancing, cast, time_machine
):
    second = second_of(advancing)
    address = f"/office/contests/rounds/{second.id}/advancement"
    hua = web.as_("hua")
    preview = hua.get(address).text
    for said in ("第 1 名，前 1 名晋级", "候补第 1 位", "第 3 名，按名次晋级到第 1 名", cast.lin.name, "公布晋级名单"):
        assert said in preview
    assert "晋级名单还没有公布" in web.as_("lin").get(f"/contests/{advancing.contest.id}").text
    web.as_("rui").post(f"{address}/publication", status=403)
    hua.post(f"{address}/publication", status=303)
    assert "已公布第 1 版" in hua.get(address).text
    lin, dana = web.as_("lin"), web.as_("dana")
    assert "你已晋级" in lin.get(f"/contests/{advancing.contest.id}").text
    assert "你没有晋级：第 3 名" in dana.get(f"/contests/{advancing.contest.id}").text
    shown = dana.get(f"/contests/rounds/{second.id}/advancement").text
    assert cast.lin.name in shown
    assert cast.bo.name not in shown
    time_machine.move_to(second.opens_at + HOUR / 2, tick=False)
    running = web.as_("lin").get(f"/contests/{advancing.contest.id}").text
    assert "现在可以答题：复赛" in running
    assert running.count("button-primary") == 1
    web.as_("dana").post(f"/contests/rounds/{second.id}/attempts", status=403)
    assert "/attempts/" in web.as_("lin").post(f"/contests/rounds/{second.id}/attempts", status=303).headers["Location"]


def second_of(advancing):
    return queries.in_order(queries.list_rounds_of(advancing.session, advancing.contest.id, now=advancing.now))[1].round


def test_who_gives_up_the_own_place_lets_the_reserve_move_up(web, advancing, cast):
    second = second_of(advancing)
    web.as_("hua").post(f"/office/contests/rounds/{second.id}/advancement/publication", status=303)
    lin, address = web.as_("lin"), f"/contests/rounds/{second.id}/advancement"
    lin.post(f"{address}/withdrawal", {"reason": ""}, 422)
    lin.post(f"{address}/withdrawal", {"reason": "出差"}, 303)
    lin.post(f"{address}/withdrawal", {"reason": "出差"}, 409)
    assert "你已退出这一轮" in lin.get(address).text
    assert "递补" in web.as_("bo").get(f"/contests/{advancing.contest.id}").text
    web.as_("mei").post(f"{address}/withdrawal", {"reason": "没有名额"}, 404)
    assert "出差" in web.as_("hua").get(f"/office/contests/rounds/{second.id}/advancement").text


def test_the_organiser_notes_a_withdrawal_with_a_reason(web, advancing, cast):
    second, hua = second_of(advancing), web.as_("hua")
    address = f"/office/contests/rounds/{second.id}/advancement"
    hua.post(f"{address}/publication", status=303)
    line = advancement_queries.find_line_of(advancing.session, second, cast.lin.id)
    assert line is not None
    hua.post(f"{address}/withdrawals", {"line": str(line.line.id), "reason": ""}, 422)
    hua.post(f"{address}/withdrawals", {"line": str(line.line.id), "reason": "调离"}, 303)
    assert "递补晋级" in hua.get(address).text


def test_wild_cards_are_given_with_a_reason_and_taken_back_until_the_list_is_published(web, advancing, cast):
    second, hua = second_of(advancing), web.as_("hua")
    address = f"/office/contests/rounds/{second.id}/advancement"
    card = {"staff_no": cast.mei.staff_no, "reason": "上届冠军"}
    hua.post(f"{address}/cards", card | {"reason": ""}, 422)
    hua.post(f"{address}/cards", card | {"staff_no": "nobody"}, 422)
    hua.post(f"{address}/cards", card | {"staff_no": cast.hua.staff_no}, 422)  # organisers take part unranked
    hua.post(f"{address}/cards", card, 303)
    hua.post(f"{address}/cards", card, 409)
    assert "外卡：上届冠军" in hua.get(address).text
    (given,) = advancement_queries.list_wild_cards(advancing.session, second.id)
    hua.post(f"{address}/cards/{given.card.id}/removal", status=303)
    assert advancement_queries.list_wild_cards(advancing.session, second.id) == []


def test_a_list_that_is_not_published_or_of_an_open_round_is_not_found(web, advancing):
    second = second_of(advancing)
    web.as_("lin").get(f"/contests/rounds/{second.id}/advancement", 404)
    web.as_("hua").get(f"/office/contests/rounds/{second.from_round_id}/advancement", 404)


def test_practice_has_no_board_and_waits_for_nobody(web, several):
    practice = several.add(-HOUR, kind=RoundKind.PRACTICE, title="练习")
    several.add(DAY)
    several.open()
    lin = web.as_("lin")
    shown = lin.get(f"/contests/{several.contest.id}").text
    assert "现在可以练一练：练习" in shown
    assert f"/contests/rounds/{practice.id}/board" not in shown
    lin.get(f"/contests/rounds/{practice.id}/board", 404)
    several.hand_in(practice, several.cast.lin, 9)
    assert several.scores(practice) == {}
