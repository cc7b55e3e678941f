"""Which keys are safe to store under."""

from __future__ import annotations

import re

_KEY = re.compile(r"(?=.{1,200}\Z)[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*(/[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*)*\Z")


class Missing(LookupError):
    """Nothing is stored under this key."""


def checked_key(key: str) -> str:
    """The key itself; raises ValueError unless it is made of safe words only (no dots alone, no root, no capitals)."""
    if not _KEY.match(key):
        raise ValueError(f"not a storage key: {key!r}")
    return key
