"""`./dev bundle [FILE]`: the site as one archive for machines that reach no registry.

In it: the program as committed, every wheel of requirements/runtime.txt, the third-party scripts, `install.py`, and SHA256SUMS of all of it.
Two bundles of the same commit and wheels are the same bytes. Made for the kind of machine it is made on (Python, processor, system).
"""

import argparse
import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = ("tests/", "bench/", "drill/", ".ci/", ".gitignore", ".editorconfig", ".npmrc", "pyproject.toml")
SUMS, ABOUT, INSTALL = "SHA256SUMS", "about.json", "install.py"
WHEELS, PROGRAM = "wheels", "program"


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bundle: git {arguments[0]}: {done.stderr.strip()}: run it in a checkout")
    return done.stdout


def program() -> Iterator[tuple[str, bytes]]:
    """Every file that runs or explains the site, as committed, and the third-party scripts."""
    if changed := git("status", "--porcelain").strip():
        raise SystemExit(f"bundle: commit or put away first:\n{changed}")
    for name in git("ls-files", "-z").split("\0"):
        if name and not name.startswith(LEFT_OUT):
            yield f"{PROGRAM}/{name}", (ROOT / name).read_bytes()
    vendor = ROOT / "lms" / "static" / "vendor"
    if not (vendor / "installed").is_file():
        raise SystemExit("bundle: the third-party scripts are missing: run ./dev assets first")
    for path in sorted(vendor.iterdir()):
        yield f"{PROGRAM}/{path.relative_to(ROOT).as_posix()}", path.read_bytes()


def wheels(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every pinned package as a wheel, its hash compared with the one in requirements/runtime.txt."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--require-hashes",
        "--disable-pip-version-check",
    ]
    made = subprocess.run([*command, "-w", folder, "-r", ROOT / "requirements" / "runtime.txt"], check=False)
    if made.returncode:
        raise SystemExit("bundle: a package could not be fetched: run it where pip reaches a registry")
    for path in sorted(folder.glob("*.whl")):
        yield f"{WHEELS}/{path.name}", path.read_bytes()


def about() -> dict[str, str]:
    """What the bundle is for; the installer compares it with the machine it runs on."""
    return {
        "commit": git("rev-parse", "HEAD").strip(),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "platform": sysconfig.get_platform(),
        "system": platform.libc_ver()[0],
    }


def write(path: Path, files: Mapping[str, bytes], top: str, at: int) -> None:
    """The archive appears under its name whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as tar:
            for name in sorted(files):
                head = tarfile.TarInfo(f"{top}/{name}")
                head.size, head.mtime = len(files[name]), at
                head.mode = 0o755 if name in (INSTALL, f"{PROGRAM}/dev") else 0o644
                tar.addfile(head, io.BytesIO(files[name]))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def main() -> int:
    asked = argparse.ArgumentParser(prog="./dev bundle", description=__doc__)
    asked.add_argument("file", nargs="?", type=Path, help="default: jiangtai-COMMIT-PYTHON-PLATFORM.tar here")
    given = asked.parse_args()
    facts = about()
    top = f"jiangtai-{facts['commit'][:8]}-py{facts['python']}-{facts['platform']}"
    target = given.file or Path.cwd() / f"{top}.tar"
    files = dict(program())
    with tempfile.TemporaryDirectory() as folder:
        files |= wheels(Path(folder))
    files[ABOUT] = json.dumps(facts, indent=1).encode() + b"\n"
    files[INSTALL] = (ROOT / "deploy" / "install.py").read_bytes()
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files[SUMS] = "".join(sums).encode()
    write(target, files, top, int(git("log", "-1", "--format=%ct")))
    count = sum(name.startswith(f"{WHEELS}/") for name in files)
    print(
        f"bundle: {target}, {target.stat().st_size / 2**20:.0f} MB, {count} wheels; there: tar xf, then python3 {top}/{INSTALL}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
