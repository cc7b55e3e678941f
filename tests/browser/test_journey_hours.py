"""A cadre reads on the phone why 12 minutes were not credited and files a claim; ada and hua approve; the statement shows it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession
from lms.hours import services as hours
from lms.hours.policy_rules import Subject
from lms.hours.rules import Bucket, Source
from lms.hours.services import whatif
from lms.media.jobs import KINDS
from lms.people.guard import COOKIE
from lms.people.services import sign_in
from lms.tasks.services import run_due
from tests.browser.conftest import VIEWS, keep
from tests.media import files

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TALK = {"conversion": "offline", "extent": "timed", "seconds": 6120}


@pytest.fixture
def at(chromium: Browser, address: str, session: Session, cast: SimpleNamespace) -> Iterator[Callable[..., Page]]:
    """`at("lin")`: that member of the cast at a phone; `at("ada", "pc")` at a PC. No page scrolls sideways or writes an error."""
    opened, faults = [], []

    def sit_down(name: str, view: str = "phone") -> Page:
        token = sign_in.begin(session, getattr(cast, name), device=view, hours=300, now=clock.now())
        session.commit()
        width, height = VIEWS[view]
        context = chromium.new_context(base_url=address, viewport={"width": width, "height": height}, locale="zh-CN")
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: faults.append(str(e)))
        return page

    yield sit_down
    for context in opened:
        context.close()
    assert faults == []


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def fits(page: Page, name: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 1, f"{page.url} scrolls sideways by {wide} px"
    keep(page, name)


def test_a_cadre_reads_why_twelve_minutes_were_not_credited_and_files_a_claim_that_two_approve(
    at: Callable[..., Page],
    app: Flask,
    make_session: MakeSession,
    session: Session,
    cast: SimpleNamespace,
    tmp_path: Path,
) -> None:
    hours.credit(
        session, person_id=cast.lin.id, source=Source("gathering", 1), bucket=Bucket.OFFLINE, quarters=6,
        on=date(2026, 11, 18), title="业务大讲堂：征地程序", evidence=TALK, now=NOW,
    )  # fmt: skip
    session.commit()
    certificate = tmp_path / "结业证.png"
    certificate.write_bytes(files.picture(600, 400))

    lin = at("lin")
    lin.goto("/hours")
    expect(lin.get_by_text("另有 12 分钟未计入：满 30 分钟计 0.5 学时，不满的部分不计。")).to_be_visible()
    lin.get_by_text("怎么算的", exact=True).click()
    expect(lin.get_by_text("102 分钟")).to_be_visible()
    fits(lin, "hours-own")
    lin.get_by_role("link", name="申报学时").click()
    lin.get_by_role("link", name="申报学时").click()
    lin.get_by_label("名称").fill("省厅不动产登记培训班")
    lin.get_by_label("主办单位或刊物").fill("省自然资源厅")
    lin.get_by_label("开始日期").fill("2026-11-18")
    lin.get_by_label("结束日期").fill("2026-11-19")
    lin.get_by_label("几个整天").fill("2")
    lin.get_by_label("证明材料").set_input_files(certificate)
    fits(lin, "claim-form")
    lin.get_by_role("button", name="提交").click()
    expect(lin.get_by_text("待单位审核")).to_be_visible()
    expect(lin.get_by_text("同一天另有学时")).to_be_visible()
    fits(lin, "claim-own")
    run_due(make_session, KINDS, app.extensions)

    ada = at("ada", "pc")
    ada.goto("/office")
    ada.get_by_role("link", name=re.compile("学时申报待单位审核")).click()
    fits(ada, "claims-office")
    ada.get_by_role("link", name="省厅不动产登记培训班").click()
    fits(ada, "claim-review")
    ada.get_by_role("button", name="同意", exact=True).click()
    expect(ada.get_by_text("单位已同意")).to_be_visible()

    hua = at("hua", "pc")
    hua.goto("/office/claims")
    hua.get_by_role("link", name="省厅不动产登记培训班").click()
    expect(hua.get_by_label("核定学时")).to_have_value(re.compile(r"16"))
    hua.get_by_role("button", name="同意并计入学时").click()
    expect(hua.get_by_text("学时已经计入")).to_be_visible()

    lin.goto("/hours")
    expect(lin.get_by_text("外出培训：省厅不动产登记培训班")).to_be_visible()
    expect(lin.locator(".hours-value").first).to_have_text("17.5")
    assert hours.verify(session).holds


def test_hr_tries_other_rules_on_the_year_before_they_are_issued(
    at: Callable[..., Page], app: Flask, make_session: MakeSession, session: Session, cast: SimpleNamespace
) -> None:
    day = {"conversion": "offline", "extent": "full_day"}
    hours.credit(
        session, person_id=cast.lin.id, source=Source("class", 1), bucket=Bucket.OFFLINE, quarters=32, on=date(2026, 5, 6),
        title="自然资源轮训班", evidence=day, now=NOW,
    )  # fmt: skip
    version = hours.draft(session, Subject.CONVERSION, "nanjing", by_id=cast.hua.id, now=NOW)
    session.commit()
    hua = at("hua", "pc")
    hua.goto("/office/hours/rules")
    fits(hua, "hours-rules")
    hua.goto(f"/office/hours/rules/{version.id}")
    hua.get_by_role("button", name="试算").click()
    run_due(make_session, {whatif.KIND: whatif.run}, app.extensions)
    expect(hua.get_by_text("1 人中，0 人会增加，1 人会减少")).to_be_visible(timeout=15_000)
    fits(hua, "hours-trial")
    for path, name in (("/office/hours", "hours-report"), ("/office/hours/exemptions", "hours-exemptions")):
        hua.goto(path)
        fits(hua, name)
    phone = at("hua")
    for path, name in (("/office/hours", "report"), (f"/office/hours/rules/{version.id}", "version"),
                       (f"/office/hours/people/{cast.lin.id}", "person"), ("/office/claims", "claims")):  # fmt: skip
        phone.goto(path)
        fits(phone, f"phone-hours-{name}")
