"""Phones of teams: they join with a code, are measured, and buzz."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.contests import echo_services
from lms.db import insert_ignore
from lms.errors import Invalid
from lms.stage import buzz_rules
from lms.stage.device_rules import digest
from lms.stage.models import StageBuzz, StageDevice


def join(session: Session, device: StageDevice, *, now: datetime) -> str:
    """The token of the phone that holds the team's place from now on; the one before loses it, its measurements with it."""
    token = secrets.token_urlsafe(32)
    device.token_digest, device.joined_at, device.seen_at, device.round_trips = digest(token), now, now, []
    session.flush()  # two phones at once: the later one holds the place
    return token


def nonce(keys: Keys, device_id: int, *, now: datetime) -> str:
    """The instant, sealed for this device: it can be held back, but neither forged nor known before it was sent."""
    return echo_services.issue(keys, _subject(device_id), now=now)


def _subject(device_id: int) -> str:
    return f"stage-echo:{device_id}"


def echo(session: Session, keys: Keys, device: Any, returned: str, *, now: datetime) -> list[int]:
    """The device's last round trips with the one that this nonce shows; another's, or a made-up one, shows none."""
    trip = echo_services.round_trip_ms(keys, _subject(device.id), returned, now=now)
    kept = buzz_rules.with_round_trip(device.round_trips, trip)
    here = update(StageDevice).where(StageDevice.id == device.id)
    session.execute(here.values(round_trips=kept, seen_at=now).execution_options(synchronize_session=False))
    return kept


def buzz(session: Session, device: Any, *, turn: int, is_early: bool, now: datetime) -> bool:
    """The team has buzzed in this turn; whether this was the first that was heard of it. Raises Invalid for a turn yet to come."""
    if not 0 < turn <= device.sequence:
        raise Invalid("这一题还没有开始。", field="turn")
    row = {
        "final_id": device.final_id, "turn": turn, "team_id": device.team_id, "received_at": now,
        "round_trip_ms": buzz_rules.least(device.round_trips), "is_early": is_early,
    }  # fmt: skip
    return insert_ignore(session, StageBuzz, [row], key=["final_id", "turn", "team_id"]) == 1
