"""A blob put in parts is the same on both storages: invisible until it is joined, and joined only when every part is what was said of it."""

from __future__ import annotations

import hashlib
import io
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lms.config import Settings
from lms.storage import BadPart, Missing, Part, Spoiled, Storage, connect
from lms.storage.local import LocalStorage

MB = 2**20
CONTENTS = [bytes([n]) * (5 * MB) for n in (1, 2)] + [b"the end"]
WHOLE = b"".join(CONTENTS)


def part_of(number: int, content: bytes) -> Part:
    return Part(number, len(content), hashlib.sha256(content).hexdigest())


PARTS = [part_of(n, content) for n, content in enumerate(CONTENTS, 1)]


def put_all(blobs: Storage, key: str) -> str:
    handle = blobs.begin(key, mime="video/mp4")
    for part, content in reversed(list(zip(PARTS, CONTENTS, strict=True))):
        blobs.put_part(key, handle, part, io.BytesIO(content))
    return handle


def test_parts_in_any_order_become_one_blob_that_was_not_there_before(blobs: Storage) -> None:
    handle = put_all(blobs, "files/p/whole.mp4")
    with pytest.raises(Missing):
        blobs.size("files/p/whole.mp4")
    assert blobs.parts_there("files/p/whole.mp4", handle, PARTS) == {1, 2, 3}
    digest = hashlib.sha256(WHOLE).hexdigest()
    assert blobs.join("files/p/whole.mp4", handle, PARTS) == digest
    assert b"".join(blobs.read("files/p/whole.mp4")) == WHOLE
    assert blobs.join("files/p/whole.mp4", handle, PARTS) == digest, "repeating it gives the same"
    blobs.forget_parts("files/p/whole.mp4", handle)
    blobs.forget_parts("files/p/whole.mp4", handle)
    assert blobs.size("files/p/whole.mp4") == len(WHOLE)


def test_a_part_that_is_missing_is_named_and_can_be_sent_later(blobs: Storage) -> None:
    key = "files/p/gap.mp4"
    handle = blobs.begin(key, mime="video/mp4")
    for part, content in ((PARTS[0], CONTENTS[0]), (PARTS[2], CONTENTS[2])):
        blobs.put_part(key, handle, part, io.BytesIO(content))
    assert blobs.parts_there(key, handle, PARTS) == {1, 3}
    with pytest.raises(BadPart) as missing:
        blobs.join(key, handle, PARTS)
    assert missing.value.number == 2
    blobs.put_part(key, handle, PARTS[1], io.BytesIO(CONTENTS[1]))
    blobs.join(key, handle, PARTS)
    assert blobs.size(key) == len(WHOLE)


def test_parts_of_an_upload_that_goes_on_are_kept_and_those_nobody_names_go(blobs: Storage) -> None:
    kept, lost = put_all(blobs, "files/p/kept.mp4"), put_all(blobs, "files/p/lost.mp4")
    later = datetime.now(UTC) + timedelta(hours=1)
    assert blobs.forget_unfinished(datetime.now(UTC) - timedelta(hours=1), at_most=9) == 0
    assert blobs.forget_unfinished(later, at_most=9, but={kept}) >= 1
    assert blobs.parts_there("files/p/kept.mp4", kept, PARTS) == {1, 2, 3}
    assert blobs.parts_there("files/p/lost.mp4", lost, PARTS) == set()


def test_a_part_that_rotted_on_the_disk_is_found_before_the_blob_is_there(tmp_path: Path) -> None:
    blobs = LocalStorage(tmp_path)
    handle = put_all(blobs, "files/p/rotten.mp4")
    [second] = tmp_path.glob("uploads/*/00002-*")
    with second.open("r+b") as file:
        file.write(b"!")
    with pytest.raises(BadPart) as rotten:
        blobs.join("files/p/rotten.mp4", handle, PARTS)
    assert rotten.value.number == 2
    assert list(blobs.stored("files/")) == []
    assert not list(tmp_path.rglob(".*.part"))


def test_two_contents_of_one_number_stand_beside_each_other(tmp_path: Path) -> None:
    blobs = LocalStorage(tmp_path)
    handle = put_all(blobs, "files/p/two.mp4")
    other = part_of(3, b"another")
    blobs.put_part("files/p/two.mp4", handle, other, io.BytesIO(b"another"))
    assert blobs.join("files/p/two.mp4", handle, PARTS) == hashlib.sha256(WHOLE).hexdigest()


# --- what only a bucket does: parts that browsers put by themselves


def put_there(url: str, headers: dict[str, str], content: bytes) -> int:
    """The status."""
    headers = {"Content-Type": "application/octet-stream", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, content, headers, method="PUT")) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.slow
def test_a_browser_puts_its_parts_into_the_bucket_at_addresses_that_allow_nothing_else(bucket: Settings) -> None:
    blobs, key = connect(bucket), "files/p/direct.mp4"
    handle = blobs.begin(key, mime="video/mp4")
    for part, content in zip(PARTS, CONTENTS, strict=True):
        address = blobs.part_address(key, handle, part)
        assert address is not None
        assert put_there(address.url, address.headers, content) == 200
    assert blobs.join(key, handle, PARTS) == hashlib.sha256(WHOLE).hexdigest()
    assert blobs.parts_there(key, handle, PARTS) == {1, 2, 3}, "who was killed after joining goes on from there"
    assert blobs.parts_there(key, handle, PARTS[:2]) == set()
    for changed in (
        address.url.replace("partNumber=3", "partNumber=1"),
        address.url.replace("direct.mp4", "other.mp4"),
        address.url.split("?")[0],
    ):
        assert put_there(changed, address.headers, CONTENTS[2]) == 403
    assert put_there(address.url, {}, CONTENTS[2]) == 403, "the checksum is part of what was signed"


@pytest.mark.slow
def test_a_wrong_part_in_the_bucket_never_becomes_a_blob(bucket: Settings) -> None:
    blobs, key = connect(bucket), "files/p/wrong.mp4"
    handle = blobs.begin(key, mime="video/mp4")
    refused = 0
    for part, content in zip(PARTS, [CONTENTS[0], CONTENTS[0], CONTENTS[2]], strict=True):
        address = blobs.part_address(key, handle, part)
        assert address is not None
        refused += put_there(address.url, address.headers, content) == 400
    with pytest.raises(BadPart if refused else Spoiled):
        blobs.join(key, handle, PARTS)
    with pytest.raises(Missing):
        blobs.size(key)


@pytest.mark.slow
def test_an_address_is_over_after_its_minutes(bucket: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.storage.s3.ADDRESS_SECONDS", 1)
    blobs = connect(bucket)
    handle = blobs.begin("files/p/late.mp4", mime="video/mp4")
    address = blobs.part_address("files/p/late.mp4", handle, PARTS[2])
    assert address is not None
    time.sleep(2.1)
    assert put_there(address.url, address.headers, CONTENTS[2]) == 403
