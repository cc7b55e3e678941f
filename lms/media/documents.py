"""PDF and Office documents: pictures of their pages in two sizes, the text of each, and a Word document as a clean article."""

from collections.abc import Sequence
from pathlib import Path

from lms.media import convert, office
from lms.media.convert import Progress
from lms.media.models import MediaFile
from lms.media.rules import suffix_of
from lms.media.storing import Values, put, put_named
from lms.storage import Storage

WITH_TEXT = ("pptx", "docx")


def document(
    storage: Storage, media: MediaFile, path: Path, folder: Path, base: str, progress: Progress, *, command: str
) -> tuple[Values, list[Values]]:
    """The columns of the file and of its pages. `command`: that of LibreOffice. Raises BadMedia for what cannot be read."""
    suffix = suffix_of(media.original_name)
    values: Values = {"article_html": "", "pdf_key": None, "shortcoming": "", "poster_key": None}
    own: Values = {}
    pdf: Path | None = path
    if suffix != "pdf":
        own = _own_text(path, suffix, folder)
        converter = office.found(command)
        pdf = office.to_pdf(converter, path, suffix, folder) if converter else None
        values |= {"article_html": own.get("article", ""), "shortcoming": "" if converter else office.MISSING}
    found = convert.examine("pdf", pdf, folder, progress=progress) if pdf else {"pages": own.get("pages", [])}
    pages = _with_notes(found["pages"], own.get("pages", []))
    if pdf is not None and suffix != "pdf":
        values["pdf_key"] = put(storage, pdf, f"{base}/document.pdf")
    if (folder / "poster.webp").exists():
        values |= put_named(storage, folder, base, poster_key="poster.webp")
    text = own.get("text") or own.get("title") or found.get("title") or ""
    rows = [_page(storage, media.id, number, page, folder, base) for number, page in enumerate(pages, 1)]
    return {**values, "page_count": len(rows) or None, "text": text}, rows


def _own_text(path: Path, suffix: str, folder: Path) -> Values:
    """What the archive itself says, of the kinds whose inside is known; archives of any kind are checked before anything opens them."""
    named = folder / f"original.{suffix}"
    named.symlink_to(path)
    return convert.examine("office", named, folder)


def _with_notes(pages: Sequence[Values], slides: Sequence[Values]) -> Sequence[Values]:
    """The slides' own text, which holds their notes and is in the right order, where each page is a slide."""
    if len(pages) != len(slides):
        return pages
    return [{**page, "text": slide["text"]} for page, slide in zip(pages, slides, strict=True)]


def _page(storage: Storage, media_id: int, number: int, page: Values, folder: Path, base: str) -> Values:
    names = {"key": page.get("picture"), "small_key": page.get("small")}
    keys = {column: put(storage, folder / name, f"{base}/{name}") if name else None for column, name in names.items()}
    size = {"width": page.get("width"), "height": page.get("height")}
    return {"media_id": media_id, "number": number, "text": page["text"], **keys, **size}
