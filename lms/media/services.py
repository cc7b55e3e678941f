"""Take files in, examine them, hand out links and end them."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys
from lms.db import changed
from lms.errors import Conflict
from lms.media.errors import BadFile
from lms.media.models import MediaFile
from lms.media.queries import MEDIA_TASKS
from lms.media.rules import (
    FOLDER,
    HEAD_BYTES,
    FileType,
    Link,
    LinkScope,
    MediaKind,
    MediaState,
    expiry,
    suffix_of,
    type_of,
)
from lms.media.upload_models import Upload, UploadPart
from lms.media.upload_rules import UploadState, clean_name
from lms.storage import Storage
from lms.tasks import services as tasks

ZIP_ELSEWHERE = "压缩包请先解压，再逐个上传里面的文件；SCORM 课件请改选“互动课件”。"
TASK_KIND, MORE_KIND = MEDIA_TASKS


def receive(
    session: Session,
    stream: BinaryIO,
    *,
    name: str,
    owner_id: int,
    storage: Storage,
    now: datetime,
    kinds: frozenset[MediaKind] = frozenset(MediaKind),
) -> MediaFile:
    """The file is stored and will be examined soon; raises BadFile when its type is not taken. The blob is stored before the first write."""
    name = clean_name(name)
    found = _type_of(stream, name, kinds)
    key = fresh_key(found, now)
    counted = _Counted(stream)
    storage.put(key, counted, mime=found.mime)  # type: ignore[arg-type]
    facts = {"size_bytes": counted.size, "sha256": counted.digest.hexdigest()}
    return _take_in(
        session, now, key=key, original_name=name, mime=found.mime, kind=found.kind, owner_id=owner_id, **facts
    )


def _take_in(session: Session, now: datetime, **facts: Any) -> MediaFile:
    """A stored blob becomes a media file that is waiting to be examined."""
    media = MediaFile(state=MediaState.UPLOADED, created_at=now, **facts)
    session.add(media)
    session.flush()  # the task and the caller name the file by its number
    _enqueue(session, media, now)
    return media


def fresh_key(found: FileType, now: datetime) -> str:
    """Where a file of this type will be stored; never used before."""
    return f"{FOLDER}{clock.local(now):%Y-%m}/{secrets.token_hex(16)}.{found.suffix}"


def adopt(
    session: Session, upload: Upload, *, now: datetime, kinds: frozenset[MediaKind] = frozenset(MediaKind)
) -> MediaFile:
    """A finished upload becomes a media file, once, and will be examined soon. Raises BadFile for a kind that is not taken here,
    and for an upload that is unfinished, given up or used already."""
    check_kind(upload.kind, upload.name, kinds)
    held = update(Upload).where(Upload.id == upload.id, Upload.state == UploadState.COMPLETE)
    if not changed(session.execute(held.values(state=UploadState.ADOPTED))):
        raise BadFile("这个文件还没有传完，或者已经用过了，请重新选择文件。", field="file")
    session.execute(delete(UploadPart).where(UploadPart.upload_id == upload.id))
    facts = {name: getattr(upload, name) for name in ("key", "mime", "size_bytes", "sha256", "kind", "owner_id")}
    media = _take_in(session, now, original_name=upload.name, **facts)
    session.execute(update(Upload).where(Upload.id == upload.id).values(media_id=media.id))
    return media


def check_kind(kind: MediaKind, name: str, kinds: frozenset[MediaKind]) -> None:
    """Raises BadFile when a file of this kind has no place here."""
    if kind not in kinds and kind is MediaKind.PACKAGE:
        raise BadFile(ZIP_ELSEWHERE, field="file")
    if kind not in kinds:
        raise BadFile(f"这里不能放 {suffix_of(name).upper()} 文件，请换一个文件或改选资源类型。", field="file")


def _type_of(stream: BinaryIO, name: str, kinds: frozenset[MediaKind]) -> FileType:
    found = type_of(name, stream.read(HEAD_BYTES))
    stream.seek(0)
    if isinstance(found, str):
        raise BadFile(found, field="file")
    check_kind(found.kind, name, kinds)
    return found


class _Counted:
    """A stream that knows how much was read of it, and its digest."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.size, self.digest = stream, 0, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(size)
        self.size += len(piece)
        self.digest.update(piece)
        return piece


def _enqueue(session: Session, media: MediaFile, now: datetime) -> None:
    enqueue_again(session, media, {"media_id": media.id}, now=now, at=now)


def enqueue_again(session: Session, media: MediaFile, task: Mapping[str, Any], *, now: datetime, at: datetime) -> None:
    """The file is examined at that moment or soon after it."""
    title = f"处理文件：{media.original_name}"
    tasks.enqueue(session, TASK_KIND, task, owner_id=media.owner_id, title=title, now=now, run_after=at)


def retry(session: Session, media: MediaFile, *, now: datetime) -> None:
    """A file that failed, or one that lacks something, is worked on again; raises Conflict for any other."""
    if media.state is MediaState.READY and media.shortcoming and media.play_key:
        enqueue_more(session, media, now=now)
        return
    lacking = and_(MediaFile.state == MediaState.READY, MediaFile.shortcoming != "")
    failed = update(MediaFile).where(MediaFile.id == media.id, or_(MediaFile.state == MediaState.FAILED, lacking))
    if not changed(session.execute(failed.values(state=MediaState.UPLOADED, failure=""))):
        raise Conflict("这个文件正在处理或已处理好，不必重试。")
    _enqueue(session, media, now)


def enqueue_more(session: Session, media: MediaFile, *, now: datetime, streams: bool = False) -> None:
    """What makes a playable recording better is made soon. `streams`: several sizes to choose from also of what is short."""
    title = f"完善音视频：{media.original_name}"
    given = {"media_id": media.id, "streams": streams}
    tasks.enqueue(session, MORE_KIND, given, owner_id=media.owner_id, title=title, now=now)


def link(
    keys: Keys, media: MediaFile, name: str, *, sign_in_id: int, now: datetime, scope: LinkScope = LinkScope.VIEW
) -> str:
    """An address that serves this one sign-in for at most ten minutes; whoever calls has checked that the person may see the file.

    Names: `play_name(media)`, `poster.webp`, `page-N.webp`, `page-N-small.webp`, `RENDITION/FILE`, and with the download scope
    `original_name(media)`.
    """
    return link_base(keys, media, sign_in_id=sign_in_id, now=now, scope=scope) + name


def link_base(
    keys: Keys, media: MediaFile, *, sign_in_id: int, now: datetime, scope: LinkScope = LinkScope.VIEW
) -> str:
    """What all links of this scope made in this step begin with, up to the name."""
    made = Link(media.id, media.link_epoch, scope, expiry(now))
    return f"/media/{made.token(keys.mac('cookie', made.sealed_text(sign_in_id)))}/"


def play_name(media: MediaFile) -> str:
    """The name of what is played or shown; only for media that have such a rendition."""
    return f"play.{suffix_of(media.play_key or '')}"


def original_name(media: MediaFile) -> str:
    return f"original.{suffix_of(media.original_name)}"


def end_links(session: Session, media_id: int) -> None:
    """Every link handed out so far is over."""
    session.execute(update(MediaFile).where(MediaFile.id == media_id).values(link_epoch=MediaFile.link_epoch + 1))
