"""Blobs as files of one directory."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, BinaryIO

from lms.storage.keys import BadPart, Missing, Part, Stored, checked_key

CHUNK_BYTES = 256 * 1024
PARTS = "uploads"


class LocalStorage:
    """A blob appears under its key by one rename, after its bytes have reached the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)

    def path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def put(self, key: str, source: BinaryIO, *, mime: str = "application/octet-stream") -> None:
        _place(self.path(key), lambda file: shutil.copyfileobj(source, file, CHUNK_BYTES))

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

    def begin(self, key: str, *, mime: str) -> str:
        return secrets.token_hex(16)

    def _part(self, handle: str, part: Part) -> str:
        """The digest stands in the name: two contents of one number are two files, and the database says which one counts."""
        return f"{PARTS}/{handle}/{part.number:05d}-{part.sha256[:32]}"

    def put_part(self, key: str, handle: str, part: Part, source: BinaryIO) -> None:
        self.put(self._part(handle, part), source)

    def part_address(self, key: str, handle: str, part: Part) -> None:
        return None

    def parts_there(self, key: str, handle: str, parts: Sequence[Part]) -> set[int]:
        there = {path.name: path.stat().st_size for path in (self.root / PARTS / handle).glob("[!.]*")}
        names = {part.number: self._part(handle, part).rpartition("/")[2] for part in parts}
        return {part.number for part in parts if there.get(names[part.number]) == part.size}

    def join(self, key: str, handle: str, parts: Sequence[Part]) -> str:
        whole = hashlib.sha256()

        def append_all(file: IO[bytes]) -> None:
            for part in parts:
                _append(self.path(self._part(handle, part)), part, file, whole)

        _place(self.path(key), append_all)
        return whole.hexdigest()

    def forget_parts(self, key: str, handle: str) -> None:
        shutil.rmtree(self.path(f"{PARTS}/{handle}"), ignore_errors=True)

    def forget_unfinished(self, before: datetime, *, at_most: int, but: Collection[str] = ()) -> int:
        limit = before.timestamp()
        half = (path for path in self.root.rglob(".*.part") if _changed_at(path) < limit)
        folders = (path for path in (self.root / PARTS).glob("*") if path.name not in but and _changed_at(path) < limit)
        gone = 0
        for path in islice(chain(half, folders), at_most):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            gone += 1
        return gone

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        self.size(key)
        yield self.path(key)


def _place(target: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """The file appears whole, by one rename, after its bytes have reached the disk; or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    sync_directory(target.parent)


def _append(path: Path, part: Part, file: IO[bytes], whole: Any) -> None:
    """Write the part to the file's end and take it into the digest of the whole. Raises BadPart for anything but what was said of it."""
    own, size = hashlib.sha256(), 0
    try:
        for piece in _pieces(path, 0, None):
            own.update(piece)
            whole.update(piece)
            size += file.write(piece)
    except FileNotFoundError as problem:
        raise BadPart(part.number) from problem
    if (size, own.hexdigest()) != (part.size, part.sha256):
        raise BadPart(part.number)


def _changed_at(path: Path) -> float:
    """When the file last changed; never, once it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


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


def sync_directory(path: Path) -> None:
    """Names that were given or taken in the directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
