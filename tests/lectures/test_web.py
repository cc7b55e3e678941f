"""Pages and forms of lectures: what each may see, do and read."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.review_rules import ResourceKind, ResourceState
from lms.demo.cast import SOUTH
from lms.gatherings import services as gatherings
from lms.hours.models import HourEntry
from lms.lectures import queries
from lms.lectures.models import Lecture, Topic
from lms.lectures.queries import LectureLine
from lms.lectures.rules import LectureStep, TopicState
from lms.people.models import RoleGrant
from lms.people.rules import Role
from tests.gatherings.north import member, theme_day
from tests.lectures.ical import parse
from tests.lectures.north import (
    AFTER,
    NOON,
    OFFER,
    STARTS,
    Offer,
    approved,
    give,
    line_of,
    proposed,
    resource,
    scheduled,
    slot,
    unit,
)
from tests.support.statements import statements_of
from tests.support.web import Web

pytestmark = pytest.mark.usefixtures("monday")
DESK = "/office/lectures"
TOPIC = {
    "title": OFFER.title,
    "abstract": OFFER.abstract,
    "audience": OFFER.audience,
    "wished_quarter": "4",
    "year": "2026",
}


def text(web: Web, url: str, status: int = 200) -> str:
    return str(web.get(url, status).get_data(as_text=True))


def step_of(session: Session, line: LectureLine) -> LectureStep:
    session.expire_all()
    return line_of(session, session.get_one(Lecture, line.id)).step(NOON)


# --- proposing and deciding


def test_a_leader_proposes_and_the_organiser_approves(web: Web, session: Session, cast: SimpleNamespace) -> None:
    gao, hua = web.as_("gao"), web.as_("hua")
    gao.get("/lectures/topics/new")
    assert "请填写题目" in gao.post("/lectures/topics/new", TOPIC | {"title": ""}, 422).get_data(as_text=True)
    gao.post("/lectures/topics/new", TOPIC, 303)
    gao.post("/lectures/topics/new", TOPIC, 409)
    topic = session.scalars(select(Topic)).one()
    assert topic.is_late
    assert OFFER.title in text(hua, DESK)
    assert "补报" in text(gao, "/lectures/mine")
    hua.post(f"{DESK}/topics/{topic.id}/approval", {}, 303)
    assert "已通过" in text(gao, "/lectures/mine")
    assert "已通过" in text(gao, "/notices")
    hua.post(f"{DESK}/topics/{topic.id}/approval", {}, 409)


def test_a_returned_topic_shows_its_reason_and_is_mended(web: Web, session: Session, cast: SimpleNamespace) -> None:
    topic = proposed(session, cast.gao)
    gao, hua = web.as_("gao"), web.as_("hua")
    assert "请写明退回的原因" in hua.post(f"{DESK}/topics/{topic.id}/return", {}, 422).get_data(as_text=True)
    hua.post(f"{DESK}/topics/{topic.id}/return", {"reason": "请补一个案例"}, 303)
    assert "请补一个案例" in text(gao, "/lectures/mine")
    assert "请补一个案例" in text(gao, f"/lectures/topics/{topic.id}")
    gao.post(f"/lectures/topics/{topic.id}", TOPIC | {"title": "三个案例"}, 303)
    session.expire_all()
    assert (topic.state, topic.title) == (TopicState.PROPOSED, "三个案例")
    gao.post(f"/lectures/topics/{topic.id}/withdrawal", {}, 303)
    assert "三个案例" not in text(hua, DESK)


def test_nobody_opens_another_s_topic(web: Web, session: Session, cast: SimpleNamespace) -> None:
    topic = proposed(session, cast.gao)
    web.as_("gao").get(f"/lectures/topics/{topic.id}")
    for name in ("ed", "hua"):
        web.as_(name).get(f"/lectures/topics/{topic.id}", 404)
        web.as_(name).post(f"/lectures/topics/{topic.id}", TOPIC, 404)
        web.as_(name).post(f"/lectures/topics/{topic.id}/withdrawal", {}, 404)
    assert OFFER.title not in text(web.as_("ed"), "/lectures/mine")


def test_an_organiser_does_not_decide_on_an_own_topic(web: Web, session: Session, cast: SimpleNamespace) -> None:
    topic = proposed(session, cast.hua)
    page = text(web.as_("hua"), f"{DESK}/topics/{topic.id}")
    assert "由另一位组织者审定" in page
    assert "/approval" not in page
    web.as_("hua").post(f"{DESK}/topics/{topic.id}/approval", {}, 403)


def test_the_deadline_of_the_call_can_be_moved(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    assert "1月31日" in text(hua, f"{DESK}?year=2027")
    hua.post(f"{DESK}/call?year=2027", {"deadline_on": "2027-02-20", "note": "每人至少报一个"}, 303)
    assert "2月20日" in text(hua, f"{DESK}?year=2027")
    assert "11 月到" in hua.post(f"{DESK}/call?year=2027", {"deadline_on": "2028-02-20"}, 422).get_data(as_text=True)
    assert queries.deadline_of(session, 2027).month == 2


def test_the_note_of_the_call_is_read_where_topics_are_proposed(web: Web, monday: time_machine.Traveller) -> None:
    web.as_("hua").post(f"{DESK}/call?year=2027", {"deadline_on": "2027-02-20", "note": "每人至少报一个"}, 303)
    monday.move_to(NOON + timedelta(days=10))
    assert "每人至少报一个" in text(web.as_("gao"), "/lectures/mine")


# --- the timetable


def slot_fields(session: Session, **given: str) -> dict[str, str]:
    return {
        "starts_at": "2026-12-04T15:00", "length": "120", "place": "三楼会议室", "unit": str(unit(session).id), "is_recorded": "y",
    } | given  # fmt: skip


def test_a_topic_is_scheduled_and_members_find_it_by_month(web: Web, session: Session, cast: SimpleNamespace) -> None:
    topic = approved(session, cast)
    hua = web.as_("hua")
    hua.get(f"{DESK}/topics/{topic.id}/lectures")
    hua.post(f"{DESK}/topics/{topic.id}/lectures", slot_fields(session, starts_at="2026-11-01T15:00"), 422)
    hua.post(f"{DESK}/topics/{topic.id}/lectures", slot_fields(session), 303)
    lecture = session.scalars(select(Lecture)).one()
    for name in ("lin", "gao", "ada"):
        page = text(web.as_(name), "/lectures?month=2026-12")
        assert f"/lectures/{lecture.id}" in page
        assert "三楼会议室" in page
        assert OFFER.title in text(web.as_(name), f"/lectures/{lecture.id}")
    assert f"/lectures/{lecture.id}" not in text(web.as_("lin"), "/lectures?month=2026-11").split('id="month"')[1]
    for name in ("dana", "mei", "wen"):
        assert OFFER.title not in text(web.as_(name), "/lectures?month=2026-12")
        web.as_(name).get(f"/lectures/{lecture.id}", 404)


def test_clashes_are_shown_before_anything_is_saved_and_kept_when_confirmed(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    scheduled(session, cast)
    other = approved(session, cast, cast.ed, Offer("登记实务", "摘要", "全体", 4))
    hua = web.as_("hua")
    page = hua.post(f"{DESK}/topics/{other.id}/lectures", slot_fields(session), 422).get_data(as_text=True)
    assert "时间冲突" in page
    assert "占用三楼会议室" in page
    assert OFFER.title in page
    assert len(session.scalars(select(Lecture)).all()) == 1
    hua.post(f"{DESK}/topics/{other.id}/lectures", slot_fields(session, is_sure="y"), 303)
    assert len(session.scalars(select(Lecture)).all()) == 2


def test_a_clash_outside_the_organiser_s_reading_is_named_by_its_time_only(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    theme_day(session, cast.chen)
    topic = approved(session, cast)
    page = web.as_("hua").post(f"{DESK}/topics/{topic.id}/lectures", slot_fields(session), 422).get_data(as_text=True)
    assert "另一个活动" in page
    assert "主题党日" not in page


def test_a_lecture_is_moved_with_its_own_time_no_clash(web: Web, session: Session, cast: SimpleNamespace) -> None:
    line = scheduled(session, cast)
    hua = web.as_("hua")
    assert "三楼会议室" in text(hua, f"{DESK}/{line.id}/slot")
    fields = {"starts_at": "2026-12-04T16:00", "length": "90", "place": "三楼会议室"}
    hua.post(f"{DESK}/{line.id}/slot", fields, 303)
    session.expire_all()
    moved = line_of(session, session.get_one(Lecture, line.id))
    assert moved.gathering.starts_at == STARTS + timedelta(hours=1)
    assert not moved.lecture.is_recorded
    assert "改到" in text(web.as_("gao"), "/notices")


# --- slides


def test_slides_must_be_published_before_the_lecture_is_confirmed(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    slides = resource(session, cast.gao, state=ResourceState.DRAFT)
    gao, hua = web.as_("gao"), web.as_("hua")
    assert slides.title in text(gao, f"/lectures/{line.id}/slides")
    gao.post(f"/lectures/{line.id}/slides/{slides.id}", {}, 303)
    assert "还没有通过" in text(gao, f"/lectures/{line.id}")
    assert f"/library/{slides.id}" not in text(web.as_("lin"), f"/lectures/{line.id}")
    hua.post(f"{DESK}/{line.id}/readiness", {}, 409)
    slides.state = ResourceState.PUBLISHED
    session.commit()
    assert f"{DESK}/{line.id}/readiness" in text(hua, f"/lectures/{line.id}")
    hua.post(f"{DESK}/{line.id}/readiness", {}, 303)
    assert step_of(session, line) is LectureStep.READY
    assert f"/library/{slides.id}" in text(web.as_("lin"), f"/lectures/{line.id}")
    gao.post(f"/lectures/{line.id}/slides/removal", {}, 303)
    assert step_of(session, line) is LectureStep.NEEDS_SLIDES


def test_nobody_links_a_draft_of_another_and_members_link_nothing(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    draft = resource(session, cast.ed, state=ResourceState.DRAFT, title="别人的草稿")
    web.as_("gao").post(f"/lectures/{line.id}/slides/{draft.id}", {}, 404)
    assert "别人的草稿" not in text(web.as_("gao"), f"/lectures/{line.id}/slides?q=草稿")
    web.as_("ed").get(f"/lectures/{line.id}/slides", 403)
    web.as_("ed").post(f"/lectures/{line.id}/slides/{draft.id}", {}, 403)
    web.as_("lin").get(f"/lectures/{line.id}/slides", 403)


# --- after the lecture


def test_the_lecturer_sees_the_hours_and_members_the_recording(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller
) -> None:
    line = scheduled(session, cast)
    film = resource(session, cast.gao, kind=ResourceKind.VIDEO, title="耕地保护录像")
    monday.move_to(AFTER)
    hua, gao = web.as_("hua"), web.as_("gao")
    hua.post(f"/gatherings/desk/{line.gathering.id}/roll/all", {}, 303)
    hua.post(f"/gatherings/desk/{line.gathering.id}/roll/closing", {}, 303)
    assert session.scalars(select(HourEntry.quarters).where(HourEntry.source_kind == "lecture")).all() == [16]
    page = text(gao, f"/lectures/{line.id}")
    assert "4 学时" in page
    assert "120 分钟 × 2" in page
    assert "讲课：" in text(gao, "/hours")
    assert "我的授课学时" not in text(web.as_("lin"), f"/lectures/{line.id}")
    gao.post(f"/lectures/{line.id}/recording/{film.id}", {}, 303)
    assert f"/library/{film.id}" in text(web.as_("lin"), f"/lectures/{line.id}")
    assert "有录像" in text(web.as_("lin"), "/lectures/past")
    assert OFFER.title not in text(web.as_("dana"), "/lectures/past")


def test_a_correction_of_the_roll_through_its_pages_corrects_the_lecturer_s_hours(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller
) -> None:
    line = scheduled(session, cast, approved(session, cast, cast.ed))
    give(session, cast, line, now=AFTER)
    monday.move_to(AFTER)
    taps = {f"mark-{cast.ed.id}": "absent", f"seen-{cast.ed.id}": "present"}
    web.as_("hua").post(f"/gatherings/desk/{line.gathering.id}/roll", taps, 303)
    entries = session.scalars(select(HourEntry.quarters).where(HourEntry.source_kind == "lecture")).all()
    assert sum(entries) == 0
    assert "没有计学时" in text(web.as_("ed"), f"/lectures/{line.id}")


def test_ratings_are_for_the_lecturer_and_the_organiser_from_five_replies(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller
) -> None:
    people = [member(session, f"h{number}", commit=False) for number in range(5)]
    line = scheduled(session, cast)
    held = give(session, cast, line, now=AFTER)
    monday.move_to(AFTER)
    for person in people[:4]:
        gatherings.reply(session, held, person.id, points=[5, 5, 5, 5, 4], words="讲得透", now=AFTER)
    session.commit()
    assert "满 5 人评过才显示" in text(web.as_("gao"), f"/lectures/{line.id}")
    assert "不足 5 人" in text(web.as_("hua"), f"{DESK}/lecturers")
    gatherings.reply(session, held, people[4].id, points=[5, 5, 5, 5, 4], words="讲得透", now=AFTER)
    session.commit()
    for name, url in (("gao", f"/lectures/{line.id}"), ("hua", f"/lectures/{line.id}")):
        page = text(web.as_(name), url)
        assert "平均 4.8 分" in page
        assert "讲得透" in page
        assert not [person.name for person in people if person.name in page]
    assert "4.8 分" in text(web.as_("hua"), f"{DESK}/lecturers")
    assert "讲得透" not in text(web.as_("lin"), f"/lectures/{line.id}")
    assert f"/gatherings/{held.id}/questionnaire" in text(web.as_("lin"), f"/lectures/{line.id}")


# --- lecturers and leaders


def test_the_organiser_finds_lecturers_by_name_or_topic(web: Web, session: Session, cast: SimpleNamespace) -> None:
    approved(session, cast)
    hua = web.as_("hua")
    assert OFFER.title in text(hua, f"{DESK}/lecturers")
    assert "高建国" in text(hua, f"{DESK}/lecturers?q=长牙齿")
    assert "易德" not in text(hua, f"{DESK}/lecturers?q=长牙齿")
    assert OFFER.title in text(hua, f"{DESK}/lecturers/{cast.gao.id}")
    web.as_("ada").get(f"{DESK}/lecturers", 403)


def test_the_list_of_lecturers_costs_the_same_whatever_they_gave(
    web: Web, session: Session, cast: SimpleNamespace, app: Flask
) -> None:
    hua = web.as_("hua")
    hua.get(f"{DESK}/lecturers")
    with statements_of(app.extensions["engine"]) as before:
        hua.get(f"{DESK}/lecturers")
    topic = approved(session, cast)
    for week in range(3):
        give(session, cast, scheduled(session, cast, topic, slot(session, starts=STARTS + week * timedelta(days=7))))
    with statements_of(app.extensions["engine"]) as after:
        hua.get(f"{DESK}/lecturers")
    assert len(after) <= len(before) + 1


def test_whether_a_leader_has_spoken_is_shown_to_that_leader_and_the_organiser_only(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller
) -> None:
    hua = web.as_("hua")
    assert "还没有报题目" in text(hua, f"{DESK}/duty")
    assert re.search(r"应讲 1 次，已讲 <b>0</b> 次", text(web.as_("gao"), "/lectures/mine"))
    assert "应讲 1 次" not in text(web.as_("ed"), "/lectures/mine")
    line = scheduled(session, cast)
    assert "已排" in text(hua, f"{DESK}/duty")
    give(session, cast, line, now=AFTER)
    monday.move_to(AFTER)
    assert re.search(r"应讲 1 次，已讲 <b>1</b> 次", text(web.as_("gao"), "/lectures/mine"))
    for name in ("lin", "ed", "ada", "wen", "rui", "gao"):
        web.as_(name).get(f"{DESK}/duty", 403)
    grant = session.scalars(
        select(RoleGrant).where(RoleGrant.person_id == cast.gao.id, RoleGrant.role == Role.LECTURER)
    ).one()
    grant.revoked_at = NOON
    session.commit()
    assert "没有讲师角色" in text(web.as_("hua"), f"{DESK}/duty?year=2025")


# --- the calendar


def subscribe(web: Web, name: str) -> str:
    page = web.as_(name).post("/lectures/subscription", {}, 200).get_data(as_text=True)
    found = re.search(r"http://localhost(/lectures/feeds/[\w-]{43}\.ics)", page)
    assert found
    return found[1]


def test_a_feed_is_a_valid_calendar_of_what_its_person_may_see(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    line = scheduled(session, cast)
    gone = scheduled(session, cast, line.topic, slot(session, starts=STARTS + timedelta(days=7)))
    gatherings.cancel(session, gone.gathering, reason="出差", by_id=cast.hua.id, now=NOON)
    scheduled(
        session,
        cast,
        approved(session, cast, cast.gao, Offer("南区专讲", "摘要", "南区", 4)),
        slot(session, name=SOUTH),
    )
    answer = web.client.get(subscribe(web, "lin"))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    read = parse(answer.get_data(as_text=True))
    assert read.name == "讲台：讲座"
    assert [event["STATUS"] for event in read.events] == ["CONFIRMED", "CANCELLED"]
    first = read.events[0]
    assert (first["SUMMARY"], first["LOCATION"]) == (f"讲座：{OFFER.title}（高建国）", "三楼会议室")
    assert (first["DTSTART"], first["DTEND"]) == ("20261204T070000Z", "20261204T090000Z")
    assert first["URL"] == f"http://localhost/lectures/{line.id}"
    (south,) = parse(web.client.get(subscribe(web, "dana")).get_data(as_text=True)).events
    assert "南区专讲" in south["SUMMARY"]


def test_a_feed_names_nobody_but_the_lecturer(web: Web, session: Session, cast: SimpleNamespace) -> None:
    give(session, cast, scheduled(session, cast))
    answer = web.client.get(subscribe(web, "lin")).get_data(as_text=True)
    unfolded = answer.replace("\r\n ", "")
    assert "高建国" in unfolded
    names = [person.name for person in vars(cast).values() if person.name != "高建国"]
    assert not [name for name in names if name in unfolded]
    assert not [person.staff_no for person in vars(cast).values() if f"/{person.staff_no}" in unfolded]


def test_a_revoked_address_opens_nothing_and_the_page_shows_an_address_only_once(web: Web, session: Session) -> None:
    address = subscribe(web, "lin")
    assert web.client.get(address).status_code == 200
    assert address not in text(web.as_("lin"), "/lectures/subscription")
    newer = subscribe(web, "lin")
    assert web.client.get(address).status_code == 404
    assert web.client.get(newer).status_code == 200
    web.as_("lin").post("/lectures/subscription/revocation", {}, 303)
    assert web.client.get(newer).status_code == 404
    assert web.client.get("/lectures/feeds/1.ics").status_code == 404
