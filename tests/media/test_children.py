"""A child that goes wrong is ended with everything it started, and never had more than its share."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from lms.media import children
from lms.media.children import Ended, Limits, OutOfTime, run


def python(
    program: str, folder: Path, *, seconds: float = 20, memory_bytes: int = 2**30, file_bytes: int = 2**24
) -> Ended:
    return run([sys.executable, "-c", program], Limits(seconds, memory_bytes, file_bytes), folder=folder)


def test_a_child_says_what_it_has_to_say(tmp_path: Path) -> None:
    ended = python("import sys; print('好'); sys.stderr.write('坏'); sys.exit(7)", tmp_path)
    assert (ended.code, ended.out.decode().strip(), ended.err) == (7, "好", "坏")


def test_a_child_that_hangs_is_ended_with_its_grandchildren_even_those_that_left_its_group(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    grandchild = f"import time\nwhile True:\n open({str(beat)!r}, 'a').write('.')\n time.sleep(0.05)"
    program = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {grandchild!r}], start_new_session={bool(children.apart())})\ntime.sleep(60)"
    began = time.monotonic()
    with pytest.raises(OutOfTime):
        python(program, tmp_path, seconds=2)
    assert time.monotonic() - began < 30  # it would hang for a minute
    beats = beat.stat().st_size
    assert beats > 0
    time.sleep(0.4)
    assert beat.stat().st_size == beats


def test_memory_is_bounded(tmp_path: Path) -> None:
    assert python("x = bytearray(2 * 2**30)", tmp_path).code != 0
    assert python("x = bytearray(2 * 2**20)", tmp_path).code == 0


def test_what_is_written_is_bounded_on_disk_and_on_the_way_back(tmp_path: Path) -> None:
    assert python("f = open('big', 'wb')\nwhile True: f.write(b'x' * 2**20)", tmp_path).code != 0
    assert (tmp_path / "big").stat().st_size <= 2**24
    loud = python("import sys\nwhile True: sys.stdout.write('x' * 2**20)", tmp_path)
    assert loud.code != 0
    assert len(loud.out) <= 2**24


def test_processor_time_is_bounded_too(tmp_path: Path) -> None:
    ended = run(["sh", "-c", "ulimit -t; ulimit -v; ulimit -c"], Limits(10, memory_bytes=2**30), folder=tmp_path)
    seconds, kilobytes, core = ended.out.decode().split()
    assert int(seconds) <= 10 * (os.cpu_count() or 1) + 1
    assert (int(kilobytes), core) == (2**20, "0")


def test_a_child_knows_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    ended = python("import os; print(dict(os.environ))", tmp_path)
    assert ended.code == 0
    assert b"secret" not in ended.out


@pytest.mark.skipif(not children.apart(), reason="this kernel gives children no network of their own")
def test_a_child_reaches_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)", tmp_path)
        assert ended.code != 0
        with socket.create_connection(("127.0.0.1", port), 3):
            pass


def test_everybody_else_goes_first(tmp_path: Path) -> None:
    ended = python("import os; print(os.nice(0))", tmp_path)
    assert int(ended.out) >= min(19, os.nice(0) + 15)
