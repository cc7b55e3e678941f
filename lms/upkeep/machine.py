"""The machine: versions, key file, disks, owners of files, storage, and what converters need."""

import os
import pwd
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from lms import config
from lms.config import BadSettings, Settings
from lms.media import machine as media
from lms.storage import Storage, takes_blobs
from lms.upkeep.rules import Line, gigabytes, is_full, mend, ok, without

SQLITE_LEAST = (3, 40, 0)
NEEDED = ("FFmpeg", "third-party scripts")
"""What is part of every installation: without it something went wrong."""
NETWORK_FILES = ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p")


def lines(settings: Settings, storage: Storage) -> Iterator[Line]:
    yield keys_line(settings.keys)
    yield from disk_lines(settings)
    yield owners_line(settings)
    yield storage_line(storage)
    for is_there, name, told in media.lines(settings):
        yield ok(name, told) if is_there else (mend if name in NEEDED else without)(name, told)


def database_file(settings: Settings) -> Path | None:
    """The file of SQLite; None where the database is elsewhere."""
    name = make_url(settings.database_url).database if settings.is_sqlite else None
    return Path(name).resolve() if name and name != ":memory:" else None


def sqlite_line() -> Line:
    if sqlite3.sqlite_version_info < SQLITE_LEAST:
        return mend(
            "SQLite", f"{sqlite3.sqlite_version} is too old: run the site with a Python that brings 3.40 or newer"
        )
    return ok("SQLite", sqlite3.sqlite_version)


def keys_line(path: Path) -> Line:
    try:
        found = config.load_keys(path)
    except BadSettings as problem:
        return mend("keys", str(problem))
    except OSError as problem:
        return mend("keys", f"{path} cannot be read ({problem.strerror}): chown it to the site's account")
    return ok("keys", f"{path}, mode 0600, newest signing key {found.by_purpose['signing'][0][0]}")


def disk_lines(settings: Settings) -> Iterator[Line]:
    """One line for each file system the site writes to."""
    places = {
        "uploads": settings.media_dir,
        "database": database_file(settings),
        "temporary files": Path(tempfile.gettempdir()),
    }
    seen: set[int] = set()
    for what, place in places.items():
        folder = _there(place) if place else None
        if folder is None or (device := folder.stat().st_dev) in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(folder)
        told = f"{gigabytes(usage.free)} of {gigabytes(usage.total)} free where {what} lie ({folder})"
        if is_full(usage.free, usage.total):
            yield mend("disk space", f"{told}: make room or a larger disk, a full one stops answers from being saved")
        else:
            yield ok("disk space", told)
    file = database_file(settings)
    if file and (kind := file_system(file)) in NETWORK_FILES:
        yield mend(
            "disk space",
            f"{file} lies on {kind}, which SQLite's journal does not survive: move it to a disk of this machine",
        )


def _there(place: Path) -> Path:
    return next(p for p in (place, *place.resolve().parents) if p.is_dir())


def file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system a path lies on, "" where the kernel does not tell."""
    if not mounts.is_file():
        return ""
    rows = [row.split() for row in mounts.read_text().splitlines()]
    under = [(len(row[1]), row[2]) for row in rows if path.is_relative_to(row[1])]
    return max(under)[1] if under else ""


def owners_line(settings: Settings) -> Line:
    """Files of two owners come from a command that somebody else than the site's account ran."""
    file = database_file(settings)
    ours = [p for p in (settings.keys, settings.media_dir, file, *_beside(file)) if p and p.exists()]
    owners = {path.stat().st_uid: path for path in ours}
    if len(owners) > 1:
        named = ", ".join(f"{path} of {_name(owner)}" for owner, path in owners.items())
        return mend(
            "owners",
            f"{named}: chown -R all of it to the account the site runs as, and run flask commands as that account",
        )
    shut = [str(path) for path in ours if not os.access(path, os.R_OK | os.W_OK)]
    if shut:
        return mend(
            "owners",
            f"{', '.join(shut)} cannot be written by {_name(os.geteuid())}: run flask doctor as the site's account, or chown them to it",
        )
    return ok("owners", f"{_name(next(iter(owners), os.geteuid()))} owns and may write keys, uploads and database")


def _beside(file: Path | None) -> list[Path]:
    return [file.with_name(file.name + ending) for ending in ("-wal", "-shm")] if file else []


def _name(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def storage_line(storage: Storage) -> Line:
    try:
        takes_blobs(storage)
    except Exception as problem:  # whatever a storage raises, uploads fail by it
        return mend(
            "storage",
            f"takes no file ({type(problem).__name__}: {problem}): mend LMS_MEDIA_DIR, or LMS_S3_* and the bucket's keys",
        )
    return ok("storage", "took a file and removed it again")
