"""The whole demonstration comes back from a backup: every kind of row the site knows."""

from pathlib import Path

from alembic import command
from flask import Flask
from sqlalchemy import Engine

from lms.audit import services as audit
from lms.backup import services
from lms.backup.services import Site
from lms.db import copying, open_engine, session_maker
from lms.db.migrate import configuration
from lms.leaderboard import services as boards
from lms.storage.local import LocalStorage
from tests.demo.conftest import NOW


def rows_of(engine: Engine) -> dict[str, object]:
    with copying.snapshot(engine) as connection:
        return {
            name: list(copying.read_rows(connection, name, columns, at_most=1000))
            for name, columns in copying.tables().items()
        }


def test_r16_the_demonstration_comes_back_equal_and_proves_itself(loaded: Flask, tmp_path: Path) -> None:
    found = loaded.extensions
    site = Site(found["engine"], found["storage"], found["settings"].keys, found["keys"].public_keys())
    with site.engine.begin() as connection:
        command.stamp(configuration(connection), "head")
    engine = open_engine(f"sqlite:///{tmp_path / 'back.sqlite3'}")
    back = Site(engine, LocalStorage(tmp_path / "media"), tmp_path / "keys.json", site.public_keys)
    made = services.create(site, tmp_path / "demo.backup", passphrase=None, now=NOW)
    services.restore(back, tmp_path / "demo.backup", passphrase=None, tell=lambda _: None)
    assert made.rows > 5000
    assert made.files > 20
    assert rows_of(engine) == rows_of(site.engine)
    with session_maker(engine)() as session:
        compared, faults = audit.verify(session)
        report = boards.verify(session, found["keys"])
    assert compared > 100
    assert report.boards > 0
    assert faults == report.faults == []
    engine.dispose()
