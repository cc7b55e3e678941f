"""A folder of backups: one more each night, those that are no longer needed taken away, and the newest one tried."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from lms.backup import keeping, services
from lms.backup.errors import BadBackup
from lms.backup.services import Counted, Site
from lms.config import ROOT
from lms.db import open_engine
from lms.storage.local import LocalStorage

RECOUNTS = ("audit", "boards", "hours", "stars")
"""What `flask … verify` compares in a restored site."""


def backups(folder: Path) -> dict[datetime, Path]:
    """The backups that `add` made there, by their instants. Anything else in the folder is left alone."""
    found = {keeping.moment_of(path.name): path for path in folder.iterdir() if path.is_file()}
    return {at: path for at, path in found.items() if at is not None}


def add(site: Site, folder: Path, *, passphrase: bytes | None, with_files: bool, now: datetime) -> tuple[Path, Counted]:
    """One more backup, read back and compared. Raises BadBackup when it is not as it was written; then it is not there."""
    path = folder / keeping.name_of(now)
    made = services.create(site, path, passphrase=passphrase, with_files=with_files, now=now)
    try:
        services.verify(path, passphrase=passphrase)
    except BadBackup:
        path.unlink()
        raise
    return path, made


def thin_out(folder: Path) -> list[Path]:
    """Takes away what `keeping` does not keep, and quietly what was never finished; returns what is gone, the oldest first."""
    there = backups(folder)
    gone = [there[at] for at in sorted(there.keys() - keeping.kept(there))]
    for path in [*gone, *_half_made(folder, before=max(there, default=None))]:
        path.unlink()
    return gone


def _half_made(folder: Path, *, before: datetime | None) -> list[Path]:
    """What backups that were killed left, older than the newest one that is whole."""
    parts = {keeping.moment_of(path.name[1:-5]): path for path in folder.glob(".jiangtai-*.backup.part")}
    return [path for at, path in parts.items() if at and before and at < before]


def rehearse(site: Site, folder: Path, *, passphrase: bytes | None, tell: Callable[[str], object]) -> Counted:
    """The newest backup restored into a new place, its chains and derived figures compared there, and the place taken away again.
    Raises BadBackup when there is none or something differs; what `services.restore` raises."""
    there = backups(folder)
    if not there:
        raise BadBackup(f"{folder} holds no backup: run flask backup nightly {folder} first")
    path = there[max(there)]
    tell(f"{path.name}: restoring it")
    with TemporaryDirectory(prefix="jiangtai-rehearsal-") as place:
        environment = _elsewhere(site, Path(place), sealed=passphrase is not None)
        back = _restored(site, environment, path, passphrase=passphrase, tell=tell)
        for what in RECOUNTS:
            _recount(what, environment, tell)
    return back


def _elsewhere(site: Site, place: Path, *, sealed: bool) -> Mapping[str, str]:
    """The settings of an empty site. A sealed backup brings its key file, for an open one the site's own is there."""
    keys = place / "keys.json"
    if not sealed:
        shutil.copyfile(site.keys, keys)
        keys.chmod(0o600)
    return {
        "DATABASE_URL": f"sqlite:///{place / 'site.sqlite3'}",
        "LMS_KEYS": str(keys),
        "LMS_MEDIA_DIR": str(place / "media"),
        "LMS_STORAGE": "local",
        "LMS_SCHEDULER": "off",
        "LMS_READ_ONLY": "off",
    }


def _restored(
    site: Site, environment: Mapping[str, str], path: Path, *, passphrase: bytes | None, tell: Callable[[str], object]
) -> Counted:
    engine = open_engine(environment["DATABASE_URL"])
    storage = LocalStorage(Path(environment["LMS_MEDIA_DIR"]))
    empty = Site(engine, storage, Path(environment["LMS_KEYS"]), site.public_keys)
    try:
        return services.restore(empty, path, passphrase=passphrase, tell=tell)
    finally:
        engine.dispose()


def _recount(what: str, environment: Mapping[str, str], tell: Callable[[str], object]) -> None:
    """`flask … verify` of the restored site, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "flask", what, "verify"],
        cwd=ROOT, env={**os.environ, **environment, "FLASK_APP": "wsgi"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = (ended.stdout + ended.stderr).strip().splitlines() or [what]
    if ended.returncode:
        raise BadBackup(f"the restored site does not hold: flask {what} verify: {said[0]}")
    for line in ended.stdout.strip().splitlines():
        tell(line)
