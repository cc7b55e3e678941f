"""Sheets in the layout of a yearly return: a masthead over all columns, who reports and as of when, heads in two storeys, rows, a foot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.web.spreadsheets import Book, Style

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
    out = Book()
    styles = _styles(out)
    for sheet in sheets:
        _write(out, sheet, styles)
    return out.finished()


def _styles(out: Book) -> dict[str, Style]:
    frame = {"border": 1, "valign": "vcenter"}
    figure = frame | {"align": "right", "num_format": "General"}
    return {
        "masthead": out.style(bold=True, font_size=16, align="center", valign="vcenter"),
        "left": out.style(align="left"),
        "right": out.style(align="right"),
        "head": out.style(**frame, bold=True, align="center", text_wrap=True),
        "name": out.style(**frame),
        "figure": out.style(**figure),
        "total": out.style(**figure, bold=True),
        "total_name": out.style(**frame, bold=True),
    }


def _write(out: Book, sheet: ReturnSheet, styles: Mapping[str, Style]) -> None:
    page, last = out.sheet(sheet.name), sum(len(head.columns) for head in sheet.heads)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, FIRST_ROW - 1)
    page.freeze_panes(FIRST_ROW, 1)
    page.set_row(0, 30)
    page.set_column(0, 0, 26)
    page.set_column(1, last, 11)
    out.write_over(page, (0, 0, 0, last), sheet.masthead, styles["masthead"])
    out.write(page, 1, 0, sheet.reporter, styles["left"])
    out.write_over(page, (1, 1, 1, last), sheet.stamp, styles["right"])
    _write_heads(out, page, sheet, styles["head"])
    for number, (name, figures) in enumerate(sheet.rows):
        is_total = number >= len(sheet.rows) - sheet.totals
        out.write(page, FIRST_ROW + number, 0, name, styles["total_name" if is_total else "name"])
        for place, figure in enumerate(figures, 1):
            out.write(page, FIRST_ROW + number, place, figure, styles["total" if is_total else "figure"])
    out.write(page, FIRST_ROW + len(sheet.rows) + 1, 0, sheet.foot, styles["left"])


def _write_heads(out: Book, page: Any, sheet: ReturnSheet, style: Style) -> None:
    out.write_over(page, (2, 0, 3, 0), sheet.first, style)
    place = 1
    for head in sheet.heads:
        out.write_over(page, (2, place, 2, place + len(head.columns) - 1), head.title, style)
        for title in head.columns:
            out.write(page, 3, place, title, style)
            place += 1
