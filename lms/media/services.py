"""Take files in, examine them, hand out links and end them."""

import hashlib
import secrets
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import and_, or_, update
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
    clean_name,
    expiry,
    suffix_of,
    type_of,
)
from lms.storage import Storage
from lms.tasks import services as tasks

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
    key = f"{FOLDER}{clock.local(now):%Y-%m}/{secrets.token_hex(16)}.{found.suffix}"
    counted = _Counted(stream)
    storage.put(key, counted, mime=found.mime)  # type: ignore[arg-type]
    media = MediaFile(
        key=key,
        original_name=name,
        mime=found.mime,
        size_bytes=counted.size,
        sha256=counted.digest.hexdigest(),
        kind=found.kind,
        state=MediaState.UPLOADED,
        owner_id=owner_id,
        created_at=now,
    )
    session.add(media)
    session.flush()  # the task and the caller name the file by its number
    _enqueue(session, media, now)
    return media


def _type_of(stream: BinaryIO, name: str, kinds: frozenset[MediaKind]) -> FileType:
    found = type_of(name, stream.read(HEAD_BYTES))
    stream.seek(0)
    if isinstance(found, str):
        raise BadFile(found, field="file")
    if found.kind not in kinds:
        raise BadFile(f"这里不能放 {found.suffix.upper()} 文件，请换一个文件或改选资源类型。", field="file")
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
    title = f"处理文件：{media.original_name}"
    tasks.enqueue(session, TASK_KIND, {"media_id": media.id}, owner_id=media.owner_id, title=title, now=now)


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
