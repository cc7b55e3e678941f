"""Archives that are not what they say: each is refused before anything of it is used."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest

from lms.media.errors import BadFile
from lms.media.unpacking import Archive, Limits, decoded, open_archive

LIMITS = Limits(total_bytes=1_000_000, file_bytes=400_000)


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content, method)
    made.seek(0)
    return made


def names(file: io.BytesIO) -> list[str]:
    with open_archive(file, LIMITS) as archive:
        return [entry.name for entry in archive.entries]


def read(archive: Archive, place: int = 0) -> bytes:
    with archive.unpacked(archive.entries[place]) as file:
        return file.read()


def test_files_come_out_as_they_went_in() -> None:
    with open_archive(packed(("课/01.pdf", b"one"), ("课/02.pdf", b"two")), LIMITS) as archive:
        assert [(entry.name, entry.folders, entry.file_name) for entry in archive.entries] == [
            ("课/01.pdf", ("课",), "01.pdf"), ("课/02.pdf", ("课",), "02.pdf"),
        ]  # fmt: skip
        assert [read(archive, 0), read(archive, 1)] == [b"one", b"two"]


def test_what_systems_leave_behind_is_left_out() -> None:
    assert names(packed(("a.pdf", b"x"), ("__MACOSX/._a.pdf", b""), (".DS_Store", b""), ("b/~$x.docx", b""))) == [
        "a.pdf"
    ]


def test_names_are_normalised_and_unseen_characters_dropped() -> None:
    assert names(packed(("./课\\\u202e01.pdf", b"x"))) == ["课/01.pdf"]


def test_chinese_names_of_windows_are_read_as_they_were_written() -> None:
    assert decoded("耕地.pdf".encode("gb18030").decode("cp437"), is_utf8=False) == "耕地.pdf"
    assert decoded("耕地.pdf", is_utf8=True) == "耕地.pdf"


def link() -> io.BytesIO:
    info = zipfile.ZipInfo("a.pdf")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed((info, b"/etc/passwd"))


def overlapping() -> io.BytesIO:
    """The directory's second entry points to the first one's data."""
    raw = bytearray(packed(("a.pdf", b"x" * 500), ("b.pdf", b"y" * 500), method=zipfile.ZIP_STORED).getvalue())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<I", 10)
    return io.BytesIO(bytes(raw))


def locked() -> io.BytesIO:
    raw = bytearray(packed(("a.pdf", b"x")).getvalue())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    return io.BytesIO(bytes(raw))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: packed(("../a.pdf", b"x")), "包外"),
        (lambda: packed(("/etc/a.pdf", b"x")), "包外"),
        (lambda: packed(("C:\\a.pdf", b"x")), "包外"),
        (lambda: packed(("b/../../a.pdf", b"x")), "包外"),
        (link, "链接"),
        (overlapping, "重叠"),
        (locked, "密码"),
        (lambda: packed(("a.pdf", b"x"), ("A.PDF", b"y")), "两个"),
        (lambda: packed(*((f"{n}.pdf", b"") for n in range(501))), "501"),
        (lambda: io.BytesIO(b"PK\x03\x04 not an archive"), "打开"),
        (lambda: io.BytesIO(b""), "打开"),
    ],
)
def test_an_unsafe_archive_is_refused_by_what_is_wrong_with_it(make: Callable[[], io.BytesIO], why: str) -> None:
    with pytest.raises(BadFile, match=why):
        names(make())


def test_one_file_may_not_be_more_than_is_allowed_whatever_the_table_says() -> None:
    bomb = bytearray(packed(("a.pdf", b"\0" * 900_000)).getvalue())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = bomb.rindex(mark) + at
        bomb[place : place + 4] = struct.pack("<I", 10)
    with open_archive(io.BytesIO(bytes(bomb)), LIMITS) as archive, pytest.raises(BadFile):
        read(archive)
    with (
        open_archive(packed(("a.pdf", b"\0" * 900_000)), LIMITS) as archive,
        pytest.raises(BadFile, match="解压后超过"),
    ):
        read(archive)


def test_all_files_together_may_not_be_more_than_is_allowed() -> None:
    with open_archive(packed(*((f"{n}.pdf", b"\0" * 390_000) for n in range(4))), LIMITS) as archive:
        read(archive, 0), read(archive, 1)
        with pytest.raises(BadFile, match="分成几个"):
            read(archive, 2)


def test_a_file_broken_inside_is_named_and_the_others_come_out() -> None:
    raw = bytearray(packed(("a.pdf", b"x" * 200), ("b.pdf", b"good"), method=zipfile.ZIP_STORED).getvalue())
    raw[raw.index(b"xxx")] = ord("y")
    with open_archive(io.BytesIO(bytes(raw)), LIMITS) as archive:
        with pytest.raises(BadFile, match="损坏"):
            read(archive, 0)
        assert read(archive, 1) == b"good"
