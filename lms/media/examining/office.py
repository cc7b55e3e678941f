"""PPTX and DOCX: title and text. What unpacks to too much is refused before it is unpacked."""

import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import pptx

from lms.media.examining.child import TEXT_MOST, Unusable, clean, main

UNPACKED_BYTES = 400 * 2**20
UNPACKED_FILES = 10_000


def office(path: Path, folder: Path) -> dict[str, Any]:
    """Whichever of the two the archive holds; which one it must be, the caller says by the file's suffix."""
    return slides(path) if path.suffix == ".pptx" else words(path)


def slides(path: Path) -> dict[str, Any]:
    """Title and the text of every slide, notes included."""
    _check_archive(path, "ppt/presentation.xml", "PPTX")
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
    _check_archive(path, "word/document.xml", "DOCX")
    document = docx.Document(str(path))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [" ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    heads = [p.text for p in document.paragraphs if p.text.strip() and _style(p).startswith(("Title", "Heading"))]
    title = next(iter(heads), "") or document.core_properties.title or ""
    return {"title": title, "text": clean("\n".join(lines))[: 50 * TEXT_MOST]}


def _style(paragraph: Any) -> str:
    return (paragraph.style and paragraph.style.name) or ""


def _check_archive(path: Path, needed: str, name: str) -> None:
    """Refuses what would not be an Office file or would unpack to more than it may: sizes, number, overlapping parts."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as problem:
        raise Unusable(f"{name} 已损坏，打不开。请用原来的软件重新保存后再上传。") from problem
    if needed not in {part.filename for part in parts}:
        raise Unusable(f"文件内容不是 {name}，请用原来的软件另存为 {name} 后再上传。")
    ends = [(part.header_offset, part.header_offset + 30 + part.compress_size) for part in parts]
    ends.sort()
    overlap = any(end > start for (_, end), (start, _) in pairwise(ends))
    if overlap or len(parts) > UNPACKED_FILES or sum(part.file_size for part in parts) > UNPACKED_BYTES:
        raise Unusable(f"{name} 解开后过大，请压缩其中的图片或另存为 PDF 后再上传。")


if __name__ == "__main__":
    raise SystemExit(main(office))
