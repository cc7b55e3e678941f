"""Pages and forms of theme days: what each sees, what a tap makes, and what stays inside the branch."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession
from lms.demo.cast import SOUTH_BRANCH
from lms.gatherings import queries as gathering_queries
from lms.gatherings.models import Gathering
from lms.themedays import queries, services
from lms.themedays.jobs import bring_packs
from lms.themedays.models import MakeUp, MonthPack
from lms.themedays.rules import PartKind, PartState
from tests.gatherings.north import theme_day
from tests.gatherings.test_web import fields
from tests.support.web import Web
from tests.themedays import december
from tests.themedays.december import AFTER, DECEMBER, NOON, Shelf, branch

MEMBERS = ("lin", "bo", "ed", "ada")
OUTSIDERS = ("dana", "mei", "gao", "hua", "rui", "sun", "qin", "shi")


@pytest.fixture(autouse=True)
def noon() -> object:
    """The clock stands at noon of the Monday before until it is moved."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def here(session: Session, more: str = "") -> str:
    return f"/themedays/{branch(session).id}/2026-12{more}"


def text(web: Web, url: str, status: int = 200) -> str:
    return web.get(url, status).get_data(as_text=True)


def plan_fields(web: Web, session: Session) -> dict[str, object]:
    """What the form of the page proposes, the boxes ticked included."""
    page = text(web, here(session))
    inside = page[page.index('id="plan"') :]
    form = inside[: inside.index("</form>")]
    ticked = re.findall(r'name="parts" value="(\w+)"[^>]*checked', form)
    return {**{k: v for k, v in fields(form).items() if k != "parts"}, "parts": ticked}


def test_members_secretary_and_committee_see_the_month_and_others_are_told_nothing(
    web: Web, session: Session, pack: MonthPack
) -> None:
    for name in (*MEMBERS, "chen", "wen"):
        assert "节约集约用地" in text(web.as_(name), here(session))
        web.as_(name).get(f"/themedays/{branch(session).id}/year/2026")
    for name in OUTSIDERS:
        for more in ("", "/parts/film"):
            web.as_(name).get(here(session, more), 404 if not more or name in ("mei", "hua") else 403)
        web.as_(name).get(f"/themedays/{branch(session).id}/year/2026", 404)
        web.as_(name).get(f"/themedays/{branch(session).id}", 404)


def test_my_page_opens_with_the_month_that_is_to_be_done(
    web: Web, session: Session, pack: MonthPack, noon: time_machine.Traveller
) -> None:
    chen = web.as_("chen")
    assert chen.get("/themedays", 303).location == f"/themedays/{branch(session).id}"
    answer = chen.get(f"/themedays/{branch(session).id}", 303)
    assert answer.location.endswith("/2026-12"), "November is over for planning and December's pack is out"
    noon.move_to(clock.at_local(date(2026, 11, 3), 9))
    assert chen.get(f"/themedays/{branch(session).id}", 303).location.endswith("/2026-11")


