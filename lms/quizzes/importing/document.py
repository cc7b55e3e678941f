"""A Word file as the lines a person sees: paragraphs in order, with the numbers and letters that Word itself adds."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lms.lazy import later
from lms.quizzes.importing.normal import Problem, Reading
from lms.quizzes.importing.sheet import read_rows
from lms.quizzes.importing.text import read_text
from lms.quizzes.rules import letter

if TYPE_CHECKING:
    import docx.text.paragraph
    from docx.document import Document
    from docx.oxml import ns
    from docx.table import Table
    from docx.text.paragraph import Paragraph
else:
    docx = later("docx")
    ns = later("docx.oxml.ns")

_HEADING_NUMERALS = "一二三四五六七八九十"


def read_document(data: bytes) -> Reading:
    """Questions in the paragraphs as in pasted text (rows are paragraphs), and in tables that have a header row."""
    try:
        document = docx.Document(BytesIO(data))
        blocks = list(document.iter_inner_content())
        numbering = _Numbering(document)
        lines = [numbering.text(block) for block in blocks if isinstance(block, docx.text.paragraph.Paragraph)]
    except (KeyError, ValueError, OSError, AttributeError):
        return Reading(errors=[Problem(1, "", "", "Word 文件打不开；请另存为 .docx 后再上传，或把文字粘贴进来")])
    tables = [_cells(block) for block in blocks if isinstance(block, docx.table.Table)]
    found = [reading for rows in tables if (reading := read_rows(rows))]
    if not found or any(line.strip() for line in lines):
        text = read_text("\n".join(lines))
        if not found or text.questions:
            found.insert(0, text)
    return Reading(
        [q for reading in found for q in reading.questions], [e for reading in found for e in reading.errors]
    )


def _cells(table: "Table") -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


class _Numbering:
    """Word keeps `1.` and `A.` of a numbered list apart from the text; this counts along and puts them back."""

    def __init__(self, document: "Document") -> None:
        self._formats = dict(_formats(document))
        self._counts: dict[tuple[str, str], int] = {}

    def text(self, paragraph: "Paragraph") -> str:
        properties: Any = paragraph._p.pPr
        number = properties.numPr if properties is not None else None
        if number is None or number.numId is None or not paragraph.text.strip():
            return str(paragraph.text)
        group, level = str(number.numId.val), str(number.ilvl.val if number.ilvl is not None else 0)
        self._counts[group, level] = count = self._counts.get((group, level), 0) + 1
        for other in [key for key in self._counts if key[0] == group and key[1] > level]:
            del self._counts[other]  # a deeper list starts again
        form = self._formats.get((group, level), "")
        if form == "upperLetter":
            return f"{letter(count - 1)}. {paragraph.text}"
        if form.startswith("chinese") or form == "japaneseCounting":
            return f"{_HEADING_NUMERALS[count - 1]}、{paragraph.text}" if count <= 10 else str(paragraph.text)
        return f"{count}. {paragraph.text}" if form == "decimal" else str(paragraph.text)


def _formats(document: "Document") -> Iterator[tuple[tuple[str, str], str]]:
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return
    levels = {
        abstract.get(ns.qn("w:abstractNumId")): [
            (level.get(ns.qn("w:ilvl")), form.get(ns.qn("w:val")))
            for level in abstract.findall(ns.qn("w:lvl"))
            if (form := level.find(ns.qn("w:numFmt"))) is not None
        ]
        for abstract in root.findall(ns.qn("w:abstractNum"))
    }
    for num in root.findall(ns.qn("w:num")):
        reference = num.find(ns.qn("w:abstractNumId"))
        for level, form in levels.get(reference.get(ns.qn("w:val")) if reference is not None else None, []):
            yield (num.get(ns.qn("w:numId")), level), form
