"""Take a file in parts: begin or find it again, keep parts whose bytes are what was said of them, join them, give it up.

Bytes are read, compared and stored before the first write of a request, and while they are on their way no connection to the database is
held: a phone on a bad line takes minutes for one part.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms.db import changed, insert_ignore, record_apart, serialise
from lms.errors import Conflict, NotFound
from lms.media import upload_queries as queries
from lms.media.arriving import Arriving
from lms.media.errors import BadFile, Joining, OtherFile, Unfinished, WrongPart
from lms.media.rules import EMPTY, HEAD_BYTES, FileType, MediaKind, type_named, type_of
from lms.media.services import check_kind, fresh_key
from lms.media.upload_models import Upload, UploadPart
from lms.media.upload_rules import DIGEST, UploadState, clean_name, digest_of_parts, part_count, part_size
from lms.people.principal import Principal
from lms.storage import Address, BadPart, Part, Spoiled, Storage
from lms.tasks import services as tasks
from lms.web.filters import size as as_text

FORGET_KIND = "media.forget_parts"
OVER = "这次上传已放弃或已过期，请重新选择文件。"
SPOILED = "文件在路上损坏了，已经删除。请重新选择文件，从头再传一次。"


@dataclass(frozen=True)
class Wish:
    """What a browser says of the file it is about to send; with the owner this is how the upload is found again."""

    name: str
    size_bytes: int
    modified_millis: int


# --- begin


def begin_upload(
    session: Session,
    owner: Principal,
    wish: Wish,
    *,
    storage: Storage,
    part_bytes: int,
    limit_bytes: int,
    now: datetime,
    kinds: frozenset[MediaKind] = frozenset(MediaKind),
) -> Upload:
    """The owner's upload of this file: the one that was begun before, or a new one. Raises BadFile when its type, size or the owner's
    room does not allow it."""
    name = clean_name(wish.name)
    found = _allowed(name, wish.size_bytes, kinds, limit_bytes)
    same = (owner.id, name, wish.size_bytes, wish.modified_millis)
    if before := queries.find_same(session, *same):
        return before
    _check_room(session, owner, wish.size_bytes)
    key = fresh_key(found, now)
    handle = storage.begin(key, mime=found.mime)
    serialise(session, f"uploads:{owner.id}")
    if before := queries.find_same(session, *same):  # another tab was faster; the sweep forgets our handle
        return before
    _check_room(session, owner, wish.size_bytes)
    upload = Upload(
        owner_id=owner.id, name=name, size_bytes=wish.size_bytes, modified_millis=wish.modified_millis, part_bytes=part_bytes,
        kind=found.kind, mime=found.mime, key=key, handle=handle, state=UploadState.OPEN, created_at=now, touched_at=now,
    )  # fmt: skip
    session.add(upload)
    session.flush()  # the browser names it by its number
    return upload


def _allowed(name: str, size: int, kinds: frozenset[MediaKind], limit: int) -> FileType:
    found = type_named(name)
    if isinstance(found, str):
        raise BadFile(found, field="file")
    check_kind(found.kind, name, kinds)
    if size == 0:
        raise BadFile(EMPTY, field="file")
    if size > limit:
        raise BadFile(f"文件有 {as_text(size)}，超过 {as_text(limit)} 的上限，请压缩或分成几段再上传。", field="file")
    return found


def _check_room(session: Session, owner: Principal, size: int) -> None:
    room = queries.room_of(session, owner)
    if size > room.left:
        left = f"只剩 {as_text(room.left)}" if room.left else "已经用完"
        raise BadFile(
            f"你的上传空间共 {as_text(room.most)}，{left}，放不下这个文件（{as_text(size)}）。"
            "请先放弃不用的上传，或请系统管理员调大空间。",
            field="file",
        )


# --- parts


def store_part(
    session: Session, upload: Upload, number: int, digest: str, source: BinaryIO, *, storage: Storage, now: datetime
) -> None:
    """The part is stored and known; sending it again changes nothing. Raises WrongPart when the bytes are not those of the digest, BadFile
    when the first ones belong to another type than the name's, OtherFile when the number is taken by another content."""
    part = expected(upload, number, digest)
    _check_known(session, upload, part)
    session.close()
    arriving = Arriving(source, part)
    if number == 1:
        _check_head(upload.name, arriving.peek(HEAD_BYTES))
    storage.put_part(upload.key, upload.handle, part, arriving)  # type: ignore[arg-type]
    _keep_part(session, upload, part, now)


def announce_part(
    session: Session, upload: Upload, number: int, digest: str, *, head: bytes, storage: Storage, now: datetime
) -> Address:
    """Where the browser may put the part by itself. Its bytes are compared with the digest by the storage or when the parts are joined;
    `head` is what the browser says the file begins with, compared with the type now and with the stored bytes then."""
    part = expected(upload, number, digest)
    _check_known(session, upload, part)
    if number == 1:
        _check_head(upload.name, head)
    address = storage.part_address(upload.key, upload.handle, part)
    if address is None:
        raise NotFound()
    _keep_part(session, upload, part, now)
    return address


def expected(upload: Upload, number: int, digest: str) -> Part:
    """What is said of a part; raises NotFound for a number the file has not, WrongPart for what is no digest."""
    try:
        size = part_size(number, upload.size_bytes, upload.part_bytes)
    except ValueError as problem:
        raise NotFound() from problem
    if not DIGEST.match(digest):
        raise WrongPart()
    return Part(number, size, digest)


def _check_known(session: Session, upload: Upload, part: Part) -> None:
    if upload.state is not UploadState.OPEN:
        raise Conflict("这个文件已经传完了。")
    known = queries.find_part(session, upload.id, part.number)
    if known is not None and known.sha256 != part.sha256:
        raise OtherFile()


