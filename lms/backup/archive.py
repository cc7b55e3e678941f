"""The file of a backup: a tar stream whose last member is the manifest of all others."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from lms.backup.errors import BadBackup
from lms.backup.sealing import MAGIC, SealedReader, SealedWriter
from lms.storage.local import sync_directory

MANIFEST = "manifest.json"
FORMAT = 1
COPY_BYTES = 2**18


class Bytes(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass
class Writer:
    """Members one after the other; `finish` writes the manifest with what is known of the whole."""

    tar: tarfile.TarFile
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        self.stream(name, len(data), [data])

    def stream(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        """The first `size` bytes of the pieces. Raises BadBackup when they are fewer."""
        source = _Hashing(pieces)
        head = tarfile.TarInfo(name)
        head.size = size
        try:
            self.tar.addfile(head, cast(Any, source))
        except OSError as problem:
            raise BadBackup(f"{name} ended before its size of {size} bytes ({problem})") from problem
        self.members[name] = {"size": size, "sha256": source.digest.hexdigest()}

    def finish(self, about: dict[str, Any]) -> None:
        manifest = {"format": FORMAT, **about, "members": self.members}
        data = json.dumps(manifest, ensure_ascii=False).encode()
        head = tarfile.TarInfo(MANIFEST)
        head.size = len(data)
        self.tar.addfile(head, io.BytesIO(data))


class _Hashing:
    """A file to read from, out of pieces; what is read goes into the digest."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._ready, self.digest = iter(pieces), b"", hashlib.sha256()

    def read(self, size: int) -> bytes:
        while len(self._ready) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._ready += piece
        given, self._ready = self._ready[:size], self._ready[size:]
        self.digest.update(given)
        return given


@contextmanager
def writing(path: Path, passphrase: bytes | None) -> Iterator[Writer]:
    """The archive appears under its name, durable, when the block ends well, and leaves nothing when it does not."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("xb") as raw:
            part.chmod(0o600)
            sealed = SealedWriter(raw, passphrase) if passphrase else None
            with tarfile.open(fileobj=cast(Any, sealed or raw), mode="w|", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            if sealed:
                sealed.close()
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
        sync_directory(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path, passphrase: bytes | None) -> Iterator[Bytes]:
    with path.open("rb") as raw:
        if raw.read(len(MAGIC)) == MAGIC:
            if not passphrase:
                raise BadBackup("this backup is sealed: name the file that holds its passphrase")
            yield SealedReader(raw, passphrase)
        else:
            raw.seek(0)
            yield cast(BinaryIO, raw)


def members(path: Path, passphrase: bytes | None) -> Iterator[tuple[str, Bytes]]:
    """Each member with its content, to be read before the next is asked for. Raises BadBackup, or TarError for what is no archive."""
    with _opened(path, passphrase) as source, tarfile.open(fileobj=cast(Any, source), mode="r|") as tar:
        for head in tar:
            content = tar.extractfile(head)
            if content is None:
                raise BadBackup(f"{head.name} is no file")
            yield head.name, content


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError) as problem:
        raise BadBackup(f"no readable backup: {problem}") from problem


def check(path: Path, passphrase: bytes | None) -> dict[str, Any]:
    """The manifest, after every byte was compared with it. Raises BadBackup with the first member that differs."""
    with _readable():
        manifest, seen = _weighed(members(path, passphrase))
    if manifest is None:
        raise BadBackup("the file was cut: its manifest is missing")
    _compare(manifest["members"], seen)
    return manifest


def _weighed(found: Iterator[tuple[str, Bytes]]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The manifest, if there is one, and what the members before it really are."""
    seen: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    for name, content in found:
        if manifest is not None:
            raise BadBackup(f"{name} stands behind the manifest")
        if name == MANIFEST:
            manifest = _manifest(content.read())
            continue
        if name in seen:
            raise BadBackup(f"{name} is there twice")
        seen[name] = _weigh(content)
    return manifest, seen


def _manifest(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
        known = manifest["format"] == FORMAT and isinstance(manifest["members"], dict)
    except (ValueError, KeyError, TypeError) as problem:
        raise BadBackup("the manifest cannot be read") from problem
    if not known:
        raise BadBackup(f"this program reads backups of format {FORMAT}")
    return cast(dict[str, Any], manifest)


def _weigh(content: Bytes) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    while piece := content.read(COPY_BYTES):
        digest.update(piece)
        size += len(piece)
    return {"size": size, "sha256": digest.hexdigest()}


def _compare(named: dict[str, Any], seen: dict[str, Any]) -> None:
    for name in sorted(named.keys() | seen.keys()):
        if name not in seen:
            raise BadBackup(f"{name} is missing")
        if name not in named:
            raise BadBackup(f"{name} is not in the manifest")
        if seen[name] != named[name]:
            raise BadBackup(f"{name} is not as it was written")
