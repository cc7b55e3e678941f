"""A real database for each test, the named cast, and a client that checks every page it sees.

SQLite by default: a file with the schema and the cast is made once and copied for each test. PostgreSQL when LMS_TEST_DATABASE_URL names a
server (its database is the template's neighbour) or LMS_TEST_POSTGRES=1 starts one from the test requirements.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock, config
from lms.app import create_app
from lms.config import Keys, Settings
from lms.db import MakeSession
from lms.hours import rule_queries
from lms.people.models import Person
from lms.people.principal import CACHE, Principal, principal_of
from tests.support.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.support.web import Web

ON_POSTGRES = bool(os.environ.get("LMS_TEST_DATABASE_URL") or os.environ.get("LMS_TEST_POSTGRES"))
# Crawls of the whole site take minutes there; what they ask of the database is asked by the domains' own tests as well.
CRAWLS = ("test_isolation.py", "test_unsafe_methods.py")
CAST_MADE_AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    config.create_keys(path, "test-2026")
    return config.load_keys(path)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    folder = tmp_path_factory.mktemp("database")
    made: Databases = (PostgresDatabases if ON_POSTGRES else SqliteDatabases)(folder, CAST_MADE_AT)
    yield made
    made.close()


@pytest.fixture(scope="session")
def site(databases: Databases, keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application of this test process; `app` gives it a fresh database."""
    settings = Settings(
        database_url=databases.url,
        package_origin="http://packages.example",
        media_dir=tmp_path_factory.mktemp("media"),
        totp=True,
        log_level="error",
        threads=24,
    )
    built = create_app(settings, keys=keys)
    built.testing = True
    built.config["PROPAGATE_EXCEPTIONS"] = False
    return built


@pytest.fixture
def app(site: Flask, databases: Databases) -> Iterator[Flask]:
    """The site on a fresh database that holds the cast and nothing else."""
    engine = site.extensions["engine"]
    engine.dispose()
    databases.reset()
    CACHE.forget()
    rule_queries.CACHE.forget()
    site.extensions["fresh"] = True
    yield site
    engine.dispose()


@pytest.fixture
def make_session(app: Flask) -> MakeSession:
    maker: MakeSession = app.extensions["make_session"]
    return maker


@pytest.fixture
def session(make_session: MakeSession) -> Iterator[Session]:
    """A session on the test's database. Commit what another session or `web` must see; `web` commits it before each request."""
    with make_session() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def cast(session: Session) -> SimpleNamespace:
    """The cast as Person rows: cast.lin, cast.bo, …"""
    return SimpleNamespace(**{p.staff_no: p for p in session.scalars(select(Person))})


@pytest.fixture
def principals(session: Session, cast: SimpleNamespace) -> SimpleNamespace:
    """The cast as principals, as the guard would hand them to views."""
    now = clock.now()

    def principal(person: Person) -> Principal:
        return principal_of(session, person, now)

    return SimpleNamespace(**{name: principal(person) for name, person in vars(cast).items()})


@pytest.fixture
def web(app: Flask, session: Session) -> Web:
    """`web.as_("lin").get("/")`: a browser without a screen that checks every page it sees."""
    return Web(app, session)


@pytest.fixture
def flask_is_asked(site: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that did not go the short way."""
    asked: list[str] = []
    entry: Any = site.wsgi_app
    whole_way = entry._whole_way

    def told(environ: dict[str, Any], start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return whole_way(environ, start_response)

    monkeypatch.setattr(entry, "_whole_way", told)
    return asked


@pytest.fixture
def repository() -> Path:
    return Path(__file__).parent.parent


# A busy machine is no fault of a rule; in CI the same examples run each time, so that a red run means a change and not luck.
hypothesis.settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("house")


def pytest_configure() -> None:
    os.environ.setdefault("TZ", "UTC")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only the tests that touch a database run again; the others cannot differ."""
    if not ON_POSTGRES:
        return
    untouched = [i for i in items if "databases" not in getattr(i, "fixturenames", ()) or i.path.name in CRAWLS]
    config.hook.pytest_deselected(items=untouched)
    items[:] = [item for item in items if item not in untouched]
