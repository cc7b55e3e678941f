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

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table whose head is repeated on each page."""
        table = self.document.add_table(rows=1, cols=len(head))
        table.style = "Table Grid"
        for cell, words in zip(table.rows[0].cells, head, strict=True):
            _fill(cell, words, SANS)
        table.rows[0]._tr.get_or_add_trPr().append(oxml.OxmlElement("w:tblHeader"))
        for row in rows:
            for cell, words in zip(table.add_row().cells, row, strict=True):
                _fill(cell, words, SERIF)
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
