"""A file is taken in, examined and made ready, or refused with what to do."""

import io
import shutil
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.errors import Conflict
from lms.media import convert, queries, services
from lms.media.errors import BadFile, BadMedia
from lms.media.models import MediaFile
from lms.media.recording_rules import Recording
from lms.media.rules import MediaKind, MediaState
from lms.notices.models import Notice
from lms.storage.local import LocalStorage
from lms.tasks.models import Task, TaskState
from tests.media import files
from tests.media.conftest import Upload

RunTasks = Callable[[], int]


def test_an_upload_is_stored_with_its_digest_and_examined_later(
    session: Session, cast: SimpleNamespace, upload: Upload, storage: LocalStorage
) -> None:
    media = upload("C:\\讲座\\耕地.pdf", files.pdf("one"), cast.ed)
    assert (media.original_name, media.state, media.kind) == ("耕地.pdf", MediaState.UPLOADED, MediaKind.DOCUMENT)
    assert b"".join(storage.read(media.key)) == files.pdf("one")
    assert media.size_bytes == len(files.pdf("one"))
    assert session.scalars(select(Task.kind)).all() == ["media.process"]


def test_a_refused_file_leaves_no_blob_and_no_row(
    session: Session, cast: SimpleNamespace, upload: Upload, storage: LocalStorage
) -> None:
    with pytest.raises(BadFile, match="0 字节"):
        upload("a.mp4", b"", cast.ed)
    assert session.scalar(select(func.count()).select_from(MediaFile)) == 0
    assert [path for path in storage.root.rglob("*") if path.is_file()] == []


