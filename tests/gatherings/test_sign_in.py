"""The rotating code: what a scan is worth, when, and for whom."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import clock
from lms.demo.cast import PASSWORD, SOUTH_BRANCH
from lms.gatherings import code_rules, queries
from lms.gatherings.code_rules import Stamp
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.rules import Mark, VisitState, Way
from lms.people.guard import COOKIE
from lms.people.models import Person
from lms.people.services import sign_in
from lms.people.services.passwords import hash_password
from tests.gatherings.north import AFTER, DURING, member, theme_day
from tests.support.web import Web


def code_of(web: Web, gathering: Any, at: datetime | None = None) -> str:
    """The address that the screen shows at the instant."""
    stamp = code_rules.shown_at(gathering.id, at or clock.now())
    return f"/roll/{stamp.sealed(web.app.extensions['keys'].mac('cookie', stamp.code_text))}"


def entry_of(session: Session, gathering: Gathering, person: Person) -> Entry | None:
    session.expire_all()
    return queries.find_entry(session, gathering.id, person.id)


@pytest.mark.usefixtures("friday")
def test_a_scan_leads_to_one_button_and_the_button_to_one_entry(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    lin = web.as_("lin")
    page = lin.follow(lin.get(code_of(web, gathering), 303))
    buttons = re.findall(r"<button[^>]*>(.*?)</button>", page.get_data(as_text=True))
    assert buttons == ["签到"]
    assert entry_of(session, gathering, cast.lin) is None
    assert "已签到" in lin.follow(lin.post("/roll/entry")).get_data(as_text=True)
    lin.post("/roll/entry")
    entry = entry_of(session, gathering, cast.lin)
    assert entry is not None
    assert (entry.mark, entry.way, entry.scanned_at) == (Mark.PRESENT, Way.QR, DURING)


def test_an_old_code_is_refused_and_sets_no_cookie(
    web: Web, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    url = code_of(web, gathering)
    friday.move_to(DURING + timedelta(seconds=31))
    lin = web.as_("lin")
    answer = lin.get(url, 409)
    assert "Set-Cookie" not in answer.headers or "lms_scan" not in answer.headers["Set-Cookie"]
    lin.post("/roll/entry", status=409)


def test_a_forwarded_link_is_worthless_to_the_browser_that_did_not_scan(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    url = code_of(web, gathering)
    lin, bo = web.as_("lin"), web.as_("bo")
    lin.get(url, 303)
    friday.move_to(DURING + timedelta(minutes=2))
    bo.get(url, 409)
    bo.get("/roll", 409)
    bo.post("/roll/entry", status=409)
    lin.post("/roll/entry")
    assert (entry_of(session, gathering, cast.bo), entry_of(session, gathering, cast.lin) is None) == (None, False)


def test_opening_the_scanned_page_again_keeps_the_first_scan(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    url, lin = code_of(web, gathering), web.as_("lin")
    lin.get(url, 303)
    friday.move_to(DURING + timedelta(minutes=5))
    lin.get(url, 303)
    lin.post("/roll/entry")
    assert entry_of(session, gathering, cast.lin).scanned_at == DURING  # type: ignore[union-attr]


def test_a_scan_counts_for_ten_minutes(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    lin = web.as_("lin")
    lin.get(code_of(web, gathering), 303)
    friday.move_to(DURING + timedelta(minutes=10, seconds=1))
    lin.post("/roll/entry", status=409)
    assert entry_of(session, gathering, cast.lin) is None


def test_neither_a_code_nor_a_scan_can_be_made_up(
    web: Web, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    lin, stamp = web.as_("lin"), Stamp(gathering.id, int(DURING.timestamp()))
    keys = web.app.extensions["keys"]
    lin.get(f"/roll/{stamp.sealed('0' * 64)}", 409)
    for forged in (stamp.sealed("0" * 64), stamp.sealed(keys.mac("cookie", stamp.code_text)), "x"):
        lin.client.set_cookie("lms_scan", forged, domain="localhost")
        lin.post("/roll/entry", status=409)
    lin.client.set_cookie("lms_scan", stamp.sealed(keys.mac("cookie", stamp.scan_text)), domain="localhost")
    lin.post("/roll/entry")


@pytest.mark.usefixtures("friday")
def test_who_scans_before_signing_in_is_sent_back_to_the_button(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    stranger = Web(web.app, session)
    assert stranger.get(code_of(web, gathering), 303).headers["Location"] == "/roll"
    assert stranger.get("/roll", 303).headers["Location"] == "/login?next=/roll"


def test_the_moment_of_the_scan_decides_when_the_roll_is_closed_meanwhile(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    lin, chen = web.as_("lin"), web.as_("chen")
    lin.get(code_of(web, gathering), 303)
    friday.move_to(DURING + timedelta(minutes=1))
    chen.post(f"/gatherings/desk/{gathering.id}/roll/closing")
    assert entry_of(session, gathering, cast.lin).mark is Mark.ABSENT  # type: ignore[union-attr]
    lin.post("/roll/entry")
    assert entry_of(session, gathering, cast.lin).mark is Mark.PRESENT  # type: ignore[union-attr]
    bo = web.as_("bo")
    bo.get(code_of(web, gathering), 303)
    bo.post("/roll/entry", status=409)


@pytest.mark.usefixtures("friday")
def test_a_member_of_another_branch_is_offered_to_be_a_visitor_and_sees_no_record(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    dana, chen = web.as_("dana"), web.as_("chen")
    page = dana.follow(dana.get(code_of(web, gathering), 303)).get_data(as_text=True)
    assert "以来访人员登记" in page
    assert "等组织者确认" in dana.follow(dana.post("/roll/entry")).get_data(as_text=True)
    dana.get(f"/gatherings/{gathering.id}", 404)
    assert "1 位来访人员待确认" in chen.get(f"/gatherings/desk/{gathering.id}/display").get_data(as_text=True)
    entry = entry_of(session, gathering, cast.dana)
    assert entry is not None
    chen.post(f"/gatherings/desk/{gathering.id}/visits/{entry.id}/confirmation")
    assert entry_of(session, gathering, cast.dana).visit is VisitState.CONFIRMED  # type: ignore[union-attr]
    assert "来访已确认" in dana.get("/roll").get_data(as_text=True)


def test_the_screen_changes_its_code_counts_and_stops(
    web: Web, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    chen, lin = web.as_("chen"), web.as_("lin")
    url = f"/gatherings/desk/{gathering.id}/display/code"

    def picture() -> str:
        found = re.search(r'src="(data:image/svg\+xml[^"]+)"', chen.get(url).get_data(as_text=True))
        assert found
        return found[1]

    first = picture()
    friday.move_to(DURING + timedelta(seconds=4))
    assert picture() == first
    friday.move_to(DURING + timedelta(seconds=5))
    assert picture() != first
    lin.get(code_of(web, gathering), 303)
    lin.post("/roll/entry")
    assert "<b>1</b> / 5" in chen.get(url).get_data(as_text=True)
    friday.move_to(AFTER)
    chen.post(f"/gatherings/desk/{gathering.id}/roll/closing")
    answer = chen.get(url)
    assert answer.headers["X-Stop"] == "1"
    assert "data:image" not in answer.get_data(as_text=True)


class Phone:
    """A browser that presses what the page shows: light enough for a hundred of them at once."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self.client = app.test_client()
        if token:
            self.client.set_cookie(COOKIE, token, domain="localhost")

    def scan(self, url: str) -> int:
        return self.client.get(url).status_code

    def press(self, url: str = "/roll/entry", page: str = "/roll", **data: str) -> tuple[int, str]:
        found = re.search(r'<meta name="csrf-token" content="(\w+)">', self.client.get(page).get_data(as_text=True))
        assert found
        answer = self.client.post(url, data={"csrf_token": found[1], **data})
        return answer.status_code, answer.headers.get("Location", "")


