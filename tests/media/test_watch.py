"""What is being made of a file can be watched by its lecturer and by the system admin; what failed says why and can be tried again."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock, scheduler
from lms.db import MakeSession
from lms.media import jobs, machine, services
from lms.media.models import MediaFile
from lms.media.rules import MediaState
from lms.storage.local import LocalStorage
from lms.tasks.models import Task, TaskState
from lms.tasks.services import CLAIM, MOST_TRIES, TaskContext, run_due
from tests.media import files
from tests.media.conftest import Upload, set_setting
from tests.support.web import Web

RunTasks = Callable[[], int]


def page_of(web: Web, name: str, address: str, status: int = 200) -> str:
    text: str = web.as_(name).get(address, status).get_data(as_text=True)
    return text


def test_a_lecturer_sees_progress_then_the_reason_and_tries_again(
    web: Web,
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
) -> None:
    upload("坏的.pdf", b"%PDF-1.4 broken", cast.ed)
    good = upload("好的.pdf", files.pdf("x"), cast.ed)
    session.commit()
    task = session.scalars(select(Task).order_by(Task.id.desc())).first()
    assert task is not None
    task.state, task.progress_done, task.progress_total = TaskState.RUNNING, 3, 10
    task.claimed_until = clock.now() + CLAIM
    session.commit()
    page = page_of(web, "ed", "/studio/files")
    assert "30%" in page
    assert "data-url" in page
    task.claimed_until = clock.now() - timedelta(seconds=1)
    run_tasks()
    page = page_of(web, "ed", "/studio/files")
    assert "PDF 已损坏" in page
    assert "data-url" not in page.partition("<main")[2].partition("</main")[0]
    bad = session.scalars(select(MediaFile).where(MediaFile.original_name == "坏的.pdf")).one()
    web.as_("ed").post(f"/studio/files/{bad.id}/processing", {}, 303)
    session.refresh(bad)
    assert bad.state is MediaState.UPLOADED
    ed = web.as_("ed")
    assert ed.follow(ed.get(f"/studio/files/{good.id}/original", 303)).data == files.pdf("x")


def test_nobody_sees_or_repeats_another_ones_files(
    web: Web, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    media = upload("机密.pdf", b"%PDF-1.4 broken", cast.ed)
    run_tasks()
    assert "机密" not in page_of(web, "gao", "/studio/files")
    web.as_("gao").post(f"/studio/files/{media.id}/processing", {}, 404)
    web.as_("gao").get(f"/studio/files/{media.id}/original", 404)


def test_the_system_admin_sees_every_media_task_with_its_time_and_reason(
    web: Web, session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    upload("坏的.pdf", b"%PDF-1.4 broken", cast.ed)
    run_tasks()
    task = session.scalars(select(Task)).one()
    assert task.started_at is not None
    task.finished_at = task.started_at + timedelta(seconds=75)
    session.add(
        Task(
            kind="other",
            title="别的任务",
            input={},
            state=TaskState.DONE,
            run_after=clock.now(),
            created_at=clock.now(),
        )
    )
    session.commit()
    page = page_of(web, "sun", "/office/tasks?of=media")
    assert "坏的.pdf" in page
    assert "1:15" in page
    assert "PDF 已损坏" in page
    assert "别的任务" not in page
    assert "别的任务" in page_of(web, "sun", "/office/tasks")


def test_a_file_that_ends_the_worker_again_and_again_is_given_up_with_a_reason(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    media = upload("a.pdf", files.pdf("x"), cast.ed)
    task = session.scalars(select(Task)).one()
    task.state, task.tries, task.claimed_until = TaskState.RUNNING, MOST_TRIES, clock.now() - timedelta(seconds=1)
    media.state = MediaState.PROCESSING
    run_tasks()
    assert (media.state, media.failure) == (MediaState.FAILED, jobs.FAILED_FOR_GOOD)
    assert session.scalars(select(Task.state)).one() is TaskState.FAILED


def test_media_never_keep_other_tasks_waiting() -> None:
    kinds = [kind for lane in scheduler.LANES.values() for kind in lane]
    assert sorted(kinds) == sorted(scheduler.KINDS)
    assert not set(scheduler.LANES["tasks"]) & {services.TASK_KIND, services.MORE_KIND}


def test_progress_is_stored_while_a_long_document_is_read(
    make_session: MakeSession,
    app: Flask,
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    storage: LocalStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "PROGRESS_SECONDS", 0.0)
    told: list[tuple[int, int]] = []
    stored = TaskContext.progress
    monkeypatch.setattr(
        TaskContext, "progress", lambda self, done, total: (told.append((done, total)), stored(self, done, total))
    )
    upload("a.pdf", files.pdf(*"abcdef"), cast.ed)
    session.commit()
    run_due(make_session, jobs.KINDS, {**app.extensions, "storage": storage})
    assert told == [(n, 6) for n in range(1, 7)]
    session.expire_all()
    task = session.scalars(select(Task)).one()
    assert (task.progress_done, task.progress_total, task.state) == (6, 6, TaskState.DONE)


def test_what_is_there_and_what_is_missing_is_said_with_what_to_do(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    set_setting(app, monkeypatch, office_command="no-such-office", speech_command="", clamav="/nowhere/clamd.ctl")
    told = {name: (is_there, said) for is_there, name, said in machine.lines(app.extensions["settings"])}
    assert told["FFmpeg"][0]
    assert "no-such-office not found" in told["LibreOffice"][1]
    assert "LMS_SPEECH_COMMAND is not set" in told["speech recogniser"][1]
    assert "systemctl start clamav-daemon" in told["virus scanner (ClamAV)"][1]
    assert {"converters without a network", "Chinese fonts"} <= set(told)
    set_setting(app, monkeypatch, office_command="sh")
    assert {name: there for there, name, _ in machine.lines(app.extensions["settings"])}["LibreOffice"]
