"""Make, check and restore backups."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from sqlalchemy import Engine, func, inspect, select, table

from lms.backup import archive
from lms.backup.archive import Bytes, Writer
from lms.backup.errors import BadBackup, NotEmpty, OtherKeys
from lms.db import copying
from lms.db.migrate import is_current, upgrade
from lms.storage import Missing, Storage

ROWS_AT_ONCE = 10_000
KEEP_IN_MEMORY = 2**23
KEYS, ABOUT = "keys.json", "about.json"
PASSED_OVER = ("uploads/", "health/")
"""Parts of uploads that are under way, and the probe of /readyz: nothing a row names."""
KEYED = "persons"
"""The table that tells whether anybody uses this site."""


@dataclass(frozen=True)
class Counted:
    """What a backup holds, or what came back."""

    rows: int
    files: int
    made_at: str
    revision: str


@dataclass(frozen=True)
class Site:
    """What is saved and what is restored: the database, the stored files, the key file with its public signing keys."""

    engine: Engine
    storage: Storage
    keys: Path
    public_keys: dict[str, str]


def create(site: Site, path: Path, *, passphrase: bytes | None, with_files: bool = True, now: datetime) -> Counted:
    """A backup of the site as it is at this moment, while it goes on; keys are in it when it is sealed. Raises FileExistsError for
    a name that is taken, BadBackup when the schema is not that of this program."""
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    with archive.writing(path, passphrase) as writer, copying.snapshot(site.engine) as connection:
        if not is_current(connection):
            raise BadBackup("the database is not up to date: flask migrate first")
        revision = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
        made_at = now.isoformat(timespec="seconds")
        about = {"made_at": made_at, "revision": revision, "tables": copying.tables(), "public_keys": site.public_keys}
        writer.add(ABOUT, _json(about))
        rows = {name: _save_rows(writer, connection, name, columns) for name, columns in copying.tables().items()}
        files = _save_files(writer, site.storage) if with_files else 0
        if passphrase:
            writer.add(KEYS, site.keys.read_bytes())
        writer.finish({"rows": rows, "files": files, "has_files": with_files, **about})
    return Counted(sum(rows.values()), files, made_at, revision)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _save_rows(writer: Writer, connection: Any, name: str, columns: copying.Columns) -> int:
    count = 0
    for number, rows in enumerate(copying.read_rows(connection, name, columns, at_most=ROWS_AT_ONCE), 1):
        writer.add(f"tables/{name}/{number:06d}.json.gz", gzip.compress(_json(rows), compresslevel=4, mtime=0))
        count += len(rows)
    return count


def _save_files(writer: Writer, storage: Storage) -> int:
    count = 0
    for blob in storage.stored(""):
        if blob.key.startswith(PASSED_OVER):
            continue
        try:
            size = storage.size(blob.key)
            pieces = storage.read(blob.key)
        except Missing:  # deleted since it was listed
            continue
        writer.stream(f"files/{blob.key}", size, pieces)
        count += 1
    return count


def verify(path: Path, *, passphrase: bytes | None) -> Counted:
    """Every byte is as it was written. Raises BadBackup with the first thing that is not."""
    return _counted(archive.check(path, passphrase))


def _counted(manifest: dict[str, Any]) -> Counted:
    return Counted(sum(manifest["rows"].values()), manifest["files"], manifest["made_at"], manifest["revision"])


def restore(site: Site, path: Path, *, passphrase: bytes | None, tell: Callable[[str], object] = print) -> Counted:
    """The site is as the backup's moment was, migrated to this program's schema. Nothing is written before every byte was compared,
    and rows become visible by one commit at the end: cut short, the same command starts again. Raises BadBackup, NotEmpty,
    OtherKeys."""
    manifest = archive.check(path, passphrase)
    tell("compared with its manifest")
    _refuse_used(site.engine)
    if KEYS not in manifest["members"]:
        _refuse_other_keys(site, manifest)
    upgrade(site.engine, manifest["revision"])
    with site.engine.connect() as connection, copying.loading(connection):
        copying.empty(connection)
        for name, content in archive.members(path, passphrase):
            _take(site, connection, manifest, name, content)
        _count_again(connection, manifest)
    tell("rows and files are back")
    upgrade(site.engine)
    return _counted(manifest)


def _refuse_used(engine: Engine) -> None:
    with engine.connect() as connection:
        if inspect(connection).has_table(KEYED) and connection.scalar(select(func.count()).select_from(table(KEYED))):
            raise NotEmpty("this database is in use: a backup is restored into an empty one")


def _refuse_other_keys(site: Site, manifest: dict[str, Any]) -> None:
    if not manifest["public_keys"].items() <= site.public_keys.items():
        raise OtherKeys(f"{site.keys} is not the key file of this backup: put the site's own one there first")


def _take(site: Site, connection: Any, manifest: dict[str, Any], name: str, content: Bytes) -> None:
    folder, _, rest = name.partition("/")
    if folder == "tables":
        of = rest.partition("/")[0]
        copying.write_rows(connection, of, manifest["tables"][of], json.loads(gzip.decompress(content.read())))
    elif folder == "files":
        with _at_hand(content) as source:
            site.storage.put(rest, source)
    elif name == KEYS:
        _put_keys(site.keys, content.read())


@contextmanager
def _at_hand(content: Bytes) -> Iterator[BinaryIO]:
    """A member one can go back in, as some storages need."""
    with SpooledTemporaryFile(max_size=KEEP_IN_MEMORY) as file:
        while piece := content.read(archive.COPY_BYTES):
            file.write(piece)
        file.seek(0)
        yield cast(BinaryIO, file)


def _put_keys(path: Path, data: bytes) -> None:
    """The backup's key file is the site's; one that was there and differs is kept beside it."""
    if path.exists() and path.read_bytes() != data:
        path.replace(path.with_name(f"{path.name}.before-{hashlib.sha256(data).hexdigest()[:8]}"))
    part = path.with_name(f".{path.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.touch(mode=0o600)
    part.write_bytes(data)
    part.replace(path)


def _count_again(connection: Any, manifest: dict[str, Any]) -> None:
    for name, wanted in manifest["rows"].items():
        found = connection.scalar(select(func.count()).select_from(table(name)))
        if found != wanted:
            raise BadBackup(f"{name} has {found} rows, the manifest says {wanted}")