def test_a_film_whose_index_stands_at_the_end_starts_fast_afterwards_with_the_same_streams(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    media = upload("a.mp4", files.video(), cast.ed)
    before = b"".join(storage.read(media.key))
    assert before.index(b"moov") > before.index(b"mdat")
    run_tasks()
    assert (media.state, media.width, media.height) == (MediaState.READY, 160, 90)
    assert 1900 <= (media.duration_millis or 0) <= 2200
    after = b"".join(storage.read(media.play_key or ""))
    assert after.index(b"moov") < after.index(b"mdat")
    assert b"".join(storage.read(media.poster_key or ""))[8:12] == b"WEBP"


def test_a_film_browsers_cannot_play_becomes_one_they_can(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage, tmp_path: Path
) -> None:
    media = upload("a.mkv", files.video(codec="mpeg4", suffix="mkv"), cast.ed)
    run_tasks()
    assert media.state is MediaState.READY
    assert media.play_key is not None
    with storage.as_file(media.play_key) as path:
        found = convert.examine("stream", path, tmp_path)
    assert (found["video"], found["audio"], found["pixels"]) == ("h264", "aac", "yuv420p")


def test_a_film_without_sound_is_fine(cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks) -> None:
    media = upload("a.mp4", files.video(sound=False), cast.ed)
    run_tasks()
    assert media.state is MediaState.READY


def test_a_recording_of_sound_becomes_one_every_browser_plays(
    cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    media = upload("a.mp3", files.sound(), cast.ed)
    run_tasks()
    assert (media.state, media.kind, media.poster_key) == (MediaState.READY, MediaKind.AUDIO, None)
    assert (media.play_key or "").endswith("play.m4a")


def test_a_pdf_becomes_page_pictures_with_their_text(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    media = upload("a.pdf", files.pdf("first page", "second page"), cast.ed)
    run_tasks()
    pages = queries.list_pages(session, media.id)
    assert [(page.number, page.text, page.width) for page in pages] == [
        (1, "first page", 1240),
        (2, "second page", 1240),
    ]
    assert (media.page_count, media.state) == (2, MediaState.READY)
    assert all(b"".join(storage.read(page.key or ""))[8:12] == b"WEBP" for page in pages)
    assert media.poster_key is not None


def test_the_text_of_slides_is_kept_slide_by_slide(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    media = upload("a.pptx", files.deck(("占补平衡", "数量不减"), ("质量不降", "先补后占")), cast.ed)
    run_tasks()
    pages = queries.list_pages(session, media.id)
    assert [page.text for page in pages] == ["占补平衡\n数量不减", "质量不降\n先补后占"]
    assert (media.text, media.page_count) == ("占补平衡", 2)


def test_the_text_of_a_word_document_is_kept(cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks) -> None:
    media = upload("a.docx", files.document("不动产登记", "首次登记须实地查看"), cast.ed)
    run_tasks()
    assert (media.state, media.text) == (MediaState.READY, "不动产登记\n首次登记须实地查看")


def test_a_picture_is_drawn_anew(cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks) -> None:
    media = upload("a.png", files.picture(), cast.ed)
    run_tasks()
    assert (media.state, media.width, media.height) == (MediaState.READY, 80, 50)
    assert (media.play_key or "").endswith("play.webp")


def _truncated() -> bytes:
    return files.video()[:4000]


def _bomb() -> bytes:
    """A DOCX that claims and holds far more than it may unpack to."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"word/{number}.xml", b"\0" * (50 * 2**20))
        archive.writestr("word/document.xml", b"<x/>")
    return out.getvalue()


def _overlapping() -> bytes:
    """A DOCX whose directory names one stored part many times over."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 2**20)
    raw = out.getvalue()
    start = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = raw[start:end]
    tail = bytearray(raw[end:])
    struct.pack_into("<HHI", tail, 8, 300, 300, len(entry) * 300)
    return raw[:start] + entry * 300 + bytes(tail)


@pytest.mark.parametrize(
    "name, content, advice",
    [
        ("a.mp4", _truncated, "重新导出"),
        ("a.mp4", lambda: b"\0\0\0\x18ftypisom" + b"\0" * 500, "重新导出"),
        ("a.mp4", lambda: files.sound("m4a"), "只有声音"),
        ("a.mp3", lambda: b"ID3" + b"\0" * 500, "重新导出"),
        ("a.pdf", lambda: b"%PDF-1.4 nothing follows", "重新导出"),
        ("a.docx", lambda: files.deck(("t", "x")), "不是 DOCX"),
        ("a.docx", lambda: b"PK\x03\x04 broken", "打不开"),
        ("a.docx", _bomb, "解压后超过 400 MB"),
        ("a.docx", _overlapping, "互相重叠"),
        ("a.png", lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "重新保存"),
    ],
    ids=[
        "truncated",
        "header-only",
        "sound-as-film",
        "empty-id3",
        "pdf",
        "pptx-as-docx",
        "zip",
        "bomb",
        "overlap",
        "png",
    ],
)
def test_a_broken_or_disguised_file_fails_with_what_to_do_and_its_owner_is_told(
    session: Session,
    cast: SimpleNamespace,
    upload: Upload,
    run_tasks: RunTasks,
    name: str,
    content: Callable[[], bytes],
    advice: str,
) -> None:
    media = upload(name, content(), cast.ed)
    run_tasks()
    assert media.state is MediaState.FAILED
    assert advice in media.failure
    assert session.scalars(select(Task.state)).one() is TaskState.FAILED
    assert advice in session.scalars(select(Notice.text).where(Notice.person_id == cast.ed.id)).one()


def test_a_failed_file_can_be_tried_again_and_no_other(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks, storage: LocalStorage
) -> None:
    media = upload("a.docx", files.document("t"), cast.ed)
    with pytest.raises(Conflict):
        services.retry(session, media, now=clock.now())
    original = storage.path(media.key)
    shutil.move(original, original.with_suffix(".away"))
    run_tasks()
    assert media.state is MediaState.FAILED
    shutil.move(original.with_suffix(".away"), original)
    services.retry(session, media, now=clock.now())
    run_tasks()
    assert (media.state, media.failure) == (MediaState.READY, "")


def test_examining_twice_gives_the_same_pages(
    session: Session, cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks
) -> None:
    media = upload("a.pdf", files.pdf("a", "b"), cast.ed)
    run_tasks()
    media.state = MediaState.FAILED
    session.flush()
    services.retry(session, media, now=clock.now())
    run_tasks()
    assert [page.text for page in queries.list_pages(session, media.id)] == ["a", "b"]


def test_a_tool_that_hangs_is_ended_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(files.pdf("x"))
    with pytest.raises(BadMedia, match="超时"):
        convert.examine("pdf", tmp_path / "a.pdf", tmp_path, limit_seconds=0)


def test_the_time_limit_of_a_conversion_really_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(files.video(seconds=20))
    it = Recording.of(convert.examine("stream", path, tmp_path))
    monkeypatch.setattr(convert, "CONVERT_SECONDS_LEAST", 0)
    monkeypatch.setattr(convert, "CONVERT_TIMES_DURATION", 0)
    with pytest.raises(BadMedia, match="超时"):
        convert.to_mp4(path, tmp_path / "out.mp4", it, short_side=90, sound=(), progress=convert.silent)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.binary(min_size=1, max_size=40))
def test_a_damaged_pdf_is_read_or_refused_but_never_crashes_the_caller(tmp_path: Path, at: int, junk: bytes) -> None:
    content = bytearray(files.pdf("some text"))
    content[at : at + len(junk)] = junk
    (tmp_path / "a.pdf").write_bytes(content)
    with suppress(BadMedia):
        convert.examine("pdf", tmp_path / "a.pdf", tmp_path)
