"""Small real files: a video with sound, a PDF, a PPTX, a DOCX, made on the spot."""

import io
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import docx
import imageio_ffmpeg
import pptx
from PIL import Image, ImageDraw


@cache
def video(*, codec: str = "libx264", sound: bool = True, suffix: str = "mp4", seconds: int = 2) -> bytes:
    """A small film; with libx264 its index stands at the end, as recorders leave it."""
    sources = ["-f", "lavfi", "-i", f"testsrc=size=160x90:rate=10:duration={seconds}"]
    if sound:
        sources += [
            "-f",
            "lavfi",
            "-i",
            f"sine=frequency=440:duration={seconds}",
            "-c:a",
            "aac" if suffix == "mp4" else "libopus",
        ]
    return _made([*sources, "-c:v", codec, "-pix_fmt", "yuv420p"], suffix)


@cache
def sound(suffix: str = "mp3", seconds: int = 2) -> bytes:
    return _made(["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"], suffix)


def _made(arguments: list[str], suffix: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{suffix}"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", *arguments, str(path)]
        subprocess.run(command, check=True, timeout=60)
        return path.read_bytes()


@cache
def pdf(*texts: str) -> bytes:
    """A PDF with one page for each text; Latin text can be found in it."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in texts:
        stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R"
        objects.append(f"{page} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def deck(*slides: tuple[str, str]) -> bytes:
    """A PPTX with a title and a text on each slide."""
    made = pptx.Presentation()
    for title, text in slides:
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def document(title: str, *paragraphs: str) -> bytes:
    made = docx.Document()
    made.add_heading(title, level=1)
    for text in paragraphs:
        made.add_paragraph(text)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def picture(width: int = 80, height: int = 50) -> bytes:
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).line((0, 0, width, height), fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
