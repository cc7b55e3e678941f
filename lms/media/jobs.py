"""The tasks that examine a stored file and make what is shown of it."""

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete, insert, update

from lms import clock
from lms.config import Settings
from lms.db import MakeSession, unit_of_work
from lms.errors import NotFound
from lms.media import convert, documents, queries, recordings, scanning, upload_sweep
from lms.media.errors import BadMedia
from lms.media.models import MediaFile, MediaPage, Rendition
from lms.media.orphans import sweep
from lms.media.packages.making import make_package
from lms.media.packages.services import forget_visits
from lms.media.rules import MediaKind, MediaState
from lms.media.services import MORE_KIND, TASK_KIND, enqueue_more
from lms.media.storing import Values, base_of, put_named
from lms.notices import services as notices
from lms.storage import Storage
from lms.tasks.jobs import Job
from lms.tasks.services import MOST_TRIES, TaskContext

Found = dict[str, Any]
PROGRESS_SECONDS = 5.0
FAILED_FOR_NOW = "处理时出了意外，系统会再试；若一直不成功，请联系系统管理员。"
FAILED_FOR_GOOD = "处理这个文件时服务器几次中断，没有完成。请重试一次；仍不行，请转成 MP4 或 PDF 后再上传。"

log = structlog.get_logger("lms.media")


def process(context: TaskContext) -> Found:
    """The file is `ready` with what is needed to show it, or `failed` with the reason; running twice gives the same."""
    media = _begin(context)
    try:
        if context.tries > MOST_TRIES:  # the worker itself died each time, so nobody could say why
            raise BadMedia(FAILED_FOR_GOOD)
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
    return _ready(context, media, values, pages)


def _begin(context: TaskContext) -> MediaFile:
    with unit_of_work(context.make_session) as session:
        media = queries.find_media(session, context.input["media_id"])
        if media is None:
            raise NotFound()
        session.execute(update(MediaFile).where(MediaFile.id == media.id).values(state=MediaState.PROCESSING))
    return media


def _ready(context: TaskContext, media: MediaFile, values: Values, pages: list[Values]) -> Found:
    now = clock.now()
    speech = _settings(context).speech_command
    is_recording = media.kind in (MediaKind.VIDEO, MediaKind.AUDIO)
    with unit_of_work(context.make_session) as session:
        session.execute(delete(MediaPage).where(MediaPage.media_id == media.id))
        if pages:
            session.execute(insert(MediaPage), pages)
        ready = update(MediaFile).where(MediaFile.id == media.id)
        session.execute(ready.values(state=MediaState.READY, failure="", playable_at=now, **values))
        if is_recording and recordings.needs_more(media.kind, values, speech):
            enqueue_more(session, media, now=now)
    return {"media_id": media.id, "pages": len(pages)}


def _fail(context: TaskContext, media: MediaFile, why: str) -> None:
    with unit_of_work(context.make_session) as session:
        failed = update(MediaFile).where(MediaFile.id == media.id)
        session.execute(failed.values(state=MediaState.FAILED, failure=why[:300]))
        notices.tell(session, media.owner_id, f"“{media.original_name}”没有处理成功：{why}", "/studio", now=context.now)


def _make(context: TaskContext, media: MediaFile, folder: Path) -> tuple[Values, list[Values]]:
    """The columns and pages found; what was made is stored before anything is written."""
    storage: Storage = context.services["storage"]
    base, progress = base_of(media.key, context.task_id), _progress(context)
    with storage.as_file(media.key) as path:
        if media.kind is MediaKind.DOCUMENT:
            command = _settings(context).office_command
            return documents.document(storage, media, path, folder, base, progress, command=command)
        if media.kind is MediaKind.PACKAGE:
            return make_package(context, media, path, base, progress), []
        if media.kind is MediaKind.IMAGE:
            found = convert.examine("picture", path, folder)
            return {**found, **put_named(storage, folder, base, play_key="play.webp", poster_key="poster.webp")}, []
        return recordings.first(storage, media, path, folder, base, progress), []


def more(context: TaskContext) -> Found:
    """What makes a recording that can be watched already better. When it fails, the file stays as it is and says what it lacks."""
    with unit_of_work(context.make_session) as session:
        media = queries.find_media(session, context.input["media_id"])
    if media is None or media.state is not MediaState.READY or media.play_key is None:
        return {}
    names: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="jiangtai-media-") as name:
            names = _make_more(context, media, Path(name))
    except BadMedia as problem:
        _lacks(context, media, f"{problem.message}"[:300])
        raise
    _lacks(context, media, "")
    return {"media_id": media.id, "renditions": names}


def _make_more(context: TaskContext, media: MediaFile, folder: Path) -> list[str]:
    storage: Storage = context.services["storage"]
    assert media.play_key is not None
    base, names = base_of(media.key, context.task_id), []
    streams = bool(context.input.get("streams"))
    with storage.as_file(media.key) as source, storage.as_file(media.play_key) as play:
        progress = _progress(context)
        for name, values in recordings.renditions(
            storage, media, source, play, folder, base, progress, streams=streams
        ):
            _keep(context, media, name, values)
            names.append(name)
        if command := _settings(context).speech_command:
            text = recordings.heard(play, folder, command, media.duration_millis or 0)
            _update(context, media, heard_vtt=text)
    return names


def _keep(context: TaskContext, media: MediaFile, name: str, values: Values) -> None:
    """The rendition takes the place of an earlier one with its name; blobs of that one are swept later."""
    with unit_of_work(context.make_session) as session:
        session.execute(delete(Rendition).where(Rendition.media_id == media.id, Rendition.name == name))
        session.execute(insert(Rendition), [{"media_id": media.id, "name": name, **values}])


def _lacks(context: TaskContext, media: MediaFile, what: str) -> None:
    _update(context, media, shortcoming=what)


def _update(context: TaskContext, media: MediaFile, **values: object) -> None:
    with unit_of_work(context.make_session) as session:
        session.execute(update(MediaFile).where(MediaFile.id == media.id).values(**values))


def _settings(context: TaskContext) -> Settings:
    found: Settings = context.services["settings"]
    return found


def _progress(context: TaskContext) -> Callable[[int, int], None]:
    """Stores how far the work is every few seconds, so that the claim stays fresh without many writes."""
    told_at = time.monotonic() - PROGRESS_SECONDS

    def report(done: int, total: int) -> None:
        nonlocal told_at
        if total > 0 and time.monotonic() - told_at >= PROGRESS_SECONDS:
            told_at = time.monotonic()
            context.progress(min(done, total), total)

    return report


KINDS = {TASK_KIND: process, MORE_KIND: more, **upload_sweep.KINDS}
JOBS = [Job("media.uploads", 3600, upload_sweep.sweep_uploads)]


def sweeping_job(storage: Storage) -> Job:
    """Files whose transaction failed go after a day, and visits to packages that are over."""

    def run(make_session: MakeSession, now: datetime) -> None:
        forget_visits(make_session, now)
        sweep(make_session, storage, now)

    return Job("media.sweep", 3600, run)
