"""Blobs by key: one protocol, a local directory or an S3 bucket behind it, chosen by one setting.

A key is lower-case words, digits, dots, dashes and underscores in folders; nothing else is ever joined to a path. What
is stored under a key never changes. Blobs are served through the application; only where a site sets
`LMS_S3_LINK_SECONDS` do browsers fetch them from the bucket, by addresses of at most a minute.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from lms.config import Settings
from lms.lazy import later
from lms.storage.keys import Address, BadPart, Missing, Part, Spoiled, Stored, checked_key
from lms.storage.local import LocalStorage

if TYPE_CHECKING:
    from lms.storage import s3
else:
    s3 = later("lms.storage.s3")

__all__ = [
    "Address",
    "BadPart",
    "Missing",
    "Part",
    "Spoiled",
    "Storage",
    "Stored",
    "checked_key",
    "connect",
    "takes_blobs",
]

PROBE = "health/ready"


class Storage(Protocol):
    """Where blobs live. Every method raises ValueError for a key that is not safe."""

    def put(self, key: str, source: BinaryIO, *, mime: str = "application/octet-stream") -> None:
        """After it returns, the whole blob is stored and durable; before, nothing is visible under the key."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to but not including `end`, in pieces; raises Missing at once when there is no blob."""

    def size(self, key: str) -> int:
        """Bytes stored under the key; raises Missing."""

    def address(self, key: str, seconds: int, *, save_as: str | None = None) -> str | None:
        """Where anybody who knows the address can read the blob for so long; None when this storage has no addresses of its own."""

    def delete(self, key: str) -> None:
        """Nothing is stored under the key any more; deleting nothing is fine."""

    def stored(self, prefix: str, *, after: str = "") -> Iterator[Stored]:
        """What is stored under keys that begin with the prefix, in an order of the storage's own; `after` a listed key the list goes on."""

    def begin(self, key: str, *, mime: str) -> str:
        """A handle under which the parts of a blob are collected. Nothing is visible under the key before `join`."""

    def put_part(self, key: str, handle: str, part: Part, source: BinaryIO) -> None:
        """The part is stored and durable. Putting it again is harmless; another content of the same number stands beside it."""

    def part_address(self, key: str, handle: str, part: Part) -> Address | None:
        """Where the part can be put without us in between; None when this storage has no addresses of its own."""

    def parts_there(self, key: str, handle: str, parts: Sequence[Part]) -> set[int]:
        """The numbers of those parts that are stored with their size, or are already joined."""

    def join(self, key: str, handle: str, parts: Sequence[Part]) -> str:
        """The parts, in this order, are the blob; returns the SHA-256 of the whole in hex. Repeating it gives the same.

        Every byte is compared with what was said of its part: raises BadPart, or Spoiled when the parts are gone by then.
        """

    def forget_parts(self, key: str, handle: str) -> None:
        """The collected parts are gone; a joined blob stays. Repeating it is fine."""

    def forget_unfinished(self, before: datetime, *, at_most: int, but: Collection[str] = ()) -> int:
        """What a crash left of blobs that were being put before that instant is gone, up to so many, and so are parts collected
        under other handles than those in `but`; returns how many."""

    def as_file(self, key: str) -> AbstractContextManager[Path]:
        """A local file to read the blob from, for tools that need a path; gone or untouchable afterwards."""


def connect(settings: Settings) -> Storage:
    """The storage the settings name: `LMS_MEDIA_DIR`, or the bucket when `LMS_STORAGE=s3`."""
    if settings.storage == "local":
        return LocalStorage(settings.media_dir)
    return s3.S3Storage(
        s3.S3Options(settings.s3_bucket, endpoint=settings.s3_endpoint or None, addressing=settings.s3_addressing)
    )


def takes_blobs(storage: Storage) -> bool:
    """Stores a small blob and removes it again; raises whatever hinders that."""
    storage.put(PROBE, io.BytesIO(b"ok"))
    storage.delete(PROBE)
    return True
