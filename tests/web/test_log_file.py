"""The log as a file: whole lines of several processes, and turned over from outside without a line lost."""

import json
import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

from lms.web import log_file
from lms.web.log_file import LogFile

LINES = 400


def write_many(path: Path, who: int) -> None:
    file = LogFile(path)
    for number in range(LINES):
        file.write(json.dumps({"who": who, "number": number, "filler": "字" * 300}, ensure_ascii=False) + "\n")


def test_lines_of_several_processes_are_whole_and_none_is_lost_while_the_file_is_turned_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "LOOKED_AGAIN_SECONDS", 0.0)
    path = tmp_path / "logs" / "site.log"
    forked = multiprocessing.get_context("fork")
    writers = [forked.Process(target=write_many, args=(path, who)) for who in range(3)]
    for writer in writers:
        writer.start()
    turned = 0
    while any(writer.is_alive() for writer in writers):
        if path.exists() and path.stat().st_size > 20_000:
            path.rename(tmp_path / f"site.log.{turned}")
            turned += 1
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    lines = [
        json.loads(line)
        for file in [*tmp_path.glob("site.log.*"), path]
        if file.exists()
        for line in file.read_text("utf-8").splitlines()
    ]
    assert turned > 1
    assert {(line["who"], line["number"]) for line in lines} == {(w, n) for w in range(3) for n in range(LINES)}
    assert len(lines) == 3 * LINES


def test_a_file_that_was_moved_is_left_within_a_second_and_one_that_stays_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [100.0]
    monkeypatch.setattr(log_file.time, "monotonic", lambda: at[0])
    path = tmp_path / "site.log"
    file = LogFile(path)
    file.write("one\n")
    path.rename(tmp_path / "old")
    file.write("two\n")
    at[0] += 1.1
    file.write("three\n")
    assert (tmp_path / "old").read_text() == "one\ntwo\n"
    assert path.read_text() == "three\n"
    assert path.stat().st_mode & 0o007 == 0


def test_the_site_writes_its_lines_there_when_the_setting_names_a_file(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    told = "from lms.web.logs import configure_logs; import structlog; configure_logs('info', {!r}); structlog.get_logger().info('heard', a=1)"
    done = subprocess.run([sys.executable, "-c", told.format(str(path))], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert json.loads(path.read_text())["event"] == "heard"
