"""人事教育处 runs a three-day class from the plan to the certificates, at a PC and on a phone in the hall."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.certificates.models import Certificate
from lms.hours import services as hours
from lms.hours.models import HourEntry, UncreditedNote
from lms.training import queries
from lms.training.class_rules import ClassState
from lms.training.models import TrainingClass
from tests.browser.conftest import keep
from tests.browser.test_journey_theme_day import Hand, at, line
from tests.training.bureau import NOW

__all__ = ["at"]
OFFICE = "/office/classes"
PLACES = "2"


@pytest.fixture
def travelling() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


def press(hand: Hand, name: str) -> None:
    hand.tap(hand.page.get_by_role("button", name=name, exact=True).first)


def propose(hua: Hand, session: Session) -> TrainingClass:
    """From the preset, with two places and enrolment from now on; approved at once by 人事教育处 itself."""
    page = hua.go(OFFICE)
    keep(page, "class-office-empty-pc")
    hua.tap(page.get_by_role("link", name="综合素质提升班"))
    page.get_by_label("名额").fill(PLACES)
    page.get_by_label("报名开始").fill(f"{clock.local(clock.now()):%Y-%m-%dT%H:%M}")
    keep(page, "class-office-form-pc")
    press(hua, "提出")
    expect(page.get_by_text("核对班次、名额和日期")).to_be_visible()
    press(hua, "批准")
    expect(page.get_by_text("先排课程表，再开放报名")).to_be_visible()
    return session.scalars(select(TrainingClass)).one()


def schedule(hua: Hand, training: TrainingClass) -> None:
    """A whole day on each of three days; the form goes on where the last meeting ended. Then the class opens."""
    page = hua.go(f"{OFFICE}/{training.id}/timetable")
    for number in range(3):
        on = training.starts_on + timedelta(days=number)
        page.get_by_label("课题").fill(f"第{number + 1}天")
        page.get_by_label("开始时间").fill(f"{on}T09:00")
        page.get_by_label("时长").select_option("full_day")
        page.get_by_label("教室").fill("二号教室")
        page.get_by_label("授课人工号").fill("ed")
        press(hua, "加上")
        expect(page.get_by_text("课程表已保存")).to_be_visible()
    page.get_by_label("课题").fill("重复的课")
    page.get_by_label("开始时间").fill(f"{training.starts_on}T10:00")
    page.get_by_label("教室").fill("二号教室")
    press(hua, "加上")
    expect(page.get_by_text("没有保存")).to_be_visible()
    expect(page.get_by_text("占用二号教室")).to_be_visible()
    keep(page, "class-timetable-clash-pc")
    page = hua.go(f"{OFFICE}/{training.id}")
    press(hua, "开放报名")
    expect(page.get_by_text("已录取 0 / 2 人")).to_be_visible()


def take_roll(phone: Hand, gathering_id: int, absent: int | None = None) -> None:
    page = phone.go(f"/gatherings/desk/{gathering_id}/roll")
    phone.tap(page.get_by_role("button", name="全部到会"))
    if absent is not None:
        phone.tap(line(page, absent, "absent"))
    expect(page.locator("[data-roll-said]")).to_have_text("已全部保存。")
    phone.tap(page.get_by_role("button", name=re.compile("结束点名")))
    expect(page.get_by_text(re.compile("应到 2 人")).first).to_be_visible()


def text_of_class(page: Page) -> str:
    return page.locator("main").inner_text()


def test_a_class_goes_from_its_plan_to_its_certificates(
    at: Callable[..., Hand],
    session: Session,
    cast: SimpleNamespace,
    travelling: time_machine.Traveller,
) -> None:
    hua, lin, bo, dana = at("hua", "pc"), at("lin"), at("bo"), at("dana")
    training = propose(hua, session)
    schedule(hua, training)

    # three enrol for two places; one of them withdraws, the third gets the place
    for hand, said in ((lin, "你已录取"), (bo, "你已录取"), (dana, "候补名单第 1 位")):
        page = hand.go("/classes")
        hand.tap(page.get_by_role("link", name=re.compile(training.title)))
        hand.tap(page.get_by_role("button", name=re.compile("^报名")))
        expect(page.get_by_text(re.compile(said)).first).to_be_visible()
    keep(dana.page, "class-waiting-phone")
    bo.tap(bo.page.get_by_role("button", name="退出报名"))
    bo.tap(bo.page.get_by_role("dialog").get_by_role("button", name="退出报名"))
    expect(bo.page.get_by_text("已退出报名")).to_be_visible()
    dana.go(f"/classes/{training.id}")
    expect(dana.page.get_by_text("你已录取，按课程表上课")).to_be_visible()
    keep(dana.page, "class-mine-phone")
    keep(hua.go(f"{OFFICE}/{training.id}/enrolments"), "class-enrolments-pc")

    # three days; dana misses the second
    meetings = queries.list_meetings(session, training.id)
    travelling.move_to(meetings[0].starts_at - timedelta(minutes=30))
    hua, lin, dana, phone = (
        at("hua", "pc"),
        at("lin"),
        at("dana"),
        at("hua"),
    )  # the sign-ins of three weeks ago are over
    for number, meeting in enumerate(meetings):
        travelling.move_to(meeting.starts_at + timedelta(minutes=5))
        take_roll(phone, meeting.id, cast.dana.id if number == 1 else None)
    travelling.move_to(meetings[-1].ends_at + timedelta(minutes=5))
    page = lin.go(f"/classes/{training.id}")
    expect(page.get_by_text("到会").first).to_be_visible()
    for number in range(5):
        lin.tap(page.locator(f"input[name=q{number}][value='5']"))
    lin.tap(page.get_by_role("button", name="提交评价"))
    expect(page.get_by_text("评价已收到")).to_be_visible()

    # closed in one act
    page = hua.go(f"{OFFICE}/{training.id}/closing")
    keep(page, "class-closing-pc")
    press(hua, "结班：1 人结业")
    hua.tap(page.get_by_role("dialog").get_by_role("button", name="结班：1 人结业"))
    expect(page.get_by_text("已结班：1 人结业")).to_be_visible()
    keep(page, "class-closed-pc")
    session.rollback()
    session.refresh(training)
    assert training.state is ClassState.CLOSED
    assert session.scalar(select(func.sum(HourEntry.quarters)).where(HourEntry.person_id == cast.lin.id)) == 3 * 32
    assert session.scalars(select(UncreditedNote.person_id)).all() == [cast.dana.id]
    paper = session.scalars(select(Certificate)).one()
    assert (paper.person_id, paper.is_valid) == (cast.lin.id, True)
    page = lin.go(f"/classes/{training.id}")
    expect(page.get_by_role("link", name=f"结业证书 {paper.serial}")).to_be_visible()
    keep(page, "class-finished-phone")
    assert "的 1/7" in text_of_class(dana.go(f"/classes/{training.id}"))

    # the sheet says that dana was there: a correction, and she has hers too
    page = phone.go(f"/gatherings/desk/{meetings[1].id}/roll")
    phone.tap(line(page, cast.dana.id, "present"))
    press(phone, "保存点名")
    expect(page.get_by_text(re.compile("已(更正|保存|记)")).first).to_be_visible()
    page = hua.go(f"{OFFICE}/{training.id}/closing")
    press(hua, "按点名更正")
    expect(page.get_by_text("已按点名和测验更正 1 人")).to_be_visible()
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Certificate)) == 2
    assert hours.verify(session).holds
    for hand in (hua, lin, bo, dana, phone):
        assert hand.faults == []
