"""Tables that come in as a file and go out as one.

In: .xlsx and CSV (UTF-8, UTF-16 or GB18030), every cell as the text the person saw. What is unpacked is counted, and a sheet that claims more
cells than MOST_CELLS is refused before memory is asked for. Out: .xlsx in which every text stays text: no cell is ever a formula, and long
digits keep their zeros. `Book` is the only writer of tables there is; the site writes no CSV.
"""

import csv
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook

from lms.errors import Invalid
from lms.lazy import later

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = later("xlsxwriter")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_FILE_BYTES = 10_000_000
MOST_UNPACKED_BYTES = 120_000_000
MOST_MEMBERS = 500
MOST_ROWS = 50_000
MOST_COLUMNS = 200
MOST_CELLS = 4_000_000
CELL_LIMIT = 2_000
FORMULA_SIGNS = frozenset("=+-@\t\r＝＋－＠")
"""What a program may take for the beginning of a formula, in both widths."""

_CELL_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,4})(\d{1,9})["']""")
_RESAVE = "请在 Excel 或 WPS 里另存为 .xlsx 后再上传。"


class UnreadableSheet(Invalid):
    """The file is no table we can read; the message says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


def read_rows(data: bytes, name: str) -> list[list[str]]:
    """The rows of the first sheet that has any. Row i of the list is row i + 1 of the file; cells are text, empty ones "".

    Raises UnreadableSheet for anything that is not a table within the limits.
    """
    if not data:
        raise UnreadableSheet("这个文件是空的（0 字节），请重新选择。")
    if len(data) > MOST_FILE_BYTES:
        raise UnreadableSheet(f"文件超过 {MOST_FILE_BYTES // 1_000_000} MB，请删去图片或分成几个文件。")
    if data[:4] == b"PK\x03\x04":
        rows = _xlsx_rows(data)
    elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableSheet(f"这是旧版 .xls 或加了密码的表格，{_RESAVE}")
    elif name.lower().endswith((".csv", ".txt")):
        rows = _csv_rows(data)
    else:
        raise UnreadableSheet(f"这个文件不是表格，{_RESAVE}")
    if len(rows) > MOST_ROWS:
        raise UnreadableSheet(f"一次最多 {MOST_ROWS} 行，请分成几个文件。")
    if max((len(row) for row in rows), default=0) > MOST_COLUMNS:
        raise UnreadableSheet(f"最多 {MOST_COLUMNS} 列，请删去多余的列。")
    return rows


def _xlsx_rows(data: bytes) -> list[list[str]]:
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(_counted(data)))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row):
                return [[cell_text(cell) for cell in row] for row in rows]
    except (CalamineError, zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, RuntimeError) as e:
        raise UnreadableSheet(f"表格打不开，可能已损坏或加了密码；{_RESAVE}") from e
    return []


def _counted(data: bytes) -> bytes:
    """The workbook's own XML, unpacked within the limits and packed again, so that the reader sees only what was counted."""
    kept = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as given, zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as made:
        members = [m for m in given.infolist() if m.filename.lower().endswith((".xml", ".rels"))]
        if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > MOST_UNPACKED_BYTES:
            raise UnreadableSheet("表格展开后太大，请只留下需要的内容，另存后再上传。")
        for member in members:
            # A member whose true size differs from the one it claims fails its checksum here.
            content = given.read(member)
            _refuse_strange_xml(member.filename, content)
            made.writestr(zipfile.ZipInfo(member.filename), content)
    return kept.getvalue()


