"""A used site, and empty ones to bring it back on."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text

from lms.backup.services import Site
from lms.db import open_engine
from lms.storage.local import LocalStorage

FILES = {"media/one.txt": b"one", "media/two.bin": bytes(range(256)) * 3000, "media/empty": b""}


@pytest.fixture
def used(app: Flask, tmp_path: Path) -> Site:
    """The cast's site with three files, a part of an upload under way, and a key file of its own."""
    storage = LocalStorage(tmp_path / "used")
    for key, data in FILES.items():
        storage.put(key, io.BytesIO(data))
    storage.put("uploads/abc/00001-part", io.BytesIO(b"half"))
    keys = tmp_path / "keys.json"
    keys.write_text('{"the": "keys"}')
    return Site(app.extensions["engine"], storage, keys, app.extensions["keys"].public_keys())


@pytest.fixture(params=["sqlite", "same"])
def empty(request: pytest.FixtureRequest, app: Flask, tmp_path: Path) -> Iterator[Site]:
    """An empty machine with the same key file: once on SQLite, once on the kind of database the tests run on."""
    engine, gone = _empty_engine(request.param, app.extensions["engine"], tmp_path)
    keys = tmp_path / "other" / "keys.json"
    yield Site(engine, LocalStorage(tmp_path / "empty"), keys, app.extensions["keys"].public_keys())
    engine.dispose()
    gone()


def _empty_engine(kind: str, used: Engine, folder: Path) -> tuple[Engine, Callable[[], None]]:
    if kind == "sqlite" or used.dialect.name == "sqlite":
        if kind == "same":
            pytest.skip("the same as the other")
        return open_engine(f"sqlite:///{folder / 'empty.sqlite3'}"), lambda: None
    name = f"lms_empty_{os.getpid()}"
    admin = create_engine(used.url, isolation_level="AUTOCOMMIT")

    def do(statement: str) -> None:
        with admin.connect() as connection:
            connection.execute(text(statement))

    def gone() -> None:
        do(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()

    do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    do(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    return open_engine(used.url.set(database=name).render_as_string(hide_password=False)), gone
