#!/usr/bin/env python3
"""Install Jiangtai from this bundle, without any registry: python3 install.py [FOLDER] (default /srv/jiangtai).

Run again with a newer bundle it upgrades: program and packages are exchanged, instance/ and media/ stay as they are. Needs only Python with
venv (Debian: apt install python3-venv).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEPT = ("instance", "media", ".venv")
NEXT = """Installed. Next, in {folder} as the site's own account:
  .venv/bin/python dev keys           a key file, if there is none
  .venv/bin/python dev migrate        the database's schema
  .venv/bin/python dev flask setup    on a new site: the links of the three admins
  .venv/bin/python dev flask doctor   says what else is to be done
docs/operating.md tells the rest: environment, services, nginx, backups."""


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "/srv/jiangtai").resolve()
    if problem := misfit() or changed():
        print(f"install: {problem}", file=sys.stderr)
        return 1
    place(folder)
    install(folder)
    print(NEXT.format(folder=folder))
    return 0


def misfit() -> str:
    """Why this machine is not the kind the bundle was made for; "" when it is."""
    about = json.loads((HERE / "about.json").read_text())
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    if mine != about["python"]:
        return f"this bundle is for Python {about['python']}, this is {mine}: run it with python{about['python']}"
    if sysconfig.get_platform() != about["platform"]:
        return f"this bundle is for {about['platform']}, this machine is {sysconfig.get_platform()}: make one on such a machine"
    return ""


def changed() -> str:
    """The first file that is not as it was packed; "" when all are."""
    for line in (HERE / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        path = HERE / name
        if not path.is_file():
            return f"{name} is missing: copy and unpack the bundle again"
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return f"{name} was changed on the way: copy and unpack the bundle again"
    return ""


def place(folder: Path) -> None:
    """The program lies in the folder and nothing of an older one; data stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name in KEPT:
            continue
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    for new in (HERE / "program").iterdir():
        if new.name == "media":
            (folder / "media").mkdir(exist_ok=True)
        elif new.is_dir():
            shutil.copytree(new, folder / new.name)
        else:
            shutil.copy2(new, folder / new.name)


def install(folder: Path) -> None:
    """The packages, from the wheels beside this file and nowhere else."""
    wanted = folder / "requirements" / "runtime.txt"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    stamp = folder / ".venv" / "installed-runtime"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    venv.create(folder / ".venv", with_pip=True, clear=True)
    python = str(folder / ".venv" / "bin" / "python")
    alone = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")} | {"PIP_CONFIG_FILE": os.devnull}
    wheels = sorted(str(path) for path in (HERE / "wheels").glob("*.whl"))
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index", "--no-deps", *wheels]
    subprocess.run(command, check=True, env=alone)
    subprocess.run([python, "-m", "pip", "check", "--disable-pip-version-check"], check=True, env=alone)
    stamp.write_text(digest)


if __name__ == "__main__":
    raise SystemExit(main())
