"""Programs that touch uploaded bytes run as children that cannot harm the site: limited in time, memory, size of what they write and number of
processes, without a network where the kernel allows it, after everybody else on the processor and the disk, and without our secrets.

A child and whatever it started end together, also when the time is up.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

GIGABYTE = 2**30
CHECK_SECONDS = 20
OUTPUT_BYTES = 64 * 2**20
LINE_BYTES = 4000
PROCESSES = 2000
_APART = ("--net", "--pid", "--fork", "--kill-child")
# One limit a call: dash knows no other way. Blocks of 512 bytes, kilobytes, and a number.
_LIMITED = 'ulimit -c 0; ulimit -v "$1"; ulimit -f "$2"; ulimit -t "$3"; ulimit -p "$4" 2>/dev/null || ulimit -u "$4"; shift 4; exec "$@"'


@dataclass(frozen=True)
class Limits:
    """What a child may use: seconds by the clock, bytes of memory it may ask for, bytes of any one file it writes."""

    seconds: float
    memory_bytes: int = 3 * GIGABYTE
    file_bytes: int = 4 * GIGABYTE


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code (negative: the signal that ended it), and what it said."""

    code: int
    out: bytes
    err: str


class OutOfTime(Exception):
    """The child was ended because its time was up."""


@cache
def apart() -> tuple[str, ...]:
    """The command that gives a child its own network (none) and its own processes; empty where the kernel does not allow it."""
    unshare = shutil.which("unshare")
    for rights in ((), ("--user", "--map-root-user")):
        if unshare:
            command = (unshare, *rights, *_APART)
            with suppress(OSError, subprocess.TimeoutExpired):
                tried = subprocess.run(
                    [*command, "true"], capture_output=True, timeout=CHECK_SECONDS, stdin=subprocess.DEVNULL
                )
                if tried.returncode == 0:
                    return command
    return ()


@cache
def after_others() -> tuple[str, ...]:
    """The command that lets everybody else go first."""
    nice, ionice = shutil.which("nice"), shutil.which("ionice")
    return (*((nice, "-n", "15") if nice else ()), *((ionice, "-c", "2", "-n", "7") if ionice else ()))


def limited(command: Sequence[str], limits: Limits) -> list[str]:
    """The command as it is really started."""
    numbers = (
        limits.memory_bytes // 1024,
        limits.file_bytes // 512,
        int(limits.seconds * (os.cpu_count() or 1)) + 1,
        PROCESSES,
    )
    return [*apart(), *after_others(), "/bin/sh", "-c", _LIMITED, "limited", *map(str, numbers), *command]


def run(
    command: Sequence[str],
    limits: Limits,
    *,
    folder: Path,
    line: Callable[[str], None] | None = None,
    environment: dict[str, str] | None = None,
) -> Ended:
    """Run the command in the folder; `line` hears each line of its output while it runs (then `out` is empty).

    Raises OutOfTime. Of its output the first 64 MB are kept, of its complaints the last words.
    """
    with tempfile.TemporaryFile(dir=folder) as out, tempfile.TemporaryFile(dir=folder) as err:
        child = subprocess.Popen(
            limited(command, limits),
            cwd=folder,
            env=_environment(folder) | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if line else out,
            stderr=err,
            start_new_session=True,
        )
        over = _Watch(child, limits.seconds)
        try:
            if line is not None:
                _hear(child, line)
            child.wait()
        finally:
            is_over = over.end()
        if is_over:
            raise OutOfTime
        return Ended(child.returncode, _first(out, OUTPUT_BYTES), _last(err, LINE_BYTES).decode(errors="replace"))


class _Watch:
    """Ends the child's whole group when its time is up, and in any case at the end."""

    def __init__(self, child: "subprocess.Popen[bytes]", seconds: float) -> None:
        self._child, self._is_over = child, False
        self._timer = threading.Timer(seconds, self._stop)
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        self._is_over = True
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def end(self) -> bool:
        """Nothing of the group runs any more; whether the time was up."""
        self._timer.cancel()
        self._kill()
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._child.wait()
        return self._is_over


def _hear(child: "subprocess.Popen[bytes]", line: Callable[[str], None]) -> None:
    assert child.stdout is not None
    while heard := child.stdout.readline(LINE_BYTES):
        line(heard.decode(errors="replace").strip())


def _first(file: IO[bytes], most: int) -> bytes:
    file.seek(0)
    return file.read(most)


def _last(file: IO[bytes], most: int) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - most))
    return file.read(most)


def _environment(folder: Path) -> dict[str, str]:
    """Enough to run, and nothing that is ours: no database address, no keys."""
    path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    home = str(folder)
    return {
        "PATH": path,
        "HOME": home,
        "TMPDIR": home,
        "LANG": "zh_CN.UTF-8",
        "LC_ALL": "zh_CN.UTF-8",
        "TZ": "Asia/Shanghai",
    }
