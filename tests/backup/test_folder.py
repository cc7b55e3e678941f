"""A folder of backups: which stay, that nothing else in it is touched, and that the newest one comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock, config
from lms.audit.models import AuditRecord
from lms.backup import folder, newest, services
from lms.backup.cli import backup
from lms.backup.errors import BadBackup
from lms.backup.keeping import kept, moment_of, name_of
from lms.backup.services import Site

NOW = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
PASSPHRASE = b"a long enough secret"
moments = st.sets(
    st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes)), min_size=1, max_size=60
)


def nights(count: int) -> set[datetime]:
    return {NOW - timedelta(days=days) for days in range(count)}


def test_after_two_years_of_nights_a_week_five_weeks_and_a_year_of_months_are_there() -> None:
    stay = sorted(kept(nights(730)), reverse=True)
    assert stay[:7] == sorted(nights(7), reverse=True)
    assert len(stay) <= 7 + 5 + 12
    assert len({clock.month_of(at) for at in stay}) == 12
    assert len({clock.today(at).isocalendar()[:2] for at in stay if at > NOW - timedelta(days=33)}) == 5


@given(moments)
def test_the_newest_stays_and_so_does_that_of_each_of_the_last_days_weeks_and_months(given: set[datetime]) -> None:
    stay = kept(given)
    assert max(given) in stay <= given
    assert len(stay) <= 24
    for span, most in ((clock.today, 7), (lambda at: clock.today(at).isocalendar()[:2], 5), (clock.month_of, 12)):
        spans = sorted({span(at) for at in given}, reverse=True)[:most]
        assert {max(at for at in given if span(at) == one) for one in spans} <= stay


@given(moments, moments)
def test_what_is_taken_away_is_not_missed_when_further_nights_come(given: set[datetime], later: set[datetime]) -> None:
    """Thinned out each time or only once at the end: the same stay, as long as new ones are newer."""
    after = {max(given) + (at - min(later)) + timedelta(minutes=1) for at in later}
    assert kept(kept(given) | after) == kept(given | after)


@given(st.integers(0, 4_000_000_000))
def test_a_name_tells_its_moment(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert moment_of(name_of(moment)) == moment


@pytest.mark.parametrize(
    "name", ["site.backup", "jiangtai-20269927T183000Z.backup", "jiangtai-20261127T183000Z.backup.part"]
)
def test_other_files_have_no_moment(name: str) -> None:
    assert moment_of(name) is None


def test_only_superfluous_backups_are_taken_away(tmp_path: Path) -> None:
    for at in nights(40):
        (tmp_path / name_of(at)).write_bytes(b"x")
    strange = ["before-the-move.backup", "notes.txt"]
    for name in strange:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / f"{name_of(NOW - timedelta(days=100))}").mkdir()  # a folder, however it is called
    gone = folder.thin_out(tmp_path)
    assert gone == sorted(gone)
    assert set(folder.backups(tmp_path)) == kept(nights(40))
    assert all((tmp_path / name).exists() for name in strange)
    assert folder.thin_out(tmp_path) == []


def test_what_a_killed_backup_left_goes_with_the_next_one_and_one_under_way_stays(tmp_path: Path) -> None:
    killed, under_way = (tmp_path / f".{name_of(NOW + timedelta(hours=hours))}.part" for hours in (-24, 1))
    for path in (killed, under_way, tmp_path / name_of(NOW)):
        path.write_bytes(b"x")
    assert folder.thin_out(tmp_path) == []
    assert not killed.exists()
    assert under_way.exists()


def test_a_backup_that_cannot_be_read_again_is_not_kept_and_nothing_is_taken_away(
    used: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    create = services.create

    def onto_a_bad_disk(site: Site, path: Path, **how: object) -> services.Counted:
        made = create(site, path, **how)  # type: ignore[arg-type]
        path.write_bytes(path.read_bytes()[:-20_000])
        return made

    monkeypatch.setattr(services, "create", onto_a_bad_disk)
    with pytest.raises(BadBackup):
        folder.add(used, place, passphrase=None, with_files=True, now=NOW)
    assert list(place.iterdir()) == []


@pytest.fixture
def whole(used: Site, tmp_path: Path) -> Site:
    """The used site with a key file that a process can start with."""
    keys = tmp_path / "site" / "keys.json"
    config.create_keys(keys, "site")
    return replace(used, keys=keys, public_keys=config.load_keys(keys).public_keys())


def test_a_backup_whose_audit_log_does_not_hold_has_not_come_back(
    whole: Site, session: Session, tmp_path: Path
) -> None:
    session.execute(update(AuditRecord).where(AuditRecord.number == 2).values(target="changed"))
    session.commit()
    folder.add(whole, tmp_path, passphrase=None, with_files=False, now=NOW)
    with pytest.raises(BadBackup, match="flask audit verify: FAULT"):
        folder.rehearse(whole, tmp_path, passphrase=None, tell=lambda _: None)


def test_the_commands_add_thin_out_restore_compare_and_remember(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, scratch, secret, keys = (tmp_path / name for name in ("backups", "scratch", "secret", "keys.json"))
    place.mkdir()
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    secret.write_bytes(PASSPHRASE)
    config.create_keys(keys, "site")
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], keys=keys))
    for at in nights(10):
        (place / name_of(at - timedelta(days=100))).write_bytes(b"old")
    asked = [str(place), "--passphrase-file", str(secret)]
    run = CliRunner()
    with app.app_context():
        done = run.invoke(backup, ["nightly", *asked])
        assert done.exit_code == 0, done.output
        assert done.output.count("was taken away") == 11 - len(list(place.iterdir())) > 0
        assert newest.newest(session) is not None
        assert newest.rehearsed(session) is None

        tried = run.invoke(backup, ["rehearse", *asked])
        assert tried.exit_code == 0, tried.output
        lines = tried.output.splitlines()
        assert lines[0] == f"backup: {max(path.name for path in place.iterdir())}: restoring it"
        for what in folder.RECOUNTS:
            assert any(line.startswith(f"backup: {what}: ") and line.endswith(" 0 faults") for line in lines), lines
        assert "the newest one came back whole" in lines[-1]
        assert list(scratch.iterdir()) == []
        session.rollback()
        assert newest.rehearsed(session) is not None

        for path in place.iterdir():
            path.unlink()
        nothing = run.invoke(backup, ["rehearse", *asked])
    assert nothing.exit_code == 1
    assert "holds no backup: run flask backup nightly" in nothing.output
