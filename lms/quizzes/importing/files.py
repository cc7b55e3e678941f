"""Any file or pasted text to a `Reading`: finds out what it is and hands it to the reader that knows."""

import csv
from io import StringIO

from lms.quizzes.importing.aiken import is_aiken, read_aiken
from lms.quizzes.importing.document import read_document
from lms.quizzes.importing.gift import is_gift, read_gift
from lms.quizzes.importing.moodle import read_moodle
from lms.quizzes.importing.normal import Problem, Reading, shadow
from lms.quizzes.importing.qti import is_qti, read_item_file, read_package
from lms.quizzes.importing.sheet import read_rows, read_sheet, tabular
from lms.quizzes.importing.text import read_text
from lms.untrusted.archive import MAX_FILE_BYTES, UnsafeArchive, check_archive

FORMATS = ("auto", "xlsx", "text", "docx", "gift", "aiken", "moodlexml", "qti")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = b"\xef\xbb\xbf\xff\xfe \r\n\t\x00"


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
    if form == "docx":
        return _refused("这不是 Word 文件，请选择 .docx，或者不指定格式")
    if form in ("moodlexml", "qti") or (form == "auto" and data.lstrip(_MARKS).startswith(b"<")):
        return _read_xml(data, form)
    text = decoded(data)
    if text is None:
        return _refused("认不出文件的编码；请另存为 UTF-8 或 GB18030 的文本")
    if form == "xlsx":
        return _table(text) or _refused("这不是 Excel 文件，也不是有表头的 CSV")
    return {"gift": read_gift, "aiken": read_aiken, "text": read_text}.get(form, read_pasted)(text)


def read_pasted(text: str) -> Reading:
    """Pasted text, rows copied out of a spreadsheet, CSV, GIFT or Aiken."""
    if table := _table(text):
        return table
    if len(text) <= MAX_FILE_BYTES // 2:
        if text.lstrip("\ufeff \r\n").startswith("<") and (reading := _pasted_xml(text)):
            return reading
        if is_gift(text):
            return read_gift(text)
        if is_aiken(text):
            return read_aiken(text)
    return read_text(text)


def _table(text: str) -> Reading | None:
    head = text.lstrip("\ufeff\r\n")[:4000]
    if "\t" in head and (reading := read_rows(tabular(text.splitlines()))):
        return reading
    first = shadow(head.split("\n", 1)[0])
    for divider in (",", ";"):
        if divider in first and (reading := read_rows(_csv(text, divider))):
            return reading
    return None


def _pasted_xml(text: str) -> Reading | None:
    head = text[:5000]
    if "<quiz" in head or is_qti(head):
        # The declaration may name the encoding the text had before it was pasted.
        return _read_xml(
            text[text.index("?>") + 2 :].encode() if "<?xml" in head and "?>" in head else text.encode(), "auto"
        )
    return None


def _read_xml(data: bytes, form: str) -> Reading:
    head = data[:5000].replace(b"\x00", b"").decode("utf-8", "replace")
    if form == "qti" or (form == "auto" and is_qti(head)):
        return read_item_file(data)
    if form == "moodlexml" or "<quiz" in head:
        return read_moodle(data)
    text = decoded(data)
    if text is not None and is_gift(text):
        return read_gift(text)
    if text is not None and "<?xml" not in head and "<!DOCTYPE" not in head.upper():
        return read_text(text)
    return _refused("是 XML，但不是 Moodle XML 或 QTI 试题")


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
    if form == "qti":
        return read_package(data)
    try:
        parts = check_archive(data)
    except UnsafeArchive as unsafe:
        # A package of questions may hold more parts than an Office file.
        return read_package(data) if form == "auto" and b"imsmanifest.xml" in data else _refused(str(unsafe))
    is_sheet = any(part.startswith("xl/") for part in parts) or "content.xml" in parts
    is_document = any(part.startswith("word/") for part in parts)
    if form in ("auto", "xlsx") and is_sheet:
        return read_sheet(data)
    if form in ("auto", "docx", "text") and is_document:
        return read_document(data)
    if form == "auto" and any(part.lower().endswith(".xml") for part in parts):
        return read_package(data)
    return _refused("不是 Excel 或 Word 文件，也不是 QTI 试题包；请选择 .xlsx、.docx、.zip 或文本文件")


def _csv(text: str, divider: str) -> list[list[str]]:
    plain = text.lstrip("\ufeff")
    try:
        return list(csv.reader(StringIO(plain, newline=""), delimiter=divider))
    except csv.Error:
        return []


def _refused(message: str) -> Reading:
    return Reading(errors=[Problem(1, "", "", message)])
