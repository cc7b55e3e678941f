"""Blobs in an S3 bucket. The only module that knows boto3; it relies on nothing but put, get with a range, head,
delete, multipart uploads and the listings of both. A server that knows checksums refuses a wrong part at once; with one that
does not, the wrong part is found when the parts are joined."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
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

from lms.storage.keys import Address, BadPart, Missing, Part, Spoiled, Stored, checked_key

CHUNK_BYTES = 256 * 1024
ADDRESS_SECONDS = 600
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

    def begin(self, key: str, *, mime: str) -> str:
        made = self.client.create_multipart_upload(**self._at(key), ContentType=mime, ChecksumAlgorithm="SHA256")
        return str(made["UploadId"])

    def put_part(self, key: str, handle: str, part: Part, source: BinaryIO) -> None:
        self.client.upload_part(**self._part(key, handle, part), Body=source, ContentLength=part.size)

    def part_address(self, key: str, handle: str, part: Part) -> Address:
        named = self._part(key, handle, part)
        url = self.client.generate_presigned_url("upload_part", Params=named, ExpiresIn=ADDRESS_SECONDS)
        return Address(str(url), {"x-amz-checksum-sha256": named["ChecksumSHA256"]})

    def _part(self, key: str, handle: str, part: Part) -> dict[str, Any]:
        checksum = base64.b64encode(bytes.fromhex(part.sha256)).decode()
        return {**self._at(key), "UploadId": handle, "PartNumber": part.number, "ChecksumSHA256": checksum}

    def parts_there(self, key: str, handle: str, parts: Sequence[Part]) -> set[int]:
        sizes = {number: size for number, size, _ in self._listed(key, handle)}
        if not sizes and self._is_joined(key, parts):
            return {part.number for part in parts}
        return {part.number for part in parts if sizes.get(part.number) == part.size}

    def _is_joined(self, key: str, parts: Sequence[Part]) -> bool:
        """Whether a blob stands where the parts belong, and has their size."""
        try:
            return bool(parts) and self.size(key) == sum(part.size for part in parts)
        except Missing:
            return False

    def _listed(self, key: str, handle: str) -> list[tuple[int, int, str]]:
        """Number, size and tag of each stored part; none once they are joined or given up."""
        pages = self.client.get_paginator("list_parts").paginate(**self._at(key), UploadId=handle)
        try:
            return [(one["PartNumber"], one["Size"], one["ETag"]) for page in pages for one in page.get("Parts", [])]
        except ClientError as error:
            if _code(error) == "NoSuchUpload":
                return []
            raise

    def join(self, key: str, handle: str, parts: Sequence[Part]) -> str:
        there = {number: (size, tag) for number, size, tag in self._listed(key, handle)}
        if there:
            lacking = [part.number for part in parts if there.get(part.number, (0, ""))[0] != part.size]
            if lacking:
                raise BadPart(lacking[0])
            self._complete(key, handle, parts, {number: tag for number, (_, tag) in there.items()})
        return self._compared(key, parts)

    def _complete(self, key: str, handle: str, parts: Sequence[Part], tags: dict[int, str]) -> None:
        made = [
            {
                "PartNumber": p.number,
                "ETag": tags[p.number],
                "ChecksumSHA256": self._part(key, handle, p)["ChecksumSHA256"],
            }
            for p in parts
        ]
        try:
            self.client.complete_multipart_upload(**self._at(key), UploadId=handle, MultipartUpload={"Parts": made})
        except ClientError as error:
            if _code(error) != "NoSuchUpload":  # a twin has joined them meanwhile
                raise

    def _compared(self, key: str, parts: Sequence[Part]) -> str:
        """The digest of the whole. Raises BadPart when nothing was joined yet, Spoiled (and the blob is gone) when a part differs."""
        whole, waiting = hashlib.sha256(), _Wanted(parts)
        try:
            for piece in self.read(key):
                whole.update(piece)
                waiting.take(piece)
        except Missing as problem:
            raise BadPart(parts[0].number) from problem
        if not waiting.is_met():
            self.delete(key)
            raise Spoiled(key)
        return whole.hexdigest()

    def forget_parts(self, key: str, handle: str) -> None:
        try:
            self.client.abort_multipart_upload(**self._at(key), UploadId=handle)
        except ClientError as error:
            if _code(error) not in ("NoSuchUpload", "404"):
                raise

    def forget_unfinished(self, before: datetime, *, at_most: int, but: Collection[str] = ()) -> int:
        """Parts of uploads that never came to an end."""
        begun = self.client.list_multipart_uploads(Bucket=self.options.bucket).get("Uploads", [])
        old = [one for one in begun if one["Initiated"] < before and one["UploadId"] not in but][:at_most]
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


class _Wanted:
    """What was said of the parts, compared with a stream of them."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts, self.left, self.own, self.fits = iter(parts), 0, hashlib.sha256(), True
        self.part: Part | None = None
        self._next()

    def take(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest and self.fits:
            if self.part is None:
                self.fits = False
                return
            mine, rest = rest[: self.left], rest[self.left :]
            self.own.update(mine)
            self.left -= len(mine)
            if not self.left:
                self.fits = self.own.hexdigest() == self.part.sha256
                self._next()

    def is_met(self) -> bool:
        return self.fits and self.part is None

    def _next(self) -> None:
        self.part, self.own = next(self.parts, None), hashlib.sha256()
        self.left = self.part.size if self.part else 0


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