def test_one_tap_plans_the_month_with_everything_the_pack_gives(
    web: Web, session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    chen = web.as_("chen")
    proposed = plan_fields(chen, session)
    assert proposed["starts_at"] == "2026-12-04T15:00"
    assert proposed["parts"] == ["lesson", "film", "practice"]
    page = chen.follow(chen.post(here(session, "/plan"), proposed)).get_data(as_text=True)
    assert "已安排在 12月4日" in page
    assert 'id="plan"' not in page
    made = session.scalars(select(Gathering)).one()
    assert made.title == "12月主题党日：节约集约用地"
    assert len(gathering_queries.list_materials(session, made.id)) == 3
    member = text(web.as_("lin"), here(session))
    assert made.title in member
    assert "就这样安排" not in member


def test_a_late_day_is_sent_back_with_the_question_why(web: Web, session: Session, pack: MonthPack) -> None:
    chen = web.as_("chen")
    late = plan_fields(chen, session) | {"starts_at": "2026-12-14T15:00"}
    page = chen.post(here(session, "/plan"), late, 422).get_data(as_text=True)
    assert "写明原因" in page
    for year in ("0001", "9999"):
        chen.post(here(session, "/plan"), late | {"starts_at": f"{year}-12-31T23:59", "reason": "x"}, 422)
    chen.post(here(session, "/plan"), late | {"reason": "防汛值班"})
    assert "防汛值班" in text(chen, here(session))


def test_a_day_moved_afterwards_beyond_the_slip_asks_why_on_the_month_s_page(
    web: Web, session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    made = december.plan(session, cast.chen)
    chen = web.as_("chen")
    plan = fields(text(chen, f"/gatherings/desk/{made.id}/plan"))
    chen.post(f"/gatherings/desk/{made.id}/plan", plan | {"starts_at": "2026-12-18T15:00"})
    assert "晚于规定的日子" in text(chen, here(session))
    chen.post(here(session, "/slip"), {"reason": ""}, 422)
    chen.post(here(session, "/slip"), {"reason": "换届考察"})
    page = text(chen, here(session))
    assert "晚于规定的日子" not in page
    assert "换届考察" in page


def test_a_part_gets_its_own_day_is_recorded_apart_and_taken_back(
    web: Web, session: Session, cast: SimpleNamespace, pack: MonthPack, noon: time_machine.Traveller
) -> None:
    december.plan(session, cast.chen)
    chen, at = web.as_("chen"), here(session, "/parts/practice")
    chen.get(at)
    day = {"starts_at": "2026-12-10T14:30", "length": "180", "place": "红旗村"}
    assert "12月10日" in chen.follow(chen.post(f"{at}/plan", day)).get_data(as_text=True)
    chen.get(at)
    chen.post(f"{at}/reopening", {})
    noon.move_to(AFTER)
    chen = web.as_("chen")
    chen.get(at)
    chen.post(f"{at}/record", {"on": "2026-12-04", "note": ""}, 422)
    page = chen.follow(chen.post(f"{at}/record", {"on": "2026-12-04", "note": "到社区报到"})).get_data(as_text=True)
    assert "到社区报到" in page
    line = queries.month_of(session, branch(session).id, DECEMBER)
    assert line.part(PartKind.PRACTICE).state is PartState.DONE


def test_a_theme_day_from_the_desk_is_taken_into_the_month_with_one_tap(
    web: Web, session: Session, cast: SimpleNamespace, pack: MonthPack
) -> None:
    made = theme_day(session, cast.chen)
    chen = web.as_("chen")
    assert "还没有归到本月安排" in text(chen, here(session))
    chen.post(here(session, f"/gatherings/{made.id}"), {})
    assert "还没有归到本月安排" not in text(chen, here(session))
    theirs = theme_day(session, cast.mei, owner=SOUTH_BRANCH)
    chen.post(here(session, f"/gatherings/{theirs.id}"), {}, 404)
    chen.post(here(session, f"/parts/film/gatherings/{theirs.id}"), {}, 404)


def test_only_the_keeper_plans(web: Web, session: Session, pack: MonthPack) -> None:
    proposed = plan_fields(web.as_("chen"), session)
    for name, status in (("lin", 403), ("wen", 403), ("ada", 403), ("mei", 404), ("hua", 404)):
        web.as_(name).post(here(session, "/plan"), proposed, status)
        web.as_(name).post(here(session, "/parts/practice/record"), {"on": "2026-12-01", "note": "x"}, status)
    assert session.scalars(select(Gathering)).all() == []


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "dec", "9999-12"])
def test_an_address_without_a_month_leads_nowhere(web: Web, session: Session, month: str) -> None:
    web.as_("chen").get(f"/themedays/{branch(session).id}/{month}", 404)


# --- make-up study and rates


@pytest.fixture
def held(session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack) -> Gathering:
    """bo and lin were absent; the offer of make-up study is out."""
    made = december.plan(session, cast.chen)
    december.hold(session, made, cast.chen, absent=(cast.bo, cast.lin))
    services.settle_make_ups(make_session, AFTER)
    return made


def test_who_missed_it_finds_the_way_to_the_lesson_and_sees_it_closed(
    web: Web, session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf,
    noon: time_machine.Traveller,
) -> None:  # fmt: skip
    noon.move_to(AFTER)
    bo = web.as_("bo")
    assert "2 项可以补学" in text(bo, "/")
    page = text(bo, "/themedays/make-ups")
    assert f"/courses/lessons/{shelf.lessons[0].id}" in page
    bo.get(f"/courses/lessons/{shelf.lessons[0].id}")
    december.watch(session, shelf.lessons[0], cast.bo, AFTER)
    services.settle_make_ups(make_session, AFTER + timedelta(minutes=2))
    page = text(bo, "/themedays/make-ups")
    assert page.count("已补学") == 1
    assert "1 项可以补学" in text(bo, "/")
    assert "可以补学" not in text(web.as_("ed"), "/")


def test_members_see_their_own_make_up_study_and_the_keeper_everybody_s(
    web: Web, cast: SimpleNamespace, session: Session, held: Gathering, noon: time_machine.Traveller
) -> None:
    noon.move_to(AFTER)

    def named(name: str) -> set[str]:
        page = text(web.as_(name), here(session))
        return {who for who in ("林晓", "薄一鸣") if f"<b>{who}</b>" in page}

    assert named("chen") == named("wen") == {"林晓", "薄一鸣"}
    assert named("lin") == named("ed") == set()
    assert "待补学" not in text(web.as_("ed"), here(session))
    assert text(web.as_("lin"), here(session)).count("去补学") >= 2


