"""Which keys are safe to store under."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_KEY = re.compile(r"(?=.{1,200}\Z)[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*(/[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*)*\Z")


class Missing(LookupError):
    """Nothing is stored under this key."""


class BadPart(Exception):
    """A stored part is gone or is not what was said of it; `number` has to be sent again before the parts can be joined."""

    def __init__(self, number: int) -> None:
        super().__init__(f"part {number}")
        self.number = number


class Spoiled(Exception):
    """The parts were joined to something else than was said of them, and are gone: the whole has to be sent again."""


@dataclass(frozen=True)
class Stored:
    """A blob that is there, and when it was put."""

    key: str
    put_at: datetime


@dataclass(frozen=True)
class Part:
    """A piece of a blob that is put in pieces: its place from 1 on, its bytes, and their SHA-256 in hex."""

    number: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Address:
    """Where a browser may PUT one part by itself, with exactly these headers, for a few minutes."""

    url: str
    headers: dict[str, str]


def checked_key(key: str) -> str:
    """The key itself; raises ValueError unless it is made of safe words only (no dots alone, no root, no capitals)."""
    if not _KEY.match(key):
        raise ValueError(f"not a storage key: {key!r}")
    return key
