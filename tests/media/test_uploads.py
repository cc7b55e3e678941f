"""A file sent in parts ends as one equal blob, or as a sentence and nothing."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.config import Settings
from lms.db import MakeSession
from lms.media import services, upload_sweep
from lms.media.errors import BadFile
from lms.media.jobs import sweep
from lms.media.models import MediaFile
from lms.media.rules import MediaKind, MediaState
from lms.media.upload_models import Upload, UploadPart, UploadQuota
from lms.media.upload_rules import GB, UNFINISHED_KEPT, UploadState
from lms.media.uploads_cli import uploads
from lms.people.rules import Role
from lms.storage import Missing
from lms.storage.local import LocalStorage
from lms.web.limits import Places
from tests.media import files
from tests.media.sending import KB64, MP4, Sender, film
from tests.support.web import Web

RunTasks = Callable[[], int]


@pytest.fixture(autouse=True)
def small_parts(app: Flask, storage: LocalStorage) -> Iterator[None]:
    """Parts of 64 KB, so that a small file has several."""
    before: Settings = app.extensions["settings"]
    app.extensions["settings"] = Settings(**{**vars(before), "upload_part_bytes": KB64})
    yield
    app.extensions["settings"] = before


@pytest.fixture
def ed(web: Web) -> Web:
    return web.as_("ed")


def upload_of(session: Session, sender: Sender) -> Upload:
    session.expire_all()
    return session.get_one(Upload, sender.upload["upload_id"])


def files_in(storage: LocalStorage) -> list[str]:
    return sorted(path.relative_to(storage.root).as_posix() for path in storage.root.rglob("*") if path.is_file())


# --- the way through


def test_parts_in_any_order_become_the_file_and_nothing_is_visible_before(
    ed: Web, session: Session, storage: LocalStorage, run_tasks: RunTasks
) -> None:
    sender = Sender(ed, film(4))
    assert sender.begin()["parts"] == []
    for number in (4, 2, 1, 3):
        sender.send(number)
    upload = upload_of(session, sender)
    with pytest.raises(Missing):
        storage.size(upload.key)
    assert sender.complete()["state"] == "complete"
    upload = upload_of(session, sender)
    assert b"".join(storage.read(upload.key)) == sender.content
    assert upload.sha256 == hashlib.sha256(sender.content).hexdigest()
    run_tasks()
    assert files_in(storage) == [upload.key], "the parts are deleted afterwards"
    sender.complete()
    assert b"".join(storage.read(upload.key)) == sender.content


def test_the_same_file_goes_on_where_it_stopped_whatever_was_restarted(ed: Web, web: Web) -> None:
    first = Sender(ed, film(4))
    first.begin()
    first.send(1)
    first.send(3)
    again = Sender(web.as_("ed"), film(4))
    assert again.begin()["upload_id"] == first.upload["upload_id"]
    assert again.stored() == [1, 3]
    assert [part["sha256"] for part in again.upload["parts"]] == [
        hashlib.sha256(again.pieces()[n - 1]).hexdigest() for n in (1, 3)
    ]
    again.send(2)
    again.send(4)
    assert again.complete()["state"] == "complete"


@pytest.mark.parametrize("other", [{"name": "another.mp4"}, {"modified_millis": 5}, {"content": film(4)}])
def test_another_name_date_or_size_is_another_upload(ed: Web, other: dict[str, object]) -> None:
    first, second = Sender(ed, film(3)), Sender(ed, **{"content": film(3), **other})  # type: ignore[arg-type]
    assert first.begin()["upload_id"] != second.begin()["upload_id"]


def test_two_tabs_at_once_make_one_upload_and_one_equal_blob(
    app: Flask, session: Session, storage: LocalStorage, ed: Web
) -> None:
    content, tabs = film(5), [Sender(ed, film(5)), Sender(Web(app, session).as_("ed"), film(5))]
    for tab in tabs:
        tab.begin()
    faults: list[BaseException] = []

    def whole_way(tab: Sender) -> None:
        token = tab.web.csrf_token()
        tab.web.csrf_token = lambda: token  # type: ignore[method-assign]
        try:
            for n, piece in enumerate(tab.pieces(), 1):
                headers = {"X-CSRF-Token": token, "X-Part-Digest": hashlib.sha256(piece).hexdigest()}
                sent = tab.web.client.post(f"{tab.path}/parts/{n}", data=piece, headers=headers)
                assert sent.status_code == 200, sent.get_data(as_text=True)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=whole_way, args=(tab,)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert tabs[0].upload["upload_id"] == tabs[1].upload["upload_id"]
    assert {tab.complete()["state"] for tab in tabs} == {"complete"}
    key = upload_of(session, tabs[0]).key
    assert [one.key for one in storage.stored("files/")] == [key]
    assert b"".join(storage.read(key)) == content
    assert session.scalar(select(func.count()).select_from(UploadPart)) == 5


def test_an_upload_becomes_a_media_file_once_and_is_examined(
    ed: Web, session: Session, cast: SimpleNamespace, run_tasks: RunTasks
) -> None:
    sender = Sender(ed, files.video())
    sender.begin()
    sender.send_all().complete()
    media = services.adopt(session, upload_of(session, sender), now=clock.now())
    assert (media.state, media.original_name, media.owner_id) == (MediaState.UPLOADED, "大讲堂.mp4", cast.ed.id)
    run_tasks()
    assert (media.state, media.is_checked, media.sha256) == (
        MediaState.READY, True, hashlib.sha256(sender.content).hexdigest(),
    )  # fmt: skip
    with pytest.raises(BadFile, match="已经用过"):
        services.adopt(session, upload_of(session, sender), now=clock.now())


# --- what is refused


def test_a_wrong_checksum_is_refused_with_a_sentence_and_nothing_is_kept(ed: Web, storage: LocalStorage) -> None:
    sender = Sender(ed, film(3))
    sender.begin()
    good = sender.pieces()[1]
    for content in (b"!" + good[1:], good[:-1] + b"!"):
        answer = sender.send(2, 422, content=content)
        assert (answer["reason"], "校验不一致" in answer["error"]) == ("digest", True)
    sender.send(2, 422, content=good[:-1])
    sender.send(2, 422, digest="no digest")
    assert sender.stored() == []
    assert files_in(storage) == []
    sender.send(2)
    assert sender.stored() == [2]


def test_another_content_for_a_part_that_is_known_is_refused_and_the_first_one_counts(
    ed: Web, session: Session, storage: LocalStorage
) -> None:
    first, second = Sender(ed, film(2)), Sender(ed, film(2, seed=2))
    first.begin()
    second.begin()
    first.send(2)
    assert second.send(2, 409)["reason"] == "other"
    first.send(1)
    assert second.complete(409)["reason"] == "other"
    first.complete()
    assert b"".join(storage.read(upload_of(session, first).key)) == first.content


@pytest.mark.parametrize("number", [0, 4, 99])
def test_a_part_the_file_has_not_is_not_found(ed: Web, number: int) -> None:
    sender = Sender(ed, film(3))
    sender.begin()
    sender.send(number, 404, content=b"x", digest="0" * 64)


def test_completing_too_early_says_what_is_missing(ed: Web) -> None:
    sender = Sender(ed, film(3))
    sender.begin()
    sender.send(1)
    assert sender.complete(409)["reason"] == "missing"


def test_a_part_that_rotted_is_forgotten_and_can_be_sent_again(ed: Web, storage: LocalStorage) -> None:
    sender = Sender(ed, film(3))
    sender.begin()
    sender.send_all()
    [rotten] = storage.root.glob("uploads/*/00002-*")
    rotten.write_bytes(b"?" * rotten.stat().st_size)
    assert sender.complete(409)["reason"] == "missing"
    assert sender.stored() == [1, 3]
    sender.send(2)
    assert sender.complete()["state"] == "complete"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("课件.exe", MP4, "不能上传这种文件"),
        ("讲义\u202e4pm.exe", MP4, "不能上传这种文件"),
        ("图.svg", b"<svg/>", "不能上传这种文件"),
        ("页.html", b"<script>", "不能上传这种文件"),
        ("旧.zip", b"PK\x03\x04", "压缩包请先解压"),
        ("空.mp4", b"", "0 字节"),
    ],
)
def test_a_type_that_is_not_taken_is_refused_before_a_byte_is_sent(
    ed: Web, name: str, content: bytes, sentence: str
) -> None:
    assert sentence in Sender(ed, content, name).begin(422)["error"]


@pytest.mark.parametrize("head", [b"<html><script>alert(1)</script>", b"MZ\x90\0", b"PK\x03\x04", b"<svg onload=x>"])
def test_content_of_another_type_is_refused_with_the_first_part(ed: Web, storage: LocalStorage, head: bytes) -> None:
    sender = Sender(ed, head + film(2))
    sender.begin()
    assert "文件内容不是 MP4" in sender.send(1, 422)["error"]
    assert files_in(storage) == []


def test_a_form_for_videos_takes_no_slides(ed: Web) -> None:
    assert "这里不能放 PDF 文件" in Sender(ed, b"%PDF-1.7", "a.pdf").begin(422, kind="video")["error"]
    Sender(ed, b"%PDF-1.7", "a.pdf").begin(kind="document")


def test_a_file_over_the_limit_and_one_over_the_quota_are_told_so(
    ed: Web, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"name": "大.mp4", "size_bytes": 3 * GB, "modified_millis": 1}
    assert "3.0 GB，超过 2.0 GB 的上限" in ed.call("/api/uploads", facts, 422)["error"]
    session.add(UploadQuota(role=Role.LECTURER, most_bytes=3 * GB))
    ed.call("/api/uploads", {**facts, "size_bytes": 2 * GB})
    refused = ed.call("/api/uploads", {**facts, "size_bytes": 2 * GB, "name": "第二.mp4"}, 422)
    assert "共 3.0 GB，只剩 1.0 GB" in refused["error"]
    ed.call("/api/uploads", {**facts, "size_bytes": 2 * GB}, 200)  # the first one goes on


def test_the_command_sets_and_prints_what_a_role_may_store(app: Flask, ed: Web, session: Session) -> None:
    run = app.test_cli_runner().invoke
    with app.app_context():
        assert "lecturer 讲师: 200 GB（默认）" in run(uploads, ["quota"]).output
        assert "lecturer 讲师: 1 GB\n" in run(uploads, ["quota", "lecturer", "1"]).output
        assert "lecturer 讲师: 2 GB\n" in run(uploads, ["quota", "lecturer", "2"]).output
        assert run(uploads, ["quota", "nobody", "2"]).exit_code == 2
    assert "2.0 GB" in ed.get("/uploads").get_data(as_text=True)


def test_stored_files_count_too(ed: Web, session: Session, cast: SimpleNamespace) -> None:
    sender = Sender(ed, film(2))
    sender.begin()
    sender.send_all().complete()
    services.adopt(session, upload_of(session, sender), now=clock.now())
    session.add(UploadQuota(role=Role.LECTURER, most_bytes=len(sender.content) + 10))
    assert "只剩 10 B" in Sender(ed, film(3), "b.mp4").begin(422)["error"]


def test_others_meet_neither_the_upload_nor_its_parts(ed: Web, web: Web) -> None:
    sender = Sender(ed, film(2))
    sender.begin()
    ada = web.as_("ada")
    stranger = Sender(ada, film(2), upload=sender.upload)
    ada.get(sender.path, 404)
    stranger.send(1, 404)
    stranger.complete(404)
    ada.call(f"{sender.path}/discard", {}, 404)
    ada.post(f"/uploads/{sender.upload['upload_id']}/discard", {}, 404)
    assert Sender(ada, film(2)).begin()["upload_id"] != sender.upload["upload_id"]


def test_when_all_places_are_taken_a_part_waits(ed: Web, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(ed, film(2))
    sender.begin()
    places = Places(1)
    monkeypatch.setitem(app.extensions, "part_places", places)
    with places.taken(AssertionError):  # type: ignore[arg-type]
        assert sender.send(1, 429)["reason"] == "busy"
    sender.send(1)


# --- the end


def test_a_discarded_upload_leaves_nothing_and_takes_nothing_more(
    ed: Web, session: Session, storage: LocalStorage, run_tasks: RunTasks
) -> None:
    sender, whole = Sender(ed, film(3)), Sender(ed, film(2), "b.mp4")
    sender.begin()
    sender.send(1)
    whole.begin()
    whole.send_all().complete()
    ed.call(f"{sender.path}/discard", {})
    ed.post(f"/uploads/{whole.upload['upload_id']}/discard")
    sender.send(2, 404)
    run_tasks()
    assert files_in(storage) == []
    assert session.scalar(select(func.count()).select_from(Upload)) == 0
    assert session.scalar(select(func.count()).select_from(UploadPart)) == 0


def test_a_part_that_arrives_while_the_upload_is_given_up_is_not_kept(
    ed: Web, session: Session, make_session: MakeSession, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, put = Sender(ed, film(2)), storage.put_part
    sender.begin()

    def given_up_meanwhile(*arguments: object) -> None:
        put(*arguments)  # type: ignore[arg-type]
        with make_session() as other:
            other.execute(update(Upload).values(state=UploadState.DISCARDED))
            other.commit()

    monkeypatch.setattr(storage, "put_part", given_up_meanwhile)
    assert "已放弃" in sender.send(1, 409)["error"]
    assert session.scalar(select(func.count()).select_from(UploadPart)) == 0


def test_uploads_left_alone_for_a_week_go_and_younger_ones_stay(
    ed: Web, session: Session, make_session: MakeSession, storage: LocalStorage, run_tasks: RunTasks
) -> None:
    start = clock.now()
    old, done, young, used = (Sender(ed, film(2), f"{n}.mp4") for n in "abcd")
    with travel(start - UNFINISHED_KEPT - timedelta(hours=1), tick=False):
        web = Web(ed.app, session).as_("ed")
        for one in (old, done, used):
            one.web = web
            one.begin()
            one.send(1)
        for one in (done, used):
            one.send(2)
            one.complete()
        services.adopt(session, upload_of(session, used), now=clock.now())
        session.commit()
    young.begin()
    young.send(1)
    assert upload_sweep.sweep_uploads(make_session, start) == 2
    assert upload_sweep.sweep_uploads(make_session, start) == 0
    run_tasks()
    keys = [upload_of(session, one).key for one in (used, young)]
    assert set(session.scalars(select(Upload.key))) == set(keys)
    assert [key for key in files_in(storage) if key.startswith("files/") and "-" not in Path(key).stem] == [keys[0]]
    assert len([key for key in files_in(storage) if key.startswith("uploads/")]) == 1


def test_the_sweep_of_blobs_spares_uploads_and_takes_parts_nobody_names(
    ed: Web, session: Session, make_session: MakeSession, storage: LocalStorage
) -> None:
    going, done, lost = (Sender(ed, film(2), f"{n}.mp4") for n in "abc")
    for one in (going, done, lost):
        one.begin()
        one.send(1)
    done.send(2)
    done.complete()
    session.execute(update(Upload).where(Upload.id == lost.upload["upload_id"]).values(state=UploadState.ADOPTED))
    session.commit()
    sweep(make_session, storage, clock.now() + timedelta(days=2))
    assert going.stored() == [1]
    assert storage.size(upload_of(session, done).key) == len(done.content)
    handle = upload_of(session, lost).handle
    assert not list(storage.root.glob(f"uploads/{handle}"))


def test_the_page_lists_what_was_interrupted_and_what_waits_to_be_used(ed: Web, session: Session) -> None:
    empty = ed.get("/uploads").get_data(as_text=True)
    assert "没有未完成的上传" in empty
    half, whole = Sender(ed, film(3), "讲了一半.mp4"), Sender(ed, film(2), "传好了.mp4")
    half.begin()
    half.send(1)
    whole.begin()
    whole.send_all().complete()
    page = ed.get("/uploads").get_data(as_text=True)
    assert "讲了一半.mp4" in page
    assert "刚才还在上传" in page
    assert f"/studio/new/video?upload={whole.upload['upload_id']}" in page
    with travel(clock.now() + timedelta(minutes=10), tick=False):
        assert "已断开" in Web(ed.app, session).as_("ed").get("/uploads").get_data(as_text=True)
    assert "/uploads" in ed.get("/studio/").get_data(as_text=True)


def test_the_studio_form_takes_a_finished_upload_in_place_of_a_file(ed: Web, session: Session) -> None:
    sender = Sender(ed, film(2))
    sender.begin()
    number = sender.send_all().complete()["upload_id"]
    assert "“大讲堂.mp4”（64 KB）已经传好" in ed.get(f"/studio/new/video?upload={number}").get_data(as_text=True)
    facts = {"title": "大讲堂", "line": "land", "audience": "0", "upload_id": str(number)}
    refused = ed.post("/studio/new/video", {**facts, "title": ""}, 422).get_data(as_text=True)
    assert f'name="upload_id" value="{number}"' in refused
    ed.post("/studio/new/video", facts)
    media = session.scalars(select(MediaFile)).one()
    assert (media.kind, media.size_bytes) == (MediaKind.VIDEO, len(sender.content))
    again = ed.post("/studio/new/video", facts, 422).get_data(as_text=True)
    assert "已经用过了" in again
    assert session.scalar(select(func.count()).select_from(MediaFile)) == 1


def test_the_first_step_of_a_quick_course_takes_a_finished_upload_too(ed: Web, session: Session) -> None:
    sender = Sender(ed, film(2))
    sender.begin()
    number = str(sender.send_all().complete()["upload_id"])
    facts = {"title": "一课", "line": "land", "upload_id": number}
    assert "已经传好" in ed.post("/studio/courses/new", {**facts, "title": ""}, 422).get_data(as_text=True)
    ed.post("/studio/courses/new", facts)
    assert session.scalars(select(MediaFile.size_bytes)).one() == len(sender.content)
    assert "请选择要上传的文件" in ed.post("/studio/courses/new", {**facts, "upload_id": ""}, 422).get_data(
        as_text=True
    )


def test_a_form_names_own_uploads_only_and_the_kind_must_fit(ed: Web, web: Web, session: Session) -> None:
    sender = Sender(ed, film(2))
    sender.begin()
    number = str(sender.send_all().complete()["upload_id"])
    facts = {"title": "别人的", "line": "land", "audience": "0", "upload_id": number}
    web.as_("ada").post("/studio/new/video", facts, 404)
    assert "这里不能放 MP4 文件" in ed.post("/studio/new/document", facts, 422).get_data(as_text=True)
    for nonsense in ("x", "-1", "9" * 30):
        assert "请选择要上传的文件" in ed.post("/studio/new/video", {**facts, "upload_id": nonsense}, 422).get_data(
            as_text=True
        )