def test_the_year_shows_parts_rate_and_make_up_study_apart(
    web: Web, session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf
) -> None:
    december.watch(session, shelf.lessons[0], cast.bo, AFTER)
    services.settle_make_ups(make_session, AFTER + timedelta(minutes=2))
    for name in ("chen", "lin", "wen"):
        page = text(web.as_(name), f"/themedays/{branch(session).id}/year/2026")
        assert page.count("已完成</span>") == 3
        assert "60%" in page
        assert "低于 80%" in page
        assert '1<span class="visually-hidden"> 人次' in page


def test_the_month_s_page_asks_the_database_no_more_often_for_more_members(
    web: Web, session: Session, cast: SimpleNamespace, held: Gathering,
    count_statements: Callable[[], AbstractContextManager[list[str]]], noon: time_machine.Traveller,
) -> None:  # fmt: skip
    noon.move_to(AFTER)
    chen = web.as_("chen")
    chen.get(here(session))
    with count_statements() as few:
        chen.get(here(session))
    copies = session.scalars(select(MakeUp)).all()
    entries = [one.person_id for one in copies]
    with count_statements() as again:
        chen.get(here(session))
    assert len(entries) == 4
    assert len(few) == len(again) <= 30


# --- the committee


def test_the_committee_writes_previews_and_publishes_a_pack(
    web: Web, session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf
) -> None:
    session.commit()
    wen = web.as_("wen")
    form = {"month": "2026-12", "theme": "廉洁教育", "practice": "廉政谈话"}
    where = wen.post("/office/packs", form).location
    pack = session.scalars(select(MonthPack)).one()
    assert "还缺一课、一片" in text(wen, where)
    wen.post(f"{where}/publication", {}, 422)
    for what, resource in (("lesson", shelf.lesson), ("film", shelf.film), ("file", shelf.file)):
        wen.post(f"{where}/resources/{what}/{resource.id}", {})
    preview = text(wen, f"{where}/preview")
    for word in ("廉洁教育", shelf.lesson.title, shelf.film.title, shelf.file.title, "廉政谈话"):
        assert word in preview
    assert "廉洁教育" not in text(web.as_("chen"), here(session))
    wen.post(f"{where}/publication", {})
    wen.post(f"{where}/publication", {}, 409)
    assert "廉洁教育" in text(web.as_("chen"), here(session))
    assert bring_packs(make_session, NOON) == 3
    assert "已到 3 个支部，0 个已安排" in text(wen, "/office/packs")
    assert "12月主题党日方案：廉洁教育" in text(web.as_("chen"), "/notices")
    assert text(web.as_("chen"), "/").count("个月的主题党日待安排") == 1
    assert pack.month == DECEMBER


def test_a_pack_holds_only_what_everybody_may_read(
    web: Web, session: Session, cast: SimpleNamespace, shelf: Shelf
) -> None:
    pack = december.draft(session, cast.wen, shelf)
    shelf.file.audience_unit_id = shelf.file.owner_unit_id
    session.commit()
    web.as_("wen").post(f"/office/packs/{pack.id}/resources/lesson/{shelf.file.id}", {}, 404)
    assert shelf.file.title not in text(web.as_("wen"), f"/office/packs/{pack.id}?q=台账").partition('id="find"')[2]


def test_only_the_committee_writes_packs(web: Web, session: Session, cast: SimpleNamespace, shelf: Shelf) -> None:
    pack = december.draft(session, cast.wen, shelf)
    for name in ("lin", "chen", "hua", "ada", "sun"):
        web.as_(name).get(f"/office/packs/{pack.id}", 403)
        web.as_(name).post(f"/office/packs/{pack.id}/publication", {}, 403)


def test_the_other_kinds_are_a_tap_away_with_their_templates(web: Web, session: Session, pack: MonthPack) -> None:
    chen = web.as_("chen")
    page = text(chen, here(session))
    for kind, name in (
        ("first_topic", "第一议题"),
        ("same_theme", "同主题同步学"),
        ("reading", "读书班"),
        ("org_life", "组织生活会"),
    ):
        assert f"/gatherings/desk/new/{kind}" in page
        assert name in text(chen, f"/gatherings/desk/new/{kind}?owner=branch:{branch(session).id}")


def test_the_month_is_reached_from_branch_gatherings_and_home(web: Web, session: Session, pack: MonthPack) -> None:
    lin, chen = web.as_("lin"), web.as_("chen")
    assert 'href="/themedays"' in text(lin, f"/branches/{branch(session).id}")
    assert f'href="/themedays/{branch(session).id}"' in text(chen, f"/branches/{branch(session).id}")
    for who in (lin, chen):
        assert 'href="/themedays"' in text(who, "/gatherings")
    assert f"/themedays/{branch(session).id}/2026-12" in text(chen, "/")
