"""Announcements, channels and messages as the tests of notices need them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.demo.cast import NORTH, NORTH_BRANCH
from lms.notices.channel_rules import Cause, ChannelKind, Tls
from lms.notices.models import Announcement, Channel, Delivery, NoticeSettings
from lms.notices.services import Audience, Text, announcing, channels, outbox
from lms.notices.services.channels import Facts
from lms.notices.services.outbox import Draft
from lms.people.models import Branch, Person, Unit

MONDAY = datetime(2026, 11, 30, 1, 30, tzinfo=UTC)
"""Half past nine of a working Monday in Shanghai."""
SECRET = "a-signing-secret-of-32-characters"


def unit(session: Session, name: str = NORTH) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def branch(session: Session, name: str = NORTH_BRANCH) -> Branch:
    return session.scalars(select(Branch).where(Branch.name == name)).one()


def announced(
    session: Session, author: Person, audience: Audience, *, at: datetime = MONDAY, publish: bool = True, **text: Any
) -> Announcement:
    """A published announcement, or its draft."""
    words = {"title": "停电通知", "body": "周六上午停电。", **text}
    made = announcing.draft(session, Text(**words), audience, author_id=author.id, now=at)
    if publish:
        announcing.publish(session, made, by=author.name, now=at)
    session.flush()
    return made


def channel(
    session: Session, keys: Keys, kind: ChannelKind, port: int, *, on: bool = True, per_minute: int = 600, **facts: Any
) -> Channel:
    """A channel that leads to a server of ours on 127.0.0.1."""
    given: dict[str, Any] = {"name": "测试通道", "per_minute": per_minute}
    if kind is ChannelKind.EMAIL:
        given |= {"host": "127.0.0.1", "port": port, "tls": Tls.NONE, "sender": "jiangtai@example.cn"}
    else:
        given |= {"url": f"http://127.0.0.1:{port}/robot/send?key=secret-of-the-robot", "secret": SECRET}
    made = channels.create(session, kind, Facts(**given | facts), keys=keys, by_id=1, by="sun", now=MONDAY)
    made.is_on = on
    session.flush()
    return made


def put(session: Session, keys: Keys, to: Channel, *, key: str = "k1", at: datetime = MONDAY, **more: Any) -> Delivery:
    draft = Draft(
        key=key, channel_id=to.id, cause=Cause.ANNOUNCEMENT, title="停电通知", text="周六上午停电。", link="/notices"
    )
    outbox.put(session, [Draft(**{**draft.__dict__, **more})], keys, now=at)
    return session.scalars(select(Delivery).where(Delivery.key == key)).one()


def with_mail(session: Session, keys: Keys, person: Person, **more: Any) -> NoticeSettings:
    """The person has a confirmed address and wants everything by mail."""
    sealed = keys.seal("phone", f"{person.staff_no}@example.cn")
    wanted = {"email_confirmed_at": MONDAY, "email_reminders": True, "email_announcements": True}
    wishes = NoticeSettings(person_id=person.id, email_sealed=sealed, **wanted | more)
    session.add(wishes)
    session.flush()
    return wishes
