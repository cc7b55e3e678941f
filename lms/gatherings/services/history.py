"""What every change of a gathering goes through: its turn, its lock, its line in the history."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import serialise
from lms.errors import Invalid
from lms.gatherings.errors import GatheringMoved, Locked
from lms.gatherings.models import Change, Gathering
from lms.gatherings.rules import GatheringState

Follow = Callable[[Session, Gathering, datetime], None]
"""What a package above makes of a roll that is closed or corrected, or of its corrected times; called in the same transaction, after the
hours of those who were there."""


def nothing_more(session: Session, gathering: Gathering, now: datetime) -> None:
    """Nothing follows."""


def is_locked(gathering: Gathering, now: datetime) -> bool:
    """By the rule at the instant; whether the job has been there plays no part."""
    return gathering.locked_at is not None or now >= gathering.locks_at


def take_turn(session: Session, gathering: Gathering) -> None:
    """From here on nobody else changes this gathering until the transaction ends, and what is read of it is current."""
    serialise(session, f"gathering:{gathering.id}")
    session.refresh(gathering)


def check_changeable(gathering: Gathering, *, now: datetime, reason: str) -> None:
    """Raises GatheringMoved when it was cancelled, Locked when it is locked and no reason is given, Invalid for a reason too long."""
    if gathering.state is GatheringState.CANCELLED:
        raise GatheringMoved("这次活动已取消，不能再修改。")
    if len(reason) > 200:
        raise Invalid("原因最多 200 个字。", field="reason")
    if is_locked(gathering, now) and not reason.strip():
        raise Locked()


def note(
    session: Session,
    gathering: Gathering,
    act: str,
    detail: Mapping[str, Any],
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    """One line of the history; what changes a locked record stands in the audit log too."""
    session.add(
        Change(gathering_id=gathering.id, act=act, detail=dict(detail), reason=reason.strip(), by_id=by_id, at=now)
    )
    if reason.strip():
        told = {"act": act, "reason": reason.strip(), **detail}
        audit.record(session, by_id, "gathering:change", f"gathering:{gathering.id}", told, now=now)
