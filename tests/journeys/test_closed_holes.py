"""Ways around the audience that were found by reading as an adversary, each closed and kept closed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock, outcomes
from lms.courses import access as courses_access
from lms.courses.models import CourseProgress
from lms.courses.queries import study
from lms.courses.review_rules import ResourceState
from lms.demo.cast import NORTH, NORTH_BRANCH, PARTY, SOUTH
from lms.errors import Forbidden, NotFound
from lms.notices import services as notices
from lms.people import access
from lms.people.models import Branch, Person, SignIn, Unit
from lms.people.principal import CACHE, principal_of, use_cache
from lms.people.rules import Permission, Role
from lms.people.services import accounts, grants
from lms.people.services import sign_in as signing
from lms.web.redirects import safe_next
from tests.courses import desk
from tests.support.web import Web

NAMES = ("lin", "dana", "sun")


def unit(session: Session, name: str) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def move_to_south(session: Session, person: Person, days: int) -> None:
    accounts.place(session, person, unit(session, SOUTH), None, from_on=clock.today(clock.now()) + timedelta(days=days))
    session.commit()


def test_who_left_north_no_longer_sees_on_the_home_page_what_was_begun_there(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session), title="北区专课", audience_unit_id=unit(session, NORTH).id)
    session.add(CourseProgress(course_id=course.id, person_id=cast.lin.id, started_at=desk.AT))
    assert "北区专课" in web.as_("lin").get("/").get_data(as_text=True)
    move_to_south(session, cast.lin, 0)
    assert "北区专课" not in web.as_("lin").get("/").get_data(as_text=True)
    assert study.list_going_on(session, cast.lin.id, unit(session, SOUTH).path, now=clock.now()) == []


def test_a_transfer_takes_effect_at_midnight_also_for_who_is_signed_in(session: Session, cast: SimpleNamespace) -> None:
    move_to_south(session, cast.lin, 1)
    now = clock.now()
    token = signing.begin(session, cast.lin, device="test", hours=48, now=now)
    session.commit()
    use_cache(active=True)
    try:
        kept = CACHE.load(session, token, now)
        assert kept is not None
        assert kept.unit_name == NORTH
        assert CACHE.find(token, now) is kept
        tomorrow = now + timedelta(days=1)
        assert CACHE.find(token, tomorrow) is None
        fresh = CACHE.load(session, token, tomorrow)
        assert fresh is not None
        assert fresh.unit_name == SOUTH
    finally:
        use_cache(active=False)


def test_a_transfer_to_come_opens_no_file_of_the_person_before_its_day(
    session: Session, cast: SimpleNamespace, principals: SimpleNamespace
) -> None:
    move_to_south(session, cast.lin, 30)
    found = access.person_to_manage(session, principals.ada, cast.lin.id, Permission.PEOPLE_READ)
    assert found.id == cast.lin.id
    with travel(clock.now() + timedelta(days=31), tick=False), pytest.raises(NotFound):
        access.person_to_manage(session, principals.ada, cast.lin.id, Permission.PEOPLE_READ)


def test_the_next_version_of_a_withdrawn_resource_is_its_author_s_alone(
    session: Session, principals: SimpleNamespace
) -> None:
    resource = desk.resource(session, "document", published_at=desk.AT, state=ResourceState.WITHDRAWN)
    assert courses_access.resource_to_withdraw(session, principals.hua, resource.id) is resource
    assert courses_access.resource_to_preview(session, principals.hua, resource.id) is resource
    resource.state = ResourceState.DRAFT
    session.flush()
    for loader in (courses_access.resource_to_withdraw, courses_access.resource_to_preview):
        with pytest.raises(NotFound):
            loader(session, principals.hua, resource.id)
    assert courses_access.resource_to_preview(session, principals.ed, resource.id) is resource


def test_a_member_of_a_branch_with_branches_below_sees_the_names_of_the_own_one_only(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    party = session.scalars(select(Branch).where(Branch.name == PARTY)).one()
    address = f"/branches/{party.id}"
    assert "林晓" in web.as_("wen").get(address).get_data(as_text=True)
    accounts.place(session, cast.dana, unit(session, SOUTH), party, from_on=clock.today(clock.now()))
    page = web.as_("dana").get(address).get_data(as_text=True)
    assert "段娜" in page
    assert "林晓" not in page


def test_a_committee_of_one_branch_answers_the_feedback_of_its_own_people_only(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    now = clock.now()
    north = session.scalars(select(Branch).where(Branch.name == NORTH_BRANCH)).one()
    grants.grant(session, cast.bo, Role.COMMITTEE, branch=north, by_id=None, by="test", now=now)
    given = {
        n: notices.give_feedback(session, getattr(cast, n).id, page="/", text=f"{n}的意见", now=now) for n in NAMES
    }
    session.flush()
    bo, wen = web.as_("bo"), web.as_("wen")
    page = bo.get("/office/feedback").get_data(as_text=True)
    assert "lin的意见" in page
    assert "dana的意见" not in page
    bo.get(f"/office/feedback/{given['lin'].id}")
    for name in ("dana", "sun"):
        bo.get(f"/office/feedback/{given[name].id}", 404)
        bo.post(f"/office/feedback/{given[name].id}/reply", {"reply": "好"}, 404)
        wen.get(f"/office/feedback/{given[name].id}")


def test_an_authenticator_offered_before_another_was_enrolled_opens_nothing(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    web.post("/login", {"username": "hua", "password": "Jiangtai-2026", "next": ""})
    web.get("/login/code", 200)
    person = session.get_one(Person, cast.hua.id)
    person.totp_sealed = "sealed-by-the-owner"
    session.commit()
    web.get("/login/code", 422)
    assert session.scalars(select(SignIn).where(SignIn.person_id == cast.hua.id)).all() == []


def test_the_three_admins_begin_no_quiz_by_the_interface_either(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session), paper_id=desk.paper(session).id)
    for name in ("sun", "qin", "shi"):
        with pytest.raises(Forbidden):
            who = principal_of(session, getattr(cast, name), clock.now())
            outcomes.begin(session, who, "course", course.id, clock.now())


def test_a_way_back_with_a_line_break_leads_home() -> None:
    assert safe_next("/hours") == "/hours"
    assert safe_next("/hours\n") == "/"


def test_addresses_that_open_something_stand_in_no_log(
    web: Web, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr("lms.web.logs.log", SimpleNamespace(info=lambda _event, **facts: lines.append(facts["path"])))
    web.client.get("/live/kJ8sdfkjh23k4jhsdkfjh234kjh")
    web.client.get("/media/1-0-v-123-" + "a" * 64 + "/play.mp4")
    web.client.get("/courses/lessons/12")
    assert lines == ["/live/…", "/media/…/play.mp4", "/courses/lessons/12"]
