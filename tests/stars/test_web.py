"""The pages of stars: what each may open, what a forged post cannot do, what nobody is shown."""

import hashlib
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from time_machine import travel

from lms.hours import services as hours
from lms.hours.rules import Source
from lms.leaderboard import services as boards
from lms.people.models import Person
from lms.stars import queries, services
from lms.stars.models import StarCandidate, StarObjection, StarProgramme, StarRecommendation, StarRuleVersion
from lms.stars.preset_rules import PRESETS
from tests.stars.conftest import candidate
from tests.stars.test_services import AFTER_NOTICE, OPENED, cycle, to_notice, to_published, to_review  # noqa: F401

RULE = {
    "most_percent": "5", "most": "0", "most_each": "0", "no_repeat": "1", "least": "0", "recommend_days": "5",
    "recommend_percent": "10", "notice_days": "5",
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_january():
    with travel(OPENED, tick=False):
        yield


# --- programmes ---


def test_an_organiser_makes_a_programme_from_a_preset_edits_tries_and_starts_it(
    web, session, bureau, make_session, time_passes
):
    hua = web.as_("hua")
    hua.get("/office/stars/new")
    wanted = {"preset": "learning", "title": "学习之星", "period": "quarter", "line": "all", "owner": str(bureau.id)}
    made = hua.post("/office/stars/new", wanted, 303).headers["Location"]
    hua.get(made)
    hua.get(f"{made}/rule")
    form = {**RULE, "weight_accuracy": "60", "full_accuracy": "3", "weight_branch_recommendation": "40"}
    hua.post(f"{made}/rule", form, 303)
    assert "存为第 2 版" in hua.get(made).get_data(as_text=True)
    hua.get(f"{made}/preview")
    hua.post(f"{made}/preview", {}, 303)
    hua.get(f"{made}/preview")
    time_passes(OPENED + timedelta(minutes=5))
    page = hua.get(f"{made}/preview?weight_accuracy=10&weight_lectures=90").get_data(as_text=True)
    assert "试算分值" in page
    hua.post(f"{made}/start", {}, 303)
    session.expire_all()
    assert session.scalars(select(StarProgramme.state)).one() == "running"
    hua.post(f"{made}/stop", {}, 303)


@pytest.mark.parametrize(
    "forged",
    [
        {"weight_minutes_online": "50", "full_minutes_online": "600"},
        {"weight_logins": "50"},
        {"weight_streak_days": "50"},
        {"weight_contest_score": "50"},
        {"weight_meetings": "50"},
        {"criteria": '[{"source": "minutes_online", "weight": 50}]'},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_what_is_not_in_the_catalogue_cannot_be_chosen_by_a_forged_post(web, session, start, forged):
    programme = start()
    form = {**RULE, "weight_accuracy": "50", "full_accuracy": "2", **forged}
    refused = web.as_("hua").post(f"/office/stars/programmes/{programme.id}/rule", form, 422)
    assert "合计正好 100 分" in refused.get_data(as_text=True)
    assert "各项分值加起来是 50 分" in refused.get_data(as_text=True), "the forged 50 points count for nothing"
    web.as_("hua").post(f"/office/stars/programmes/{programme.id}/rule", form | {"weight_accuracy": "100"}, 303)
    session.expire_all()
    newest = session.scalars(select(StarRuleVersion).order_by(StarRuleVersion.version.desc())).first()
    assert [one["source"] for one in newest.rule["criteria"]] == ["accuracy"]


def test_a_forged_gate_or_title_of_time_spent_is_refused(web, start):
    programme = start("technology", period=PRESETS["technology"].periods[0])
    address, hua = f"/office/stars/programmes/{programme.id}/rule", web.as_("hua")
    form = {**RULE, "weight_judged_1": "100", "title_judged_1": "每日在线时长"}
    refused = hua.post(address, form, 422)
    assert "时长、登录、签到这类数据不能作为评分依据" in refused.get_data(as_text=True)
    hua.post(address, form | {"title_judged_1": "创新成果", "gates": "minutes_online"}, 422)
    hua.post(address, form | {"title_judged_1": "创新成果"}, 303)


def test_the_editor_offers_exactly_the_catalogue(web, start):
    page = web.as_("hua").get(f"/office/stars/programmes/{start().id}/rule").get_data(as_text=True)
    offered = set(re.findall(r'name="weight_(\w+)"', page))
    assert offered == {
        "accuracy", "contest_accuracy", "quiz_accuracy", "lectures", "materials", "cases", "branch_recommendation",
        "unit_recommendation", "judged_1", "judged_2", "judged_3",
    }  # fmt: skip


def test_the_committee_makes_programmes_of_branches_and_of_nothing_else(web, session, bureau):
    wen = web.as_("wen")
    page = wen.get("/office/stars/new").get_data(as_text=True)
    assert set(re.findall(r'<option value="(\w+)"', page)) & set(PRESETS) == {"branches"}
    wanted = {"preset": "learning", "title": "学习之星", "period": "quarter", "line": "all", "owner": str(bureau.id)}
    wen.post("/office/stars/new", wanted, 422)
    made = wen.post("/office/stars/new", wanted | {"preset": "branches"}, 303).headers["Location"]
    wen.get(made)
    web.as_("hua").get(made)


def test_a_period_that_the_preset_does_not_offer_is_refused(web, bureau):
    wanted = {"preset": "pacesetters", "title": "业务标兵", "period": "month", "line": "all", "owner": str(bureau.id)}
    assert "不能按这个周期评" in web.as_("hua").post("/office/stars/new", wanted, 422).get_data(as_text=True)


# --- a cycle ---


def test_secretary_and_unit_admin_recommend_on_their_pages(web, session, cycle, cast):  # noqa: F811
    chen, address = web.as_("chen"), f"/stars/recommending/{cycle.cycle.id}"
    assert "学习之星" in chen.get("/stars/recommending").get_data(as_text=True)
    page = chen.get(address).get_data(as_text=True)
    assert "林晓" in page
    assert "段娜" not in page, "South's people are not shown to North's secretary"
    lin = candidate(session, cycle.cycle, cast.lin.id)
    chen.get(f"/stars/recommending/candidates/{lin.id}")
    chen.post(f"/stars/recommending/candidates/{lin.id}", {"level": "branch", "reason": ""}, 422)
    chen.post(f"/stars/recommending/candidates/{lin.id}", {"level": "unit", "reason": "好"}, 422)
    chen.post(f"/stars/recommending/candidates/{lin.id}", {"level": "branch", "reason": "编写办事指南"}, 303)
    bo = candidate(session, cycle.cycle, cast.bo.id)
    full = chen.post(f"/stars/recommending/candidates/{bo.id}", {"level": "branch", "reason": "好"}, 409)
    assert "推荐名额已用完" in full.get_data(as_text=True)
    web.as_("ada").post(f"/stars/recommending/candidates/{lin.id}", {"level": "unit", "reason": "带教"}, 303)
    given = session.scalars(select(StarRecommendation).order_by(StarRecommendation.id)).all()
    assert [(one.level.value, one.by_id) for one in given] == [("branch", cast.chen.id), ("unit", cast.ada.id)]
    own = candidate(session, cycle.cycle, cast.chen.id)
    chen.post(f"/stars/recommending/candidates/{own.id}", {"level": "branch", "reason": "我"}, 403)
    web.as_("mei").post(f"/stars/recommending/candidates/{lin.id}", {"level": "branch", "reason": "好"}, 404)
    web.as_("mei").post(f"/stars/recommending/{given[0].id}/withdrawal", {}, 404)
    chen.post(f"/stars/recommending/{given[0].id}/withdrawal", {}, 303)
    assert candidate(session, cycle.cycle, cast.lin.id).score_millis == 43_000


def test_a_secretary_sees_deeds_of_the_candidates_and_not_their_test_results(web, session, cycle, cast):  # noqa: F811
    lin = candidate(session, cycle.cycle, cast.lin.id)
    page = web.as_("chen").get(f"/stars/candidates/{lin.id}").get_data(as_text=True)
    assert "耕地保护法讲座" in page
    assert "正确率 90%" not in page
    assert "正确率 90%" in web.as_("lin").get(f"/stars/candidates/{lin.id}").get_data(as_text=True)
    assert "正确率 90%" in web.as_("ada").get(f"/office/stars/cycles/candidates/{lin.id}").get_data(as_text=True)


def test_the_whole_way_on_the_pages(web, session, cycle, cast, keys, line_of, time_passes):  # noqa: F811
    office = f"/office/stars/cycles/{cycle.cycle.id}"
    hua, ada, bo = web.as_("hua"), web.as_("ada"), web.as_("bo")
    hua.get("/office/stars")
    hua.get(office)
    bo.get(f"/stars/cycles/{cycle.cycle.id}", 404)
    hua.post(f"{office}/recommending/ending", {}, 303)
    ada.get(office)
    ada.post(f"{office}/review", {"note": ""}, 422)
    ada.post(f"{office}/review", {"note": "逐个核对"}, 303)
    ada.post(f"{office}/notice-period", {}, 403)
    hua.post(f"{office}/notice-period", {}, 303)
    assert "林晓" in bo.get(f"/stars/cycles/{cycle.cycle.id}").get_data(as_text=True)
    assert "正在公示" in bo.get("/stars").get_data(as_text=True)
    bo.post(f"/stars/cycles/{cycle.cycle.id}/objections", {"text": ""}, 422)
    bo.post(f"/stars/cycles/{cycle.cycle.id}/objections", {"text": "讲座不是本季度讲的"}, 303)
    bo.post(f"/stars/cycles/{cycle.cycle.id}/objections", {"text": "再说一遍"}, 409)
    objection = session.scalars(select(StarObjection.id)).one()
    ada.get(office)
    ada.post(f"/office/stars/cycles/objections/{objection}/reply", {"reply": "是本季度讲的"}, 303)
    hua.post(f"{office}/decision", {"note": "同意"}, 409)
    with travel(AFTER_NOTICE, tick=False):
        hua, ada, bo = web.as_("hua"), web.as_("ada"), web.as_("bo")
        assert "是本季度讲的" in bo.get(f"/stars/cycles/{cycle.cycle.id}").get_data(as_text=True)
        ada.post(f"{office}/decision", {"note": "同意"}, 403)
        hua.post(f"{office}/decision", {"note": "党委会研究同意"}, 303)
        hua.get(office)
        hua.post(f"{office}/publication", {}, 303)
        hua.post(f"{office}/publication", {}, 409)
        hua.get(office)
        page = bo.get(f"/stars/cycles/{cycle.cycle.id}").get_data(as_text=True)
        digest = re.search(r"<dt>SHA-256</dt><dd><code>(\w+)</code>", page)
        body = bo.get(f"/stars/cycles/{cycle.cycle.id}/published.json").data
        assert hashlib.sha256(body).hexdigest() == digest[1]
        bo.get(f"/stars/cycles/{cycle.cycle.id}/published.json?version=7", 404)
        time_passes(AFTER_NOTICE)
        mine = web.as_("lin").get("/stars/mine").get_data(as_text=True)
        assert "当选" in mine
        paper = re.search(r'href="(/certificates/\d+/file)"', mine)
        assert web.as_("lin").client.get(paper[1]).data.startswith(b"%PDF")
        assert "当选" not in web.as_("bo").get("/stars/mine").get_data(as_text=True)
        hua.post(f"{office}/correction", {"reason": ""}, 422)
        hua.post(f"{office}/correction", {"reason": "没有改动"}, 409)


def test_a_double_click_on_publication_is_answered_alike_and_publishes_once(
    web, session, cycle, cast, keys, line_of  # noqa: F811
):  # fmt: skip
    to_notice(session, cycle, cast, line_of)
    services.decide(session, line_of(), note_text="同意", by_id=cast.hua.id, now=AFTER_NOTICE)
    with travel(AFTER_NOTICE, tick=False):
        hua = web.as_("hua")
        form = {"operation_id": "0" * 32}
        answers = [hua.post(f"/office/stars/cycles/{cycle.cycle.id}/publication", form, 303) for _ in range(5)]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(queries.list_publications(session, cycle.cycle.id)) == 1


# --- what nobody is shown ---


def test_before_the_notice_period_nobody_learns_a_place_and_afterwards_only_the_named(
    web, session, cycle, cast, line_of  # noqa: F811
):  # fmt: skip
    to_review(session, cycle, cast)
    services.review(session, line_of(), note_text="核对", by_id=cast.ada.id, now=OPENED)
    session.commit()
    assert "当选" not in web.as_("lin").get("/stars/mine").get_data(as_text=True)
    lin = candidate(session, cycle.cycle, cast.lin.id)
    assert "第 1 名" not in web.as_("lin").get(f"/stars/candidates/{lin.id}").get_data(as_text=True)
    services.start_notice(session, line_of(), by_id=cast.hua.id, now=OPENED)
    session.commit()
    page = web.as_("dana").get(f"/stars/cycles/{cycle.cycle.id}").get_data(as_text=True)
    assert "林晓" in page
    assert "薄一鸣" not in page, "who is not named stands on no public page"
    assert "段娜" not in page.split("<main")[1].split("</main>")[0]


def test_one_s_score_is_one_s_own(web, session, cycle, cast):  # noqa: F811
    lin = candidate(session, cycle.cycle, cast.lin.id)
    web.as_("lin").get(f"/stars/candidates/{lin.id}")
    for name in ("bo", "dana", "mei", "ed", "gao"):
        web.as_(name).get(f"/stars/candidates/{lin.id}", 404)
    web.as_("bo").get(f"/office/stars/cycles/candidates/{lin.id}", 403)


def test_the_one_switch_takes_all_names_of_stars_away_and_leaves_the_own_score(
    web, session, cycle, cast, line_of, keys  # noqa: F811
):  # fmt: skip
    to_published(session, cycle, cast, line_of, keys)
    with travel(AFTER_NOTICE, tick=False):
        assert "林晓" in web.as_("bo").get("/stars").get_data(as_text=True)
        boards.switch_rankings(session, on=False, actor_id=cast.hua.id, now=AFTER_NOTICE)
        session.commit()
        for path in ("/stars", f"/stars/cycles/{cycle.cycle.id}", f"/stars/cycles/{cycle.cycle.id}/published.json"):
            refused = web.as_("bo").get(path, 404).get_data(as_text=True)
            assert "排名功能已由管理员关闭" in refused
            assert "林晓" not in refused
        assert "学习之星" in web.as_("lin").get("/stars/mine").get_data(as_text=True)


def test_who_opts_out_after_the_publication_is_taken_off_the_pages_and_keeps_the_place(
    web, session, cycle, cast, line_of, keys  # noqa: F811
):  # fmt: skip
    to_published(session, cycle, cast, line_of, keys)
    session.execute(update(Person).where(Person.id == cast.lin.id).values(is_unlisted=True))
    session.commit()
    with travel(AFTER_NOTICE, tick=False):
        for path in ("/stars", f"/stars/cycles/{cycle.cycle.id}"):
            page = web.as_("bo").get(path).get_data(as_text=True)
            assert "不公开" in page
            assert "林晓" not in page
    assert services.verify(session, keys).faults == []


def test_facts_that_changed_after_the_measuring_are_shown_beside_the_score(web, session, cycle, cast):  # noqa: F811
    hours.withdraw(session, person_id=cast.lin.id, source=Source("lecture", 1), year=2026, reason="没有讲", now=OPENED)
    lin = candidate(session, cycle.cycle, cast.lin.id)
    for name, path in (("lin", f"/stars/candidates/{lin.id}"), ("ada", f"/office/stars/cycles/candidates/{lin.id}")):
        page = web.as_(name).get(path).get_data(as_text=True)
        assert "计算之后有变动" in page
        assert re.search(r"讲课</td><td class=\"end\">10</td><td class=\"end\">0</td>", page)
    assert "计算之后有变动" not in web.as_("bo").get(
        f"/stars/candidates/{candidate(session, cycle.cycle, cast.bo.id).id}"
    ).get_data(as_text=True)


def test_a_veto_is_given_with_a_reason_on_the_candidate_s_page(web, session, cycle, cast):  # noqa: F811
    lin = candidate(session, cycle.cycle, cast.lin.id)
    address = f"/office/stars/cycles/candidates/{lin.id}"
    web.as_("ada").post(f"{address}/veto", {"reason": ""}, 422)
    web.as_("ada").post(f"{address}/veto", {"reason": "正在接受组织处理"}, 303)
    assert session.scalars(select(StarCandidate.veto_reason).where(StarCandidate.id == lin.id)).one()
    web.as_("ada").post(f"{address}/veto", {"reason": "再否一次"}, 409)


def test_marks_of_judged_criteria_are_given_on_the_candidate_s_page(web, session, start, time_passes, cast, line_of):
    start("technology", period=PRESETS["technology"].periods[0])
    time_passes(OPENED)
    lin = candidate(session, line_of().cycle, cast.lin.id)
    address = f"/office/stars/cycles/candidates/{lin.id}/marks"
    web.as_("ada").post(f"{address}/judged_1", {"points": "101", "reason": "好"}, 422)
    web.as_("ada").post(f"{address}/judged_3", {"points": "50", "reason": "没有这一项"}, 422)
    web.as_("ada").post(f"{address}/judged_1", {"points": "80", "reason": "专利一项"}, 303)
    assert candidate(session, line_of().cycle, cast.lin.id).score_millis == 32_000
