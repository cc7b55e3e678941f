"""What a person wants to be told, and the address mails go to."""

import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys
from lms.errors import Conflict, Invalid, TooMany
from lms.notices import queries
from lms.notices.channel_rules import ChannelKind
from lms.notices.models import Delivery, NoticeSettings
from lms.notices.services import wishes
from tests.notices.making import MONDAY, channel
from tests.support.web import Web

ADDRESS = "linxiao@example.cn"


@pytest.fixture(autouse=True)
def monday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def mail(session: Session, keys: Keys) -> None:
    channel(session, keys, ChannelKind.EMAIL, 1)


def code_in(session: Session, keys: Keys) -> str:
    newest = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
    (code,) = re.findall(r"\d{6}", keys.unseal("phone", newest.text_sealed))
    return str(code)


@pytest.mark.usefixtures("mail")
def test_an_address_is_used_once_its_owner_has_typed_the_code(
    session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    wishes.ask_code(session, cast.lin.id, ADDRESS, keys=keys, now=MONDAY)
    kept = session.get_one(NoticeSettings, cast.lin.id)
    assert kept.email_confirmed_at is None
    assert ADDRESS not in str(kept.email_sealed)
    code = code_in(session, keys)
    assert wishes.confirm(session, cast.lin.id, "000000" if code != "000000" else "1", keys=keys, now=MONDAY) is False
    session.expire_all()
    assert wishes.confirm(session, cast.lin.id, f" {code} ", keys=keys, now=MONDAY) is True
    session.expire_all()
    assert kept.email_confirmed_at == MONDAY
    with pytest.raises(Conflict):
        wishes.confirm(session, cast.lin.id, code, keys=keys, now=MONDAY)


@pytest.mark.usefixtures("mail")
def test_a_code_has_five_tries_and_half_an_hour_and_is_one_person_s(
    session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    wishes.ask_code(session, cast.lin.id, ADDRESS, keys=keys, now=MONDAY)
    code = code_in(session, keys)
    wishes.ask_code(session, cast.bo.id, "bo@example.cn", keys=keys, now=MONDAY)
    other = code_in(session, keys)
    assert wishes.confirm(session, cast.bo.id, code, keys=keys, now=MONDAY) is (code == other)
    with pytest.raises(Conflict):
        wishes.confirm(session, cast.lin.id, code, keys=keys, now=MONDAY + timedelta(minutes=31))
    for _ in range(5):
        session.expire_all()
        wishes.confirm(session, cast.lin.id, "wrong", keys=keys, now=MONDAY)
    with pytest.raises(Conflict):
        wishes.confirm(session, cast.lin.id, code, keys=keys, now=MONDAY)


@pytest.mark.usefixtures("mail")
def test_a_code_goes_out_once_in_two_minutes(session: Session, cast: SimpleNamespace, keys: Keys) -> None:
    wishes.ask_code(session, cast.lin.id, ADDRESS, keys=keys, now=MONDAY)
    with pytest.raises(TooMany):
        wishes.ask_code(session, cast.lin.id, ADDRESS, keys=keys, now=MONDAY + timedelta(seconds=119))
    wishes.ask_code(session, cast.lin.id, ADDRESS, keys=keys, now=MONDAY + timedelta(minutes=2, seconds=1))


@pytest.mark.usefixtures("mail")
@pytest.mark.parametrize(
    "address", ["", "lin", "lin@", "@a.cn", "lin@a", "a@b.cn\r\nBcc: c@d.cn", "a b@c.cn", f"{'a' * 250}@b.cn"]
)
def test_what_is_no_address_is_refused(session: Session, cast: SimpleNamespace, keys: Keys, address: str) -> None:
    with pytest.raises(Invalid):
        wishes.ask_code(session, cast.lin.id, address, keys=keys, now=MONDAY)


def test_a_site_without_mail_takes_no_address(session: Session, cast: SimpleNamespace, keys: Keys) -> None:
    with pytest.raises(Conflict):
        wishes.ask_code(session, cast.lin.id, ADDRESS, keys=keys, now=MONDAY)


@pytest.mark.usefixtures("mail")
def test_the_page_keeps_switches_masks_the_address_and_forgets_it(
    web: Web, session: Session, keys: Keys, cast: SimpleNamespace
) -> None:
    lin, bo = web.as_("lin"), web.as_("bo")
    lin.get("/me/notices")
    lin.post("/me/notices", {"is_quiet": "y", "email_reminders": "y"})
    kept = queries.find_settings(session, cast.lin.id)
    assert kept is not None
    assert (kept.is_quiet, kept.email_reminders, kept.email_announcements) == (True, True, False)
    assert queries.find_settings(session, cast.bo.id) is None
    lin.post("/me/notices/email", {"address": "nonsense"}, 422)
    lin.post("/me/notices/email", {"address": ADDRESS})
    page = lin.get("/me/notices").get_data(as_text=True)
    assert "l***@example.cn" in page
    assert ADDRESS not in page
    assert "等待确认" in page
    lin.post("/me/notices/email/confirmation", {"code": "1"})
    lin.post("/me/notices/email/confirmation", {"code": code_in(session, keys)})
    assert "已确认" in lin.get("/me/notices").get_data(as_text=True)
    lin.post("/me/notices/email/removal")
    session.expire_all()
    assert (kept.email_sealed, kept.email_reminders, kept.is_quiet) == (None, False, True)
    bo.post("/me/notices/email/confirmation", {"code": "1"}, 409)
    assert clock.now() == MONDAY
