"""A theme day from the secretary's plan to its locked minutes on a phone, the code on the screen, and a roll taken without network."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession
from lms.gatherings import code_rules, queries
from lms.gatherings.jobs import lock_due
from lms.gatherings.models import Change, Entry, Gathering
from lms.gatherings.rules import Mark
from lms.people.guard import COOKIE
from lms.people.services import sign_in
from lms.themedays.jobs import bring_packs
from lms.themedays.services import settle_make_ups
from tests.browser.conftest import VIEWS, keep
from tests.gatherings.north import AFTER, DURING, LONG_AFTER, NOON, theme_day
from tests.themedays import december

DESK = "/gatherings/desk"


@dataclass
class Hand:
    """Somebody at a browser who counts taps and typed characters."""

    page: Page
    taps: int = 0
    typed: int = 0
    faults: list[str] = field(default_factory=list)

    def tap(self, target: Locator) -> None:
        target.tap()
        self.taps += 1

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)
        self.typed += len(text)

    def go(self, path: str) -> Page:
        self.page.goto(path)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{path} scrolls sideways by {wide} px"
        return self.page


@pytest.fixture
def at(chromium: Browser, address: str, session: Session, cast: SimpleNamespace) -> Iterator[Callable[..., Hand]]:
    """`at("chen")`: that member of the cast at a phone; `at("chen", "pc")` at a PC."""
    opened = []

    def sit_down(name: str, view: str = "phone") -> Hand:
        token = sign_in.begin(session, getattr(cast, name), device=view, hours=300, now=clock.now())
        session.commit()
        width, height = VIEWS[view]
        context = chromium.new_context(
            base_url=address, viewport={"width": width, "height": height}, has_touch=True, locale="zh-CN"
        )
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        opened.append(context)
        hand = Hand(context.new_page())
        hand.page.on("console", lambda m: hand.faults.append(m.text) if m.type == "error" else None)
        hand.page.on("pageerror", lambda e: hand.faults.append(str(e)))
        return hand

    yield sit_down
    for context in opened:
        context.close()


@pytest.fixture
def travelling() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=True) as traveller:
        yield traveller


def line(page: Page, person_id: int, option: str) -> Locator:
    """The button of one person's line of the roll."""
    return page.locator(f"[data-person='{person_id}'] input[type=radio][value='{option}']")


def test_a_theme_day_takes_twelve_taps_and_nothing_typed_beyond_its_minutes(
    at: Callable[..., Hand],
    session: Session,
    make_session: MakeSession,
    cast: SimpleNamespace,
    travelling: time_machine.Traveller,
) -> None:
    """From the month as the committee's pack brings it to a locked record, every tap counted."""
    december.publish(session, december.draft(session, cast.wen, december.shelf(session)), cast.wen)
    bring_packs(make_session, NOON)
    chen = at("chen")
    page = chen.go("/")
    chen.tap(page.locator("nav.bottom").get_by_role("link", name="支部"))
    chen.tap(page.get_by_role("link", name="本月主题党日"))
    expect(page.get_by_role("heading", level=1)).to_have_text("12月主题党日")
    keep(page, "themeday-month-phone")
    chen.tap(page.get_by_role("button", name="就这样安排"))
    expect(page.get_by_text("已安排在 12月4日")).to_be_visible()
    keep(page, "themeday-planned-phone")

    travelling.move_to(DURING)
    page = chen.go("/")
    chen.tap(page.get_by_role("link", name=re.compile("去点名")))
    chen.tap(page.get_by_role("link", name="点名", exact=True))
    chen.tap(page.get_by_role("button", name="全部到会"))
    chen.tap(line(page, cast.bo.id, "leave-official"))
    expect(page.locator("[data-roll-said]")).to_have_text("已全部保存。")
    keep(page, "gatherings-roll-phone")
    chen.tap(page.get_by_role("button", name="结束点名，去写记录"))
    expect(page.get_by_text("应到 5 人，实到 4 人")).to_be_visible()
    chen.tap(page.get_by_label("主要内容"))
    minutes = "学习了全会精神，讨论了批而未供土地清理，决定月底前排出清单。"
    chen.type(minutes)
    keep(page, "gatherings-minutes-phone")
    chen.tap(page.get_by_role("button", name="保存记录"))
    expect(page.get_by_text(minutes)).to_be_visible()
    keep(page, "gatherings-record-phone")

    made = session.scalars(select(Gathering)).one()
    assert lock_due(make_session, LONG_AFTER) == 1
    session.refresh(made)
    expect(chen.go(f"/themedays/{made.branch_id}/2026-12").get_by_text("3 / 3 已完成")).to_be_visible()
    assert (made.locked_at, made.present_count, made.leave_count) == (made.locks_at, 4, 1)
    assert chen.taps <= 12, chen.taps
    assert chen.typed - len(minutes) <= 40
    assert chen.faults == []


