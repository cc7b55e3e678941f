"""Servers under measurement: started, waited for, weighed and ended."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
THREADS = 8
START_SECONDS = 90
"""Patience with a start on a machine that is busy with other work; how long it took is a figure of its own."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """granian with eight threads, as `./dev run` starts it, in a process group of its own. `database_pid` names the database
    server whose work counts too; `under` is a command it runs under (strace …)."""

    def __init__(
        self,
        target: str,
        environment: Mapping[str, str],
        folder: Path,
        *,
        port: int = 0,
        database_pid: int | None = None,
        under: Sequence[str] = (),
    ) -> None:
        self.port, self.database_pid = port or free_port(), database_pid
        self._log = folder / f"server-{self.port}.log"
        command = [
            *under,
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        command += ["--workers", "1", "--blocking-threads", str(THREADS), "--no-ws", "--backlog", "4096"]
        command += ["--log-level", "warning", target]
        self.began = time.perf_counter()
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=dict(environment), stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Of the main process."""
        return self._process.pid

    def wait(self) -> float:
        """Seconds from the start to the first 200."""
        while time.perf_counter() - self.began < START_SECONDS:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - self.began
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"the server does not answer:\n{self._log.read_text()[-3000:]}")

    def cpu_seconds(self) -> float:
        """What the server's processes, and those of its database server, have used so far."""
        return sum(cpu_of(pid) for pid in self._pids())

    def queued_seconds(self) -> float:
        """How long the first threads of the server's own processes were ready and had no processor, because others had it."""
        return sum(_queued(pid) for pid in tree_of(self._process.pid))

    def pss_bytes(self) -> int:
        """Memory of the server's own processes, shared pages divided."""
        return sum(_pss(pid) for pid in tree_of(self._process.pid))

    def _pids(self) -> list[int]:
        return tree_of(self._process.pid) + (tree_of(self.database_pid) if self.database_pid else [])

    def close(self) -> None:
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

    def stop(self) -> None:
        """What it has begun is answered, then it ends: SIGTERM to the main process alone, as service managers do with KillMode=mixed."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def pause(self) -> None:
        """It stands still with all it holds: connections are taken by the system, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL to every process of the group: nobody can finish anything."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self._process.pid, number)

    def __enter__(self) -> "Server":
        try:
            self.wait()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def tree_of(root: int) -> list[int]:
    """The process and all below it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS  # own user and system time, and that of ended children


def _queued(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
