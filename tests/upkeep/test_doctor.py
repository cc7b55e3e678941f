"""`flask doctor` on a sound site and on sites each broken in one way: the line, what it says to do, and the exit code."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

import lms.cli
from lms import clock, config, scheduler
from lms.audit.models import AuditHead, AuditRecord
from lms.backup import newest as backups
from lms.db import MakeSession, is_sqlite, mark, open_engine
from lms.demo.cast import PASSWORD
from lms.people.models import Person, RoleGrant
from lms.people.services.passwords import hash_password
from lms.storage.local import LocalStorage
from lms.tasks.models import JobRun, Task, TaskState
from lms.upkeep import database, machine
from lms.upkeep.accounts import KNOWN_PASSWORDS
from lms.upkeep.rules import Level, ok

Doctor = Callable[..., Result]


@pytest.fixture
def settings(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets settings of the site for the length of the test."""

    def set_to(**values: object) -> None:
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], **values))  # type: ignore[arg-type]

    keys = tmp_path / "keys.json"
    config.create_keys(keys, "site")
    set_to(keys=keys, media_dir=tmp_path)
    return set_to


@pytest.fixture
def sound(app: Flask, session: Session, settings: Callable[..., None], cast: SimpleNamespace) -> Session:
    """A site at which nothing is to be mended: workers run, a backup was made, nobody keeps the cast's password."""
    now = clock.now()
    jobs = (*scheduler.JOBS, *scheduler.jobs_of({"app": app, **app.extensions}))
    session.add_all(JobRun(job=job.name, slot="1", claimed_at=now, finished_at=now) for job in jobs)
    session.execute(update(Person).values(password_hash=None))
    mark(session, backups.MARK, now.isoformat())
    mark(session, backups.REHEARSED, now.isoformat())
    session.commit()
    return session


