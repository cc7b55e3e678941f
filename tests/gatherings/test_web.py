"""Pages and forms of gatherings: what each may see, do and read."""

import io
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.demo.cast import NORTH_BRANCH, SOUTH_BRANCH
from lms.gatherings import queries, services
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Change, Decision, Gathering, Leave, Minutes, Photo
from lms.gatherings.rules import Cause, GatheringState, LeaveState, Mark, Way
from lms.gatherings.services import Tap
from tests.gatherings.north import AFTER, DURING, LONG_AFTER, NOON, branch, theme_day, unit
from tests.support.statements import statements_of
from tests.support.web import Web

pytestmark = pytest.mark.usefixtures("friday")
DESK = "/gatherings/desk"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def fields(page: str) -> dict[str, str]:
    """The values a form of the page proposes."""
    found = dict(re.findall(r'<input[^>]*?name="(\w+)"[^>]*?value="([^"]*)"', page))
    for name, inside in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', inside)
        found[name] = chosen[1] if chosen else ""
    found |= {
        name: text.strip() for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', page, re.S)
    }
    return {name: value for name, value in found.items() if name not in ("csrf_token", "operation_id")}


def state_of(session: Session, gathering: Gathering) -> GatheringState:
    session.refresh(gathering)
    return gathering.state


# --- who sees what


def test_members_see_their_branch_s_gatherings_and_others_are_told_nothing(web: Web, gathering: Gathering) -> None:
    for name in ("lin", "bo", "ed", "ada", "chen", "wen"):
        assert "12月主题党日" in web.as_(name).get(f"/gatherings/{gathering.id}").get_data(as_text=True)
    for name in ("dana", "mei", "gao", "hua", "rui", "sun", "qin", "shi"):
        web.as_(name).get(f"/gatherings/{gathering.id}", 404)
        assert "12月主题党日" not in web.as_(name).get("/gatherings").get_data(as_text=True)
    assert "12月主题党日" in web.as_("lin").get("/gatherings").get_data(as_text=True)


@pytest.mark.parametrize("path", ["", "/roll", "/display", "/display/code", "/sheet", "/minutes", "/plan"])
def test_only_the_branch_s_keeper_works_on_it_and_the_committee_reads(
    web: Web, gathering: Gathering, path: str
) -> None:
    web.as_("chen").get(f"{DESK}/{gathering.id}{path}")
    web.as_("mei").get(f"{DESK}/{gathering.id}{path}", 404)
    web.as_("ada").get(f"{DESK}/{gathering.id}{path}", 404)
    web.as_("wen").get(f"{DESK}/{gathering.id}{path}", 200 if path == "" else 403)
    web.as_("lin").get(f"{DESK}/{gathering.id}{path}", 403)


