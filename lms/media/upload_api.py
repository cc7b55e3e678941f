"""The JSON interface of uploads in parts: begin, list, send a part (or ask where to put it), complete, give up."""

import base64
import binascii
from typing import Annotated

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field

from lms.media import access_uploads as access
from lms.media import uploads as services
from lms.media.errors import Busy, WrongPart
from lms.media.rules import MediaKind
from lms.media.upload_models import Upload
from lms.media.upload_rules import UploadState
from lms.media.uploads import Wish
from lms.people.guard import me, requires, settings
from lms.people.rules import Permission
from lms.storage import Storage
from lms.web import body_up_to, described, json_body, json_reply, now, session
from lms.web.limits import Places

bp = Blueprint("uploads_api", __name__, url_prefix="/api/uploads")

ANYTHING = frozenset(MediaKind) - {MediaKind.PACKAGE}
PART_MOST = 64 * 2**20
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UploadBody(Strict):
    """`modified_millis`: the file's own date of change; `kind`: what the form takes, nothing for anything but packages."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    size_bytes: Annotated[int, Field(ge=0, le=2**45)]
    modified_millis: Annotated[int, Field(ge=-(2**53), le=2**53)]
    kind: MediaKind | None = None


class StoredPart(Strict):
    number: int
    sha256: Digest


class UploadReply(Strict):
    """`parts` need not be sent again. `is_direct`: the browser asks for each part's address and puts it there by itself."""

    upload_id: int
    name: str
    state: UploadState
    size_bytes: int
    part_bytes: int
    is_direct: bool
    parts: list[StoredPart]


class PartKept(Strict):
    number: int
    sha256: Digest


class AddressBody(Strict):
    """`head`: the first bytes of the file in Base64, with part 1."""

    sha256: Digest
    head: Annotated[str, Field(max_length=4000)] = ""


class PartAddress(Strict):
    """PUT the part there with these headers, within ten minutes."""

    url: str
    headers: dict[str, str]


class CompletionBody(Strict):
    """SHA-256 of the SHA-256 values (as bytes) of all parts in order, as the browser knows its file."""

    digest: Digest


def storage() -> Storage:
    kept: Storage = current_app.extensions["storage"]
    return kept


def _own(upload_id: int) -> Upload:
    return access.upload_to_fill(session(), me(), upload_id)


def _reply(upload: Upload) -> Response:
    parts = services.list_stored(session(), upload, storage())
    reply = UploadReply(
        upload_id=upload.id,
        name=upload.name,
        state=upload.state,
        size_bytes=upload.size_bytes,
        part_bytes=upload.part_bytes,
        is_direct=settings().storage == "s3",
        parts=[StoredPart(number=part.number, sha256=part.sha256) for part in parts],
    )
    return json_reply(reply.model_dump())


@bp.post("")
@requires(Permission.RESOURCE_UPLOAD)
@described(summary="开始上传一个文件；同一个文件会接着以前的上传", body=UploadBody, reply=UploadReply)
def begin() -> Response:
    body = json_body(UploadBody)
    upload = services.begin_upload(
        session(),
        me(),
        Wish(body.name, body.size_bytes, body.modified_millis),
        storage=storage(),
        part_bytes=settings().upload_part_bytes,
        limit_bytes=settings().upload_limit_bytes,
        now=now(),
        kinds=frozenset({body.kind}) if body.kind else ANYTHING,
    )
    return _reply(upload)


@bp.get("/<int:upload_id>")
@requires(Permission.RESOURCE_UPLOAD)
@described(summary="上传的状态和已收到的分段", reply=UploadReply)
def show(upload_id: int) -> Response:
    return _reply(_own(upload_id))


@bp.post("/<int:upload_id>/parts/<int:number>")
@requires(Permission.RESOURCE_UPLOAD)
@body_up_to(PART_MOST)
@described(summary="发送一段（请求体为原始字节，X-Part-Digest 为其 SHA-256）；重复发送无害", reply=PartKept)
def keep_part(upload_id: int, number: int) -> Response:
    upload, digest = _own(upload_id), request.headers.get("X-Part-Digest", "")
    part = services.expected(upload, number, digest)
    if request.content_length != part.size:
        raise WrongPart(field="part")
    places: Places = current_app.extensions["part_places"]
    with places.taken(Busy()):
        services.store_part(session(), upload, number, digest, request.stream, storage=storage(), now=now())  # type: ignore[arg-type]
    return json_reply(PartKept(number=number, sha256=digest).model_dump())


@bp.post("/<int:upload_id>/parts/<int:number>/address")
@requires(Permission.RESOURCE_UPLOAD)
@described(summary="一段的直传地址（对象存储），十分钟内有效", body=AddressBody, reply=PartAddress)
def part_address(upload_id: int, number: int) -> Response:
    upload, body = _own(upload_id), json_body(AddressBody)
    try:
        head = base64.b64decode(body.head, validate=True)
    except binascii.Error as problem:
        raise WrongPart(field="head") from problem
    address = services.announce_part(session(), upload, number, body.sha256, head=head, storage=storage(), now=now())
    return json_reply(PartAddress(url=address.url, headers=address.headers).model_dump())


@bp.post("/<int:upload_id>/completion")
@requires(Permission.RESOURCE_UPLOAD)
@described(summary="合并并核对整个文件；重复提交无害", body=CompletionBody, reply=UploadReply)
def complete(upload_id: int) -> Response:
    body = json_body(CompletionBody)
    services.complete_upload(session(), _own(upload_id), body.digest, storage=storage(), now=now())
    session().flush()  # the reply reads what was just written
    return _reply(_own(upload_id))


@bp.post("/<int:upload_id>/discard")
@requires(Permission.RESOURCE_UPLOAD)
@described(summary="放弃上传，已收到的分段随后删除", reply=UploadReply)
def discard(upload_id: int) -> Response:
    upload = _own(upload_id)
    services.discard_upload(session(), upload, now=now())
    return _reply(upload)
