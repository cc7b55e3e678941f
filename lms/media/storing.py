"""What was made of a file goes into the storage: single blobs, and folders of them as renditions."""

import re
from pathlib import Path
from typing import Any

from lms.media.convert import PLAYLIST
from lms.media.recording_rules import Board
from lms.media.rules import RenditionKind, stem_of, suffix_of
from lms.storage import Storage

Values = dict[str, Any]

MIMES = {
    "webp": "image/webp",
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "m4s": "video/iso.segment",
    "pdf": "application/pdf",
}
_PIECE = re.compile(r"^#EXTINF:([\d.]+),.*\n(seg-\d{5}\.m4s)$", re.M)


def base_of(key: str, task_id: int) -> str:
    """What the keys made by one task of one original begin with; another try makes others, so that nothing served is overwritten."""
    return f"{stem_of(key) or key.rpartition('.')[0]}-{task_id}"


def put(storage: Storage, path: Path, key: str) -> str:
    """The file is stored under the key; returns it."""
    with path.open("rb") as file:
        storage.put(key, file, mime=MIMES[suffix_of(path.name)])
    return key


def put_named(storage: Storage, folder: Path, base: str, **names: str) -> Values:
    """Each file of the folder stored under the base; column → key."""
    return {column: put(storage, folder / name, f"{base}/{name}") for column, name in names.items()}


def put_stream(storage: Storage, folder: Path, prefix: str, *, size: tuple[int, int] | None) -> Values:
    """An HLS variant stored with all its files; the columns of its rendition."""
    playlist = (folder / PLAYLIST).read_text()
    pieces = [(float(seconds), folder / name) for seconds, name in _PIECE.findall(playlist)]
    files = [folder / "init.mp4", *(piece for _, piece in pieces)]
    peak = max(int(piece.stat().st_size * 8 / max(seconds, 0.5)) for seconds, piece in pieces)
    return {
        "kind": RenditionKind.STREAM,
        **_put_all(storage, files, prefix),
        "width": size and size[0],
        "height": size and size[1],
        "bits_per_second": peak,
        "codecs": codecs_of((folder / "init.mp4").read_bytes()),
        "playlist": playlist,
        "facts": {},
    }


def put_board(storage: Storage, folder: Path, prefix: str, board: Board) -> Values:
    """The bar's sheets stored; the columns of their rendition."""
    files = sorted(folder.glob("sheet-*.webp"))
    kept = {"kind": RenditionKind.STORYBOARD, "width": board.tile_width, "height": board.tile_height}
    rest = {"bits_per_second": 0, "codecs": "", "playlist": "", "facts": board.facts()}
    return {**kept, **rest, **_put_all(storage, files, prefix)}


def _put_all(storage: Storage, files: list[Path], prefix: str) -> Values:
    for file in files:
        put(storage, file, f"{prefix}/{file.name}")
    return {"prefix": prefix, "file_count": len(files), "size_bytes": sum(file.stat().st_size for file in files)}


def codecs_of(init: bytes) -> str:
    """The codecs of an initialisation segment as RFC 6381 names them: H.264 with its profile and level, AAC-LC."""
    found = []
    at = init.find(b"avcC")
    if at >= 0:
        found.append(f"avc1.{init[at + 5 : at + 8].hex()}")
    if b"mp4a" in init:
        found.append("mp4a.40.2")
    return ",".join(found)
