"""Blobs as files of one directory."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from lms.storage.keys import Missing, Stored, checked_key

CHUNK_BYTES = 256 * 1024


class LocalStorage:
    """A blob appears under its key by one rename, after its bytes have reached the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def put(self, key: str, source: BinaryIO, *, mime: str = "application/octet-stream") -> None:
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as file:
                shutil.copyfileobj(source, file, CHUNK_BYTES)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync_directory(target.parent)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The file is opened with the first piece, so that an answer without a body (HEAD) leaves nothing open."""
        self.size(key)
        return _pieces(self.path(key), start, None if end is None else max(0, end - start))

    def size(self, key: str) -> int:
        path = self.path(key)
        if not path.is_file():
            raise Missing(key)
        return path.stat().st_size

    def address(self, key: str, seconds: int, *, save_as: str | None = None) -> None:
        return None

    def delete(self, key: str) -> None:
        with suppress(FileNotFoundError, IsADirectoryError, PermissionError):
            self.path(key).unlink()

    def stored(self, prefix: str, *, after: str = "") -> Iterator[Stored]:
        yield from self._below("", prefix, after)

    def _below(self, folder: str, prefix: str, after: str) -> Iterator[Stored]:
        """The folder's blobs in the order of whole keys; folders that hold none of those asked for are not opened."""
        for name in sorted(_names(self.root / folder)):
            key = folder + name
            if name.endswith("/"):
                may_begin = key.startswith(prefix) or prefix.startswith(key)
                if may_begin and (key > after or after.startswith(key)):
                    yield from self._below(key, prefix, after)
            elif key.startswith(prefix) and key > after:
                with suppress(FileNotFoundError):
                    yield Stored(key, datetime.fromtimestamp((self.root / key).stat().st_mtime, UTC))

    def forget_unfinished(self, before: datetime, *, at_most: int) -> int:
        parts = (part for part in self.root.rglob(".*.part") if part.stat().st_mtime < before.timestamp())
        gone = 0
        for part in islice(parts, at_most):
            part.unlink(missing_ok=True)
            gone += 1
        return gone

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        self.size(key)
        yield self.path(key)


def _names(folder: Path) -> list[str]:
    """What the folder holds, sub-folders with a slash behind them and without what is still being put."""
    with os.scandir(folder) as entries:
        return [entry.name + "/" * entry.is_dir() for entry in entries if not entry.name.startswith(".")]


def _pieces(path: Path, start: int, left: int | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while left is None or left > 0:
            piece = file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
