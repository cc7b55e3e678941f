"""Before anything opens an Office file: its parts are unpacked once and counted, so that a bomb never reaches a parser."""

import zipfile
import zlib
from io import BytesIO

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PARTS = 2000
_CHUNK = 1 << 16


class UnsafeArchive(Exception):
    """Why the file is not opened, as a sentence for the person who chose it."""


def check_archive(data: bytes) -> list[str]:
    """The names of the parts. Raises UnsafeArchive for a file that is broken, locked, too large unpacked or has a document
    type definition in its XML. Sizes are counted, not taken from the file's own table."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS:
                raise UnsafeArchive("文件里的部件太多，请另存为新的 Excel 或 Word 文件后再上传")
            left = MAX_UNPACKED_BYTES
            for part in parts:
                left -= _unpacked(archive, part, left)
            return [part.filename for part in parts]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise UnsafeArchive("文件已损坏，打不开；请在 Excel 或 Word 里打开后另存再上传") from None


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, allowed: int) -> int:
    if part.flag_bits & 1:
        raise UnsafeArchive("文件加了密码，请去掉密码后再上传")
    size = 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if size == 0 and b"<!DOCTYPE" in chunk:
                raise UnsafeArchive("文件里有不允许的内容（DTD），请另存为新文件后再上传")
            size += len(chunk)
            if size > allowed:
                raise UnsafeArchive(f"文件解压后超过 {MAX_UNPACKED_BYTES // 1024 // 1024} MB，没有打开")
    return size
