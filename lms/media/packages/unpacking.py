"""A package's ZIP opened safely, file by file: nothing is believed that the archive says of itself.

Bytes are counted while they are unpacked. Names are decoded (UTF-8, otherwise GB18030 where a Chinese Windows wrote them), normalised, and
refused where they lead outside. Links, devices, parts that lie over each other, names that are one after normalisation, locked parts and
methods other than deflate are refused.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from lms.media.errors import BadMedia
from lms.media.packages.manifest import folded
from lms.media.unpacking import LOCKED, UTF8_NAMES, decoded
from lms.untrusted.archive import UnsafeArchive, refuse_overlaps

MOST_FILES = 5_000
MOST_BYTES = 1024**3
MOST_PATH = 400
_END = struct.Struct("<4s4H2LH")
_END_SIGN = b"PK\x05\x06"
_MOST_TABLE = 8 * 1024**2
_LITTER = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")
_BROKEN = "压缩包已损坏，打不开。请重新导出，并确认上传前能在电脑上解压。"
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error)


@dataclass(frozen=True)
class Opened:
    """An archive whose table has been checked: path → part. Files are read one at a time."""

    archive: zipfile.ZipFile
    parts: dict[str, zipfile.ZipInfo]
    budget: "Budget"

    def stream(self, path: str) -> BinaryIO:
        """The file's bytes, counted; reading raises BadMedia when the whole grows too large or the file is broken."""
        return cast(BinaryIO, Counted(self.archive, self.parts[path], self.budget))

    def head(self, path: str, most: int) -> bytes:
        """The first bytes of a file, outside the count."""
        return Counted(self.archive, self.parts[path], Budget(most + 1)).read(most)


class Budget:
    """How many bytes may still be unpacked."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise BadMedia(
                f"课件包解压后超过 {MOST_BYTES // 1024**2} MB，没有打开。请压缩里面的视频和图片，或拆成几个。"
            )


class Counted:
    """One file of the archive as a stream; `size` is what was really read."""

    def __init__(self, archive: zipfile.ZipFile, part: zipfile.ZipInfo, budget: Budget) -> None:
        self.size, self._budget = 0, budget
        try:
            self._source = archive.open(part)
        except _FAULTS as problem:
            raise BadMedia(_BROKEN) from problem

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._source.read(size if size >= 0 else 1 << 18)
        except _FAULTS as problem:
            raise BadMedia(_BROKEN) from problem
        self.size += len(piece)
        self._budget.spend(len(piece))
        return piece


@contextmanager
def opened(path: Path, *, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES) -> Iterator[Opened]:
    """The archive at the path, its table checked. Raises BadMedia with what to do."""
    _check_table_size(path, most_files)
    try:
        archive = zipfile.ZipFile(path)
    except (*_FAULTS, OSError) as problem:
        raise BadMedia(_BROKEN) from problem
    with archive:
        yield Opened(archive, _without_one_top_folder(_checked(archive.infolist(), most_files)), Budget(most_bytes))


def _check_table_size(path: Path, most_files: int) -> None:
    """Before the table is read as a whole: its own statement of its size, which is believed only to refuse."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_557))
        tail = file.read()
    at = tail.rfind(_END_SIGN)
    if at < 0 or len(tail) - at < _END.size:
        raise BadMedia(_BROKEN)
    _, _, _, _, count, table, _, _ = _END.unpack_from(tail, at)
    if count > most_files or table > _MOST_TABLE:
        raise BadMedia(f"课件包里的文件太多（最多 {most_files} 个），没有打开。请拆成几个课件包。")


def _checked(infos: list[zipfile.ZipInfo], most_files: int) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > most_files:
        raise BadMedia(f"课件包里的文件太多（最多 {most_files} 个），没有打开。请拆成几个课件包。")
    try:
        refuse_overlaps(infos)
    except UnsafeArchive as problem:
        raise BadMedia(f"{problem}。") from problem
    found: dict[str, zipfile.ZipInfo] = {}
    for part in infos:
        name = safe_path(part)
        if name.endswith("/") or name.startswith(_LITTER) or name.rpartition("/")[2] in _LITTER:
            continue
        _check_part(part, name)
        if name in found:
            raise BadMedia(f"压缩包里有两个“{name[:60]}”（大小写不分），没有打开。请重新导出后再上传。")
        found[name] = part
    if not found:
        raise BadMedia("压缩包是空的，请重新导出后再上传。")
    return found


def _check_part(part: zipfile.ZipInfo, name: str) -> None:
    if part.flag_bits & LOCKED:
        raise BadMedia("压缩包加了密码，请去掉密码后再上传。")
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadMedia("压缩包用了不常见的压缩方法，请用 Windows 自带的“压缩”或制作软件重新打包。")
    mode = stat.S_IFMT(part.external_attr >> 16)
    if mode not in (0, stat.S_IFREG):
        raise BadMedia(f"压缩包里的“{name[:60]}”是链接，没有打开。请换成文件本身再打包。")


def safe_path(part: zipfile.ZipInfo) -> str:
    """The part's name in its one form, with a slash at the end for a folder. Raises BadMedia for one that leads outside."""
    name = decoded(part.orig_filename, is_utf8=bool(part.flag_bits & UTF8_NAMES)).replace("\\", "/")
    pieces = name.split("/")
    outside = name.startswith("/") or ".." in pieces or ":" in pieces[0]
    if outside or len(name) > MOST_PATH or any(ord(char) < 32 or ord(char) == 127 for char in name):
        shown = "".join(char for char in name[:60] if char.isprintable())
        raise BadMedia(f"压缩包里的路径“{shown}”不合规范，没有打开。请重新导出后再上传。")
    kept = "/".join(piece for piece in pieces if piece not in ("", "."))
    return folded(kept) + ("/" if name.endswith("/") else "")


def _without_one_top_folder(parts: dict[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Who zips the folder instead of what is in it gets a folder around everything; it is taken off."""
    top = {path.partition("/")[0] for path in parts}
    if len(top) != 1 or any("/" not in path for path in parts):
        return parts
    return {path.partition("/")[2]: part for path, part in parts.items()}
