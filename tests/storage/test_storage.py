"""Both storages keep the same promises: whole blobs, byte ranges, safe keys."""

from __future__ import annotations

import io
import os
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.config import Settings
from lms.storage import Missing, Storage, checked_key, connect
from lms.storage.local import LocalStorage

CONTENT = bytes(range(256)) * 1024


def test_what_was_put_is_read_back_whole(blobs: Storage) -> None:
    blobs.put("a/whole.bin", io.BytesIO(CONTENT))
    assert b"".join(blobs.read("a/whole.bin")) == CONTENT
    assert blobs.size("a/whole.bin") == len(CONTENT)
    with blobs.as_file("a/whole.bin") as path:
        assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("start, end", [(0, 1), (5, 5), (100, 300_000), (262_143, None), (0, 262_144), (262_144, None)])
def test_a_range_is_the_slice_of_the_blob(blobs: Storage, start: int, end: int | None) -> None:
    blobs.put("a/ranged.bin", io.BytesIO(CONTENT))
    assert b"".join(blobs.read("a/ranged.bin", start, end)) == CONTENT[start:end]


def test_an_empty_blob_is_a_blob(blobs: Storage) -> None:
    blobs.put("a/empty", io.BytesIO(b""))
    assert (b"".join(blobs.read("a/empty")), blobs.size("a/empty")) == (b"", 0)


def test_a_missing_blob_says_so_before_the_first_byte(blobs: Storage) -> None:
    with pytest.raises(Missing):
        blobs.read("a/nothing")
    with pytest.raises(Missing):
        blobs.size("a/nothing")
    with pytest.raises(Missing), blobs.as_file("a/nothing"):
        pass


def test_deleting_twice_is_harmless(blobs: Storage) -> None:
    blobs.put("a/short-lived", io.BytesIO(b"x"))
    blobs.delete("a/short-lived")
    blobs.delete("a/short-lived")
    with pytest.raises(Missing):
        blobs.size("a/short-lived")


def test_what_is_stored_is_listed_and_the_list_goes_on_behind_any_key(blobs: Storage) -> None:
    keys = ["l/2026-10/b.pdf", "l/2026-10/b/page-1.webp", "l/2026-10/b-1/x", "l/2026-11/a.mp4", "l/2026-9.txt"]
    for key in [*keys, "other/z"]:
        blobs.put(key, io.BytesIO(b"x"))
    listed = list(blobs.stored("l/"))
    order = [one.key for one in listed]
    assert sorted(order) == sorted(keys)
    assert all(abs((one.put_at - datetime.now(UTC)).total_seconds()) < 60 for one in listed)
    for place, key in enumerate(order):
        assert [one.key for one in blobs.stored("l/", after=key)] == order[place + 1 :]
    assert {one.key for one in blobs.stored("l/2026-10/b")} == {k for k in keys if k.startswith("l/2026-10/b")}
    assert list(blobs.stored("nothing/")) == []


def test_what_a_crash_left_of_a_put_is_forgotten_once_it_is_old(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.put("a/whole", io.BytesIO(b"x"))
    for name in (".0.part", ".1.part", ".2.part"):
        (tmp_path / "a" / name).write_bytes(b"half")
    now = datetime.now(UTC)
    assert storage.forget_unfinished(now - timedelta(hours=1), at_most=9) == 0
    assert storage.forget_unfinished(now + timedelta(hours=1), at_most=2) == 2
    assert storage.forget_unfinished(now + timedelta(hours=1), at_most=9) == 1
    assert [one.key for one in storage.stored("")] == ["a/whole"]


@pytest.mark.slow
def test_an_upload_to_the_bucket_that_never_ended_is_forgotten_once_it_is_old(bucket: Settings) -> None:
    storage = connect(bucket)
    client = storage.client  # type: ignore[attr-defined]
    client.create_multipart_upload(Bucket="blobs", Key="a/endless")
    now = datetime.now(UTC)
    assert storage.forget_unfinished(now - timedelta(hours=1), at_most=9) == 0
    assert storage.forget_unfinished(now + timedelta(hours=1), at_most=9) == 1
    assert client.list_multipart_uploads(Bucket="blobs").get("Uploads", []) == []


def test_the_callers_stream_stays_open(blobs: Storage) -> None:
    source = io.BytesIO(b"abc")
    blobs.put("a/stream", source)
    assert not source.closed


@pytest.mark.parametrize(
    "key",
    [
        *("", "/etc/passwd", "../x", "a/../b", "a/./b", "a//b", "a/", ".hidden", "a/.part", "A", "a b", "a\\b", "a\0b"),
        *("a\n", "c:/x", "文件", "a/..", "x" * 201, "a%2e%2e/b", "~root"),
    ],
)
def test_an_unsafe_key_is_refused_by_every_method(blobs: Storage, key: str) -> None:
    for call in (blobs.read, blobs.size, blobs.delete, lambda key: blobs.put(key, io.BytesIO(b"x"))):
        with pytest.raises(ValueError, match="storage key"):
            call(key)
    with pytest.raises(ValueError, match="storage key"), blobs.as_file(key):
        pass


@given(st.text(alphabet="ab./\\-_A \0", max_size=12))
def test_no_accepted_key_leaves_the_directory(key: str) -> None:
    try:
        checked_key(key)
    except ValueError:
        return
    root = Path("/srv/blobs")
    assert root in Path(os.path.normpath(root / key)).parents


def test_a_failed_put_leaves_nothing_behind(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("cable pulled")

    with pytest.raises(OSError, match="cable"):
        LocalStorage(tmp_path).put("a/broken", Broken())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.slow
def test_wrong_credentials_are_refused_by_the_server(bucket: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(Exception, match=r"SignatureDoesNotMatch|AccessDenied"):
        connect(bucket).put("a/forged", io.BytesIO(b"x"))


@pytest.mark.slow
def test_nobody_reads_a_blob_without_credentials(bucket: Settings) -> None:
    connect(bucket).put("a/private", io.BytesIO(b"x"))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{bucket.s3_endpoint}/blobs/a/private")
