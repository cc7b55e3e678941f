"""Sheets in the layout of a yearly return: a masthead over all columns, who reports and as of when, heads in two storeys, rows, a foot."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lms.lazy import later

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = later("xlsxwriter")

FIRST_ROW = 4
"""Rows above the first row of figures: masthead, stamp, two storeys of heads."""


@dataclass(frozen=True)
class Heads:
    """A head that spans the columns below it."""

    title: str
    columns: Sequence[str]


@dataclass(frozen=True)
class ReturnSheet:
    """`first` heads the column of names; each row is a name and the figures of all heads in order; the last `totals` rows stand out."""

    name: str
    masthead: str
    reporter: str
    stamp: str
    first: str
    heads: Sequence[Heads]
    rows: Sequence[tuple[str, Sequence[int | float | str]]]
    totals: int = 1
    foot: str = ""


def write_returns(sheets: Sequence[ReturnSheet]) -> bytes:
    """An .xlsx file, A4 across; texts stay texts, figures are numbers."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        styles = _styles(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, styles)
    return out.getvalue()


def _styles(book: "xlsxwriter.Workbook") -> dict[str, Any]:
    frame = {"border": 1, "valign": "vcenter"}
    return {
        "masthead": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
        "left": book.add_format({"align": "left"}),
        "right": book.add_format({"align": "right"}),
        "head": book.add_format(frame | {"bold": True, "align": "center", "text_wrap": True}),
        "name": book.add_format(frame | {"num_format": "@"}),
        "figure": book.add_format(frame | {"align": "right"}),
        "total": book.add_format(frame | {"bold": True, "align": "right"}),
        "total_name": book.add_format(frame | {"bold": True}),
    }


def _write(page: "xlsxwriter.worksheet.Worksheet", sheet: ReturnSheet, styles: dict[str, Any]) -> None:
    last = sum(len(head.columns) for head in sheet.heads)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, FIRST_ROW - 1)
    page.freeze_panes(FIRST_ROW, 1)
    page.set_row(0, 30)
    page.set_column(0, 0, 26)
    page.set_column(1, last, 11)
    page.merge_range(0, 0, 0, last, sheet.masthead, styles["masthead"])
    page.write_string(1, 0, sheet.reporter, styles["left"])
    page.merge_range(1, 1, 1, last, sheet.stamp, styles["right"])
    _write_heads(page, sheet, styles)
    for number, (name, figures) in enumerate(sheet.rows):
        is_total = number >= len(sheet.rows) - sheet.totals
        page.write_string(FIRST_ROW + number, 0, name, styles["total_name" if is_total else "name"])
        for place, figure in enumerate(figures, 1):
            style = styles["total" if is_total else "figure"]
            if isinstance(figure, str):
                page.write_string(FIRST_ROW + number, place, figure, style)
            else:
                page.write_number(FIRST_ROW + number, place, figure, style)
    page.write_string(FIRST_ROW + len(sheet.rows) + 1, 0, sheet.foot, styles["left"])


def _write_heads(page: "xlsxwriter.worksheet.Worksheet", sheet: ReturnSheet, styles: dict[str, Any]) -> None:
    page.merge_range(2, 0, 3, 0, sheet.first, styles["head"])
    place = 1
    for head in sheet.heads:
        if len(head.columns) > 1:
            page.merge_range(2, place, 2, place + len(head.columns) - 1, head.title, styles["head"])
        else:
            page.write_string(2, place, head.title, styles["head"])
        for title in head.columns:
            page.write_string(3, place, title, styles["head"])
            place += 1
