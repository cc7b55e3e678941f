"""The step of the examination that unpacks a package: its files stored one by one, its index and contents in the database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from lms.db import unit_of_work
from lms.media.errors import BadMedia
from lms.media.models import MediaFile
from lms.media.packages.manifest import FLASH, MANIFEST, Contents, contents_of
from lms.media.packages.models import Package, PackageFile
from lms.media.packages.unpacking import Opened, opened
from lms.media.rules import suffix_of
from lms.storage import Storage
from lms.tasks.services import TaskContext

MANIFEST_BYTES = 4 * 1024**2
PAGE_BYTES = 512 * 1024
MIMES = {
    "html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml", "js": "text/javascript", "mjs": "text/javascript",
    "css": "text/css", "json": "application/json", "xml": "text/xml", "txt": "text/plain", "vtt": "text/vtt", "svg": "image/svg+xml",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "bmp": "image/bmp",
    "ico": "image/x-icon", "cur": "image/x-icon", "mp3": "audio/mpeg", "m4a": "audio/mp4", "wav": "audio/wav", "ogg": "audio/ogg",
    "oga": "audio/ogg", "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg", "woff": "font/woff",
    "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf", "pdf": "application/pdf", "wasm": "application/wasm",
}  # fmt: skip
OTHER = "application/octet-stream"
Rows = list[dict[str, Any]]
Progress = Callable[[int, int], None]


def make_package(context: TaskContext, media: MediaFile, path: Path, base: str, progress: Progress) -> dict[str, Any]:
    """Unpacks the archive at the path and replaces what the database says of it; returns the columns of the media file.

    Raises BadMedia for what is no package we can show. Everything is stored before anything is written.
    """
    storage: Storage = context.services["storage"]
    prefix = f"{base}-p"
    with opened(path) as archive:
        manifest = archive.head(MANIFEST, MANIFEST_BYTES) if MANIFEST in archive.parts else None
        contents = contents_of(archive.parts.keys(), manifest)
        _refuse_flash(archive, contents)
        rows = _store(storage, archive, media.id, prefix, progress)
    with unit_of_work(context.make_session) as session:
        for model in (PackageFile, Package):
            session.execute(delete(model).where(model.media_id == media.id))
        session.execute(insert(PackageFile), rows)
        session.add(
            Package(
                media_id=media.id, standard=contents.standard, title=contents.title, prefix=prefix,
                items=[item.as_json() for item in contents.items], wants_sequencing=contents.wants_sequencing,
                file_count=len(rows), size_bytes=sum(row["size_bytes"] for row in rows),
            )
        )  # fmt: skip
    return {"text": "\n".join(filter(None, [contents.title, *(item.title for item in contents.items)]))}


def _refuse_flash(archive: Opened, contents: Contents) -> None:
    """A start page that only embeds a film in Flash shows nothing today."""
    if not any(path.endswith(".swf") for path in archive.parts) or any("html5" in path for path in archive.parts):
        return
    pages = [archive.head(item.path, PAGE_BYTES).lower() for item in contents.items]
    if all(b".swf" in page and b"<video" not in page for page in pages):
        raise BadMedia(FLASH)


def _store(storage: Storage, archive: Opened, media_id: int, prefix: str, progress: Progress) -> Rows:
    rows: Rows = []
    for number, path in enumerate(sorted(archive.parts), 1):
        suffix = suffix_of(path)
        mime = MIMES.get(suffix, OTHER)
        key = f"{prefix}/{number:05}.{suffix if suffix in MIMES else 'bin'}"
        source = archive.stream(path)
        storage.put(key, source, mime=mime)
        size: int = source.size  # type: ignore[attr-defined]
        rows.append({"media_id": media_id, "path": path, "key": key, "mime": mime, "size_bytes": size})
        progress(number, len(archive.parts))
    return rows
