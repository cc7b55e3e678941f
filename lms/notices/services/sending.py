"""From a channel and its message to the call that brings it out: secrets are opened here, in memory, and nowhere else."""

import json
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys, Settings
from lms.db import MakeSession
from lms.notices import channel_queries as queries
from lms.notices.channel_rules import Message, Tls, Unsent, call_of, check_reply
from lms.notices.models import Channel, Delivery, NoticeSettings
from lms.notices.outside import webhooks
from lms.notices.outside.mail import Mailer, Server
from lms.notices.services import outbox


@dataclass(frozen=True)
class Outside:
    """What sending needs of the site."""

    keys: Keys
    inside_hosts: Collection[str]
    origin: str

    @classmethod
    def of(cls, keys: Keys, settings: Settings) -> "Outside":
        return cls(keys, frozenset(host.lower() for host in settings.inside_hosts), settings.public_origin)


def send_all(make_session: MakeSession, outside: Outside) -> int:
    """Send what is due on every channel; returns how many messages were tried."""
    with make_session() as session:
        channels = list(queries.list_channels(session))
    return sum(send_channel(make_session, channel, outside) for channel in channels)


def send_channel(make_session: MakeSession, channel: Channel, outside: Outside) -> int:
    with ExitStack() as stack:
        mailers: list[Mailer] = []

        def send(channel: Channel, delivery: Delivery) -> None:
            if channel.kind.is_robot:
                _to_robot(channel, delivery, outside)
                return
            if not mailers:
                mailers.append(stack.enter_context(Mailer(server_of(channel, outside.keys), outside.inside_hosts)))
            mailers[0].send(_address(make_session, delivery, outside.keys), message_of(delivery, outside))

        return outbox.send_due(make_session, channel.id, send)


def message_of(delivery: Delivery, outside: Outside) -> Message:
    link = outside.origin + delivery.link if outside.origin and delivery.link else ""
    text = outside.keys.unseal("phone", delivery.text_sealed)
    number = f"jiangtai-{delivery.id}-{int(delivery.created_at.timestamp())}"
    return Message(number, delivery.title, text, link, int(clock.now().timestamp()))


def secret_of(channel: Channel, keys: Keys) -> dict[str, str]:
    """What is sealed: the address of a robot with its signing secret, or a mail server's password."""
    opened: dict[str, str] = json.loads(keys.unseal("phone", channel.secret_sealed))
    return opened


def server_of(channel: Channel, keys: Keys) -> Server:
    config = channel.config
    return Server(
        config["host"], config["port"], Tls(config["tls"]), config["sender"], config["user"],
        secret_of(channel, keys)["password"],
    )  # fmt: skip


def _to_robot(channel: Channel, delivery: Delivery, outside: Outside) -> None:
    secret = secret_of(channel, outside.keys)
    call = call_of(channel.kind, secret["url"], secret["secret"], message_of(delivery, outside))
    check_reply(channel.kind, *webhooks.post(call, outside.inside_hosts))


def _address(make_session: MakeSession, delivery: Delivery, keys: Keys) -> str:
    """Where the mail goes: its person's address as it is now, or the channel's own for a test."""
    with make_session() as session:
        channel = session.get_one(Channel, delivery.channel_id)
        if delivery.person_id is None:
            return str(channel.config["sender"])
        wishes = session.get(NoticeSettings, delivery.person_id)
        if wishes is None or wishes.email_sealed is None:
            raise Unsent("收件人已删除邮箱", is_final=True)
        return keys.unseal("phone", wishes.email_sealed)


def has_mail(session: Session) -> bool:
    """Whether the site sends mails at all."""
    return queries.find_mail(session) is not None
