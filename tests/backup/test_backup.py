"""R16: a backup of a site in use comes back elsewhere, whole; R17: a damaged one is refused before anything is written."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from lms.audit import services as audit
from lms.backup import services
from lms.backup.cli import backup
from lms.backup.errors import BadBackup, NotEmpty, OtherKeys
from lms.backup.services import Site
from lms.db import MakeSession, SiteMark, copying, session_maker, unit_of_work
from lms.people.models import Person
from tests.backup.conftest import FILES

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
PASSPHRASE = b"a long enough secret"


def rows_of(engine: Engine) -> dict[str, list[Any]]:
    with copying.snapshot(engine) as connection:
        return {
            name: [row for rows in copying.read_rows(connection, name, columns, at_most=1000) for row in rows]
            for name, columns in copying.tables().items()
        }


def silent(_: str) -> None:
    pass


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["open", "sealed"])
def test_r16_every_row_and_file_comes_back(used: Site, empty: Site, tmp_path: Path, passphrase: bytes | None) -> None:
    made = services.create(used, tmp_path / "site.backup", passphrase=passphrase, now=NOW)
    back = services.restore(empty, tmp_path / "site.backup", passphrase=passphrase, tell=silent)
    assert back == made
    assert made.rows == sum(map(len, rows_of(used.engine).values())) > 50
    assert rows_of(empty.engine) == rows_of(used.engine)
    assert {key: b"".join(empty.storage.read(key)) for key in FILES} == FILES
    assert sorted(blob.key for blob in empty.storage.stored("")) == sorted(FILES)
    assert empty.keys.exists() is bool(passphrase)


def test_a_restored_site_goes_on_where_the_other_one_was(used: Site, empty: Site, tmp_path: Path) -> None:
    services.create(used, tmp_path / "site.backup", passphrase=None, now=NOW)
    services.restore(empty, tmp_path / "site.backup", passphrase=None, tell=silent)
    with unit_of_work(session_maker(empty.engine)) as session:
        audit.record(session, None, "test:after", "site", {}, now=NOW)
        taken = session.scalar(select(Person.id).order_by(Person.id.desc()).limit(1)) or 0
        new = Person(staff_no="new", name="新人", rank_band=session.get_one(Person, taken).rank_band, created_at=NOW)
        session.add(new)
        session.flush()
        assert new.id > taken
        compared, faults = audit.verify(session)
    assert compared > 0
    assert faults == []


def test_r16_a_backup_under_load_is_one_moment(
    used: Site, empty: Site, tmp_path: Path, make_session: MakeSession
) -> None:
    """Two marks always change together: a restored site never has one without the other."""
    is_over = threading.Event()
    with unit_of_work(make_session) as session:
        session.add_all([SiteMark(key="left", value="0"), SiteMark(key="right", value="0")])

    def write() -> None:
        turn = 0
        while not is_over.is_set():
            turn += 1
            with unit_of_work(make_session) as session:
                for key in ("left", "right"):
                    session.execute(
                        text("UPDATE site_marks SET value = :turn WHERE key = :key"), {"turn": str(turn), "key": key}
                    )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            services.create(used, tmp_path / f"{number}.backup", passphrase=None, with_files=False, now=NOW)
    finally:
        is_over.set()
        writer.join()
    services.restore(empty, tmp_path / "4.backup", passphrase=None, tell=silent)
    with empty.engine.connect() as connection:
        marks = dict(connection.execute(text("SELECT key, value FROM site_marks")).all())  # type: ignore[arg-type]
    assert marks["left"] == marks["right"] != "0"


def change_a_byte(data: bytearray, chance: random.Random) -> bytearray:
    place = chance.randrange(len(data) // 2)
    data[place] ^= 1 << chance.randrange(8)
    return data


def cut(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(1, len(data) - 11_000)]


@pytest.mark.parametrize("damage", [change_a_byte, cut])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["open", "sealed"])
def test_r17_a_damaged_backup_is_refused(
    used: Site,
    tmp_path: Path,
    passphrase: bytes | None,
    damage: Callable[[bytearray, random.Random], bytearray],
) -> None:
    path, bad = tmp_path / "site.backup", tmp_path / "bad.backup"
    services.create(used, path, passphrase=passphrase, now=NOW)
    whole = services.verify(path, passphrase=passphrase)
    chance = random.Random(5)
    for _ in range(40):
        bad.write_bytes(damage(bytearray(path.read_bytes()), chance))
        try:
            found = services.verify(bad, passphrase=passphrase)
        except BadBackup:
            continue
        # A tar pads its members and heads them with times nobody reads: what is harmless reads the same.
        assert found == whole
        assert damage is change_a_byte
        assert passphrase is None


def test_r17_nothing_is_written_from_a_damaged_backup(used: Site, empty: Site, tmp_path: Path) -> None:
    path = tmp_path / "site.backup"
    services.create(used, path, passphrase=PASSPHRASE, now=NOW)
    data = bytearray(path.read_bytes())
    data[-200] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadBackup):
        services.restore(empty, path, passphrase=PASSPHRASE, tell=silent)
    with empty.engine.connect() as connection:
        assert not empty.engine.dialect.has_table(connection, "persons")
    assert list(empty.storage.stored("")) == []


def test_another_passphrase_opens_nothing(used: Site, tmp_path: Path) -> None:
    services.create(used, tmp_path / "site.backup", passphrase=PASSPHRASE, now=NOW)
    with pytest.raises(BadBackup, match="passphrase"):
        services.verify(tmp_path / "site.backup", passphrase=b"another long secret")
    with pytest.raises(BadBackup, match="sealed"):
        services.verify(tmp_path / "site.backup", passphrase=None)


def test_an_open_backup_holds_no_keys_and_a_sealed_one_no_readable_word(used: Site, tmp_path: Path) -> None:
    services.create(used, tmp_path / "open.backup", passphrase=None, now=NOW)
    services.create(used, tmp_path / "sealed.backup", passphrase=PASSPHRASE, now=NOW)
    assert b"about.json" in (tmp_path / "open.backup").read_bytes()
    assert b"the keys" not in (tmp_path / "open.backup").read_bytes()
    assert b"about.json" not in (tmp_path / "sealed.backup").read_bytes()
    assert (tmp_path / "open.backup").stat().st_mode & 0o077 == 0


def test_a_site_in_use_is_never_overwritten(used: Site, tmp_path: Path) -> None:
    services.create(used, tmp_path / "site.backup", passphrase=None, now=NOW)
    with pytest.raises(NotEmpty):
        services.restore(used, tmp_path / "site.backup", passphrase=None, tell=silent)


def test_an_open_backup_asks_for_the_key_file_of_its_site(used: Site, empty: Site, tmp_path: Path) -> None:
    services.create(used, tmp_path / "site.backup", passphrase=None, now=NOW)
    with pytest.raises(OtherKeys):
        services.restore(replace(empty, public_keys={}), tmp_path / "site.backup", passphrase=None, tell=silent)


def test_a_restore_that_was_killed_begins_again(
    used: Site, empty: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.create(used, tmp_path / "site.backup", passphrase=None, now=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(services, "_count_again", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            services.restore(empty, tmp_path / "site.backup", passphrase=None, tell=silent)
    services.restore(empty, tmp_path / "site.backup", passphrase=None, tell=silent)
    assert rows_of(empty.engine) == rows_of(used.engine)


LOST_ITEM = {"attempt_id": 1, "position": 1, "version_id": 1, "option_order": "[]", "points_millis": 1000}


@pytest.mark.parametrize("name", ["role_grants", "attempt_items"])
def test_a_row_that_refers_to_nothing_stops_the_restore(used: Site, empty: Site, name: str) -> None:
    services.upgrade(empty.engine)
    columns = copying.tables()[name]
    row = [LOST_ITEM.get(c) for c in columns] if name == "attempt_items" else rows_of(used.engine)[name][0]
    with empty.engine.connect() as connection:
        loading = copying.loading(connection)
        loading.__enter__()
        copying.write_rows(connection, name, columns, [row])
        with pytest.raises((copying.Dangling, IntegrityError)):
            loading.__exit__(None, None, None)
    assert rows_of(empty.engine)[name] == []


def test_the_commands_tell_what_they_did(
    app: Flask, cast: SimpleNamespace, tmp_path: Path, used: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], keys=used.keys))
    run = app.test_cli_runner()
    with app.app_context():
        path, secret = str(tmp_path / "site.backup"), tmp_path / "secret"
        secret.write_bytes(PASSPHRASE)
        made = run.invoke(backup, ["create", path])
        assert made.exit_code == 0
        assert "key file is not in it" in made.output
        assert "is whole" in run.invoke(backup, ["verify", path]).output
        again = run.invoke(backup, ["create", path])
        assert again.exit_code == 1
        assert "there already" in again.output
        refused = run.invoke(backup, ["restore", path])
        assert refused.exit_code == 1
        assert "in use" in refused.output
        sealed = run.invoke(backup, ["create", f"{path}.sealed", "--passphrase-file", str(secret)])
        assert sealed.exit_code == 0
        assert "key file" not in sealed.output
        used.keys.unlink()
        keyless = run.invoke(backup, ["create", f"{path}.keyless", "--passphrase-file", str(secret)])
        assert keyless.exit_code == 1
        assert "keys.json" in keyless.output
        assert not Path(f"{path}.keyless").exists()
        secret.write_bytes(b"short")
        short = run.invoke(backup, ["verify", path, "--passphrase-file", str(secret)])
        assert short.exit_code == 1
        assert "fewer than 12" in short.output