def _refuse_strange_xml(name: str, content: bytes) -> None:
    head = content[:2_000].lower()
    if b"<!doctype" in head or b"\x00" in head[:200]:
        raise UnreadableSheet(f"表格的内部格式不常见，{_RESAVE}")
    if "worksheets/" not in name.lower():
        return
    last_row = last_column = 1
    for letters, digits in _CELL_PLACE.findall(content):
        last_row = max(last_row, int(digits))
        last_column = max(last_column, _column_number(letters))
    if last_row * last_column > MOST_CELLS:
        raise UnreadableSheet(
            "表格的最右或最下方有内容，范围太大；请把人员所在的区域复制到一张新表，另存为 .xlsx 后再上传。"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def cell_text(cell: object) -> str:
    """A cell as the person saw it: 2.0 is "2", a midnight is its day, "=1+1" stays the text it is."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    if isinstance(cell, (date, time, timedelta)):
        return str(cell)
    return str(cell).strip()[:CELL_LIMIT] if cell is not None else ""


def _csv_rows(data: bytes) -> list[list[str]]:
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    divider = max(",\t;，", key=first.count)
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=divider))
    except csv.Error as problem:
        raise UnreadableSheet(f"CSV 的引号或分隔符有误，{_RESAVE}") from problem
    return [[cell_text(cell) for cell in row] for row in rows]


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableSheet(f"文件的文字编码无法识别，{_RESAVE}")


@dataclass(frozen=True)
class Sheet:
    """One sheet to write. `choices` gives a column (counted from 0) the list a person may pick from in Excel."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[str | int | float]] = ()
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Style:
    """A format, and the same for texts that a program could take for a formula: those carry the mark of a text when they are edited."""

    plain: Any
    marked: Any


class Book:
    """An .xlsx file being written: the one way tables leave the site. Texts are texts whatever they begin with, figures are numbers."""

    def __init__(self, *, is_long: bool = False) -> None:
        """`is_long`: rows are written one after the other and not kept in memory."""
        self._out = BytesIO()
        options = {
            "in_memory": True,
            "constant_memory": is_long,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        }
        self.book = xlsxwriter.Workbook(self._out, options | {"strings_to_numbers": False})
        self.text = self.style()

    def sheet(self, name: str) -> "xlsxwriter.worksheet.Worksheet":
        return self.book.add_worksheet(name)

    def style(self, **properties: Any) -> Style:
        """A format of texts with further properties of XlsxWriter."""
        given = {"num_format": "@"} | properties
        return Style(self.book.add_format(given), self.book.add_format(given | {"quote_prefix": True}))

    def write(
        self,
        page: "xlsxwriter.worksheet.Worksheet",
        row: int,
        column: int,
        value: str | float,
        style: Style | None = None,
    ) -> None:
        """One cell, counted from 0. Figures have the format of the cell only when a style is given."""
        if isinstance(value, str):
            chosen = style or self.text
            page.write_string(row, column, value, chosen.marked if value[:1] in FORMULA_SIGNS else chosen.plain)
        else:
            page.write_number(row, column, value, style and style.plain)

    def write_over(self, page: Any, area: tuple[int, int, int, int], value: str, style: Style) -> None:
        """One text over the cells from (first row, first column) to (last row, last column)."""
        if area[:2] != area[2:]:
            page.merge_range(*area, "", style.plain)
        self.write(page, *area[:2], value, style)

    def finished(self) -> bytes:
        """The file; nothing is written afterwards."""
        self.book.close()
        return self._out.getvalue()


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """An .xlsx file of plain tables; the head stays in sight."""
    out = Book()
    head = out.style(bold=True, bottom=1)
    lists = [(sheet, column) for sheet in sheets for column in sheet.choices]
    for sheet in sheets:
        page = out.sheet(sheet.name)
        page.freeze_panes(1, 0)
        for column, title in enumerate(sheet.header):
            page.set_column(column, column, max(10, min(40, len(title) * 2 + 6)), out.text.plain)
            out.write(page, 0, column, title, head)
            if column in sheet.notes:
                page.write_comment(0, column, sheet.notes[column])
        for number, row in enumerate(sheet.rows, 1):
            for column, value in enumerate(row):
                out.write(page, number, column, value)
    if lists:
        _write_lists(out, lists)
    return out.finished()


def _write_lists(out: Book, lists: Sequence[tuple[Sheet, int]]) -> None:
    """The lists to pick from stand on a hidden sheet, because a list inside a cell rule is limited to 255 characters."""
    hidden = out.sheet("可选内容")
    hidden.hide()
    for place, (sheet, column) in enumerate(lists):
        for row, choice in enumerate(sheet.choices[column]):
            out.write(hidden, row, place, choice)
        last = max(len(sheet.choices[column]), 1)
        letters = xlsxwriter.utility.xl_col_to_name(place)
        rule = {
            "validate": "list",
            "source": f"=可选内容!${letters}$1:${letters}${last}",
            "error_title": "请从列表中选择",
            "error_message": "点单元格右边的箭头，从列表里选一项。",
        }
        out.book.get_worksheet_by_name(sheet.name).data_validation(1, column, 20_000, column, rule)
