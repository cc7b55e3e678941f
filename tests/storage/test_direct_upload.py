"""With a bucket the same calls lead to the same result, only that the browser puts its parts there by itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms.config import Settings
from lms.db import MakeSession
from lms.media.jobs import KINDS
from lms.media.upload_models import Upload
from lms.media.upload_rules import UploadState
from lms.storage import Missing, Part, Storage, connect
from lms.tasks.services import run_due
from tests.media.sending import MP4, Sender
from tests.storage.test_parts import put_there
from tests.support.web import Web

pytestmark = pytest.mark.slow
MB5 = 5 * 2**20
CONTENT = MP4 + b"a" * MB5 + b"b" * MB5 + b"the end"


@pytest.fixture
def blobs(app: Flask, bucket: Settings) -> Iterator[Storage]:
    """The site keeps its blobs in the bucket."""
    before = {name: app.extensions[name] for name in ("settings", "storage")}
    of_bucket = {name: getattr(bucket, name) for name in ("storage", "s3_bucket", "s3_endpoint", "s3_addressing")}
    app.extensions["settings"] = Settings(**{**vars(before["settings"]), **of_bucket, "upload_part_bytes": MB5})
    app.extensions["storage"] = connect(bucket)
    yield app.extensions["storage"]
    app.extensions.update(before)


@pytest.fixture
def run_tasks(make_session: MakeSession, blobs: Storage, session: Session) -> Callable[[], int]:
    def run() -> int:
        session.commit()
        return run_due(make_session, KINDS, {"storage": blobs})

    return run


def put(sender: Sender, number: int, content: bytes | None = None) -> int:
    """The part goes to the bucket as the browser sends it; other bytes when given. Returns the bucket's status."""
    piece = sender.pieces()[number - 1]
    head = base64.b64encode(piece[:1024]).decode() if number == 1 else ""
    said = {"sha256": hashlib.sha256(piece).hexdigest(), "head": head}
    address = sender.web.call(f"{sender.path}/parts/{number}/address", said)
    return put_there(address["url"], address["headers"], piece if content is None else content)


def test_parts_go_to_the_bucket_and_become_the_file(
    web: Web, session: Session, blobs: Storage, run_tasks: Callable[[], int]
) -> None:
    sender = Sender(web.as_("ed"), CONTENT)
    assert sender.begin()["is_direct"] is True
    assert [put(sender, number) for number in (3, 1)] == [200, 200]
    assert sender.stored() == [1, 3]
    assert sender.complete(409)["reason"] == "missing"
    put(sender, 2)
    upload = session.get_one(Upload, sender.upload["upload_id"])
    with pytest.raises(Missing):
        blobs.size(upload.key)
    assert sender.complete()["state"] == "complete"
    session.refresh(upload)
    assert upload.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert b"".join(blobs.read(upload.key)) == CONTENT
    run_tasks()
    assert blobs.size(upload.key) == len(CONTENT)


def test_a_site_killed_between_joining_and_saying_so_goes_on_from_there(
    web: Web, session: Session, blobs: Storage
) -> None:
    sender = Sender(web.as_("ed"), CONTENT)
    sender.begin()
    for number in (1, 2, 3):
        put(sender, number)
    upload = session.get_one(Upload, sender.upload["upload_id"])
    blobs.join(upload.key, upload.handle, [*_parts(sender)])
    assert sender.begin()["state"] == "open"
    assert sender.stored() == [1, 2, 3]
    assert sender.complete()["state"] == "complete"


def _parts(sender: Sender) -> Iterator[Part]:
    for number, piece in enumerate(sender.pieces(), 1):
        yield Part(number, len(piece), hashlib.sha256(piece).hexdigest())


def test_wrong_bytes_in_the_bucket_and_a_lie_about_the_head_end_without_a_file(
    web: Web, session: Session, blobs: Storage, run_tasks: Callable[[], int]
) -> None:
    sender = Sender(web.as_("ed"), CONTENT)
    sender.begin()
    for number in (1, 3):
        put(sender, number)
    was_taken = put(sender, 2, b"?" * MB5) == 200
    refused = sender.complete(409)
    assert ("从头再传一次" in refused["error"]) if was_taken else (refused["reason"] == "missing")

    liar = Sender(web.as_("ed"), b"<script>" + CONTENT, "liar.mp4")
    liar.begin()
    said = {"sha256": hashlib.sha256(liar.pieces()[0]).hexdigest(), "head": base64.b64encode(b"<script>").decode()}
    assert "文件内容不是 MP4" in liar.web.call(f"{liar.path}/parts/1/address", said, 422)["error"]
    said["head"] = base64.b64encode(MP4).decode()
    address = liar.web.call(f"{liar.path}/parts/1/address", said)
    put_there(address["url"], address["headers"], liar.pieces()[0])
    for number in (2, 3):
        put(liar, number)
    assert "文件内容不是 MP4" in liar.complete(422)["error"]
    upload = session.get_one(Upload, liar.upload["upload_id"])
    session.refresh(upload)
    assert upload.state is UploadState.DISCARDED
    run_tasks()
    with pytest.raises(Missing):
        blobs.size(upload.key)


def test_without_a_bucket_no_address_is_handed_out(web: Web) -> None:
    sender = Sender(web.as_("ed"), CONTENT[:100])
    assert sender.begin()["is_direct"] is False
    said = {"sha256": "0" * 64, "head": base64.b64encode(MP4).decode()}
    sender.web.call(f"{sender.path}/parts/1/address", said, 404)
