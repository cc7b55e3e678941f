"""A year comes to its end: the ledger is closed and carries over, HR closes the archives and amends one, anybody can verify both versions."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from lms import clock
from lms.archive import queries as archives
from lms.archive.jobs import KINDS
from lms.db import MakeSession
from lms.hours import services as hours
from lms.hours.models import HourEntry
from lms.hours.rules import Bucket, Source
from lms.records import services as records
from lms.records.rules import PostingKind
from lms.records.services import Stretch
from lms.tasks.services import run_due
from tests.browser.conftest import keep
from tests.browser.test_journey_theme_day import Hand, at
from tests.hours.making import issue_policy
from tests.hours.test_years import CARRY
from tests.printing.test_typeset import text_of

__all__ = ["at"]
JANUARY = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def travelling() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(JANUARY, tick=True) as traveller:
        yield traveller


def press(hand: Hand, name: str) -> None:
    hand.tap(hand.page.get_by_role("button", name=name, exact=True).first)


def earned(session: Session, person_id: int, quarters: int, number: int, title: str) -> HourEntry:
    entry = hours.credit(
        session, person_id=person_id, source=Source("import", number), bucket=Bucket.ONLINE, quarters=quarters,
        on=date(2026, 5, 4 + number), title=title, evidence={}, now=clock.now(),
    )  # fmt: skip
    assert entry is not None
    return entry


@pytest.fixture
def year(session: Session, cast: SimpleNamespace) -> HourEntry:
    """Lin's 2026: 57.5 hours of self-study in two lessons and a posting. Up to ten hours may be carried into 2027."""
    issue_policy(session, CARRY, date(2026, 2, 1), by_id=cast.hua.id)
    entry = earned(session, cast.lin.id, 222, 1, "网络学院：耕地保护")
    earned(session, cast.lin.id, 8, 2, "网络学院：法治思维")
    village = Stretch(PostingKind.RURAL, "湖溪村", date(2026, 3, 2), date(2026, 8, 28), "驻村")
    posting = records.propose_posting(session, cast.lin.id, village, by_id=cast.lin.id, now=clock.now())
    records.decide_posting(session, posting, confirm=True, note="", by_id=cast.ada.id, now=clock.now())
    session.commit()
    return entry


def correct(hua: Hand, entry_id: int, to_hours: str, reason: str) -> None:
    page = hua.go(f"/office/hours/entries/{entry_id}")
    page.get_by_label("更正为多少学时").fill(to_hours)
    page.get_by_label("原因").fill(reason)
    press(hua, "更正")
    expect(page.get_by_text(reason).or_(page.get_by_text("已更正")).first).to_be_visible()


def file_of(page: Page) -> str:
    """The text of the PDF that the page offers."""
    address = page.get_by_role("link", name="下载 PDF").get_attribute("href")
    answer = page.context.request.get(str(address))
    assert answer.headers["content-type"] == "application/pdf"
    return text_of(answer.body())


