"""A film as the pipeline leaves it: streams of two sizes and of sound alone in pieces, and pictures for the bar. Made once per run."""

import io
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import imageio_ffmpeg
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from lms import clock
from lms.media.models import MediaFile, Rendition
from lms.media.rules import MediaKind, MediaState, RenditionKind
from lms.people.models import Person
from lms.storage import Storage

FOLDER = "files/2026-11/0123456789abcdef0123456789abcdef"
SIZES = {"hls-180": (320, 180), "hls-360": (640, 360)}
CODECS = "avc1.42c01e,mp4a.40.2"
TILE = (160, 90)


@cache
def pieces(name: str, seconds: int) -> dict[str, bytes]:
    """File name → content of one stream: the playlist, `init.mp4` and the segments of four seconds."""
    with TemporaryDirectory() as folder:
        tone = ["-f", "lavfi", "-i", f"sine=frequency=330:duration={seconds}"]
        if name == "hls-audio":
            streams = [*tone, "-c:a", "aac", "-b:a", "32k"]
        else:
            width, height = SIZES[name]
            picture = ["-f", "lavfi", "-i", f"testsrc=size={width}x{height}:rate=5:duration={seconds}"]
            streams = [*picture, *tone, "-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-g", "20"]
            streams += ["-pix_fmt", "yuv420p", "-crf", "40", "-c:a", "aac", "-b:a", "32k", "-shortest"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", *streams, "-f", "hls"]
        command += ["-hls_time", "4", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
        command += ["-hls_segment_filename", "seg-%05d.m4s", "-hls_fmp4_init_filename", "init.mp4", "list.m3u8"]
        subprocess.run(command, check=True, timeout=120, cwd=folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def give_stream(
    session: Session, storage: Storage, owner: Person, *, seconds: int, is_plain: bool = False
) -> MediaFile:
    """The film with its renditions, stored and ready; `is_plain`: with a file that plays by itself too."""
    made = MediaFile(
        key=f"{FOLDER}.mp4", original_name="讲座.mp4", mime="video/mp4", size_bytes=1, sha256="0" * 64, kind=MediaKind.VIDEO,
        state=MediaState.READY, owner_id=owner.id, created_at=clock.now(), duration_millis=seconds * 1000, width=640, height=360,
        play_key=f"{FOLDER}-1/play.mp4" if is_plain else None, poster_key=f"{FOLDER}-1/poster.webp",
    )  # fmt: skip
    session.add(made)
    session.flush()
    storage.put(f"{FOLDER}-1/poster.webp", io.BytesIO(_picture((640, 360), "poster")))
    for name in (*SIZES, "hls-audio"):
        _stream(session, storage, made, name, seconds)
    _storyboard(session, storage, made, seconds)
    session.commit()
    return made


def _stream(session: Session, storage: Storage, media: MediaFile, name: str, seconds: int) -> None:
    made = pieces(name, seconds)
    for file, content in made.items():
        if not file.endswith(".m3u8"):
            storage.put(f"{FOLDER}-1/{name}/{file}", io.BytesIO(content))
    width, height = SIZES.get(name, (None, None))
    _add(
        session, media, name, RenditionKind.STREAM, made, width=width, height=height,
        bits_per_second=40_000 if height is None else height * 800, codecs="mp4a.40.2" if height is None else CODECS,
        playlist=made["list.m3u8"].decode(), facts={},
    )  # fmt: skip


def _storyboard(session: Session, storage: Storage, media: MediaFile, seconds: int) -> None:
    columns, rows, every = 5, 5, 10
    count = -(-seconds // every)
    sheets = dict(_sheets(count, columns, rows, every))
    for file, content in sheets.items():
        storage.put(f"{FOLDER}-1/storyboard/{file}", io.BytesIO(content))
    facts = {
        "every_millis": every * 1000, "columns": columns, "rows": rows, "tile_width": TILE[0], "tile_height": TILE[1],
        "count": count,
    }  # fmt: skip
    _add(session, media, "storyboard", RenditionKind.STORYBOARD, sheets, facts=facts)


def _sheets(count: int, columns: int, rows: int, every: int) -> Iterator[tuple[str, bytes]]:
    for number in range(-(-count // (columns * rows))):
        sheet = Image.new("RGB", (columns * TILE[0], rows * TILE[1]))
        for place in range(columns * rows):
            tile = _drawn(TILE, f"{(number * columns * rows + place) * every} s")
            sheet.paste(tile, (place % columns * TILE[0], place // columns * TILE[1]))
        out = io.BytesIO()
        sheet.save(out, "WEBP")
        yield f"sheet-{number + 1:03d}.webp", out.getvalue()


def _drawn(size: tuple[int, int], words: str) -> Image.Image:
    image = Image.new("RGB", size, "#2d5a4c")
    ImageDraw.Draw(image).text((10, 10), words, fill="white")
    return image


def _picture(size: tuple[int, int], words: str) -> bytes:
    out = io.BytesIO()
    _drawn(size, words).save(out, "WEBP")
    return out.getvalue()


def _add(
    session: Session, media: MediaFile, name: str, kind: RenditionKind, files: dict[str, bytes], **more: Any
) -> None:
    session.add(
        Rendition(
            media_id=media.id,
            name=name,
            kind=kind,
            prefix=f"{FOLDER}-1/{name}",
            file_count=len(files),
            size_bytes=sum(map(len, files.values())),
            **more,
        )
    )
    session.flush()
