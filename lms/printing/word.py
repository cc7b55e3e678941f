"""Word documents with the look of `house.typ`: official margins, serif text, sans headings, page numbers."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lms.lazy import later

if TYPE_CHECKING:
    import docx
    from docx import oxml, shared
    from docx.enum import text as docx_text
    from docx.oxml import ns
else:
    docx = later("docx")
    shared = later("docx.shared")
    docx_text = later("docx.enum.text")
    oxml = later("docx.oxml")
    ns = later("docx.oxml.ns")

SERIF, SANS = "仿宋", "黑体"
"""What every office machine in the country has; Word falls back by itself elsewhere."""


class Paper:
    """One document, written from top to bottom."""

    def __init__(self, title: str) -> None:
        self.document: Any = docx.Document()
        self.document.core_properties.title = title
        section = self.document.sections[0]
        section.page_width, section.page_height = shared.Mm(210), shared.Mm(297)
        section.top_margin, section.bottom_margin = shared.Mm(30), shared.Mm(28)
        section.left_margin, section.right_margin = shared.Mm(27), shared.Mm(25)
        _letter(self.document.styles["Normal"], SERIF, 12)
        self.document.styles["Normal"].paragraph_format.space_after = shared.Pt(3)
        for level, points in ((1, 15), (2, 13)):
            _letter(self.document.styles[f"Heading {level}"], SANS, points)
        _number_pages(section)

    def title(self, text: str, *, under: str = "") -> None:
        """The heading of the whole, in the middle, and a line under it."""
        for words, points, font in ((text, 22, SANS), (under, 11, SERIF)):
            if words:
                paragraph = self.document.add_paragraph()
                paragraph.alignment = docx_text.WD_ALIGN_PARAGRAPH.CENTER
                _letter_run(paragraph.add_run(words), font, points)

    def cover(self, title: str, lines: Sequence[str]) -> None:
        """A page of its own: the name of the whole in red, lines under it."""
        for number, words in enumerate((title, *lines)):
            paragraph = self.document.add_paragraph()
            paragraph.alignment = docx_text.WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.space_before = shared.Pt(150 if number == 0 else 14)
            run = paragraph.add_run(words)
            _letter_run(run, SERIF if number else SANS, 14 if number else 32)
            if number == 0:
                run.font.color.rgb = shared.RGBColor(0xB3, 0x26, 0x1E)
        self.new_page()

    def heading(self, text: str, level: int = 1) -> None:
        self.document.add_heading(text, level)

    def text(self, text: str) -> None:
        """Each line a paragraph, indented by two characters."""
        for line in text.splitlines():
            if line.strip():
                self.document.add_paragraph(line).paragraph_format.first_line_indent = shared.Pt(24)

    def particulars(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Pairs of word and value, a line each."""
        for word, value in pairs:
            paragraph = self.document.add_paragraph()
            _letter_run(paragraph.add_run(f"{word}："), SANS, 12)
            paragraph.add_run(value)

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], *, widths_mm: Sequence[int] | None = None
    ) -> None:
        """A table whose head is repeated on each page, in columns of these widths (158 mm fill the page) or of one width."""
        table = self.document.add_table(rows=1, cols=len(head))
        table.style = "Table Grid"
        table.autofit = widths_mm is None
        for cell, words in zip(table.rows[0].cells, head, strict=True):
            _fill(cell, words, SANS)
        table.rows[0]._tr.get_or_add_trPr().append(oxml.OxmlElement("w:tblHeader"))
        for row in rows:
            for cell, words in zip(table.add_row().cells, row, strict=True):
                _fill(cell, words, SERIF)
        if widths_mm is not None:
            _widen(table, widths_mm)
        self.document.add_paragraph()

    def picture(self, content: bytes, *, width_mm: int = 120) -> None:
        """A JPEG or PNG in the middle of the page."""
        self.document.add_picture(io.BytesIO(content), width=shared.Mm(width_mm))
        self.document.paragraphs[-1].alignment = docx_text.WD_ALIGN_PARAGRAPH.CENTER

    def new_page(self) -> None:
        self.document.add_page_break()

    def content(self) -> bytes:
        kept = io.BytesIO()
        self.document.save(kept)
        return kept.getvalue()


def _letter(style: Any, font: str, points: int) -> None:
    style.font.name, style.font.size, style.font.bold = font, shared.Pt(points), False
    style.font.color.rgb = shared.RGBColor(0, 0, 0)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(ns.qn("w:eastAsia"), font)


def _letter_run(run: Any, font: str, points: int) -> None:
    run.font.name, run.font.size = font, shared.Pt(points)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(ns.qn("w:eastAsia"), font)


def _widen(table: Any, widths_mm: Sequence[int]) -> None:
    """Word reads the cells' widths, other programs those of the columns."""
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = shared.Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width = shared.Mm(width)


def _fill(cell: Any, words: str, font: str) -> None:
    cell.text = ""
    _letter_run(cell.paragraphs[0].add_run(words), font, 10)


def _number_pages(section: Any) -> None:
    """— 1 — at the foot of each page."""
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = docx_text.WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run("— ")
    field = oxml.OxmlElement("w:fldSimple")
    field.set(ns.qn("w:instr"), "PAGE")
    paragraph._p.append(field)
    paragraph.add_run(" —")
