"""Nonces by which the server measures a device's round trip: an instant, sealed for one subject. Nothing is stored for it."""

from datetime import datetime

from lms import clock
from lms.config import Keys
from lms.contests import fair_rules

LONGEST = 160


def issue(keys: Keys, subject: str, *, now: datetime) -> str:
    """The instant, sealed for the subject: it can be held back, but neither forged nor known before it was sent."""
    return seal(keys, subject, str(clock.to_ms(now)))


def round_trip_ms(keys: Keys, subject: str, returned: str, *, now: datetime) -> int | None:
    """What the returned nonce shows; another subject's, or a made-up one, shows nothing."""
    issued = unsealed(keys, subject, returned)
    return None if issued is None or not issued.isdecimal() else fair_rules.round_trip_ms(int(issued), clock.to_ms(now))


def seal(keys: Keys, subject: str, text: str) -> str:
    """The text with its seal; it has no "-"."""
    return f"{text}-{keys.mac('cookie', f'{subject}:{text}')}"


def unsealed(keys: Keys, subject: str, sealed: str) -> str | None:
    """The text, when the seal is this subject's."""
    text, _, mac = sealed[:LONGEST].partition("-")
    return text if keys.mac_fits("cookie", f"{subject}:{text}", mac) else None
