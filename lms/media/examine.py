"""Looks into one uploaded file, in a child process with bounded memory and time: `python -m lms.media.examine KIND FILE FOLDER`.

Prints one JSON object. A file that cannot be used ends with code 3 and the sentence for the person on stderr; pictures are left in the
folder. Nothing here touches the database or the storage, so a parser that crashes takes nothing along.
"""

import json
import resource
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import docx
import pptx
import pypdfium2 as pdfium
from PIL import Image

MEMORY_BYTES = 3 * 2**30
PAGES_MOST = 600
PAGE_WIDTH = 1240
PAGE_PIXELS = 4_000_000
PICTURE_PIXELS = 50_000_000
TEXT_MOST = 20_000
UNPACKED_BYTES = 400 * 2**20
UNPACKED_FILES = 10_000
POSTER = (640, 400)


class Unusable(Exception):
    """The sentence for the person who uploaded the file."""


def stream(path: Path, folder: Path) -> dict[str, Any]:
    """Duration, size and codecs of a video or sound; the first picture or sample must really decode."""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            return _streams(container)
    except av.error.FFmpegError as problem:
        raise Unusable("文件已损坏或没有传完整，无法播放。请在电脑上试放一遍，重新导出后再上传。") from problem


def _streams(container: Any) -> dict[str, Any]:
    videos = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    video, audio = next(iter(videos), None), next(iter(container.streams.audio), None)
    if video is None and audio is None:
        raise Unusable("文件里没有画面也没有声音，请检查后重新导出。")
    if next(container.decode(video or audio), None) is None:
        raise Unusable("文件里没有可以播放的内容，请重新导出后再上传。")
    millis = int((container.duration or 0) // 1000)
    if millis < 1000:
        raise Unusable("时长不足 1 秒或读不出时长，请重新导出后再上传。")
    return {
        "duration_millis": millis,
        "width": video and video.codec_context.width,
        "height": video and video.codec_context.height,
        "pixels": (video and video.codec_context.pix_fmt) or "",
        "video": video and video.codec_context.name,
        "audio": audio and audio.codec_context.name,
    }


def pdf(path: Path, folder: Path) -> dict[str, Any]:
    """A picture and the text of every page, and a poster of the first."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as problem:
        locked = "password" in str(problem).lower()
        raise Unusable("PDF 设有打开密码，请去掉密码后再上传。" if locked else "PDF 已损坏，打不开。请重新导出后再上传。") from problem
    if not 1 <= len(document) <= PAGES_MOST:
        raise Unusable(f"PDF 有 {len(document)} 页，最多 {PAGES_MOST} 页，请分成几个文件上传。")
    return {"title": str(document.get_metadata_dict().get("Title", "")), "pages": [_page(document, n, folder) for n in range(len(document))]}


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
    picture.save(folder / name, "WEBP", quality=82, method=2)
    if index == 0:
        _poster(picture, folder)
    return {"picture": name, "width": picture.width, "height": picture.height, "text": _clean(text)}


def _poster(picture: Image.Image, folder: Path) -> None:
    """The top of the picture, as wide as a poster."""
    width, height = POSTER
    whole = picture.resize((width, max(1, picture.height * width // picture.width)))
    whole.crop((0, 0, width, min(height, whole.height))).save(folder / "poster.webp", "WEBP", quality=80)


def slides(path: Path, folder: Path) -> dict[str, Any]:
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
    return _clean("\n".join(lines))[:TEXT_MOST]


def words(path: Path, folder: Path) -> dict[str, Any]:
    """Title and text of a Word document, tables included."""
    _check_archive(path, "word/document.xml", "DOCX")
    document = docx.Document(str(path))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lines += [" ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    heads = [p.text for p in document.paragraphs if p.text.strip() and (p.style.name or "").startswith(("Title", "Heading"))]
    title = next(iter(heads), "") or document.core_properties.title or ""
    return {"title": title, "text": _clean("\n".join(lines))[: 50 * TEXT_MOST]}


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
    overlap = any(end > start for (_, end), (start, _) in zip(ends, ends[1:], strict=False))
    if overlap or len(parts) > UNPACKED_FILES or sum(part.file_size for part in parts) > UNPACKED_BYTES:
        raise Unusable(f"{name} 解开后过大，请压缩其中的图片或另存为 PDF 后再上传。")


def picture(path: Path, folder: Path) -> dict[str, Any]:
    """A picture, drawn anew so that nothing but pixels is left of it."""
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > PICTURE_PIXELS:
                raise Unusable("图片过大，请缩小到 5000 万像素以内再上传。")
            drawn = opened.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as problem:
        raise Unusable("图片已损坏，打不开。请重新保存后再上传。") from problem
    drawn.thumbnail((2400, 2400))
    drawn.save(folder / "play.webp", "WEBP", quality=85)
    _poster(drawn, folder)
    return {"width": drawn.width, "height": drawn.height}


def _clean(text: str) -> str:
    return "\n".join(line for line in (" ".join(raw.split()) for raw in text.replace("\0", "").splitlines()) if line)


KINDS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "stream": stream,
    "pdf": pdf,
    "pptx": slides,
    "docx": words,
    "picture": picture,
}


def main(kind: str, path: str, folder: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        found = KINDS[kind](Path(path), Path(folder))
    except Unusable as problem:
        sys.stderr.write(str(problem))
        return 3
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
