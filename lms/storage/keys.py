"""Which keys are safe to store under."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_KEY = re.compile(r"(?=.{1,200}\Z)[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*(/[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*)*\Z")


class Missing(LookupError):
    """Nothing is stored under this key."""


@dataclass(frozen=True)
class Stored:
    """A blob that is there, and when it was put."""

    key: str
    put_at: datetime


def checked_key(key: str) -> str:
    """The key itself; raises ValueError unless it is made of safe words only (no dots alone, no root, no capitals)."""
    if not _KEY.match(key):
        raise ValueError(f"not a storage key: {key!r}")
    return key
