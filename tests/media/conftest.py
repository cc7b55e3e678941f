"""Uploads and their examination, as the site does them."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession
from lms.media import services
from lms.media.jobs import KINDS
from lms.media.models import MediaFile
from lms.people.models import Person
from lms.storage.local import LocalStorage
from lms.tasks.services import run_due

Upload = Callable[..., MediaFile]


@pytest.fixture
def storage(app: Flask, tmp_path: Path) -> LocalStorage:
    """The storage of the site, empty."""
    app.extensions["storage"] = LocalStorage(tmp_path / "media")
    kept: LocalStorage = app.extensions["storage"]
    return kept


@pytest.fixture
def run_tasks(make_session: MakeSession, storage: LocalStorage, session: Session) -> Callable[[], int]:
    """Commits what was written and runs every task that is due."""

    def run() -> int:
        session.commit()
        ran = run_due(make_session, KINDS, {"storage": storage})
        session.expire_all()
        return ran

    return run


@pytest.fixture
def upload(session: Session, storage: LocalStorage) -> Upload:
    """`upload("a.mp4", content, person)`: received, not examined yet."""

    def receive(name: str, content: bytes, owner: Person) -> MediaFile:
        return services.receive(
            session, io.BytesIO(content), name=name, owner_id=owner.id, storage=storage, now=clock.now()
        )

    return receive
