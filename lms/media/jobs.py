"""The task that examines a stored file and makes what is shown of it."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, update

from lms.db import unit_of_work
from lms.errors import NotFound
from lms.media import convert, queries, scanning, upload_sweep
from lms.media.errors import BadMedia
from lms.media.models import MediaFile, MediaPage
from lms.media.orphans import sweep
from lms.media.rules import MediaKind, MediaState, is_playable, suffix_of
from lms.notices import services as notices
from lms.storage import Storage
from lms.tasks.jobs import Job
from lms.tasks.services import TaskContext

Found = dict[str, Any]
CUT_MILLIS, CUT_PERCENT = 1500, 2
FAILED_FOR_NOW = "处理时出了意外，系统会再试；若一直不成功，请联系系统管理员。"


def process(context: TaskContext) -> Found:
    """The file is `ready` with everything made from it, or `failed` with the reason; running twice gives the same."""
    media = _begin(context)
    try:
        if not scanning.let_pass(context, media):
            return {"media_id": media.id, "waits": True}
        with tempfile.TemporaryDirectory(prefix="jiangtai-media-") as name:
            values, pages = _make(context, media, Path(name))
    except BadMedia as problem:
        _fail(context, media, problem.message)
        raise
    except Exception:
        _fail(context, media, FAILED_FOR_NOW)
        raise
    with unit_of_work(context.make_session) as session:
        session.execute(delete(MediaPage).where(MediaPage.media_id == media.id))
        if pages:
            session.execute(insert(MediaPage), pages)
        ready = update(MediaFile).where(MediaFile.id == media.id)
        session.execute(ready.values(state=MediaState.READY, failure="", **values))
    return {"media_id": media.id, "pages": len(pages)}


def _begin(context: TaskContext) -> MediaFile:
    with unit_of_work(context.make_session) as session:
        media = queries.find_media(session, context.input["media_id"])
        if media is None:
            raise NotFound()
        session.execute(update(MediaFile).where(MediaFile.id == media.id).values(state=MediaState.PROCESSING))
    return media


def _fail(context: TaskContext, media: MediaFile, why: str) -> None:
    with unit_of_work(context.make_session) as session:
        failed = update(MediaFile).where(MediaFile.id == media.id)
        session.execute(failed.values(state=MediaState.FAILED, failure=why[:300]))
        notices.tell(session, media.owner_id, f"“{media.original_name}”没有处理成功：{why}", "/studio", now=context.now)


def _make(context: TaskContext, media: MediaFile, folder: Path) -> tuple[Found, list[Found]]:
    """The columns and pages found; renditions are stored before anything is written."""
    storage: Storage = context.services["storage"]
    base = f"{media.key.rpartition('.')[0]}-{context.task_id}"
    with storage.as_file(media.key) as path:
        if media.kind is MediaKind.DOCUMENT:
            return _document(storage, media, path, folder, base)
        if media.kind is MediaKind.IMAGE:
            found = convert.examine("picture", path, folder)
            return {**found, **_store(storage, folder, base, play_key="play.webp", poster_key="poster.webp")}, []
        return _recording(context, storage, media, path, folder, base), []


def _recording(context: TaskContext, storage: Storage, media: MediaFile, path: Path, folder: Path, base: str) -> Found:
    found = convert.examine("stream", path, folder)
    is_video = media.kind is MediaKind.VIDEO
    if is_video and found["video"] is None:
        raise BadMedia("文件里只有声音没有画面，请改用“音频”类型上传，或重新导出视频。")
    if not is_video and found["audio"] is None:
        raise BadMedia("文件里没有声音，请重新导出后再上传。")
    millis: int = found["duration_millis"]
    progress = _progress(context, millis)
    if not is_video:
        convert.to_m4a(
            path, folder / "play.m4a", copy=found["audio"] == "aac", duration_millis=millis, progress=progress
        )
        kept: Found = {"duration_millis": _whole(folder / "play.m4a", millis)}
        return kept | _store(storage, folder, base, play_key="play.m4a")
    copy = is_playable(found["video"], found["audio"], found["pixels"])
    convert.to_mp4(path, folder / "play.mp4", copy=copy, duration_millis=millis, progress=progress)
    kept = {"duration_millis": _whole(folder / "play.mp4", millis)}
    convert.poster(folder / "play.mp4", folder / "poster.webp", duration_millis=millis)
    kept |= {"width": found["width"], "height": found["height"]}
    return kept | _store(storage, folder, base, play_key="play.mp4", poster_key="poster.webp")


def _whole(made: Path, claimed_millis: int) -> int:
    """The length of what can really be played. Raises BadMedia when that is less than the file claims: it was cut off on its way here."""
    millis: int = convert.examine("stream", made, made.parent)["duration_millis"]
    if millis < claimed_millis - max(CUT_MILLIS, claimed_millis * CUT_PERCENT // 100):
        minutes, seconds = divmod(millis // 1000, 60)
        length = f"{minutes} 分 {seconds} 秒" if minutes else f"{seconds} 秒"
        raise BadMedia(f"文件没有传完整，只有前 {length}能播放。请在电脑上试放一遍，重新导出后再上传。")
    return millis


def _document(storage: Storage, media: MediaFile, path: Path, folder: Path, base: str) -> tuple[Found, list[Found]]:
    found = _examined(media, path, folder)
    pages = [
        _page(storage, media.id, number, page, folder, base) for number, page in enumerate(found.get("pages", []), 1)
    ]
    values: Found = {"page_count": len(pages) or None, "text": found.get("text") or found.get("title") or ""}
    if (folder / "poster.webp").exists():
        values |= _store(storage, folder, base, poster_key="poster.webp")
    return values, pages


def _examined(media: MediaFile, path: Path, folder: Path) -> Found:
    """What the document's program found; the storage's own name of the file may lack its suffix."""
    suffix = suffix_of(media.original_name)
    if suffix == "pdf":
        return convert.examine("pdf", path, folder)
    named = folder / f"original.{suffix}"
    named.symlink_to(path)
    return convert.examine("office", named, folder)


def _page(storage: Storage, media_id: int, number: int, page: Found, folder: Path, base: str) -> Found:
    key = None
    if "picture" in page:
        key = f"{base}/{page['picture']}"
        with (folder / page["picture"]).open("rb") as file:
            storage.put(key, file, mime="image/webp")
    size = {"width": page.get("width"), "height": page.get("height")}
    return {"media_id": media_id, "number": number, "key": key, "text": page["text"], **size}


_MIMES = {"webp": "image/webp", "mp4": "video/mp4", "m4a": "audio/mp4"}


def _store(storage: Storage, folder: Path, base: str, **names: str) -> Found:
    """Each file stored under the base; column → key."""
    for name in names.values():
        with (folder / name).open("rb") as file:
            storage.put(f"{base}/{name}", file, mime=_MIMES[suffix_of(name)])
    return {column: f"{base}/{name}" for column, name in names.items()}


def _progress(context: TaskContext, total: int) -> Callable[[int], None]:
    """Stores the progress at each tenth, so that the claim stays fresh without many writes."""
    reached = 0

    def report(done: int) -> None:
        nonlocal reached
        if done * 10 // total > reached:
            reached = done * 10 // total
            context.progress(min(done, total), total)

    return report


KINDS = {"media.process": process, **upload_sweep.KINDS}
JOBS = [Job("media.uploads", 3600, upload_sweep.sweep_uploads)]


def sweeping_job(storage: Storage) -> Job:
    """Files whose transaction failed go after a day."""
    return Job("media.sweep", 3600, lambda make_session, now: sweep(make_session, storage, now))
