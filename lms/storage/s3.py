"""Blobs in an S3 bucket. The only module that knows boto3; it relies on nothing but put, get with a range, head,
delete and the two listings of the sweep."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from lms.storage.keys import Missing, Stored, checked_key

CHUNK_BYTES = 256 * 1024
_IN_PARTS = TransferConfig(multipart_threshold=16 * 2**20, multipart_chunksize=16 * 2**20, max_concurrency=3)


@dataclass(frozen=True)
class S3Options:
    """Where the bucket is. Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the host's own role."""

    bucket: str
    endpoint: str | None = None
    addressing: str = "path"


class S3Storage:
    """Blobs of one bucket; checksums only where the protocol demands them, as older servers know no others."""

    def __init__(self, options: S3Options) -> None:
        self.options = options
        config = Config(
            signature_version="s3v4",  # older ways of signing addresses leave out headers and the exact seconds
            s3={"addressing_style": options.addressing},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 3, "mode": "standard"},
        )
        self.client: Any = boto3.session.Session().client(
            "s3", endpoint_url=options.endpoint, region_name=os.environ.get("AWS_REGION", "us-east-1"), config=config
        )

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.options.bucket, "Key": checked_key(key)}

    def put(self, key: str, source: BinaryIO, *, mime: str = "application/octet-stream") -> None:
        # upload_fileobj closes what it is given, the caller may still want to read it.
        at = self._at(key)
        self.client.upload_fileobj(
            _Unclosed(source), at["Bucket"], at["Key"], ExtraArgs={"ContentType": mime}, Config=_IN_PARTS
        )

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        at = self._at(key)
        if end is not None and end <= start:
            return iter(())
        span = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            body = self.client.get_object(**at, **({} if (start, end) == (0, None) else {"Range": span}))["Body"]
        except ClientError as error:
            if _code(error) == "InvalidRange":
                return iter(())
            raise _missing_or(error, key) from error
        return _pieces(body)

    def size(self, key: str) -> int:
        try:
            return int(self.client.head_object(**self._at(key))["ContentLength"])
        except ClientError as error:
            raise _missing_or(error, key) from error

    def address(self, key: str, seconds: int, *, save_as: str | None = None) -> str:
        named = self._at(key)
        if save_as:
            named["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(save_as)}"
        return str(self.client.generate_presigned_url("get_object", Params=named, ExpiresIn=seconds))

    def delete(self, key: str) -> None:
        self.client.delete_object(**self._at(key))

    def stored(self, prefix: str, *, after: str = "") -> Iterator[Stored]:
        pages = self.client.get_paginator("list_objects_v2")
        begin = {"StartAfter": after} if after else {}
        for page in pages.paginate(Bucket=self.options.bucket, Prefix=prefix, **begin):
            for found in page.get("Contents", []):
                yield Stored(found["Key"], found["LastModified"])

    def forget_unfinished(self, before: datetime, *, at_most: int) -> int:
        """Parts of uploads that never came to an end."""
        begun = self.client.list_multipart_uploads(Bucket=self.options.bucket).get("Uploads", [])
        old = [one for one in begun if one["Initiated"] < before][:at_most]
        for one in old:
            self.client.abort_multipart_upload(Bucket=self.options.bucket, Key=one["Key"], UploadId=one["UploadId"])
        return len(old)

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        pieces = self.read(key)
        with tempfile.TemporaryDirectory(prefix="jiangtai-") as folder:
            path = Path(folder) / "blob"
            with path.open("wb") as file:
                file.writelines(pieces)
            yield path


class _Unclosed:
    """A stream whose close does nothing."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source

    def read(self, size: int = -1) -> bytes:
        return self.source.read(size)


def _pieces(body: Any) -> Iterator[bytes]:
    with body:
        yield from body.iter_chunks(CHUNK_BYTES)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _missing_or(error: ClientError, key: str) -> Exception:
    return Missing(key) if _code(error) in ("404", "NoSuchKey", "NotFound") else error
