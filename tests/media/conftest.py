"""Uploads and their examination, as the site does them."""

import io
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
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
def run_tasks(app: Flask, make_session: MakeSession, storage: LocalStorage, session: Session) -> Callable[[], int]:
    """Commits what was written and runs every task that is due."""

    def run() -> int:
        session.commit()
        ran = run_due(make_session, KINDS, {**app.extensions, "storage": storage})
        session.expire_all()
        return ran

    return run


@pytest.fixture
def libre_office() -> str:
    """The command of LibreOffice; a test that needs it is skipped by name where it is missing, and fails in CI."""
    found = shutil.which("soffice")
    if found is None and os.environ.get("CI"):
        pytest.fail("LibreOffice is not installed: apt-get install libreoffice-impress libreoffice-writer")
    if found is None:
        pytest.skip("LibreOffice is not installed")
    return found


@pytest.fixture
def without_libre_office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site runs where there is none."""
    set_setting(app, monkeypatch, office_command="no-such-office")


def set_setting(app: Flask, monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    """The site's settings with these values, for the length of the test."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], **values))


@pytest.fixture
def upload(session: Session, storage: LocalStorage) -> Upload:
    """`upload("a.mp4", content, person)`: received, not examined yet."""

    def receive(name: str, content: bytes, owner: Person) -> MediaFile:
        return services.receive(
            session, io.BytesIO(content), name=name, owner_id=owner.id, storage=storage, now=clock.now()
        )

    return receive
