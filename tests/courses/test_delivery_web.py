"""S14 for all that a lesson shows: streams, posters, storyboards, pages. Each refusal stands beside the same request that is answered."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from PIL import Image, ImageChops
from sqlalchemy import select
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.audit.models import AuditRecord
from lms.courses.models import Lesson, Resource
from lms.courses.review_rules import ResourceState
from lms.courses.services import resources
from lms.errors import Invalid, Unavailable
from lms.media import marks, services
from lms.media.marks import Marks
from lms.media.models import MediaFile, MediaPage
from lms.media.rules import MediaKind, MediaState
from lms.people.principal import CACHE
from lms.people.services import sign_in
from lms.storage.local import LocalStorage
from lms.storage.s3 import S3Options, S3Storage
from tests.courses import desk
from tests.media import files
from tests.media.streams import FOLDER, give_stream, pieces
from tests.support.web import Web

Shown = dict[str, str]


@pytest.fixture
def lesson(session: Session, cast: SimpleNamespace, storage: LocalStorage) -> Lesson:
    film = give_stream(session, storage, cast.ed, seconds=8)
    (made,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=8, media_id=film.id)))
    session.commit()
    return made


def shown_to(browser: Web, lesson: Lesson) -> Shown:
    """Every kind of link a player takes, by name."""
    at = f"/courses/lessons/{lesson.id}"
    playlist = browser.get(f"{at}/stream/hls-180.m3u8").get_data(as_text=True)
    pieces_of = re.findall(r"/media/\S+?\.(?:m4s|mp4)", playlist)
    links = {"init": pieces_of[0], "first": pieces_of[1], "second": pieces_of[2]}
    for name, path in (
        ("poster", "poster"),
        ("sheet", "stream/storyboard/sheet-001.webp"),
        ("own", "stream/own/hls-360/seg-00000.m4s"),
    ):
        links[name] = browser.get(f"{at}/{path}", 302).headers["Location"]
    return links


def statuses(browser: Web, links: Shown) -> set[int]:
    return {browser.client.get(link).status_code for link in links.values()}


def test_a_stream_is_reached_by_playlists_and_its_pieces_are_the_stored_ones(web: Web, lesson: Lesson) -> None:
    lin = web.as_("lin")
    master = lin.get(f"/courses/lessons/{lesson.id}/stream/master.m3u8")
    assert (master.mimetype, master.headers["Cache-Control"]) == ("application/vnd.apple.mpegurl", "no-store")
    assert "hls-180.m3u8" in master.get_data(as_text=True)
    assert "hls-audio" not in master.get_data(as_text=True), "sound alone is chosen by people, not by measuring"
    links = shown_to(lin, lesson)
    assert lin.get(links["init"]).data == pieces("hls-180", 8)["init.mp4"]
    assert lin.get(links["second"]).data == pieces("hls-180", 8)["seg-00001.m4s"]
    assert (
        lin.get(links["second"], 206, headers={"Range": "bytes=0-9"}).data == pieces("hls-180", 8)["seg-00001.m4s"][:10]
    )
    own = lin.get(f"/courses/lessons/{lesson.id}/stream/own/hls-180.m3u8").get_data(as_text=True)
    assert "\nhls-180/seg-00000.m4s\n" in own
    assert "/media/" not in own, "what Safari keeps for two hours holds no link that ends"
    base = lin.get(f"/courses/lessons/{lesson.id}/stream/base").get_json()
    assert lin.get(f"{base['base']}hls-180/init.mp4").data == pieces("hls-180", 8)["init.mp4"]
    assert 300 < base["seconds"] <= 600
    for name in ("no.m3u8", "hls-999.m3u8", "storyboard.m3u8", "hls-180/list.m3u8", "own/base/x", "../../etc/passwd"):
        lin.get(f"/courses/lessons/{lesson.id}/stream/{name}", 404)


def test_links_copied_to_any_other_sign_in_are_refused_and_their_owner_is_served(web: Web, lesson: Lesson) -> None:
    lin = web.as_("lin")
    links = shown_to(lin, lesson)
    for other in (web.as_("lin"), web.as_("bo"), web.as_("ed"), web.as_("dana")):
        assert statuses(other, links) == {404}
    assert statuses(web, links) <= {303, 401}
    assert statuses(lin, links) == {200}


def test_links_are_over_after_ten_minutes_and_new_ones_are_not(web: Web, lesson: Lesson) -> None:
    lin = web.as_("lin")
    links = shown_to(lin, lesson)
    assert statuses(lin, links) == {200}
    with travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
        assert statuses(lin, links) == {404}
        assert statuses(lin, shown_to(lin, lesson)) == {200}


def test_what_is_withdrawn_is_over_with_its_pieces_posters_and_playlists(
    web: Web, session: Session, lesson: Lesson, principals: SimpleNamespace
) -> None:
    lin = web.as_("lin")
    links = shown_to(lin, lesson)
    assert statuses(lin, links) == {200}
    resource = session.get_one(Resource, lesson.resource_id)
    resources.withdraw_resource(session, resource, by=principals.hua, reason="有误", now=clock.now())
    session.commit()
    assert statuses(lin, links) == {404}
    for name in ("master.m3u8", "hls-180.m3u8", "own/hls-180.m3u8", "base", "hls-180/seg-00000.m4s"):
        lin.get(f"/courses/lessons/{lesson.id}/stream/{name}", 404)


def test_links_end_with_the_sign_in(web: Web, session: Session, lesson: Lesson, cast: SimpleNamespace) -> None:
    lin, bo = web.as_("lin"), web.as_("bo")
    links, others = shown_to(lin, lesson), shown_to(bo, lesson)
    lin.post("/logout")
    assert statuses(lin, links) <= {303, 401}
    assert statuses(bo, others) == {200}
    sign_in.end_all(session, cast.bo.id, now=clock.now())
    session.commit()
    CACHE.forget()
    assert statuses(bo, others) <= {303, 401}


def test_no_page_playlist_or_header_tells_where_anything_is_stored(web: Web, session: Session, lesson: Lesson) -> None:
    lin = web.as_("lin")
    at = f"/courses/lessons/{lesson.id}"
    answers = [lin.get(at), lin.get(f"/library/{lesson.resource_id}")]
    answers += [lin.get(f"{at}/stream/{name}") for name in ("master.m3u8", "hls-180.m3u8", "own/hls-180.m3u8", "base")]
    answers += [lin.client.get(link) for link in shown_to(lin, lesson).values()]
    stem = FOLDER.rpartition("/")[2]
    assert stem in session.scalars(select(MediaFile.key)).one(), "what is looked for is what is stored"
    for answer in answers:
        said = str(answer.headers) + (
            answer.get_data(as_text=True) if "text" in answer.mimetype or "json" in answer.mimetype else ""
        )
        assert stem not in said
        assert "files/2026" not in said


def test_the_player_page_says_what_can_be_chosen_and_asks_for_little(web: Web, lesson: Lesson) -> None:
    text = web.as_("lin").get(f"/courses/lessons/{lesson.id}").get_data(as_text=True)
    for words in ("360p", "180p", "只听声音", "清晰度", "data-storyboard", "late/player"):
        assert words in text
    assert "<video" in text
    assert re.search(r"<video[^>]* src=", text) is None, "the browser is not sent for a plain file there is none of"


# Pages with the name


@pytest.fixture
def page(session: Session, cast: SimpleNamespace, storage: LocalStorage) -> Callable[..., Lesson]:
    def given(**more: object) -> Lesson:
        file = MediaFile(
            key=f"{FOLDER}.pdf", original_name="讲义.pdf", mime="application/pdf", size_bytes=1, sha256="0" * 64,
            kind=MediaKind.DOCUMENT, state=MediaState.READY, owner_id=cast.ed.id, created_at=clock.now(), page_count=1,
            is_checked=True,
        )  # fmt: skip
        session.add(file)
        session.flush()
        session.add(
            MediaPage(
                media_id=file.id,
                number=1,
                key=f"{FOLDER}-2/1.webp",
                small_key=f"{FOLDER}-2/1s.webp",
                width=800,
                height=600,
            )
        )
        storage.put(f"{FOLDER}-2/1.webp", io.BytesIO(white((800, 600))))
        storage.put(f"{FOLDER}-2/1s.webp", io.BytesIO(white((200, 150))))
        storage.put(f"{FOLDER}.pdf", io.BytesIO(b"%PDF-1.4 whole"))
        made = desk.resource(session, "document", media_id=file.id, page_count=1, **more)
        (lesson,) = desk.lessons(session, desk.course(session, made))
        session.commit()
        return lesson

    return given


def white(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "WEBP", lossless=True)
    return out.getvalue()


def picture(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_a_marked_page_carries_the_name_in_its_pixels_and_each_persons_is_another(
    web: Web, page: Callable[..., Lesson]
) -> None:
    lesson = page(is_watermarked=True)
    seen = {}
    for name in ("lin", "bo"):
        browser = web.as_(name)
        for which in ("pages/1", "pages/1/small"):
            link = browser.get(f"/courses/lessons/{lesson.id}/{which}", 302).headers["Location"]
            seen[name, which] = picture(browser.get(link).data)
            assert browser.client.get(link.replace("-m-", "-v-")).status_code == 404, (
                "the plain picture cannot be had with this link"
            )
    assert ImageChops.difference(seen["lin", "pages/1"], picture(white((800, 600)))).getbbox() is not None
    assert ImageChops.difference(seen["lin", "pages/1"], seen["bo", "pages/1"]).getbbox() is not None
    assert seen["lin", "pages/1/small"].size == (200, 150)
    parts = [seen["lin", "pages/1"].crop((x, y, x + 267, y + 300)) for x in (0, 266, 532) for y in (0, 300)]
    assert all(len(set(part.convert("L").resize((60, 60)).tobytes())) > 3 for part in parts), (
        "no sixth of the page is without it"
    )


def test_a_page_that_is_not_marked_is_the_stored_one(web: Web, page: Callable[..., Lesson]) -> None:
    lin = web.as_("lin")
    link = lin.get(f"/courses/lessons/{page().id}/pages/1", 302).headers["Location"]
    assert lin.get(link).data == white((800, 600))


def test_a_marked_picture_is_drawn_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(marks, "drawn", lambda picture, words: drawn.append(words) or picture)
    kept = Marks(kept_most=2)
    for words in ("林", "林", "薄", "林", "陈", "林", "薄"):
        assert kept.marked("files/a", words, lambda: b"x") == b"x"
    assert drawn == ["林", "薄", "陈", "薄"], "the one looked at longest ago goes first"


def test_when_too_many_pages_are_drawn_at_once_the_next_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "WAIT_SECONDS", 0.05)
    busy = Marks(at_a_time=1)

    def read() -> bytes:
        with pytest.raises(Unavailable, match="稍后刷新"):
            busy.marked("files/b", "林", lambda: b"x")
        return white((80, 60))

    assert busy.marked("files/a", "林", read)


# Downloads


def test_a_download_needs_the_lecturers_leave_and_is_noted(
    web: Web, session: Session, page: Callable[..., Lesson]
) -> None:
    closed = page()
    lin = web.as_("lin")
    assert "下载原文件" not in lin.get(f"/courses/lessons/{closed.id}").get_data(as_text=True)
    lin.post(f"/library/{closed.resource_id}/download", status=403)
    view = lin.get(f"/courses/lessons/{closed.id}/pages/1", 302).headers["Location"]
    lin.get(view.replace("page-1.webp", "original.pdf"), 404)
    resource = session.get_one(Resource, closed.resource_id)
    resource.may_download = True
    session.commit()
    assert "下载原文件" in lin.get(f"/courses/lessons/{closed.id}").get_data(as_text=True)
    for _ in range(2):
        assert lin.follow(lin.post(f"/library/{closed.resource_id}/download")).data == b"%PDF-1.4 whole"
    noted = session.scalars(select(AuditRecord).where(AuditRecord.action == "resource.download")).all()
    assert [record.target for record in noted] == [f"resource:{closed.resource_id}"] * 2


def test_marked_and_to_be_downloaded_exclude_each_other(web: Web) -> None:
    ed = web.as_("ed")
    file = (io.BytesIO(b"%PDF-1.4 x"), "a.pdf")
    given = {
        "title": "讲义",
        "line": "land",
        "lecturer_name": "易德",
        "audience": "0",
        "file": file,
        "is_watermarked": "y",
        "may_download": "y",
    }
    page = ed.post("/studio/new/document", given, 422, content_type="multipart/form-data").get_data(as_text=True)
    assert "只能选一个" in page
    facts = resources.Facts("讲义", "", desk.Line.LAND, "易德", None, may_download=True, is_watermarked=True)
    with pytest.raises(Invalid):
        resources._check_content(desk.ResourceKind.LINK, facts, None)


def test_wrong_chapters_are_named_line_by_line_and_right_ones_stand_on_the_page(
    web: Web, session: Session, lesson: Lesson, cast: SimpleNamespace
) -> None:
    resource = session.get_one(Resource, lesson.resource_id)
    resource.state, resource.lecturer_name = ResourceState.DRAFT, "易德"
    session.commit()
    ed = web.as_("ed")
    given = {
        "title": "讲座",
        "line": "land",
        "lecturer_name": "易德",
        "audience": "0",
        "chapters": "开场\n00:02 红线\n00:01 早",
    }
    text = ed.post(f"/studio/{resource.id}", given, 422).get_data(as_text=True)
    assert "第 1 行要以时间开头" in text
    assert "第 3 行的时间要晚于上一章" in text
    ed.post(f"/studio/{resource.id}", {**given, "chapters": "00:00 开场\n00:02 红线"})
    assert "00:02 红线" in ed.get(f"/studio/{resource.id}/edit").get_data(as_text=True)
    ed.post(f"/studio/{resource.id}", {**given, "chapters": "00:00 开场\n00:30 太晚"})
    assert "太晚" in ed.post(f"/studio/{resource.id}/submission", status=409).get_data(as_text=True)
    ed.post(f"/studio/{resource.id}", {**given, "chapters": "00:00 开场\n00:02 红线"})
    session.get_one(Resource, resource.id).state = ResourceState.PUBLISHED
    session.commit()
    text = web.as_("lin").get(f"/courses/lessons/{lesson.id}").get_data(as_text=True)
    assert 'data-from="2000"' in text
    assert "player-marks" in text


# S3


def test_addresses_of_the_bucket_live_for_seconds_and_are_handed_out_only_where_the_site_says_so(
    web: Web, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    bucket = S3Storage(S3Options("media", endpoint="http://127.0.0.1:9"))
    lin = web.as_("lin")
    links = shown_to(lin, lesson)
    monkeypatch.setitem(web.app.extensions, "storage", bucket)
    settings = web.app.extensions["settings"]

    def with_(**more: object) -> None:
        monkeypatch.setitem(web.app.extensions, "settings", type(settings)(**{**vars(settings), **more}))

    with_(x_accel_prefix="/_media/")
    behind = lin.get(links["first"])
    assert "X-Amz-Expires=60" in behind.headers["X-Accel-Redirect"]
    assert behind.headers["X-Accel-Redirect"].startswith("/_media/media/files/")
    assert "X-Accel-Expires" not in behind.headers, "an address of the bucket is not to be kept"
    with_(s3_link_seconds=30)
    direct = lin.get(links["first"], 302)
    assert direct.headers["Location"].startswith("http://127.0.0.1:9/media/files/")
    assert "X-Amz-Expires=30" in direct.headers["Location"]
    assert direct.headers["Cache-Control"] == "no-store"
    web.as_("bo").get(links["first"], 404)


def test_what_the_pipeline_makes_is_what_delivery_hands_out(
    web: Web, session: Session, publish_file: Callable[..., Resource], run_tasks: Callable[[], int]
) -> None:
    resource = publish_file("a.mp4", files.video(seconds=5), "讲座", desk.ResourceKind.VIDEO)
    film = session.get_one(MediaFile, resource.media_id)
    services.enqueue_more(session, film, now=clock.now(), streams=True)
    run_tasks()
    lin = web.as_("lin")
    at = f"/library/{resource.id}/stream"
    master = lin.get(f"{at}/master.m3u8").get_data(as_text=True)
    assert re.search(r'CODECS="avc1\.[0-9a-fA-F]{6}(,mp4a\.40\.2)?"', master)
    (name,) = set(re.findall(r"^(hls-\d+)\.m3u8$", master, re.M))
    for stream in (name, "hls-audio"):
        links = re.findall(r"/media/[^\s\"]+", lin.get(f"{at}/{stream}.m3u8").get_data(as_text=True))
        assert len(links) >= 2
        assert {lin.client.get(link).status_code for link in links} == {200}
    text = lin.get(f"/library/{resource.id}").get_data(as_text=True)
    assert f'data-stream="{at}/"' in text
    assert 'data-sound="hls-audio"' in text
