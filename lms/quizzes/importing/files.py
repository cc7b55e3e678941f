"""Any file or pasted text to a `Reading`: finds out what it is and hands it to the reader that knows."""

import csv
from io import StringIO

from lms.quizzes.importing.archive import MAX_FILE_BYTES, UnsafeArchive, check_archive
from lms.quizzes.importing.document import read_document
from lms.quizzes.importing.normal import Problem, Reading
from lms.quizzes.importing.sheet import read_rows, read_sheet, tabular
from lms.quizzes.importing.text import MAX_CHARACTERS, read_text

FORMATS = ("auto", "xlsx", "text", "docx")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_file(data: bytes, form: str = "auto") -> Reading:
    """`form` is one of FORMATS; "auto" looks at the content, never at the name. Never raises for bad content."""
    if not data.strip():
        return _refused("文件是空的，请重新选择")
    if len(data) > MAX_FILE_BYTES:
        return _refused(f"文件超过 {MAX_FILE_BYTES // 1024 // 1024} MB，请分成几个文件")
    if data.startswith(b"PK"):
        return _read_archive(data, form)
    if data.startswith(_OLD_OFFICE):
        return (
            read_sheet(data) if form in ("auto", "xlsx") else _refused("这是旧版 Office 文件，请另存为 .docx 或 .xlsx")
        )
    if form in ("xlsx", "docx"):
        return _refused("这不是 Excel 文件" if form == "xlsx" else "这不是 Word 文件")
    text = decoded(data)
    if text is None:
        return _refused("认不出文件的编码；请另存为 UTF-8 或 GB18030 的文本")
    return read_pasted(text)


def read_pasted(text: str) -> Reading:
    """Pasted text, rows copied out of a spreadsheet, or CSV."""
    if len(text) <= MAX_CHARACTERS:
        head = text.lstrip("\ufeff\r\n")[:4000]
        if "\t" in head and (reading := read_rows(tabular(text.splitlines()))):
            return reading
        if "," in head.split("\n", 1)[0] and (reading := read_rows(_csv(text))):
            return reading
    return read_text(text)


def decoded(data: bytes) -> str | None:
    """Text by its byte order mark, else UTF-8, else GB18030; None when it is neither."""
    has_wide_mark = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if has_wide_mark else ["utf-8-sig", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if "\x00" not in text else None
    return None


def _read_archive(data: bytes, form: str) -> Reading:
    try:
        parts = check_archive(data)
    except UnsafeArchive as unsafe:
        return _refused(str(unsafe))
    is_sheet = any(part.startswith("xl/") for part in parts) or "content.xml" in parts
    is_document = any(part.startswith("word/") for part in parts)
    if form in ("auto", "xlsx") and is_sheet:
        return read_sheet(data)
    if form in ("auto", "docx", "text") and is_document:
        return read_document(data)
    return _refused("不是 Excel 或 Word 文件，请选择 .xlsx、.docx 或文本文件")


def _csv(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(StringIO(text.lstrip("\ufeff"), newline="")))
    except csv.Error:
        return []


def _refused(message: str) -> Reading:
    return Reading(errors=[Problem(1, "", "", message)])
