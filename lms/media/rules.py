"""What a file may be, what its name and first bytes must agree on, and what its delivery link says. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LINK_SECONDS = 600
LINK_STEP_SECONDS = 300
HEAD_BYTES = 1024


class MediaKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    IMAGE = "image"
    PACKAGE = "package"


class MediaState(StrEnum):
    UPLOADED = "uploaded"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class RenditionKind(StrEnum):
    STREAM = "stream"
    STORYBOARD = "storyboard"


class LinkScope(StrEnum):
    """What a link opens: what is shown on pages, the same with the person's name drawn into page pictures, or the original file too."""

    VIEW = "v"
    MARKED = "m"
    DOWNLOAD = "d"


@dataclass(frozen=True)
class FileType:
    """A kind of file we take: what its name ends with and what its content begins with."""

    suffix: str
    mime: str
    kind: MediaKind
    magic: re.Pattern[bytes]


_ISO = re.compile(rb"....ftyp", re.S)
_MATROSKA = re.compile(rb"\x1aE\xdf\xa3")
_ZIP = re.compile(rb"PK\x03\x04")
_OLE = re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_ASF = re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
_MPEG = re.compile(rb"\x00\x00\x01[\xba\xb3]|\x47")
_ADTS = re.compile(rb"ID3|\xff[\xf0-\xff]")
_OPEN = "application/vnd.oasis.opendocument."
_OFFICE = "application/vnd.openxmlformats-officedocument."

FILE_TYPES = {
    t.suffix: t
    for t in (
        FileType("mp4", "video/mp4", MediaKind.VIDEO, _ISO),
        FileType("m4v", "video/mp4", MediaKind.VIDEO, _ISO),
        FileType("mov", "video/quicktime", MediaKind.VIDEO, re.compile(rb"....(ftyp|moov|mdat|wide|free)", re.S)),
        FileType("mkv", "video/x-matroska", MediaKind.VIDEO, _MATROSKA),
        FileType("webm", "video/webm", MediaKind.VIDEO, _MATROSKA),
        FileType("avi", "video/x-msvideo", MediaKind.VIDEO, re.compile(rb"RIFF....AVI ", re.S)),
        FileType("wmv", "video/x-ms-wmv", MediaKind.VIDEO, _ASF),
        FileType("ts", "video/mp2t", MediaKind.VIDEO, re.compile(rb"\x47")),
        FileType("mts", "video/mp2t", MediaKind.VIDEO, re.compile(rb".{0,4}\x47", re.S)),
        FileType("mpg", "video/mpeg", MediaKind.VIDEO, _MPEG),
        FileType("mpeg", "video/mpeg", MediaKind.VIDEO, _MPEG),
        FileType("3gp", "video/3gpp", MediaKind.VIDEO, _ISO),
        FileType("flv", "video/x-flv", MediaKind.VIDEO, re.compile(rb"FLV")),
        FileType("mp3", "audio/mpeg", MediaKind.AUDIO, re.compile(rb"ID3|\xff[\xe2-\xff]")),
        FileType("m4a", "audio/mp4", MediaKind.AUDIO, _ISO),
        FileType("wav", "audio/wav", MediaKind.AUDIO, re.compile(rb"RIFF....WAVE", re.S)),
        FileType("aac", "audio/aac", MediaKind.AUDIO, _ADTS),
        FileType("wma", "audio/x-ms-wma", MediaKind.AUDIO, _ASF),
        FileType("flac", "audio/flac", MediaKind.AUDIO, re.compile(rb"fLaC|ID3")),
        FileType("ogg", "audio/ogg", MediaKind.AUDIO, re.compile(rb"OggS")),
        FileType("amr", "audio/amr", MediaKind.AUDIO, re.compile(rb"#!AMR")),
        FileType("pdf", "application/pdf", MediaKind.DOCUMENT, re.compile(rb".{0,1000}%PDF-", re.S)),
        FileType("pptx", f"{_OFFICE}presentationml.presentation", MediaKind.DOCUMENT, _ZIP),
        FileType("docx", f"{_OFFICE}wordprocessingml.document", MediaKind.DOCUMENT, _ZIP),
        FileType("ppt", "application/vnd.ms-powerpoint", MediaKind.DOCUMENT, _OLE),
        FileType("doc", "application/msword", MediaKind.DOCUMENT, _OLE),
        FileType("wps", "application/vnd.ms-works", MediaKind.DOCUMENT, _OLE),
        FileType("dps", "application/vnd.wps-presentation", MediaKind.DOCUMENT, _OLE),
        FileType("odp", f"{_OPEN}presentation", MediaKind.DOCUMENT, _ZIP),
        FileType("odt", f"{_OPEN}text", MediaKind.DOCUMENT, _ZIP),
        FileType("png", "image/png", MediaKind.IMAGE, re.compile(rb"\x89PNG\r\n\x1a\n")),
        FileType("jpg", "image/jpeg", MediaKind.IMAGE, re.compile(rb"\xff\xd8\xff")),
        FileType("jpeg", "image/jpeg", MediaKind.IMAGE, re.compile(rb"\xff\xd8\xff")),
        FileType("zip", "application/zip", MediaKind.PACKAGE, _ZIP),
        FileType("webp", "image/webp", MediaKind.IMAGE, re.compile(rb"RIFF....WEBP", re.S)),
    )
}