def test_hr_closes_the_archives_of_a_year_and_amends_one_and_the_verification_page_tells_both(
    at: Callable[..., Hand],
    app: Flask,
    make_session: MakeSession,
    session: Session,
    cast: SimpleNamespace,
    year: HourEntry,
) -> None:
    hua, lin, anybody = at("hua", "pc"), at("lin"), at("bo")

    # HR closes 2026 for everybody
    page = hua.go("/office")
    hua.tap(page.get_by_role("link", name="学习档案").first)
    page.get_by_label("哪一年").first.fill("2026")
    keep(page, "archive-office-pc")
    press(hua, "封存")
    expect(page.get_by_text("开始封存")).to_be_visible()
    run_due(make_session, KINDS, app.extensions)
    expect(page.get_by_text(f"已封存 {len(vars(cast))} 人的 2026 年学习档案")).to_be_visible(timeout=15_000)
    page = hua.go("/office/archives")
    expect(page.get_by_text(re.compile(f"{len(vars(cast))} 人，"))).to_be_visible()
    keep(page, "archive-office-closed-pc")

    # lin sees it closed, with its number, as a paper and as a page anybody can open
    page = lin.go("/me")
    lin.tap(page.get_by_role("link", name=re.compile("学习档案")).first)
    lin.tap(page.get_by_role("link", name="2026 年"))
    expect(page.get_by_text("已封存，第 1 版")).to_be_visible()
    expect(page.get_by_text("湖溪村")).to_be_visible()
    keep(page, "archive-own-phone")
    session.expire_all()
    first = archives.find_newest(session, cast.lin.id, 2026)
    assert first is not None
    serial = archives.find_certificate(session, first).serial
    expect(page.get_by_text(re.compile(serial))).to_be_visible()
    assert serial in file_of(page)
    verification = str(page.get_by_role("link", name="核验页").get_attribute("href"))
    seen = anybody.go(verification)
    expect(seen.get_by_text("有效", exact=True)).to_be_visible()
    expect(seen.get_by_text(serial)).to_be_visible()
    keep(seen, "archive-verified-phone")

    # the second lesson was credited twice over: HR corrects the ledger, and then the archive by a numbered amendment
    correct(hua, year.id, "50", "与网络学院记录不符")
    page = hua.go("/office/archives")
    page.get_by_label("工号").fill("lin")
    press(hua, "打开档案")
    hua.tap(page.get_by_role("link", name="2026 年"))
    page.get_by_label("更正原因").fill("网络学院来函，更正一门课的学时")
    keep(page, "archive-person-pc")
    press(hua, "发新版")
    expect(page.get_by_text("已发第 2 版")).to_be_visible()
    keep(page, "archive-amended-pc")

    # lin is told, sees what differs; the former paper says so itself
    page = lin.go("/notices")
    lin.tap(page.get_by_role("button", name=re.compile("2026 年学习档案有第 2 版")).first)
    expect(page.get_by_text("已封存，第 2 版")).to_be_visible()
    expect(page.get_by_text("网络自学：57.5 → 52 学时")).to_be_visible()
    keep(page, "archive-own-amended-phone")
    assert "网络学院来函" in file_of(page)
    newest = str(page.get_by_role("link", name="核验页").get_attribute("href"))
    assert newest != verification
    seen = anybody.go(verification)
    expect(seen.get_by_text(re.compile("已更正，以第 2 版为准"))).to_be_visible()
    keep(seen, "archive-replaced-phone")
    seen = anybody.go(newest)
    expect(seen.get_by_text("有效", exact=True)).to_be_visible()
    expect(seen.get_by_text(re.compile("第 2 版，更正原因：网络学院来函"))).to_be_visible()
    for hand in (hua, lin, anybody):
        assert hand.faults == []


def test_the_ledger_closes_a_year_carries_over_and_follows_a_later_correction(
    at: Callable[..., Hand],
    make_session: MakeSession,
    session: Session,
    cast: SimpleNamespace,
    year: HourEntry,
    travelling: time_machine.Traveller,
) -> None:
    hua, lin = at("hua", "pc"), at("lin")
    page = hua.go("/office/hours/rules")
    expect(page.get_by_text("还没有结转的年度")).to_be_visible()
    expect(lin.go("/hours").get_by_text("2026 年结转")).to_have_count(0)

    travelling.move_to(FEBRUARY)
    assert hours.close_due(make_session, FEBRUARY) == 1
    hua, lin = at("hua", "pc"), at("lin")  # the sign-ins of January are over
    page = hua.go("/office/hours/rules")
    line = page.get_by_role("row").filter(has_text="2026 年")
    expect(line.get_by_text("7.5", exact=True)).to_be_visible()
    keep(page, "hours-closed-pc")
    page = lin.go("/hours")
    expect(page.get_by_text("2026 年结转").first).to_be_visible()
    page.get_by_text("怎么算的", exact=True).first.click()
    keep(page, "hours-carried-phone")

    # a correction of the closed year is a further entry there, and what was carried follows
    correct(hua, year.id, "50", "与网络学院记录不符")
    assert hours.close_due(make_session, clock.now()) == 0
    page = lin.go("/hours")
    line = page.locator(".ledger-line").filter(has_text="更正")
    line.get_by_text("怎么算的").click()
    expect(line.get_by_text("2026 年的学时有更正")).to_be_visible()
    expect(line.get_by_text("累计 2", exact=True)).to_be_visible()
    keep(page, "hours-carried-again-phone")
    session.rollback()
    sums = hours.verify(session)
    assert sums.holds
    for hand in (hua, lin):
        assert hand.faults == []