@pytest.fixture
def gathering(session: Session, cast: SimpleNamespace, travelling: time_machine.Traveller) -> Gathering:
    made = theme_day(session, cast.chen)
    travelling.move_to(DURING)
    return made


def shown_code(app: Flask, gathering: Gathering) -> str:
    stamp = code_rules.shown_at(gathering.id, clock.now())
    return f"/roll/{stamp.sealed(app.extensions['keys'].mac('cookie', stamp.code_text))}"


@pytest.mark.parametrize("view", ["pc", "phone"])
def test_the_screen_changes_its_code_and_counts_who_signs_in(
    app: Flask, at: Callable[..., Hand], session: Session, cast: SimpleNamespace, gathering: Gathering, view: str
) -> None:
    chen, lin = at("chen", view), at("lin")
    screen = chen.go(f"{DESK}/{gathering.id}/display")
    picture = screen.locator(".display-code")
    first = picture.get_attribute("src")
    box = picture.bounding_box()
    assert box
    assert box["width"] >= (260 if view == "phone" else 400)
    lin.go(shown_code(app, gathering))
    expect(lin.page.get_by_role("button")).to_have_text(["签到"])
    keep(lin.page, "gatherings-sign-in")
    lin.tap(lin.page.get_by_role("button", name="签到"))
    expect(lin.page.get_by_text("已签到")).to_be_visible()
    expect(screen.locator(".display-count b")).to_have_text("1", timeout=15_000)
    expect(screen.locator(".display-latest")).to_contain_text("林晓")
    assert screen.locator(".display-code").get_attribute("src") != first
    keep(screen, f"gatherings-display-{view}")
    assert chen.faults == lin.faults == []


def test_a_roll_without_network_stays_on_the_device_and_is_sent_once(
    at: Callable[..., Hand], session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    chen = at("chen")
    page = chen.go(f"{DESK}/{gathering.id}/roll")
    said = page.locator("[data-roll-said]")
    page.context.set_offline(True)
    chen.tap(page.get_by_role("button", name="全部到会"))
    chen.tap(line(page, cast.bo.id, "absent"))
    expect(said).to_contain_text("存在本机", timeout=10_000)
    chen.tap(page.get_by_role("button", name="结束点名，去写记录"))
    expect(said).to_contain_text("然后再结束点名")
    keep(page, "gatherings-roll-offline")
    assert session.scalar(select(func.count()).select_from(Entry)) == 0

    page.close()  # the phone is put away; the roll is still on it
    page.context.set_offline(False)
    page = page.context.new_page()
    page.goto(f"{DESK}/{gathering.id}/roll")
    expect(page.locator("[data-roll-said]")).to_have_text("已全部保存。", timeout=15_000)
    expect(line(page, cast.bo.id, "absent")).to_be_checked()
    page.reload()
    expect(line(page, cast.lin.id, "present")).to_be_checked()
    session.rollback()
    marks = {row.person_id: row.mark for row in queries.list_entries(session, gathering.id)}
    assert marks == {p.id: Mark.PRESENT for p in (cast.lin, cast.chen, cast.ed, cast.ada)} | {cast.bo.id: Mark.ABSENT}
    told = session.scalars(select(Change.detail).where(Change.act == "roll")).all()
    assert sum(len(detail["marks"]) for detail in told) == 5 + (len(told) - 1), "nothing was sent twice"


def test_a_tap_whose_answer_was_lost_is_sent_again_without_a_second_effect(
    at: Callable[..., Hand], session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    chen = at("chen")
    page = chen.go(f"{DESK}/{gathering.id}/roll")
    lost = []

    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        lost.append(route.request.headers["x-operation-id"])  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route(
        "**/marks", lambda route: lose(route) if route.request.method == "POST" and len(lost) < 2 else route.continue_()
    )
    chen.tap(line(page, cast.lin.id, "present"))
    expect(page.locator("[data-roll-said]")).to_have_text("已全部保存。", timeout=20_000)
    assert len(set(lost)) == 1
    assert len(lost) == 2
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Change).where(Change.act == "roll")) == 1