INSTEAD = {
    "pps": "放映文件请另存为 PPTX 或 PDF 后再上传。",
    "et": "WPS 表格请另存为 PDF 后再上传。",
    "xls": "表格请另存为 PDF 后再上传。",
    "xlsx": "表格请另存为 PDF 后再上传。",
    "rar": "压缩包请先解压，再逐个上传里面的文件。",
}


def suffix_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


FOLDER = "files/"
_STEM = re.compile(r"files/\d{4}-\d\d/[0-9a-f]{32}(?=[.-])")


def stem_of(key: str) -> str | None:
    """What the keys of one file and of everything made from it have in common; None for a key that is not ours."""
    found = _STEM.match(key)
    return found[0] if found else None


EMPTY = "文件是空的（0 字节），请在电脑上打开确认内容后重新选择。"


def type_named(name: str) -> FileType | str:
    """The type the name claims, or the sentence that says what to do instead."""
    suffix = suffix_of(name)
    return FILE_TYPES.get(suffix) or INSTEAD.get(suffix, "不能上传这种文件，请换成 MP4、MP3、PDF、PPTX 或 DOCX。")


def type_of(name: str, head: bytes) -> FileType | str:
    """The type name and first bytes agree on, or the sentence that says what to do instead."""
    suffix, found = suffix_of(name), type_named(name)
    if isinstance(found, str):
        return found
    if not head:
        return EMPTY
    if found.magic is _ZIP and _OLE.match(head):
        return f"这个 {suffix.upper()} 设有打开密码，或其实是旧版文件。请去掉密码、另存为 {suffix.upper()} 后再上传。"
    if not found.magic.match(head):
        return f"文件内容不是 {suffix.upper()}（可能只是改了扩展名），请用原来的软件导出 {suffix.upper()} 后再上传。"
    return found


@dataclass(frozen=True)
class Link:
    """What a link's token says. It opens nothing without the sign-in it was made for."""

    media_id: int
    epoch: int
    scope: LinkScope
    expires: int

    def sealed_text(self, sign_in_id: int) -> str:
        """What the token's MAC is taken of."""
        return f"media:{self.media_id}:{self.epoch}:{self.scope}:{self.expires}:{sign_in_id}"

    def token(self, mac: str) -> str:
        return f"{self.media_id:x}-{self.epoch:x}-{self.scope}-{self.expires:x}-{mac}"


_TOKEN = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,8})-([vdm])-([0-9a-f]{1,12})-([0-9a-f]{64})\Z")


def link_of(token: str) -> tuple[Link, str] | None:
    """What a token says and its MAC, still to be checked; None when it is no token at all."""
    found = _TOKEN.match(token)
    if found is None:
        return None
    media_id, epoch, scope, expires, mac = found.groups()
    return Link(int(media_id, 16), int(epoch, 16), LinkScope(scope), int(expires, 16)), mac


def expiry(now: datetime) -> int:
    """When a link made now is over: in five to ten minutes, the same second for all made in one step, so that browsers may cache."""
    at = int(now.timestamp())
    return at - at % LINK_STEP_SECONDS + LINK_SECONDS


FILE_OF_RENDITION = re.compile(r"([a-z0-9][a-z0-9-]{0,39})/(init\.mp4|seg-\d{1,6}\.m4s|sheet-\d{1,4}\.webp)\Z")
"""A file inside a rendition's folder, as links and playlists name it."""
TRUST_SECONDS = 10


def trusted_seconds(link: Link, now: datetime) -> int:
    """How long a proxy may repeat our yes to one sign-in for the segments of one rendition: seconds, never past the link's end.

    Withdrawal and the end of a sign-in reach segments after so long at most.
    """
    return max(0, min(TRUST_SECONDS, link.expires - int(now.timestamp()) - 1))


@dataclass(frozen=True)
class Span:
    """A byte range of a blob; `end` is not included."""

    start: int
    end: int


def span_of(header: str | None, size: int) -> Span | None:
    """The one range asked for; None for the whole blob. Raises ValueError when the range lies outside (416)."""
    found = re.match(r"bytes=(\d{0,18})-(\d{0,18})\Z", (header or "").replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
        if int(last) == 0:
            raise ValueError("an empty suffix")
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return None
    if start >= size:
        raise ValueError("starts behind the end")
    return Span(start, end)
