"""What journeys share with the tests of media: a storage and the tasks that examine files; and what there is of North, built once."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms import clock
from lms.storage import Storage
from tests.journeys.north import North, build
from tests.media.conftest import run_tasks, storage
from tests.support.databases import Databases

__all__ = ["run_tasks", "storage"]
FRESH = timedelta(minutes=25)
"""North's round is open for an hour."""


class _Built:
    """What was built last in this test process: North, and the files it put."""

    def __init__(self, media: Path) -> None:
        self.media = media
        self.north: North | None = None

    @property
    def is_fresh(self) -> bool:
        if self.north is None:
            return False
        now, built_at = clock.now(), self.north.closes_at - timedelta(hours=1)
        return built_at <= now < built_at + FRESH and clock.today(now) == clock.today(built_at)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> _Built:
    return _Built(tmp_path_factory.mktemp("north") / "media")


@pytest.fixture
def north(
    app: Flask, databases: Databases, session: Session, cast: SimpleNamespace, storage: Storage,
    run_tasks: Callable[[], int], built: _Built, tmp_path: Path,
) -> North:  # fmt: skip
    """Everything of North, built through the services by the first test that asks; the others get a copy of its database and files."""
    session.rollback()
    engine, media = app.extensions["engine"], tmp_path / "media"
    if built.is_fresh and databases.restore(engine, "north"):
        shutil.copytree(built.media, media, dirs_exist_ok=True)
        session.expire_all()
        assert built.north is not None
        return built.north
    north = build(session, cast, storage, run_tasks)
    databases.keep(engine, "north")
    shutil.rmtree(built.media, ignore_errors=True)
    shutil.copytree(media, built.media)
    built.north = north
    return north
