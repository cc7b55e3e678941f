"""Archives that people upload are opened here and nowhere else: what leads outside, is a link, lies over something else, is locked
or claims too much is refused before anything of it is used. Sizes are counted while unpacking and never taken from the archive's
own table."""

import re
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from lms.media.errors import BadFile
from lms.untrusted.archive import UnsafeArchive, refuse_overlaps

MOST_ENTRIES = 500
UTF8_NAMES = 0x800
LOCKED = 1
CHUNK = 1 << 16
IN_MEMORY = 1 << 22
NAME_MOST = 200
JUNK = re.compile(r"(^|/)(__MACOSX/|\.|~\$|Thumbs\.db$|desktop\.ini$)", re.I)
# Characters that are not seen, or turn the reading direction round so that a name reads as another one.
UNSEEN = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True)
class Limits:
    """How much may come out of an archive, in bytes, and of one file in it."""

    total_bytes: int
    file_bytes: int


@dataclass(frozen=True)
class Entry:
    """A file of an archive by its normalised name: folders by "/", no root, nothing unseen."""

    name: str
    info: zipfile.ZipInfo

    @property
    def folders(self) -> tuple[str, ...]:
        return PurePosixPath(self.name).parts[:-1]

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.name).name


class Archive:
    """An opened archive: its files, each unpacked when it is asked for, all of them together within the limits."""

    def __init__(self, opened: zipfile.ZipFile, limits: Limits) -> None:
        self._opened, self._limits, self._unpacked = opened, limits, 0
        self.entries = _entries(opened.infolist())

    @contextmanager
    def unpacked(self, entry: Entry) -> Iterator[BinaryIO]:
        """The content as a file that stands at its beginning and is gone afterwards. Raises BadFile when it is more than is
        allowed, or broken."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            try:
                with self._opened.open(entry.info) as stream:
                    self._copy(stream, file, entry)
            except BROKEN as problem:
                raise BadFile("文件在压缩包里已损坏，请单独上传它。", field="archive") from problem
            file.seek(0)
            yield file  # type: ignore[misc]

    def _copy(self, stream: object, file: object, entry: Entry) -> None:
        size = 0
        while chunk := stream.read(CHUNK):  # type: ignore[attr-defined]
            size += len(chunk)
            self._unpacked += len(chunk)
            if size > self._limits.file_bytes:
                raise BadFile(f"解压后超过 {self._limits.file_bytes // 2**20} MB，请单独上传它。", field="archive")
            if self._unpacked > self._limits.total_bytes:
                raise BadFile(f"压缩包解压后超过 {self._limits.total_bytes // 2**20} MB，请分成几个。", field="archive")
            file.write(chunk)  # type: ignore[attr-defined]


@contextmanager
def open_archive(file: BinaryIO, limits: Limits) -> Iterator[Archive]:
    """The archive for the time of the block. Raises BadFile with what to do when it is not safe to open."""
    try:
        opened = zipfile.ZipFile(file)
    except BROKEN as problem:
        raise BadFile("这不是能打开的 ZIP 压缩包，请重新压缩后再上传。", field="archive") from problem
    with opened:
        yield Archive(opened, limits)


def _entries(parts: list[zipfile.ZipInfo]) -> list[Entry]:
    if len(parts) > MOST_ENTRIES:
        raise BadFile(f"压缩包里有 {len(parts)} 个文件，最多 {MOST_ENTRIES} 个，请分成几个。", field="archive")
    try:
        refuse_overlaps(parts)
    except UnsafeArchive as problem:
        raise BadFile(f"{problem}。", field="archive") from problem
    found: dict[str, Entry] = {}
    for part in parts:
        name = _name(part)
        if part.is_dir() or JUNK.search(name):
            continue
        if name.casefold() in found:
            raise BadFile(f"压缩包里有两个“{name[:60]}”，请改名后重新压缩。", field="archive")
        if part.flag_bits & LOCKED:
            raise BadFile("压缩包加了密码，请去掉密码后再上传。", field="archive")
        found[name.casefold()] = Entry(name, part)
    return list(found.values())


def _name(part: zipfile.ZipInfo) -> str:
    name = decoded(part.filename, is_utf8=bool(part.flag_bits & UTF8_NAMES)).replace("\\", "/")
    pieces = name.split("/")
    if name.startswith("/") or ".." in pieces or ":" in pieces[0] or len(name) > NAME_MOST * 2:
        raise BadFile(f"压缩包里的路径“{UNSEEN.sub('', name)[:60]}”指向包外，没有打开。", field="archive")
    if stat.S_ISLNK(part.external_attr >> 16):
        raise BadFile(f"压缩包里的“{UNSEEN.sub('', name)[:60]}”是链接，没有打开。请放入文件本身。", field="archive")
    cleaned = (" ".join(UNSEEN.sub("", unicodedata.normalize("NFC", piece)).split()) for piece in pieces)
    return "/".join(piece for piece in cleaned if piece not in ("", "."))


def decoded(name: str, *, is_utf8: bool) -> str:
    """A name as its author wrote it: Chinese Windows packs in GB18030 without saying so, and zipfile reads that as CP437."""
    if is_utf8 or name.isascii():
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name
