"""Blobs by key: one protocol, a local directory or an S3 bucket behind it, chosen by one setting.

A key is lower-case words, digits, dots, dashes and underscores in folders; nothing else is ever joined to a path. What
is stored under a key never changes. Blobs are served through the application only, so a key never leaves the house.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import parse_qsl, urlsplit

from lms.storage.keys import Missing, checked_key
from lms.storage.local import LocalStorage
from lms.storage.s3 import S3Options, S3Storage

__all__ = ["Missing", "Storage", "checked_key", "connect", "store", "use"]


class Storage(Protocol):
    """Where blobs live. Every method raises ValueError for a key that is not safe."""

    def put(self, key: str, source: BinaryIO, *, mime: str = "application/octet-stream") -> None:
        """After it returns, the whole blob is stored and durable; before, nothing is visible under the key."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to but not including `end`, in pieces; raises Missing at once when there is no blob."""

    def size(self, key: str) -> int:
        """Bytes stored under the key; raises Missing."""

    def delete(self, key: str) -> None:
        """Nothing is stored under the key any more; deleting nothing is fine."""

    def as_file(self, key: str) -> AbstractContextManager[Path]:
        """A local file to read the blob from, for tools that need a path; gone or untouchable afterwards."""


def connect(location: str) -> Storage:
    """The storage a setting names: a directory, or `s3://bucket/prefix?endpoint=…&region=…&addressing=path|virtual`."""
    if not location.startswith("s3://"):
        return LocalStorage(Path(location))
    parts = urlsplit(location)
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if unknown := set(options) - {"endpoint", "region", "addressing"}:
        raise ValueError(f"unknown storage options: {', '.join(sorted(unknown))}")
    if not parts.netloc or options.get("addressing", "path") not in ("path", "virtual"):
        raise ValueError("storage needs s3://bucket and addressing=path or virtual")
    return S3Storage(S3Options(bucket=parts.netloc, prefix=parts.path.strip("/"), **options))


_current: list[Storage] = []


def use(storage: Storage) -> None:
    """This process reads and writes its blobs there from now on."""
    _current[:] = [storage]


def store() -> Storage:
    """The storage of this process; raises LookupError when none was chosen."""
    if not _current:
        raise LookupError("no storage: call lms.storage.use() when the process starts")
    return _current[0]