def test_the_drill_of_a_hundred_members(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, friday: time_machine.Traveller
) -> None:
    """100 of North sign in within 20 s, 10 of them twice, 10 of them after signing in first; 10 more hold a code that is over, 5 of South
    scan North's code, 5 more of North scan South's. Right entries only."""
    hashed = hash_password(PASSWORD)
    crowd = [member(session, f"n{n:03}", commit=False) for n in range(115)]
    visitors = [member(session, f"s{n:03}", where=SOUTH_BRANCH, commit=False) for n in range(5)]
    for person in crowd[:10]:
        person.password_hash, person.password_set_at = hashed, DURING
    south = theme_day(session, cast.mei, owner=SOUTH_BRANCH)
    north, other = SimpleNamespace(id=gathering.id), SimpleNamespace(id=south.id)
    tokens = {p.id: sign_in.begin(session, p, device="test", hours=12, now=DURING) for p in [*crowd[10:], *visitors]}
    session.commit()
    phones = {person_id: Phone(web.app, token) for person_id, token in tokens.items()}
    ids, numbers = [person.id for person in crowd], [person.staff_no for person in crowd]
    guests = [person.id for person in visitors]
    over = code_of(web, north, DURING - timedelta(seconds=40))

    def scan_and_press(number: int) -> None:
        phone = phones[ids[number]]
        assert phone.scan(code_of(web, north)) == 303
        for _ in range(2 if number < 20 else 1):
            assert phone.press() == (303, "/roll")

    def sign_in_between(number: int) -> None:
        phone = Phone(web.app)
        assert phone.scan(code_of(web, north)) == 303
        login = phone.client.get("/roll").headers["Location"]
        assert login == "/login?next=/roll"
        assert phone.press("/login", login, username=numbers[number], password=PASSWORD, next="/roll") == (303, "/roll")
        assert phone.press() == (303, "/roll")

    friday.move_to(DURING)
    for number in range(10):
        sign_in_between(number)
    with ThreadPoolExecutor(8) as pool:
        for tenth in range(9):  # the codes on the screen change while people press
            friday.move_to(DURING + timedelta(seconds=2 * tenth + 2))
            list(pool.map(scan_and_press, range(10 + 10 * tenth, 20 + 10 * tenth)))
    for person_id in ids[100:110]:
        assert phones[person_id].scan(over) == 409
        assert phones[person_id].press()[0] == 409
    for person_id in ids[110:]:
        phones[person_id].scan(code_of(web, other))
        assert phones[person_id].press() == (303, "/roll")
    for person_id in guests:
        phones[person_id].scan(code_of(web, north))
        assert phones[person_id].press() == (303, "/roll")

    session.expire_all()
    north_entries = queries.list_entries(session, north.id)
    assert {e.person_id for e in north_entries if e.visit is None} == set(ids[:100])
    assert {e.person_id for e in north_entries if e.visit is VisitState.ASKED} == set(guests)
    assert len(north_entries) == 105
    assert {e.person_id for e in queries.list_entries(session, other.id)} == set(ids[110:])
    assert {e.visit for e in queries.list_entries(session, other.id)} == {VisitState.ASKED}
    count = queries.roll_of(session, gathering).count
    assert (count.due, count.present, count.others) == (5 + 115, 100, 0)


