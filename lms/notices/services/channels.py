"""Set up the ways out of the house; each act is in the audit log, none of it with a secret."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.config import Keys
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.notices.channel_rules import Cause, ChannelKind, Tls
from lms.notices.models import Channel
from lms.notices.outside.webhooks import is_address
from lms.notices.services import outbox
from lms.notices.services.outbox import Draft
from lms.notices.services.sending import secret_of
from lms.people.models import Branch, Unit

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Facts:
    """What the office fills in. Of `url`, `secret` and `password` an empty one keeps what is stored."""

    name: str
    per_minute: int
    place: Unit | Branch | None = None
    url: str = ""
    secret: str = ""
    host: str = ""
    port: int = 0
    tls: Tls = Tls.STARTTLS
    sender: str = ""
    user: str = ""
    password: str = ""


def create(
    session: Session, kind: ChannelKind, facts: Facts, *, keys: Keys, by_id: int, by: str, now: datetime
) -> Channel:
    """A channel that is off until it is switched on. Raises Invalid at the field that is not right."""
    config, secret = _parts(kind, facts, {})
    channel = Channel(
        kind=kind, name=facts.name, per_minute=facts.per_minute, config=config, created_at=now, is_on=False,
        secret_sealed=keys.seal("phone", json.dumps(secret)), **_place(facts),
    )  # fmt: skip
    session.add(channel)
    session.flush()  # the record names it by its number
    _record(session, channel, "create", by_id, by, now)
    return channel


def change(session: Session, channel: Channel, facts: Facts, *, keys: Keys, by_id: int, by: str, now: datetime) -> None:
    """The channel is as given; what was left empty of its secrets stays."""
    config, secret = _parts(channel.kind, facts, secret_of(channel, keys))
    channel.name, channel.per_minute, channel.config = facts.name, facts.per_minute, config
    channel.secret_sealed = keys.seal("phone", json.dumps(secret))
    for column, value in _place(facts).items():
        setattr(channel, column, value)
    _record(session, channel, "change", by_id, by, now)


def switch(session: Session, channel: Channel, *, on: bool, by_id: int, by: str, now: datetime) -> None:
    """The channel is on or off. Raises Conflict when it is already."""
    switched = update(Channel).where(Channel.id == channel.id, Channel.is_on.is_not(on))
    if not changed(session.execute(switched.values(is_on=on))):
        raise Conflict("这个通道已经是这个状态了。")
    _record(session, channel, "on" if on else "off", by_id, by, now)


def test(session: Session, channel: Channel, *, keys: Keys, now: datetime) -> None:
    """A message that says it is a test is on its way, also while the channel is off: to the robot's group, or to the sender's own address.
    One a minute."""
    draft = Draft(
        key=f"test:{channel.id}:{int(now.timestamp()) // 60}", channel_id=channel.id, cause=Cause.TEST,
        title="讲台测试消息", text="看到这条消息，说明通道已经接通。",
    )  # fmt: skip
    if not outbox.put(session, [draft], keys, now=now):
        raise Conflict("刚刚发过测试消息，请一分钟后再试。")


def _place(facts: Facts) -> dict[str, int | None]:
    place = facts.place
    return {
        "unit_id": place.id if isinstance(place, Unit) else None,
        "branch_id": place.id if isinstance(place, Branch) else None,
    }


def _parts(kind: ChannelKind, facts: Facts, kept: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What may be shown, and what is sealed."""
    return _robot(kind, facts, kept) if kind.is_robot else _mail(facts, kept)


def _robot(kind: ChannelKind, facts: Facts, kept: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    url, secret = facts.url or kept.get("url", ""), facts.secret or kept.get("secret", "")
    if not is_address(url):
        raise Invalid("请填写完整的 https 地址。", field="url")
    if kind is ChannelKind.GENERIC and len(secret) < 16:
        raise Invalid("签名密钥至少 16 个字符。", field="secret")
    host = url.split("/")[2].rpartition("@")[2]
    return {"host": host}, {"url": url, "secret": secret}


def _mail(facts: Facts, kept: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    if not _HOST.fullmatch(facts.host):
        raise Invalid("请填写邮件服务器的主机名。", field="host")
    if "@" not in facts.sender or not facts.sender.isascii():
        raise Invalid("请填写发件邮箱。", field="sender")
    password = facts.password or kept.get("password", "")
    if facts.user and not password:
        raise Invalid("有账号就要有密码。", field="password")
    shown = {"host": facts.host, "port": facts.port, "tls": facts.tls.value, "sender": facts.sender, "user": facts.user}
    return shown, {"password": password if facts.user else ""}


def _record(session: Session, channel: Channel, act: str, by_id: int, by: str, now: datetime) -> None:
    detail = {"title": channel.name}
    audit.record(session, by_id, f"channel.{act}", f"channel:{channel.id}", detail, now=now, actor=by)
