"""Office files: title and text of PPTX and DOCX, the article of a DOCX. What no parser should open is refused before one does."""

from pathlib import Path
from typing import Any

import docx
import mammoth
import nh3
import pptx
from docx.opc.exceptions import PackageNotFoundError

from lms.media.examining.child import TEXT_MOST, Unusable, clean, main
from lms.untrusted.archive import UnsafeArchive, check_archive

UNPACKED_BYTES = 400 * 2**20
UNPACKED_FILES = 10_000
ARTICLE_MOST = 2_000_000
_BLOCKS = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}
ARTICLE_TAGS = _BLOCKS | {"strong", "em", "sup", "sub", "br", "a", "blockquote"}
ARTICLE_ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}


def office(path: Path, folder: Path) -> dict[str, Any]:
    """What is known of the inside of such a file; which one it must be, the caller says by the file's suffix."""
    read = {".pptx": slides, ".docx": words, ".odp": opened, ".odt": opened}.get(path.suffix)
    try:
        return read(path) if read else {}
    except Unusable:
        raise
    except (KeyError, ValueError, AttributeError, IndexError, SyntaxError, PackageNotFoundError) as problem:
        raise Unusable("文件内部已损坏，读不出来。请用原来的软件打开后另存再上传。") from problem


def opened(path: Path) -> dict[str, Any]:
    """An OpenDocument file: only checked; its text comes from its pages."""
    _check_archive(path, frozenset({"content.xml"}), path.suffix[1:].upper())
    return {}


def slides(path: Path) -> dict[str, Any]:
    """Title and the text of every slide, notes included."""
    _check_archive(path, frozenset({"ppt/presentation.xml"}), "PPTX")
    deck = pptx.Presentation(str(path))
    pages = [{"text": _slide_text(slide)} for slide in deck.slides]
    first = next((s.shapes.title.text_frame.text for s in deck.slides if s.shapes.title is not None), "")
    return {"title": first or deck.core_properties.title or "", "pages": pages}


def _slide_text(slide: Any) -> str:
    lines = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            lines += [" ".join(cell.text for cell in row.cells) for row in shape.table.rows]
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        lines.append(slide.notes_slide.notes_text_frame.text)
    return clean("\n".join(lines))[:TEXT_MOST]


def words(path: Path) -> dict[str, Any]:
    """Title and text of a Word document, tables included."""
    _check_archive(path, frozenset({"word/document.xml"}), "DOCX")
    document = docx.Document(str(path))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [" ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    heads = [p.text for p in document.paragraphs if p.text.strip() and _style(p).startswith(("Title", "Heading"))]
    title = next(iter(heads), "") or document.core_properties.title or ""
    return {"title": title, "text": clean("\n".join(lines))[: 50 * TEXT_MOST], "article": _article(path)}


def _style(paragraph: Any) -> str:
    return (paragraph.style and paragraph.style.name) or ""


def _article(path: Path) -> str:
    """The document as clean HTML: headings, lists, tables, emphasis; pictures stand on the page images."""
    with path.open("rb") as file:
        made = mammoth.convert_to_html(file, convert_image=mammoth.images.img_element(lambda image: {"src": ""}))
    return nh3.clean(made.value, tags=ARTICLE_TAGS, attributes=ARTICLE_ATTRIBUTES, url_schemes={"http", "https"})[
        :ARTICLE_MOST
    ]


def _check_archive(path: Path, needed: frozenset[str], name: str) -> None:
    """Refuses what is not such a file, and what no parser should open."""
    try:
        parts = check_archive(path, most_bytes=UNPACKED_BYTES, most_parts=UNPACKED_FILES)
    except UnsafeArchive as problem:
        raise Unusable(f"{name} 没有处理：{problem}。") from problem
    if not needed <= set(parts):
        raise Unusable(f"文件内容不是 {name}，请用原来的软件另存为 {name} 后再上传。")


if __name__ == "__main__":
    raise SystemExit(main(office))