def test_a_code_that_lived_longer_would_be_taken_from_whoever_it_was_forwarded_to(
    web: Web, gathering: Gathering, friday: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control of the drill: weaken the rule, and the old code is let in."""
    url = code_of(web, gathering)
    friday.move_to(DURING + timedelta(seconds=40))
    bo = web.as_("bo")
    bo.get(url, 409)
    monkeypatch.setattr(code_rules, "VALID_SECONDS", 60)
    bo.get(url, 303)


def test_the_schema_itself_refuses_a_second_entry(
    session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    for _ in range(2):
        session.add(
            Entry(gathering_id=gathering.id, person_id=cast.lin.id, mark=Mark.PRESENT, way=Way.TAP, marked_at=DURING)
        )
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.usefixtures("friday")
def test_fifty_parallel_repeats_of_a_sign_in_make_one_entry_and_the_same_answer(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering
) -> None:
    lin = web.as_("lin")
    lin.get(code_of(web, gathering), 303)
    data = {"csrf_token": lin.csrf_token(), "operation_id": "one-press"}
    scan = lin.client.get_cookie("lms_scan")
    own = lin.client.get_cookie("lms_session")
    assert scan
    assert own

    def press(_: int) -> tuple[int, str]:
        client = web.app.test_client()
        client.set_cookie("lms_scan", scan.value, domain="localhost")
        client.set_cookie("lms_session", own.value, domain="localhost")
        answer = client.post("/roll/entry", data=data)
        return answer.status_code, answer.headers.get("Location", "")

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(press, range(50)))
    assert answers == {(303, "/roll")}
    assert session.scalar(select(func.count()).select_from(Entry)) == 1


@pytest.mark.usefixtures("friday")
@pytest.mark.parametrize("with_operation", [True, False], ids=["one operation", "many operations"])
def test_fifty_parallel_repeats_of_a_tap_make_one_entry(
    web: Web, session: Session, cast: SimpleNamespace, gathering: Gathering, with_operation: bool
) -> None:
    chen = web.as_("chen")
    own, token = chen.client.get_cookie("lms_session"), chen.csrf_token()
    assert own
    body = {"taps": [{"person": cast.lin.id, "option": "present", "seen": ""}]}

    def send(number: int) -> tuple[int, str]:
        client = web.app.test_client()
        client.set_cookie("lms_session", own.value, domain="localhost")
        operation = "tap" if with_operation else f"tap-{number}"
        headers = {"X-CSRF-Token": token, "X-Operation-Id": operation}
        answer = client.post(f"/api/gatherings/{gathering.id}/marks", json=body, headers=headers)
        return answer.status_code, answer.get_data(as_text=True) if with_operation else ""

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(50)))
    assert set(answers) == ({(200, '{"saved":1}')} if with_operation else {(200, "")})
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Entry)) == 1
    assert len([line for line in queries.list_changes(session, gathering.id) if line.change.act == "roll"]) == 1
