"""An empty site for the loader: schema, storage and keys, but no cast."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from lms.app import create_app
from lms.cli import register_commands
from lms.config import Keys, Settings
from lms.db import Base
from lms.demo import load
from lms.demo.site import SMALL, Site

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def empty_app(folder: Path, keys: Keys) -> Flask:
    settings = Settings(
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        package_origin="http://packages.example",
        media_dir=folder / "media",
        totp=False,
        log_level="error",
    )
    app = create_app(settings, keys=keys)
    register_commands(app)
    with app.extensions["engine"].begin() as connection:
        Base.metadata.create_all(connection)
    return app


def site_of(app: Flask, now: datetime = NOW) -> Site:
    return Site(app.extensions["make_session"], app.extensions, now, SMALL)


@pytest.fixture
def empty(tmp_path: Path, keys: Keys) -> Iterator[Flask]:
    """A site with a schema and nothing in it."""
    app = empty_app(tmp_path, keys)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Flask]:
    """A site with the small demonstration, loaded once for the tests that change nothing."""
    app = empty_app(tmp_path_factory.mktemp("demo"), keys)
    load.load(site_of(app))
    yield app
    app.extensions["engine"].dispose()
