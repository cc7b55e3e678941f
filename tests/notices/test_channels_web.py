"""The office page of the channels: set up, test, switch, and what is dead; no secret ever comes back."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.config import Keys
from lms.notices.channel_rules import ChannelKind, DeliveryState
from lms.notices.models import Channel, Delivery
from lms.notices.services import sending
from tests.notices.making import channel, put
from tests.support.web import Web

PLACE = "/office/channels"
URL = "https://qyapi.example/cgi-bin/webhook/send?key=the-secret-key"
ROBOT = {"name": "局机关群", "per_minute": "20", "place": "", "url": URL, "secret": "a-secret-of-16-characters"}
MAIL = {
    "name": "邮件", "per_minute": "60", "host": "smtp.example.cn", "port": "587", "tls": "starttls",
    "sender": "jiangtai@example.cn", "user": "jiangtai", "password": "pa55word-of-mail",
}  # fmt: skip
SECRETS = ("the-secret-key", "a-secret-of-16-characters", "pa55word-of-mail")


def test_b34_secrets_are_taken_and_never_shown_again_nor_audited(web: Web, session: Session, keys: Keys) -> None:
    sun = web.as_("sun")
    for kind, facts in (("generic", ROBOT), ("email", MAIL)):
        sun.get(f"{PLACE}/new?kind={kind}")
        sun.post(f"{PLACE}?kind={kind}", facts)
    made = session.scalars(select(Channel).order_by(Channel.id)).all()
    assert [sending.secret_of(each, keys) for each in made] == [
        {"url": URL, "secret": "a-secret-of-16-characters"},
        {"password": "pa55word-of-mail"},
    ]
    pages = [sun.get(PLACE), *(sun.get(f"{PLACE}/{each.id}") for each in made)]
    told = "".join(page.get_data(as_text=True) for page in pages)
    told += str([record.detail for record in session.scalars(select(AuditRecord))])
    told += str([each.config for each in made])
    assert [secret for secret in SECRETS if secret in told] == []
    assert "qyapi.example" in told


def test_a_change_without_secrets_keeps_them_and_with_them_replaces_them(
    web: Web, session: Session, keys: Keys
) -> None:
    sun = web.as_("sun")
    sun.post(f"{PLACE}?kind=generic", ROBOT)
    made = session.scalars(select(Channel)).one()
    sun.post(f"{PLACE}/{made.id}", {**ROBOT, "name": "新名字", "url": "", "secret": ""})
    session.expire_all()
    assert made.name == "新名字"
    assert sending.secret_of(made, keys)["url"] == URL
    sun.post(f"{PLACE}/{made.id}", {**ROBOT, "url": "", "secret": "another-secret-of-16"})
    session.expire_all()
    assert sending.secret_of(made, keys) == {"url": URL, "secret": "another-secret-of-16"}


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("generic", {"url": "ftp://a/b"}),
        ("generic", {"url": ""}),
        ("generic", {"secret": "short"}),
        ("generic", {"per_minute": "0"}),
        ("generic", {"place": "unit:999999"}),
        ("email", {"host": "a b"}),
        ("email", {"sender": "no"}),
        ("email", {"port": "70000"}),
        ("email", {"password": ""}),
        ("email", {"tls": "none of these"}),
    ],
)
def test_what_cannot_work_is_refused(web: Web, session: Session, kind: str, wrong: dict[str, str]) -> None:
    facts = {**(ROBOT if kind == "generic" else MAIL), **wrong}
    web.as_("sun").post(f"{PLACE}?kind={kind}", facts, 422)
    assert session.scalars(select(Channel)).all() == []


def test_a_channel_is_off_until_it_is_switched_on_and_can_be_tested_before(web: Web, session: Session) -> None:
    sun = web.as_("sun")
    sun.post(f"{PLACE}?kind=wecom", ROBOT)
    made = session.scalars(select(Channel)).one()
    assert made.is_on is False
    sun.post(f"{PLACE}/{made.id}/test")
    assert "等待发送" in sun.get(PLACE).get_data(as_text=True)
    sun.post(f"{PLACE}/{made.id}/state", {"on": "yes"})
    session.expire_all()
    assert made.is_on is True
    sun.post(f"{PLACE}/{made.id}/state", {"on": "yes"}, 409)
    sun.get(f"{PLACE}/new?kind=pigeon", 404)


def test_what_is_dead_stands_on_the_page_and_on_today_and_is_sent_again_or_given_up(
    web: Web, session: Session, keys: Keys, cast: SimpleNamespace
) -> None:
    to = channel(session, keys, ChannelKind.EMAIL, 1)
    for key in ("a", "b"):
        message = put(session, keys, to, key=key, person_id=cast.lin.id)
        message.state, message.error, message.tries = DeliveryState.DEAD, "收件地址被邮件服务器拒绝", 1
    sun = web.as_("sun")
    page = sun.get(PLACE).get_data(as_text=True)
    assert "林晓" in page
    assert "收件地址被邮件服务器拒绝" in page
    assert "周六上午停电" not in page
    assert "2" in sun.get("/office").get_data(as_text=True)
    first, second = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    sun.post(f"{PLACE}/deliveries/{first.id}/retry")
    sun.post(f"{PLACE}/deliveries/{first.id}/retry", status=404)
    sun.post(f"{PLACE}/deliveries/{second.id}/removal")
    session.expire_all()
    assert [each.state for each in session.scalars(select(Delivery))] == [DeliveryState.QUEUED]