def test_the_roll_shows_who_signed_in_meanwhile(
    app: Flask, at: Callable[..., Hand], session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    chen, lin = at("chen", "pc"), at("lin")
    page = chen.go(f"{DESK}/{gathering.id}/roll")
    lin.go(shown_code(app, gathering))
    lin.tap(lin.page.get_by_role("button", name="签到"))
    expect(line(page, cast.lin.id, "present")).to_be_checked(timeout=15_000)
    expect(page.locator("[data-count=present]")).to_have_text("1")
    keep(page, "gatherings-roll-pc")
    assert gathering.starts_at + timedelta(hours=2) == gathering.ends_at


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_the_pages_of_the_month_fit_on_phone_and_pc(
    at: Callable[..., Hand],
    session: Session,
    make_session: MakeSession,
    cast: SimpleNamespace,
    travelling: time_machine.Traveller,
    view: str,
) -> None:
    pack = december.draft(session, cast.wen, december.shelf(session))
    wen, chen, bo = at("wen", view), at("chen", view), at("bo", view)
    keep(wen.go(f"/office/packs/{pack.id}"), f"themeday-pack-{view}")
    keep(wen.go(f"/office/packs/{pack.id}/preview"), f"themeday-preview-{view}")
    december.publish(session, pack, cast.wen)
    bring_packs(make_session, NOON)
    keep(wen.go("/office/packs"), f"themeday-packs-{view}")
    month = f"/themedays/{december.branch(session).id}"
    page = chen.go(f"{month}/2026-12")
    page.get_by_text("改时间、地点，或者分开办").click()
    keep(page, f"themeday-open-{view}")
    held = december.plan(session, cast.chen)
    december.hold(session, held, cast.chen, absent=(cast.bo,))
    settle_make_ups(make_session, AFTER)
    travelling.move_to(AFTER)
    for name, path in {"held": "/2026-12", "part": "/2026-12/parts/practice", "year": "/year/2026"}.items():
        keep(chen.go(f"{month}{path}"), f"themeday-{name}-{view}")
    keep(bo.go("/themedays/make-ups"), f"themeday-make-ups-{view}")
    keep(bo.go("/themedays"), f"themeday-member-{view}")
    assert wen.faults == chen.faults == bo.faults == []


@pytest.mark.parametrize("view", ["phone", "pc"])
def test_every_page_fits_and_says_nothing_to_the_console(
    at: Callable[..., Hand], gathering: Gathering, view: str
) -> None:
    chen, lin = at("chen", view), at("lin", view)
    pages = {
        "desk": DESK,
        "record": f"{DESK}/{gathering.id}",
        "plan": f"{DESK}/{gathering.id}/plan",
        "sheet": f"{DESK}/{gathering.id}/sheet",
    }
    pages |= {
        "minutes": f"{DESK}/{gathering.id}/minutes",
        "decisions": f"{DESK}/decisions",
        "new-committee": f"{DESK}/new/committee",
    }
    for name, path in pages.items():
        keep(chen.go(path), f"gatherings-{name}-{view}-view")
    for name, path in {"mine": "/gatherings", "show": f"/gatherings/{gathering.id}"}.items():
        keep(lin.go(path), f"gatherings-{name}-{view}-view")
    assert chen.faults == lin.faults == []
