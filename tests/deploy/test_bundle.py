"""`./dev bundle`: what it packs installs on a machine without any registry, runs there, and is refused when it was changed."""

import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms.media.children import apart

ALONE = {
    "PIP_NO_INDEX": "1",
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "PATH": os.environ["PATH"],
    "LANG": "C.UTF-8",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a committed copy of this checkout, so that work in progress does not stop it."""
    root, folder = Path(__file__).parents[2], tmp_path_factory.mktemp("bundle")
    copy = folder / "checkout"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    for name in (name for name in names.split("\0") if name and (root / name).is_file()):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, copy / name)
    shutil.copytree(root / "lms" / "static" / "vendor", copy / "lms" / "static" / "vendor")
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "as it is"]):
        subprocess.run(["git", *command], cwd=copy, check=True)
    archive = folder / "site.tar"
    subprocess.run([sys.executable, copy / "deploy" / "bundle.py", archive], cwd=copy, check=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "there", filter="data")
    archive.unlink()
    return next((folder / "there").iterdir())


@pytest.fixture(scope="module")
def installed(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Installed in a network of its own without any way out, where the kernel allows one."""
    folder = tmp_path_factory.mktemp("srv") / "jiangtai"
    done = subprocess.run(
        [*apart(), sys.executable, unpacked / "install.py", folder], env=ALONE, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dev flask setup" in done.stdout
    yield folder
    shutil.rmtree(folder)


def flask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [folder / ".venv" / "bin" / "python", "dev", *arguments]
    return subprocess.run(command, cwd=folder, env=ALONE, capture_output=True, text=True)


def test_it_holds_program_wheels_and_scripts_and_nothing_of_the_workshop(unpacked: Path) -> None:
    there = {path.name for path in (unpacked / "program").iterdir()}
    assert {"lms", "migrations", "docs", "deploy", "dev", "wsgi.py", "requirements", "README.md"} <= there
    assert not there & {"tests", "bench", "drill", ".git"}
    assert len(list((unpacked / "wheels").glob("*.whl"))) >= 50
    assert list((unpacked / "program" / "lms" / "static" / "vendor").glob("hls.*.js"))


def test_it_installs_without_a_registry_and_serves(installed: Path) -> None:
    for command in (["keys"], ["migrate"], ["flask", "setup"]):
        done = flask(installed, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    told = flask(installed, "flask", "doctor").stdout
    assert "ok       schema: " in told, told
    assert "ok       FFmpeg: " in told
    assert "ok       third-party scripts: installed" in told
    assert "mend     backup: none was ever made" in told
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [".venv/bin/granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "wsgi:app"]
    server = subprocess.Popen(command, cwd=installed, env=ALONE | {"FLASK_APP": "wsgi"}, stderr=subprocess.DEVNULL)
    try:
        assert answered(f"http://127.0.0.1:{port}/healthz") == "ok\n"
        assert '"ready":true' in answered(f"http://127.0.0.1:{port}/readyz").replace(" ", "")
    finally:
        server.terminate()
        server.wait(20)


def answered(url: str) -> str:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def test_a_second_installation_exchanges_the_program_and_keeps_what_people_stored(
    unpacked: Path, installed: Path
) -> None:
    (installed / "media" / "film").write_text("kept")
    (installed / "lms" / "left_over.py").write_text("")
    keys = (
        (installed / "instance" / "keys.json").read_bytes() if (installed / "instance" / "keys.json").exists() else b""
    )
    done = subprocess.run([sys.executable, unpacked / "install.py", installed], env=ALONE, capture_output=True)
    assert done.returncode == 0
    assert (installed / "media" / "film").read_text() == "kept"
    assert not (installed / "lms" / "left_over.py").exists()
    if keys:
        assert (installed / "instance" / "keys.json").read_bytes() == keys


def test_a_bundle_that_was_changed_or_is_for_another_python_is_refused(unpacked: Path, tmp_path: Path) -> None:
    def refused() -> str:
        done = subprocess.run(
            [sys.executable, unpacked / "install.py", tmp_path / "no"], env=ALONE, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert not (tmp_path / "no").exists()
        return done.stderr

    for name, said in (("program/wsgi.py", "was changed on the way"), ("about.json", "this bundle is for Python 3.9")):
        path = unpacked / name
        kept = path.read_bytes()
        path.write_bytes(kept.replace(f"{sys.version_info.major}.{sys.version_info.minor}".encode(), b"3.9") + b"\n")
        try:
            assert said in refused()
        finally:
            path.write_bytes(kept)