def _check_head(name: str, head: bytes) -> None:
    found = type_of(name, head)
    if isinstance(found, str):
        raise BadFile(found, field="file")


def _keep_part(session: Session, upload: Upload, part: Part, now: datetime) -> None:
    going_on = update(Upload).where(Upload.id == upload.id, Upload.state == UploadState.OPEN)
    if not changed(session.execute(going_on.values(touched_at=now))):
        raise Conflict(OVER)
    row = {
        "upload_id": upload.id,
        "number": part.number,
        "size_bytes": part.size,
        "sha256": part.sha256,
        "stored_at": now,
    }
    if not insert_ignore(session, UploadPart, [row], key=["upload_id", "number"]):
        _check_same(session, upload, part)


def _check_same(session: Session, upload: Upload, part: Part) -> None:
    """Another tab has stored this number meanwhile: well and good if it is the same."""
    known = queries.find_part(session, upload.id, part.number)
    if known is None or known.sha256 != part.sha256:
        raise OtherFile()


def list_stored(session: Session, upload: Upload, storage: Storage) -> list[Part]:
    """The parts that need not be sent again, in order."""
    known = [Part(row.number, row.size_bytes, row.sha256) for row in queries.list_parts(session, upload.id)]
    if upload.state is not UploadState.OPEN:
        return known
    there = storage.parts_there(upload.key, upload.handle, known)
    return [part for part in known if part.number in there]


# --- complete


def complete_upload(session: Session, upload: Upload, digest: str, *, storage: Storage, now: datetime) -> None:
    """The whole is stored under the upload's key and every byte of it was compared. Repeating it is harmless, from two tabs too.

    `digest` is `digest_of_parts` as the browser made it from its own file. Raises OtherFile when it differs, Unfinished when parts are
    missing, Joining while another request is at it, BadFile when the content is of another type.
    """
    parts = list_stored(session, upload, storage)
    if upload.state is UploadState.ADOPTED:
        return
    if len(parts) < part_count(upload.size_bytes, upload.part_bytes):
        raise Unfinished()
    if digest_of_parts(part.sha256 for part in parts) != digest:
        raise OtherFile()
    if upload.state is UploadState.COMPLETE:
        return
    session.close()
    with _alone(upload.id):
        whole = _joined(session, upload, parts, storage, now)
    done = update(Upload).where(Upload.id == upload.id, Upload.state == UploadState.OPEN)
    if changed(session.execute(done.values(state=UploadState.COMPLETE, sha256=whole, touched_at=now))):
        _forget(session, upload, now)
    else:
        _check_done(session, upload)


def _joined(session: Session, upload: Upload, parts: Sequence[Part], storage: Storage, now: datetime) -> str:
    """The SHA-256 of the whole. What turns out to be wrong is forgotten in a transaction of its own, so that it can be sent again."""
    try:
        whole = storage.join(upload.key, upload.handle, parts)
    except BadPart as problem:
        bad = UploadPart.upload_id == upload.id, UploadPart.number == problem.number
        record_apart(session, lambda other: other.execute(delete(UploadPart).where(*bad)))
        raise Unfinished() from problem
    except Spoiled as problem:
        record_apart(session, lambda other: give_up(other, upload.id, now=now))
        raise Conflict(SPOILED) from problem
    try:
        _check_head(upload.name, b"".join(storage.read(upload.key, 0, HEAD_BYTES)))
    except BadFile:
        record_apart(session, lambda other: give_up(other, upload.id, now=now))
        raise
    return whole


def _check_done(session: Session, upload: Upload) -> None:
    """Somebody else ended it: fine if by completing it."""
    now_there = queries.find_upload(session, upload.id)
    if now_there is None or now_there.state not in (UploadState.COMPLETE, UploadState.ADOPTED):
        raise Conflict(OVER)


_BEING_JOINED: set[int] = set()
_MUTEX = threading.Lock()


@contextmanager
def _alone(upload_id: int) -> Iterator[None]:
    """Of this process's requests only one joins an upload; raises Joining for the others. Two processes may both: they make the same blob."""
    with _MUTEX:
        if upload_id in _BEING_JOINED:
            raise Joining()
        _BEING_JOINED.add(upload_id)
    try:
        yield
    finally:
        with _MUTEX:
            _BEING_JOINED.discard(upload_id)


# --- the end


def discard_upload(session: Session, upload: Upload, *, now: datetime) -> None:
    """It is given up, and its bytes go soon; raises Conflict once a media file was made of it."""
    if not give_up(session, upload.id, now=now):
        raise Conflict("这个文件已经用在资源里了，不能放弃；请到“我的上传”里处理。")


def give_up(session: Session, upload_id: int, *, now: datetime, untouched_since: datetime | None = None) -> bool:
    """True when it was under way (and nothing has arrived since then) and is no longer."""
    held = update(Upload).where(Upload.id == upload_id, Upload.state.in_(queries.UNDER_WAY))
    if untouched_since is not None:
        held = held.where(Upload.touched_at < untouched_since)
    if not changed(session.execute(held.values(state=UploadState.DISCARDED))):
        return False
    upload = session.get_one(Upload, upload_id)
    _forget(session, upload, now)
    return True


def _forget(session: Session, upload: Upload, now: datetime) -> None:
    """Parts, and with an upload that was given up the whole too, are deleted by a task after the commit."""
    title = f"清理上传：{upload.name}"
    tasks.enqueue(session, FORGET_KIND, {"upload_id": upload.id}, owner_id=upload.owner_id, title=title, now=now)
