"""The outbox: messages are put in with what causes them, claimed one by one, sent, and tried again until they arrive or are dead.

A message whose sender died is taken up again, under the number it had: a receiver can tell the repeat. Nothing is dropped but what has
run out (a reminder after its working hours).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys
from lms.db import MakeSession, changed, insert_ignore, unit_of_work
from lms.errors import Conflict
from lms.notices import channel_queries as queries
from lms.notices.channel_rules import Cause, DeliveryState, Unsent, wait_after
from lms.notices.models import Channel, Delivery

CLAIM = timedelta(minutes=3)
KEPT = timedelta(days=30)
AT_ONCE = 60
LONGEST_SECONDS = 50

log = structlog.get_logger("lms.notices.outbox")

Send = Callable[[Channel, Delivery], None]
"""Brings one message out; raises Unsent."""


@dataclass(frozen=True)
class Draft:
    """A message to be put into the outbox, once for its key."""

    key: str
    channel_id: int
    cause: Cause
    title: str
    text: str
    link: str = ""
    person_id: int | None = None
    expires_at: datetime | None = None


def put(session: Session, drafts: Sequence[Draft], keys: Keys, *, now: datetime) -> int:
    """Store them with this transaction; returns how many were not there yet. Texts are sealed: they may name people and hold codes."""
    rows = [
        {
            "key": d.key, "channel_id": d.channel_id, "person_id": d.person_id, "cause": d.cause, "title": d.title[:200],
            "text_sealed": keys.seal("phone", d.text), "link": d.link[:200], "state": DeliveryState.QUEUED, "next_at": now,
            "expires_at": d.expires_at, "created_at": now,
        }
        for d in drafts
    ]  # fmt: skip
    return insert_ignore(session, Delivery, rows, key=["key"])


def send_due(make_session: MakeSession, channel_id: int, send: Send) -> int:
    """Send what is due on the channel, within its rate, for at most 50 seconds; returns how many were tried."""
    begun, tried = clock.now(), 0
    while (clock.now() - begun).total_seconds() < LONGEST_SECONDS:
        claimed = _claim(make_session, channel_id)
        if claimed is None:
            return tried
        _send(make_session, *claimed, send)
        tried += 1
    return tried


def _claim(make_session: MakeSession, channel_id: int) -> tuple[Channel, Delivery] | None:
    """One message that is this sender's alone now; None when nothing is due or the channel's minute is full."""
    now = clock.now()
    with unit_of_work(make_session) as session:
        channel = session.get(Channel, channel_id)
        if channel is None or queries.count_tried(session, channel_id, now) >= channel.per_minute:
            return None
        for delivery_id in queries.list_due(session, channel, now, 5):
            if delivery := _taken(session, delivery_id, now):
                return channel, delivery
    return None


def _taken(session: Session, delivery_id: int, now: datetime) -> Delivery | None:
    delivery = session.get_one(Delivery, delivery_id)
    if delivery.expires_at is not None and delivery.expires_at <= now:
        session.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id, queries.is_due(now))
            .values(state=DeliveryState.EXPIRED, claimed_until=None)
        )
        return None
    claim = (
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.tries == delivery.tries, queries.is_due(now))
        .values(state=DeliveryState.SENDING, tries=Delivery.tries + 1, tried_at=now, claimed_until=now + CLAIM)
    )
    if not changed(session.execute(claim)):
        return None
    session.refresh(delivery)
    return delivery


def _send(make_session: MakeSession, channel: Channel, delivery: Delivery, send: Send) -> None:
    try:
        send(channel, delivery)
    except Unsent as problem:
        values = _after_failure(delivery, problem)
    except Exception as problem:  # one message stops no other; its text might hold an address, so only its kind is told
        log.error("message failed", delivery=delivery.id, problem=type(problem).__name__)
        values = _after_failure(delivery, Unsent("系统出错，没有发出"))
    else:
        values = {"state": DeliveryState.SENT, "sent_at": clock.now(), "error": "", "claimed_until": None}
    with unit_of_work(make_session) as session:
        mine = update(Delivery).where(
            Delivery.id == delivery.id, Delivery.tries == delivery.tries, Delivery.state == DeliveryState.SENDING
        )
        session.execute(mine.values(**values))


def _after_failure(delivery: Delivery, problem: Unsent) -> dict[str, object]:
    wait = None if problem.is_final else wait_after(delivery.tries)
    values: dict[str, object] = {"error": problem.why[:200], "claimed_until": None}
    if wait is None:
        return values | {"state": DeliveryState.DEAD}
    return values | {"state": DeliveryState.QUEUED, "next_at": clock.now() + wait}


def retry(session: Session, delivery: Delivery, *, now: datetime) -> None:
    """A dead message is due again, with all its tries before it. Raises Conflict when it is not dead."""
    again = update(Delivery).where(Delivery.id == delivery.id, Delivery.state == DeliveryState.DEAD)
    if not changed(session.execute(again.values(state=DeliveryState.QUEUED, tries=0, next_at=now, error=""))):
        raise Conflict("这条消息已经在重发或已经处理。")


def discard(session: Session, delivery: Delivery) -> None:
    """A dead message is given up for good."""
    gone = delete(Delivery).where(Delivery.id == delivery.id, Delivery.state == DeliveryState.DEAD)
    if not changed(session.execute(gone)):
        raise Conflict("这条消息已经在重发或已经处理。")


def sweep(session: Session, now: datetime) -> None:
    """What arrived or ran out is dropped after thirty days; what is dead stays until somebody decides."""
    over = Delivery.state.in_([DeliveryState.SENT, DeliveryState.EXPIRED])
    session.execute(delete(Delivery).where(over, Delivery.created_at < now - KEPT))