def test_the_committee_s_list_holds_all_branches_and_a_keeper_s_only_the_own(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    theme_day(session, cast.mei, owner=SOUTH_BRANCH)
    for name, seen, missing in (("wen", (NORTH_BRANCH, SOUTH_BRANCH), ()), ("chen", (NORTH_BRANCH,), (SOUTH_BRANCH,))):
        page = web.as_(name).get(DESK).get_data(as_text=True)
        assert all(branch_name in page for branch_name in seen)
        assert not any(branch_name in page for branch_name in missing)
    assert "新建" not in web.as_("wen").get(DESK).get_data(as_text=True)
    only_north = web.as_("wen").get(f"{DESK}?branch={branch(session).id}&kind=theme_day").get_data(as_text=True)
    assert f"周五，{NORTH_BRANCH}" in only_north
    assert f"周五，{SOUTH_BRANCH}" not in only_north


def test_what_a_committee_of_three_talks_about_is_theirs_alone(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    like = services.propose(session, branch(session), GatheringKind.COMMITTEE, by_id=cast.chen.id, now=NOON)
    made = services.plan(session, branch(session), like, by_id=cast.chen.id, now=NOON)
    services.choose(session, made, [cast.chen.id, cast.ed.id], by_id=cast.chen.id, now=NOON)
    session.commit()
    web.as_("ed").get(f"/gatherings/{made.id}")
    web.as_("lin").get(f"/gatherings/{made.id}", 404)
    assert made.title not in web.as_("lin").get("/gatherings").get_data(as_text=True)


def test_a_unit_s_keeper_holds_lectures_and_no_theme_day(web: Web, session: Session, cast: SimpleNamespace) -> None:
    ada = web.as_("ada")
    ada.get(f"{DESK}/new/theme_day", 404)
    form = fields(ada.get(f"{DESK}/new/lecture").get_data(as_text=True))
    made = ada.post(f"{DESK}/new/lecture", form).headers["Location"]
    lecture = session.get_one(Gathering, int(made.rpartition("/")[2]))
    assert (lecture.kind, lecture.unit_id, lecture.branch_id) == (GatheringKind.LECTURE, unit(session).id, None)
    web.as_("lin").get(f"/gatherings/{lecture.id}")
    web.as_("dana").get(f"/gatherings/{lecture.id}", 404)
    ada.get(f"{DESK}/new/lecture?owner=unit:{unit(session, '南区分局').id}", 404)


# --- a theme day from plan to minutes


def test_a_theme_day_is_planned_with_what_the_form_proposes(web: Web, session: Session, cast: SimpleNamespace) -> None:
    chen = web.as_("chen")
    form = fields(chen.get(f"{DESK}/new/theme_day").get_data(as_text=True))
    assert (form["title"], form["starts_at"], form["length"]) == ("12月主题党日", "2026-12-04T15:00", "120")
    chen.follow(chen.post(f"{DESK}/new/theme_day", form))
    (made,) = session.scalars(select(Gathering))
    assert (made.branch_id, made.host_id, made.agenda[1]) == (branch(session).id, cast.chen.id, "一课：集中学习")


def test_a_plan_without_title_is_refused_at_its_field(web: Web) -> None:
    chen = web.as_("chen")
    form = fields(chen.get(f"{DESK}/new/theme_day").get_data(as_text=True)) | {"title": ""}
    assert "给这次活动起个名字" in chen.post(f"{DESK}/new/theme_day", form, 422).get_data(as_text=True)


def test_a_plan_is_changed_and_the_change_is_in_the_history(web: Web, session: Session, gathering: Gathering) -> None:
    chen = web.as_("chen")
    form = fields(chen.get(f"{DESK}/{gathering.id}/plan").get_data(as_text=True)) | {
        "place": "党员活动室",
        "length": "90",
    }
    page = chen.follow(chen.post(f"{DESK}/{gathering.id}/plan", form)).get_data(as_text=True)
    assert "党员活动室" in page
    session.refresh(gathering)
    assert gathering.ends_at - gathering.starts_at == timedelta(minutes=90)
    change = session.scalars(select(Change).where(Change.act == "change")).one()
    assert change.detail["place"] == ["三楼会议室", "党员活动室"]


def test_the_roll_is_tapped_closed_and_written_up(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    chen, url = web.as_("chen"), f"{DESK}/{gathering.id}"
    chen.follow(chen.post(f"{url}/roll/all"))
    chen.follow(chen.post(f"{url}/roll", {f"mark-{cast.bo.id}": "leave-ill", f"seen-{cast.bo.id}": "present"}))
    chen.post(f"{url}/roll", {f"mark-{cast.ed.id}": "absent", f"seen-{cast.ed.id}": "present", "way": "sheet"})
    minutes = chen.follow(chen.post(f"{url}/roll/closing")).get_data(as_text=True)
    assert "应到 5 人，实到 3 人" in minutes
    page = chen.follow(chen.post(f"{url}/minutes", {"points": "学习了全会精神\n讨论了防汛"})).get_data(as_text=True)
    assert "讨论了防汛" in page
    assert "因病" in page
    ed = queries.find_entry(session, gathering.id, cast.ed.id)
    assert ed is not None
    assert (ed.mark, ed.way) == (Mark.ABSENT, Way.SHEET)
    assert session.get_one(Minutes, gathering.id).texts["points"] == "学习了全会精神\n讨论了防汛"
    assert "我：请假（因病）" in web.as_("bo").get(f"/gatherings/{gathering.id}").get_data(as_text=True)


def test_a_locked_record_asks_for_a_reason_on_every_page(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    chen, url = web.as_("chen"), f"{DESK}/{gathering.id}"
    chen.post(f"{url}/roll/all")
    chen.post(f"{url}/roll/closing")
    friday.move_to(LONG_AFTER)
    chen = web.as_("chen")
    plan = fields(chen.get(f"{url}/plan").get_data(as_text=True)) | {"place": "别处", "reason": ""}
    for path, data in (("minutes", {"points": "补"}), ("plan", plan), ("roll", {f"mark-{cast.bo.id}": "absent"})):
        refused = chen.post(f"{url}/{path}", data, 422).get_data(as_text=True)
        assert "修改请写明原因" in refused, path
        chen.post(f"{url}/{path}", data | {"reason": "漏写"})
    page = chen.get(url).get_data(as_text=True)
    assert page.count("原因：漏写") == 3
    chen.get(f"{url}/minutes")
    chen.get(f"{url}/roll")


def test_a_decision_reaches_its_owner_who_finishes_it(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    chen, lin = web.as_("chen"), web.as_("lin")
    page = chen.get(f"{DESK}/{gathering.id}/minutes").get_data(as_text=True)
    assert f'<option selected value="{cast.chen.id}">' in page
    data = {"text": "清理档案室", "owner": str(cast.lin.id), "due_on": "2026-12-18"}
    chen.follow(chen.post(f"{DESK}/{gathering.id}/decisions", data))
    assert "清理档案室" in chen.get(f"{DESK}/decisions").get_data(as_text=True)
    assert "项决定要你落实" in lin.get("/").get_data(as_text=True)
    decision = session.scalars(select(Decision)).one()
    web.as_("bo").post(f"/gatherings/decisions/{decision.id}/completion", status=404)
    assert (
        lin.post(f"/gatherings/decisions/{decision.id}/completion", {"result": "清完"}).headers["Location"]
        == "/gatherings"
    )
    assert "清理档案室" not in chen.get(f"{DESK}/decisions").get_data(as_text=True)
    assert "已办结" in chen.get(f"{DESK}/{gathering.id}").get_data(as_text=True)


def test_at_most_three_photos_and_nothing_but_photos(web: Web, session: Session, gathering: Gathering) -> None:
    chen, url = web.as_("chen"), f"{DESK}/{gathering.id}/photos"

    def send(name: str, content: bytes, status: int) -> None:
        chen.post(url, {"file": (io.BytesIO(content), name)}, status, content_type="multipart/form-data")

    send("a.pdf", b"%PDF-1.7", 422)
    chen.post(url, {})
    for number in range(3):
        send(f"{number}.png", PNG, 303)
    send("4.png", PNG, 409)
    photos = session.scalars(select(Photo)).all()
    assert [photo.place for photo in photos] == [1, 2, 3]
    chen.post(f"{url}/{photos[1].id}/removal")
    send("4.png", PNG, 303)
    assert sorted(session.scalars(select(Photo.place))) == [1, 2, 3]
    chen.get(f"{DESK}/{gathering.id}/minutes")
    web.as_("mei").post(f"{url}/{photos[0].id}/removal", status=404)


# --- leave


def test_leave_is_asked_on_the_phone_and_decided_by_the_secretary(
    web: Web, session: Session, cast: SimpleNamespace, friday: time_machine.Traveller, gathering: Gathering
) -> None:
    friday.move_to(NOON)
    lin, chen = web.as_("lin"), web.as_("chen")
    url = f"/gatherings/{gathering.id}/leave"
    lin.post(url, {"cause": ""}, 422)
    assert "待批准" in lin.follow(lin.post(url, {"cause": "official", "note": "出差长沙"})).get_data(as_text=True)
    page = chen.get(f"{DESK}/{gathering.id}").get_data(as_text=True)
    assert "出差长沙" in page
    leave = session.scalars(select(Leave)).one()
    chen.follow(chen.post(f"{DESK}/{gathering.id}/leaves/{leave.id}/approval"))
    assert session.scalars(select(Leave.state)).one() is LeaveState.APPROVED
    assert "请假已批准" in lin.get("/gatherings").get_data(as_text=True)
    assert "请假已批准" in lin.get("/notices").get_data(as_text=True)
    web.as_("dana").post(url, {"cause": "ill"}, 404)
    lin.post(f"{url}/withdrawal")
    assert session.scalars(select(Leave.state)).one() is LeaveState.WITHDRAWN


def test_a_gathering_is_cancelled_with_a_reason_and_leaves_the_members_list(
    web: Web, session: Session, gathering: Gathering
) -> None:
    chen = web.as_("chen")
    chen.post(f"{DESK}/{gathering.id}/cancellation", {"reason": ""}, 422)
    chen.follow(chen.post(f"{DESK}/{gathering.id}/cancellation", {"reason": "防汛值守"}))
    assert state_of(session, gathering) is GatheringState.CANCELLED
    assert "12月主题党日" not in web.as_("lin").get("/gatherings").get_data(as_text=True)


# --- the sheet and the device


def test_the_sheet_lists_the_due_with_room_to_sign(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    leave = services.ask_leave(session, gathering, cast.bo.id, cause=Cause.OFFICIAL, note_text="", now=NOON)
    services.decide_leave(session, gathering, leave, approve=True, link="/x", by_id=cast.chen.id, now=NOON)
    page = web.as_("chen").get(f"{DESK}/{gathering.id}/sheet").get_data(as_text=True)
    assert page.count("<tr><td>") == 5 + 4
    assert "应到：5 人" in page
    assert "因公请假" in page


def test_the_device_hears_how_the_roll_stands_and_sends_what_it_kept(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    chen, url = web.as_("chen"), f"/api/gatherings/{gathering.id}/marks"
    services.sign_in(session, gathering, cast.lin.id, scanned_at=DURING, now=DURING)
    taps = [
        {"person": cast.lin.id, "option": "absent", "seen": ""},
        {"person": cast.bo.id, "option": "leave-official", "seen": ""},
    ]
    assert chen.call(url, {"taps": taps}) == {"saved": 1}
    standing = chen.get(url).get_json()
    assert (standing["marks"][str(cast.lin.id)], standing["marks"][str(cast.bo.id)]) == ("present", "leave-official")
    assert (standing["present"], standing["leave"], standing["open"]) == (1, 1, 3)
    chen.call(url, {"taps": [{"person": cast.lin.id, "option": "gone"}]}, 422)
    chen.call(url, {"taps": [{"person": cast.dana.id, "option": "present"}]}, 422)
    web.as_("mei").call(url, {"taps": []}, 404)
    web.as_("wen").call(url, {"taps": []}, 403)


# --- what waits, and how much is asked of the database


def test_the_keeper_s_home_names_what_waits(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    services.ask_leave(session, gathering, cast.bo.id, cause=Cause.OFFICIAL, note_text="", now=NOON)
    page = web.as_("chen").get("/").get_data(as_text=True)
    assert "次活动待点名" in page
    assert "人请假待批准" in page
    services.close_roll(session, gathering, by_id=cast.chen.id, now=AFTER)
    assert "次活动待写记录" in web.as_("chen").get("/").get_data(as_text=True)
    assert "次活动待点名" not in web.as_("lin").get("/").get_data(as_text=True)


def statements(app: Flask, web: Web, name: str, url: str) -> int:
    browser = web.as_(name)
    browser.get(url)
    with statements_of(app.extensions["engine"]) as said:
        browser.get(url)
    return len(said)


@pytest.mark.parametrize(
    "name, url", [("lin", "/gatherings"), ("chen", DESK), ("wen", DESK), ("chen", f"{DESK}/decisions"), ("chen", "/")]
)
def test_lists_ask_the_database_as_often_for_many_as_for_few(
    app: Flask, web: Web, session: Session, cast: SimpleNamespace, name: str, url: str
) -> None:
    def more() -> None:
        made = theme_day(session, cast.chen)
        services.mark(session, made, [Tap(cast.lin.id, Mark.PRESENT)], by_id=cast.chen.id, now=DURING)
        services.add_decision(
            session, made, text="x", owner_id=cast.lin.id, due_on=made.held_on, link="/x", by_id=cast.chen.id, now=DURING
        )  # fmt: skip
        session.commit()

    more()
    few = statements(app, web, name, url)
    for _ in range(5):
        more()
    assert statements(app, web, name, url) == few


def test_the_roll_asks_the_database_as_often_for_many_people(
    app: Flask, web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    url = f"{DESK}/{gathering.id}/roll"
    few = statements(app, web, "chen", url)
    services.all_present(session, gathering, by_id=cast.chen.id, now=DURING)
    assert statements(app, web, "chen", url) == few


def test_the_branch_page_and_my_page_lead_to_gatherings(web: Web) -> None:
    for name in ("lin", "chen"):
        browser = web.as_(name)
        assert 'href="/gatherings"' in browser.follow(browser.get("/branch", 303)).get_data(as_text=True)
        assert 'href="/gatherings"' in browser.get("/me").get_data(as_text=True)
    assert f'href="{DESK}"' in web.as_("wen").get("/me").get_data(as_text=True)