@pytest.fixture
def doctor(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """What the command says. The converters of this machine are not looked for, except where a test asks; nor how durable the tests'
    PostgreSQL is, which is not."""
    monkeypatch.setattr(machine.media, "lines", lambda settings: iter(()))
    if app.extensions["engine"].dialect.name != "sqlite":
        monkeypatch.setattr(database, "durability_line", lambda shown: ok("durability", "not asked"))

    def run(*arguments: str) -> Result:
        with app.app_context():
            return CliRunner().invoke(lms.cli.doctor, arguments, catch_exceptions=False)

    return run


def told(result: Result, name: str) -> str:
    """The line of that name."""
    found = [line for line in result.output.splitlines() if line[9:].startswith(f"{name}: ")]
    assert found, result.output
    return found[0]


def test_a_sound_site_has_nothing_to_mend(sound: Session, doctor: Doctor) -> None:
    result = doctor()
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "doctor: nothing to mend"
    assert not [line for line in result.output.splitlines() if line.startswith("mend")]


def _old_schema(session: Session) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0031'"))


def _unknown_schema(session: Session) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def _no_jobs(session: Session) -> None:
    session.execute(delete(JobRun))


def _old_jobs(session: Session) -> None:
    session.execute(update(JobRun).values(claimed_at=clock.now() - timedelta(days=1)))


def _one_late(session: Session) -> None:
    session.execute(
        update(JobRun).where(JobRun.job == "quizzes.close").values(claimed_at=clock.now() - timedelta(days=1))
    )


def _failed_job(session: Session) -> None:
    session.execute(update(JobRun).where(JobRun.job == "hours.years").values(error="KeyError: 'x'"))


def _waiting_task(session: Session) -> None:
    at = clock.now() - timedelta(hours=3)
    session.add(Task(kind="k", title="t", input={}, state=TaskState.QUEUED, run_after=at, created_at=at))


def _failed_task(session: Session) -> None:
    at = clock.now()
    session.add(
        Task(kind="k", title="t", input={}, state=TaskState.FAILED, run_after=at, created_at=at, finished_at=at)
    )


def _old_backup(session: Session) -> None:
    mark(session, backups.MARK, (clock.now() - timedelta(days=3)).isoformat())


def _no_backup(session: Session) -> None:
    session.execute(text("DELETE FROM site_marks WHERE key = 'backup.newest'"))


def _tried_long_ago(session: Session) -> None:
    mark(session, backups.REHEARSED, (clock.now() - timedelta(days=10)).isoformat())


def _never_tried(session: Session) -> None:
    session.execute(text("DELETE FROM site_marks WHERE key = 'backup.rehearsed'"))


def _changed_log(session: Session) -> None:
    newest = session.get(AuditHead, 1)
    assert newest is not None
    session.execute(update(AuditRecord).where(AuditRecord.number == newest.number - 1).values(target="changed"))


def _cut_log(session: Session) -> None:
    newest = session.get(AuditHead, 1)
    assert newest is not None
    session.execute(delete(AuditRecord).where(AuditRecord.number == newest.number))


def _emptied_log(session: Session) -> None:
    session.execute(delete(AuditRecord))
    session.execute(delete(AuditHead))


def _clock_set_back(session: Session) -> None:
    session.execute(update(AuditRecord).values(at=clock.now() + timedelta(hours=2, minutes=5)))


@pytest.mark.parametrize(
    ("harm", "name", "said"),
    [
        (_old_schema, "schema", "run flask migrate"),
        (_unknown_schema, "schema", "install the release that made it"),
        (_no_jobs, "jobs", "start a worker"),
        (_old_jobs, "jobs", "none ran for 24 h: start a worker"),
        (_one_late, "jobs", "quizzes.close late"),
        (_failed_job, "failed jobs", "hours.years (KeyError: 'x')"),
        (_waiting_task, "tasks", "the oldest waits for 3 h: start a worker"),
        (_failed_task, "tasks", "1 failed within a day: open 管理 → 任务"),
        (_old_backup, "backup", "the newest is 3 days old: look why"),
        (_no_backup, "backup", "systemctl enable --now jiangtai-backup.timer, or flask backup nightly"),
        (_tried_long_ago, "restore check", "10 days ago: look why the weekly check fails"),
        (_never_tried, "restore check", "systemctl enable --now jiangtai-rehearsal.timer, or flask backup rehearse"),
        (_changed_log, "audit log", "run flask audit verify"),
        (_cut_log, "audit log", "run flask audit verify"),
        (_emptied_log, "audit log", "it was emptied"),
        (_clock_set_back, "clock", "2 h behind the newest record of the audit log: run timedatectl"),
    ],
)
def test_each_fault_in_the_data_is_told_with_what_to_do_and_ends_with_1(
    sound: Session, doctor: Doctor, harm: Callable[[Session], None], name: str, said: str
) -> None:
    harm(sound)
    sound.commit()
    result = doctor()
    line = told(result, name)
    assert line.startswith("mend     "), line
    assert said in line
    assert result.exit_code == 1
    faults = 2 if harm is _clock_set_back else 1  # a record whose time was changed no longer fits the chain
    assert result.output.splitlines()[-1] == f"doctor: {faults} to mend"


def test_who_still_has_a_password_of_our_documents_is_named(
    sound: Session, doctor: Doctor, cast: SimpleNamespace
) -> None:
    assert PASSWORD in KNOWN_PASSWORDS
    sound.execute(update(Person).where(Person.id == cast.sun.id).values(password_hash=hash_password(PASSWORD)))
    sound.execute(update(Person).where(Person.id == cast.lin.id).values(password_hash=hash_password(PASSWORD)))
    sound.commit()
    line = told(doctor(), "known passwords")
    assert line.startswith("mend")
    assert cast.sun.name in line
    assert cast.lin.name not in line  # holds no role that opens anything of others


def test_a_demonstration_is_told_and_must_not_serve_other_machines(
    sound: Session, doctor: Doctor, settings: Callable[..., None]
) -> None:
    mark(sound, "demonstration", "yes")
    sound.commit()
    assert told(doctor(), "demonstration data").startswith("without")
    settings(hosts=("jiangtai.example",), https=True)
    assert told(doctor(), "demonstration data").startswith("mend")


def test_switching_the_second_factor_off_is_a_fault_outside_a_demonstration(
    sound: Session, doctor: Doctor, settings: Callable[..., None]
) -> None:
    settings(totp=False)
    assert told(doctor(), "second factor").startswith("mend")
    mark(sound, "demonstration", "yes")
    sound.commit()
    assert told(doctor(), "second factor").startswith("without")


def test_a_site_nobody_has_set_up_is_told_to_do_so(sound: Session, doctor: Doctor) -> None:
    sound.execute(delete(RoleGrant))
    sound.commit()
    assert "run flask setup" in told(doctor(), "admins")


@pytest.mark.parametrize(
    ("values", "name", "said"),
    [
        ({"hosts": ("jiangtai.example",)}, "TLS", "set LMS_HTTPS=on"),
        ({"public_origin": "https://jiangtai.example"}, "host names", "LMS_HOSTS does not: add it"),
        ({"hosts": ("a.example",), "https": True, "public_origin": "http://a.example"}, "TLS", "write https:"),
    ],
)
def test_settings_that_contradict_each_other_are_told(
    sound: Session, doctor: Doctor, settings: Callable[..., None], values: dict[str, object], name: str, said: str
) -> None:
    settings(**values)
    result = doctor()
    assert said in told(result, name)
    assert result.exit_code == 1


def test_a_key_file_others_may_read_is_a_fault(app: Flask, sound: Session, doctor: Doctor) -> None:
    app.extensions["settings"].keys.chmod(0o644)
    line = told(doctor(), "keys")
    assert line.startswith("mend")
    assert "chmod 600" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_that_belong_to_two_accounts_are_a_fault(app: Flask, sound: Session, doctor: Doctor) -> None:
    os.chown(app.extensions["settings"].keys, 65534, 65534)
    line = told(doctor(), "owners")
    assert line.startswith("mend")
    assert "chown -R" in line


def test_a_disk_that_is_nearly_full_is_a_fault(sound: Session, doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(total=100 * 2**30, used=99 * 2**30, free=2**30)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: usage)
    line = told(doctor(), "disk space")
    assert line.startswith("mend")
    assert "1.0 GB of 100.0 GB free" in line


def test_a_database_on_a_network_s_disk_is_known_by_the_mounts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda / ext4 rw 0 0\nserver:/x /srv nfs4 rw 0 0\n")
    assert machine.file_system(Path("/srv/jiangtai/a.sqlite3"), mounts) == "nfs4"
    assert machine.file_system(Path("/home/a.sqlite3"), mounts) == "ext4"
    assert machine.file_system(Path("/a"), tmp_path / "none") == ""


class ShutStorage(LocalStorage):
    """A storage that takes nothing."""

    def put(self, key: str, source: object, *, mime: str = "") -> None:
        raise PermissionError(13, "Permission denied")


def test_a_storage_that_takes_nothing_is_a_fault(
    app: Flask, sound: Session, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "storage", ShutStorage(tmp_path))
    assert "mend LMS_MEDIA_DIR" in told(doctor(), "storage")


def test_nginx_is_read_where_it_is_named(
    app: Flask, sound: Session, doctor: Doctor, settings: Callable[..., None], tmp_path: Path
) -> None:
    settings(x_accel_prefix="/_media/")
    conf = tmp_path / "jiangtai.conf"
    deploy, media = Path(__file__).parents[2] / "deploy", tmp_path / "media.conf"
    text_of = (deploy / "nginx" / "media.conf").read_text()
    media.write_text(text_of)
    conf.write_text((deploy / "nginx.conf").read_text().replace("/etc/jiangtai/nginx/media.conf", str(media)))
    assert f"make the alias {tmp_path}/" in told(doctor("--nginx", str(conf)), "nginx")
    media.write_text(text_of.replace("alias /srv/jiangtai/media/;", f"alias {tmp_path}/;"))
    assert told(doctor("--nginx", str(conf)), "nginx").startswith("ok")
    conf.write_text("server {")
    assert "run nginx -t" in told(doctor("--nginx", str(conf)), "nginx")


def test_a_database_that_cannot_be_reached_leaves_the_rest_to_be_told(
    app: Flask, sound: Session, doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setitem(app.extensions, "engine", gone)
    result = doctor()
    assert "start its server or mend DATABASE_URL" in told(result, "database")
    assert told(result, "storage").startswith("ok")
    assert "schema" not in result.output


@pytest.mark.parametrize(
    ("shown", "level"),
    [
        ({"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}, Level.OK),
        ({"fsync": "on", "full_page_writes": "on", "synchronous_commit": "remote_apply"}, Level.OK),
        ({"fsync": "off", "full_page_writes": "on", "synchronous_commit": "on"}, Level.MEND),
        ({"fsync": "on", "full_page_writes": "on", "synchronous_commit": "off"}, Level.MEND),
    ],
)
def test_postgresql_must_be_set_so_that_a_commit_survives_a_power_cut(shown: dict[str, str], level: Level) -> None:
    line = database.durability_line(shown)
    assert line.level is level
    assert (level is Level.OK) or "to on in postgresql.conf" in line.told


def test_the_database_of_this_run_is_looked_at_with_its_own_words(app: Flask, session: Session) -> None:
    with app.extensions["engine"].connect() as connection:
        lines = {line.name: line for line in database.settings_lines(connection, threads=8)}
    assert set(lines) == (
        {"SQLite", "durability"} if is_sqlite(session) else {"PostgreSQL", "durability", "connections"}
    )


def test_a_backup_made_by_the_command_is_remembered(app: Flask, make_session: MakeSession) -> None:
    backups.note(make_session, "2026-11-27T04:00:00+00:00")
    with make_session() as session:
        assert str(backups.newest(session)) == "2026-11-27 04:00:00+00:00"


def test_every_line_has_its_heading_in_the_operator_s_guide(
    app: Flask, sound: Session, settings: Callable[..., None]
) -> None:
    """With the converters of this machine; names of lines that appear only when something is wrong are in the tests above."""
    guide = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text("utf-8")
    with app.app_context():
        result = CliRunner().invoke(lms.cli.doctor, [], catch_exceptions=False)
    names = {line[9:].partition(": ")[0] for line in result.output.splitlines()[:-1]}
    more = {"failed jobs", "admins", "PostgreSQL", "connections", "settings"}
    assert len(names) > 20
    assert {name for name in names | more if f"| `{name}` |" not in guide} == set()


@pytest.mark.slow
def test_a_setting_that_stops_the_start_is_told_as_a_sentence(repository: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    config.create_keys(keys, "site")
    keys.chmod(0o640)
    flask = shutil.which("flask", path=str(Path(sys.executable).parent))
    assert flask
    told = subprocess.run(
        [flask, "doctor"], cwd=repository, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "FLASK_APP": "wsgi", "LMS_KEYS": str(keys), "DATABASE_URL": f"sqlite:///{tmp_path}/a"},
    )  # fmt: skip
    assert told.returncode == 1
    assert told.stderr.strip().startswith("mend     settings:")
    assert "chmod 600" in told.stderr
    assert "Traceback" not in told.stderr
