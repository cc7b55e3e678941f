"""Third-party scripts and styles: installed by npm, copied under names that hold their content's hash, never committed.

`package.json` says under "vendor" which file of which package is copied, and under which name: `"hls.js": "hls.js/dist/hls.light.min.mjs"`. The
step is `./dev assets`; where it has not been run the site starts all the same, and what needs a file says that it is not there.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import structlog

from lms.web.assets import add_compressed

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "lms" / "static" / "vendor"
MANIFEST = "manifest.json"

log = structlog.get_logger("lms.vendor")


def wanted(root: Path = ROOT) -> Mapping[str, str]:
    """Name → path below `node_modules`, as `package.json` lists them; nothing on an installation without that file."""
    try:
        found: dict[str, str] = json.loads((root / "package.json").read_text("utf-8"))["vendor"]
    except FileNotFoundError:
        return {}
    return found


def copy_vendor(root: Path = ROOT, target: Path = VENDOR) -> dict[str, str]:
    """Each wanted file copied into `target` under its hashed name, its package's licence beside it, and the manifest last of all.

    Returns name → hashed name. Raises FileNotFoundError when a package lacks the file. What is no longer wanted goes.
    """
    made = {name: _hashed(name, (root / "node_modules" / path).read_bytes()) for name, path in wanted(root).items()}
    target.mkdir(parents=True, exist_ok=True)
    for name, path in wanted(root).items():
        shutil.copyfile(root / "node_modules" / path, target / made[name])
        add_compressed(target / made[name])
        for licence in sorted((root / "node_modules" / _package(path)).glob("LICEN[CS]E*")):
            shutil.copyfile(licence, target / f"{name}.{licence.stem}.txt")
    (target / MANIFEST).write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    for old in target.iterdir():
        if old.suffix in (".js", ".css") and old.name not in made.values():
            old.unlink()
    return made


def missing(root: Path = ROOT, target: Path = VENDOR) -> list[str]:
    """Names that are wanted and not there: run `./dev assets`."""
    there = _manifest(target)
    return [name for name in wanted(root) if name not in there or not (target / there[name]).is_file()]


@cache
def tell_missing() -> None:
    """One warning per process in the log when the step has not been run."""
    if names := missing():
        log.warning("third-party scripts are missing", names=names, mend="./dev assets")


@cache
def vendor_url(name: str) -> str:
    """The immutable address of a file, or "" when the step has not been run. Raises KeyError for a name nobody listed."""
    there = _manifest(VENDOR)
    if name not in there and name not in wanted():
        raise KeyError(f"package.json lists no vendor file called {name}")
    return f"/static/vendor/{there[name]}" if name in there else ""


def vendor_file(name: str) -> Path | None:
    """Where the file is, for who serves it under another address; None when the step has not been run."""
    made = _manifest(VENDOR).get(name)
    return VENDOR / made if made else None


def _manifest(target: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((target / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _hashed(name: str, content: bytes) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"


def _package(path: str) -> str:
    """The package a file belongs to: `hls.js`, or `@scope/name`."""
    parts = path.split("/")
    return "/".join(parts[: 2 if path.startswith("@") else 1])


if __name__ == "__main__":
    copy_vendor()
