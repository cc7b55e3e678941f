"""Read channels and what waits in the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lms.notices.channel_rules import Cause, ChannelKind, DeliveryState
from lms.notices.models import Channel, Delivery
from lms.people.access import Scope
from lms.people.models import Branch, Unit


def list_channels(session: Session) -> Sequence[Channel]:
    return session.scalars(select(Channel).order_by(Channel.id)).all()


def find_mail(session: Session) -> Channel | None:
    """The mail server in use: the first that is on."""
    query = select(Channel).where(Channel.kind == ChannelKind.EMAIL, Channel.is_on).order_by(Channel.id)
    return session.scalars(query.limit(1)).first()


def list_robots_on(session: Session, channel_ids: Sequence[int]) -> Sequence[Channel]:
    """Those of the robots that are on."""
    query = select(Channel).where(Channel.kind != ChannelKind.EMAIL, Channel.is_on, Channel.id.in_(channel_ids))
    return session.scalars(query.order_by(Channel.id)).all()


def list_robots_in(session: Session, scope: Scope) -> Sequence[Channel]:
    """Robots that are on and belong to a place of the scope; those of the whole site for who holds the whole."""
    whole = scope.covers_unit("/") or scope.covers_branch("/")
    places = [
        and_(Channel.unit_id.is_not(None), scope.units_filter(Unit.path)),
        and_(Channel.branch_id.is_not(None), scope.branches_filter(Branch.path)),
        *([and_(Channel.unit_id.is_(None), Channel.branch_id.is_(None))] if whole else []),
    ]
    query = (
        select(Channel)
        .outerjoin(Unit, Unit.id == Channel.unit_id)
        .outerjoin(Branch, Branch.id == Channel.branch_id)
        .where(Channel.kind != ChannelKind.EMAIL, Channel.is_on, or_(*places))
    )
    return session.scalars(query.order_by(Channel.id)).all()


@dataclass(frozen=True)
class Figures:
    """Of one channel: what waits, what arrived in thirty days, what is dead; and its newest test."""

    waiting: int
    sent: int
    dead: int
    test: Delivery | None


def figures_of(session: Session, channel: Channel) -> Figures:
    query = select(Delivery.state, func.count()).where(Delivery.channel_id == channel.id).group_by(Delivery.state)
    counts: dict[DeliveryState, int] = {state: count for state, count in session.execute(query)}
    test = select(Delivery).where(Delivery.channel_id == channel.id, Delivery.cause == Cause.TEST)
    newest = session.scalars(test.order_by(Delivery.id.desc()).limit(1)).first()
    waiting = counts.get(DeliveryState.QUEUED, 0) + counts.get(DeliveryState.SENDING, 0)
    return Figures(waiting, counts.get(DeliveryState.SENT, 0), counts.get(DeliveryState.DEAD, 0), newest)


def list_dead() -> Select[Delivery]:
    """What was given up, newest first."""
    return select(Delivery).where(Delivery.state == DeliveryState.DEAD).order_by(Delivery.id.desc())


def count_dead(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.DEAD)) or 0


def is_due(now: datetime) -> ColumnElement[bool]:
    """SQL condition: it is to be sent now, or whoever was sending it has died."""
    return or_(
        and_(Delivery.state == DeliveryState.QUEUED, Delivery.next_at <= now),
        and_(Delivery.state == DeliveryState.SENDING, Delivery.claimed_until < now),
    )


def list_due(session: Session, channel: Channel, now: datetime, most: int) -> Sequence[int]:
    """A channel that is off sends what tests it, and nothing else."""
    query = select(Delivery.id).where(Delivery.channel_id == channel.id, is_due(now))
    if not channel.is_on:
        query = query.where(Delivery.cause == Cause.TEST)
    return session.scalars(query.order_by(Delivery.next_at, Delivery.id).limit(most)).all()


def count_tried(session: Session, channel_id: int, now: datetime) -> int:
    """How many were tried in the minute before now."""
    query = select(func.count()).select_from(Delivery)
    recent = Delivery.tried_at > now - timedelta(minutes=1)
    return session.scalar(query.where(Delivery.channel_id == channel_id, recent)) or 0


def oldest_waiting(session: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting message has been due; None when none is. One that expired will not be sent and does not wait."""
    alive = or_(Delivery.expires_at.is_(None), Delivery.expires_at > now)
    query = select(func.min(Delivery.next_at)).where(
        Delivery.state == DeliveryState.QUEUED, Delivery.next_at <= now, alive
    )
    return session.scalar(query)


def count_dead_since(session: Session, at: datetime) -> int:
    """Messages given up since; by when they were last tried."""
    query = (
        select(func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.DEAD, Delivery.tried_at >= at)
    )
    return session.scalar(query) or 0


def count_unsent(session: Session) -> dict[str, int]:
    """Messages that wait, are on their way or were given up, by state; states that none is in are left out."""
    states = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEAD)
    rows = session.execute(
        select(Delivery.state, func.count()).where(Delivery.state.in_(states)).group_by(Delivery.state)
    )
    return {str(state.value): count for state, count in rows}
