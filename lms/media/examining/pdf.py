"""PDF, read with pdfium."""

from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from lms.media.examining.child import TEXT_MOST, Unusable, clean, main, progress
from lms.media.examining.posters import save_poster

PAGES_MOST = 600
PAGE_WIDTH = 1240
SMALL_WIDTH = 320
PAGE_PIXELS = 4_000_000


def pdf(path: Path, folder: Path) -> dict[str, Any]:
    """A picture in two sizes and the text of every page, and a poster of the first."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as problem:
        locked = "password" in str(problem).lower()
        raise Unusable(
            "PDF 设有打开密码，请去掉密码后再上传。" if locked else "PDF 已损坏，打不开。请重新导出后再上传。"
        ) from problem
    if not 1 <= len(document) <= PAGES_MOST:
        raise Unusable(f"PDF 有 {len(document)} 页，最多 {PAGES_MOST} 页，请分成几个文件上传。")
    return {
        "title": str(document.get_metadata_dict().get("Title", "")),
        "pages": [_page(document, n, folder) for n in range(len(document))],
    }


def _page(document: Any, index: int, folder: Path) -> dict[str, Any]:
    try:
        page = document[index]
        width, height = page.get_size()
        if width <= 0 or height <= 0:
            raise Unusable(f"第 {index + 1} 页没有大小，请重新导出 PDF 后再上传。")
        scale = min(PAGE_WIDTH / width, (PAGE_PIXELS / (width * height)) ** 0.5)
        picture = page.render(scale=scale).to_pil().convert("RGB")
        text = page.get_textpage().get_text_bounded()[:TEXT_MOST]
    except pdfium.PdfiumError as problem:
        raise Unusable(f"第 {index + 1} 页读不出来，请重新导出 PDF 后再上传。") from problem
    name = f"page-{index + 1}.webp"
    picture.save(folder / name, "WEBP", quality=82, method=1)
    small = f"small-{index + 1}.webp"
    height = max(1, picture.height * SMALL_WIDTH // picture.width)
    picture.resize((SMALL_WIDTH, height), reducing_gap=2.0).save(folder / small, "WEBP", quality=75, method=1)
    progress(index + 1, len(document))
    if index == 0:
        save_poster(picture, folder)
    return {"picture": name, "small": small, "width": picture.width, "height": picture.height, "text": clean(text)}


if __name__ == "__main__":
    raise SystemExit(main(pdf))
