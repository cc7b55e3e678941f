"""Before anything opens an archive: its parts are unpacked once and counted, so that a bomb never reaches a parser, and names
that lead outside it, links and parts that lie over each other are refused."""

import re
import stat
import zipfile
import zlib
from io import BytesIO
from itertools import pairwise
from pathlib import Path

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PARTS = 2000
MAX_PACKAGE_PARTS = 50_000  # a package of questions holds one part for each
_CHUNK = 1 << 16
_LOCAL_HEADER = 30
_DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_LONGEST = max(map(len, _DOCTYPES))
# What a Mac leaves of its printer is a list with a document type, in many a deck; nothing reads it.
_NEVER_OPENED = re.compile(r"/printerSettings\d*\.bin$")
_MARKUP = (".xml", ".rels", ".vml")


class UnsafeArchive(Exception):
    """Why the file is not opened, as a sentence for the person who chose it."""


def check_archive(source: bytes | Path, *, most_bytes: int | None = None, most_parts: int | None = None) -> list[str]:
    """The names of the parts. Raises UnsafeArchive for a file that is broken, locked, too large unpacked, has parts that are
    links, lie over each other or would land outside, or has a document type definition in its XML. Sizes are counted, not
    taken from the file's own table."""
    return list(_opened(source, most_bytes or MAX_UNPACKED_BYTES, most_parts or MAX_PARTS, keep=False))


def unpack(data: bytes) -> dict[str, bytes]:
    """Normalised name → content of a package, under the same rules; archives inside it stay closed."""
    return _opened(data, MAX_UNPACKED_BYTES, MAX_PACKAGE_PARTS, keep=True)


def _opened(source: bytes | Path, most_bytes: int, most_parts: int, *, keep: bool) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as archive:
            parts = archive.infolist()
            if len(parts) > most_parts:
                raise UnsafeArchive("文件里的部件太多，请另存为新的文件后再上传")
            refuse_overlaps(parts)
            found: dict[str, bytes] = {}
            left = most_bytes
            for part in parts:
                name = _safe_name(part)
                if name in found:
                    raise UnsafeArchive(f"文件里有两个“{name[:60]}”，没有打开；请重新导出后再上传")
                size, content = _unpacked(archive, part, left, keep=keep)
                left -= size
                found[name] = content
            return found
    except _TooMuch:
        raise UnsafeArchive(f"文件解压后超过 {most_bytes // 1024 // 1024} MB，没有打开") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise UnsafeArchive("文件已损坏，打不开；请用原来的软件打开后另存再上传") from None


class _TooMuch(Exception):
    """More was unpacked than is allowed."""


def refuse_overlaps(parts: list[zipfile.ZipInfo]) -> None:
    """Overlapping parts are how a small file unpacks to a huge one. Raises UnsafeArchive."""
    ordered = sorted(parts, key=lambda part: part.header_offset)
    for part, following in pairwise(ordered):
        if part.header_offset + _LOCAL_HEADER + part.compress_size > following.header_offset:
            raise UnsafeArchive("压缩包里的文件互相重叠，没有打开；请重新导出后再上传")


def _safe_name(part: zipfile.ZipInfo) -> str:
    name = part.filename.replace("\\", "/")
    pieces = name.split("/")
    if name.startswith("/") or ".." in pieces or ":" in pieces[0] or "\x00" in name:
        raise UnsafeArchive(f"压缩包里的路径“{name[:60]}”指向包外，没有打开")
    if stat.S_ISLNK(part.external_attr >> 16):
        raise UnsafeArchive(f"压缩包里的“{name[:60]}”是链接，没有打开")
    return "/".join(piece for piece in pieces if piece not in ("", ".")) + ("/" if name.endswith("/") else "")


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, allowed: int, *, keep: bool) -> tuple[int, bytes]:
    if part.flag_bits & 1:
        raise UnsafeArchive("文件加了密码，请去掉密码后再上传")
    is_markup, is_opened = part.filename.lower().endswith(_MARKUP), not _NEVER_OPENED.search(part.filename)
    size, kept, tail = 0, bytearray(), b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if is_opened and (size == 0 or is_markup) and any(mark in tail + chunk for mark in _DOCTYPES):
                raise UnsafeArchive("文件里有不允许的内容（DTD），请另存为新文件后再上传")
            size, tail = size + len(chunk), chunk[-_LONGEST:]
            if size > allowed:
                raise _TooMuch
            if keep and not part.filename.lower().endswith((".zip", ".rar", ".7z", ".gz")):
                kept += chunk
    return size, bytes(kept)
