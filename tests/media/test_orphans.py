"""What no row speaks of goes after a day, and nothing else ever."""

import io
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from lms import clock, scheduler
from lms.db import MakeSession
from lms.media import services
from lms.media.jobs import sweeping_job
from lms.media.models import MediaFile
from lms.media.orphans import list_orphans, sweep
from lms.media.rules import MediaState, stem_of
from lms.storage import Missing
from lms.storage.local import LocalStorage
from tests.media import files
from tests.media.conftest import Upload

DAY = timedelta(hours=24, minutes=1)
NOBODYS = "files/2026-11/0123456789abcdef0123456789abcdef"


def lay(storage: LocalStorage, key: str, age: timedelta, now: datetime) -> str:
    storage.put(key, io.BytesIO(b"x"))
    at = (now - age).timestamp()
    os.utime(storage.path(key), (at, at))
    return key


def is_there(storage: LocalStorage, key: str) -> bool:
    try:
        storage.size(key)
    except Missing:
        return False
    return True


def grow_old(storage: LocalStorage, now: datetime) -> None:
    at = (now - DAY).timestamp()
    for path in storage.root.rglob("*"):
        os.utime(path, (at, at))


def test_an_orphan_goes_after_a_day_and_a_young_one_stays(make_session: MakeSession, storage: LocalStorage) -> None:
    now = clock.now()
    old = lay(storage, f"{NOBODYS}.mp4", DAY, now)
    young = lay(storage, f"{NOBODYS[:-1]}0.mp4", timedelta(hours=23), now)
    sweeping_job(storage).run(make_session, now)
    assert (is_there(storage, old), is_there(storage, young)) == (False, True)
    assert sweep(make_session, storage, now) == 0


def test_an_upload_whose_transaction_failed_is_swept_up(
    make_session: MakeSession, session: Session, cast: SimpleNamespace, upload: Upload, storage: LocalStorage
) -> None:
    key = upload("a.pdf", files.pdf("one"), cast.ed).key
    session.rollback()
    assert is_there(storage, key)
    now = clock.now() + DAY
    assert sweep(make_session, storage, now) == 1
    assert not is_there(storage, key)


def test_everything_a_row_speaks_of_stays_and_what_an_earlier_try_made_goes(
    make_session: MakeSession,
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    storage: LocalStorage,
    run_tasks: Callable[[], int],
) -> None:
    media = upload("a.pdf", files.pdf("one"), cast.ed)
    run_tasks()
    media = session.get_one(MediaFile, media.id)
    assert media.state is MediaState.READY
    kept = {one.key for one in storage.stored("files/")}
    assert len(kept) >= 3  # the original, its poster, a page
    stem = stem_of(media.key) or ""
    earlier = {f"{stem}-99/poster.webp", f"{stem}-99/page-1.webp"}
    for key in earlier:
        storage.put(key, io.BytesIO(b"x"))
    now = clock.now()
    grow_old(storage, now)
    assert sweep(make_session, storage, now) == 2
    assert {one.key for one in storage.stored("files/")} == kept


def test_what_is_being_made_right_now_stays_however_old_it_looks(
    make_session: MakeSession, session: Session, cast: SimpleNamespace, upload: Upload, storage: LocalStorage
) -> None:
    media = upload("a.pdf", files.pdf("one"), cast.ed)
    media.state = MediaState.PROCESSING
    session.commit()
    made = f"{stem_of(media.key)}-5/poster.webp"
    now = clock.now()
    lay(storage, made, DAY, now)
    assert sweep(make_session, storage, now) == 0
    media.state, media.failure = MediaState.FAILED, "坏了"
    session.commit()
    assert sweep(make_session, storage, now) == 1
    services.retry(session, media, now=now)


@pytest.mark.parametrize("key", ["files/2026-11/report.xlsx", "files/canary.txt", "health/ready", "other/a.mp4"])
def test_keys_this_domain_does_not_make_are_left_alone(
    make_session: MakeSession, storage: LocalStorage, key: str
) -> None:
    now = clock.now()
    lay(storage, key, 10 * DAY, now)
    assert sweep(make_session, storage, now) == 0
    assert is_there(storage, key)


def test_a_run_looks_at_a_bounded_number_of_keys_and_the_next_goes_on(
    make_session: MakeSession, storage: LocalStorage
) -> None:
    now = clock.now()
    for number in range(10):
        lay(storage, f"files/2026-1{number % 3}/{number:032x}.pdf", DAY, now)
    assert [sweep(make_session, storage, now, looked_at=4) for _ in range(5)] == [4, 4, 2, 0, 0]


def test_a_key_that_is_kept_does_not_hold_up_what_comes_behind_it(
    make_session: MakeSession, storage: LocalStorage
) -> None:
    now = clock.now()
    for number in range(4):
        lay(storage, f"files/2026-11/{number:032x}.pdf", DAY if number == 3 else timedelta(0), now)
    assert [sweep(make_session, storage, now, looked_at=2) for _ in range(2)] == [0, 1]


@given(st.text(alphabet="0123456789abcdef/.-files", max_size=60))
def test_only_keys_of_the_form_we_make_have_a_stem(key: str) -> None:
    stem = stem_of(key)
    assert stem is None or (key.startswith(stem) and key[len(stem)] in ".-")
    assert stem_of(f"{NOBODYS}.mp4") == stem_of(f"{NOBODYS}-12/play.mp4") == NOBODYS


def test_asking_about_no_key_is_no_question(session: Session) -> None:
    assert list_orphans(session, []) == []


def test_the_scheduler_sweeps(app: Flask, make_session: MakeSession, storage: LocalStorage) -> None:
    running = scheduler.start(make_session, app.extensions)
    try:
        assert running.get_job("media.sweep") is not None
    finally:
        running.shutdown(wait=True)
