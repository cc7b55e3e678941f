"""The zoo: real files as phones, old cameras, careless exports and attackers make them, each made on the spot."""

import io
import struct
import zipfile
import zlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2 as pdfium
from PIL import Image

from tests.media import files
from tests.media.files import _made

SIZE = "size=320x180:rate=25"
PICTURES = ["-f", "lavfi", "-i", f"testsrc=duration=3:{SIZE}"]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:duration=3"]


@cache
def film(name: str) -> tuple[str, bytes]:
    """Suffix and content of an odd film."""
    h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    kinds = {
        "mpeg4 in avi": ("avi", [*PICTURES, *TONE, "-c:v", "mpeg4", "-c:a", "libmp3lame"]),
        "vp9 and opus in webm": ("webm", [*PICTURES, *TONE, "-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"]),
        "hevc of a phone": ("mov", [*PICTURES, *TONE, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0", "-c:a", "aac"]),
        "hevc in ten bits": ("mp4", [*PICTURES, *TONE, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0", "-pix_fmt", "yuv420p10le"]),
        "mpeg2 in a transport stream": ("ts", [*PICTURES, *TONE, "-c:v", "mpeg2video", "-c:a", "mp2"]),
        "interlaced mpeg2": ("mpg", [*PICTURES, *TONE, "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-vf", "interlace,setfield=tff", "-c:a", "mp2"]),
        "windows media": ("wmv", [*PICTURES, *TONE, "-c:v", "wmv2", "-c:a", "wmav2"]),
        "flash": ("flv", [*PICTURES, *TONE, "-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"]),
        "h264 in ten bits": ("mkv", [*PICTURES, *TONE, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv422p10le"]),
        "odd width and height": ("mkv", [*PICTURES, *TONE, "-vf", "scale=321:179", "-c:v", "mpeg4"]),
        "oblong pixels": ("mp4", [*PICTURES, *TONE, "-vf", "setsar=4/3", *h264, "-c:a", "aac"]),
        "uneven pictures a second": ("mp4", [*PICTURES, *TONE, "-vf", "select='if(lt(n,35),1,not(mod(n,5)))'", "-fps_mode", "vfr", *h264, "-c:a", "aac"]),
        "mp3 sound in an mp4": ("mp4", [*PICTURES, *TONE, *h264, "-c:a", "libmp3lame"]),
        "no sound": ("mp4", [*PICTURES, *h264]),
        "sixty pictures a second": ("mkv", ["-f", "lavfi", "-i", "testsrc=duration=3:size=320x180:rate=60", *TONE, "-c:v", "mpeg4"]),
    }  # fmt: skip
    suffix, arguments = kinds[name]
    return suffix, _made(arguments, suffix)


FILMS = (
    "mpeg4 in avi",
    "vp9 and opus in webm",
    "hevc of a phone",
    "hevc in ten bits",
    "mpeg2 in a transport stream",
    "interlaced mpeg2",
    "windows media",
    "flash",
    "h264 in ten bits",
    "odd width and height",
    "oblong pixels",
    "uneven pictures a second",
    "mp3 sound in an mp4",
    "no sound",
    "sixty pictures a second",
)


@cache
def turned_phone_clip() -> bytes:
    """Recorded upright: stored lying, 320 × 180, with a display matrix that turns it by 90 degrees."""
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.mp4"
        plain.write_bytes(files.video(seconds=3))
        return _made(["-display_rotation", "90", "-i", str(plain), "-c", "copy"], "mp4")


@cache
def song_with_cover() -> bytes:
    """An MP3 whose cover is a stream of pictures of one picture."""
    with TemporaryDirectory() as folder:
        cover, sound = Path(folder) / "cover.png", Path(folder) / "sound.mp3"
        cover.write_bytes(files.picture())
        sound.write_bytes(files.sound(seconds=3))
        inputs = ["-i", str(sound), "-i", str(cover), "-map", "0:a", "-map", "1:v"]
        return _made([*inputs, "-c", "copy", "-disposition:v", "attached_pic"], "mp3")


@cache
def faint_film() -> bytes:
    """A film that fits but whose sound can hardly be heard."""
    quiet = ["-af", "volume=-25dB", "-c:a", "aac", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    return _made([*PICTURES, *TONE, *quiet], "mp4")


@cache
def long_film(seconds: int, *, key_seconds: int = 2, codec: str = "libx264", preset: str = "ultrafast") -> bytes:
    source = ["-f", "lavfi", "-i", f"testsrc=duration={seconds}:size=1280x720:rate=10"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}", "-c:a", "aac"]
    coded = ["-c:v", codec, "-g", str(10 * key_seconds), "-pix_fmt", "yuv420p"]
    quick = ["-preset", preset, "-sc_threshold", "0"] if codec == "libx264" else []
    return _made([*source, *sound, *coded, *quick], "mp4" if codec == "libx264" else "mkv")


def with_part(content: bytes, name: str, body: bytes) -> bytes:
    """The archive with this part instead of the one of that name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, body)
    return out.getvalue()


def laughing_document() -> bytes:
    """A billion laughs, behind a comment that is longer than what a hasty look reads."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    dtd = f'<!DOCTYPE w [<!ENTITY l0 "ha">{entities}]>'
    text = f'<?xml version="1.0"?><!--{"x" * 100_000}-->{dtd}<w>&l9;</w>'
    return with_part(files.document("t", "x"), "word/document.xml", text.encode())


def reading_document() -> bytes:
    """A DOCX that asks for a file of this machine."""
    text = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY f SYSTEM "file:///etc/passwd">]><w>&f;</w>'
    return with_part(files.document("t", "x"), "word/document.xml", text.encode())


def climbing_document() -> bytes:
    return with_part(files.document("t", "x"), "../../outside.xml", b"<x/>")


def lying_bomb() -> bytes:
    """A DOCX part whose header claims ten bytes and which holds twenty million."""
    size = 20 * 2**20
    whole = with_part(files.document("t", "x"), "word/media/a.bin", b"\0" * size)
    return whole.replace(struct.pack("<I", size), struct.pack("<I", 10))


def huge_picture() -> bytes:
    """A PNG of a few hundred bytes that claims 100,000 × 100,000 pixels."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def turned_photo() -> bytes:
    """A photo of a phone held upright: stored lying, turned by its EXIF."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 50), "white").save(out, "JPEG", exif=exif)
    return out.getvalue()


def long_pdf(pages: int) -> bytes:
    """A PDF of so many empty pages, each named in its text by its number."""
    return files.pdf(*(f"page {number}" for number in range(1, pages + 1)))


def locked_pdf() -> bytes:
    """A PDF that asks for a password (RC4, 40 bits, with a key nobody knows)."""
    content = files.pdf("secret")
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> /P -4 >>"
    trailer = b"trailer << /ID [<00> <00>] /Encrypt " + encrypt + b" "
    return content.replace(b"trailer << ", trailer)


def is_locked(content: bytes) -> bool:
    try:
        pdfium.PdfDocument(content)
    except pdfium.PdfiumError as problem:
        return "password" in str(problem).lower()
    return False
