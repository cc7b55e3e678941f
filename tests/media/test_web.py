"""Files leave the house only to the sign-in a link was made for, for ten minutes, until they are withdrawn (S14)."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.config import Keys, Settings
from lms.media import services
from lms.media.models import MediaFile
from lms.media.rules import LinkScope
from lms.people.models import SignIn
from tests.media import files
from tests.media.conftest import Upload
from tests.support.web import Web

RunTasks = Callable[[], int]


@pytest.fixture
def media(cast: SimpleNamespace, upload: Upload, run_tasks: RunTasks) -> MediaFile:
    made = upload("讲义 一.pdf", files.pdf("one", "two"), cast.ed)
    run_tasks()
    return made


@pytest.fixture
def link_for(session: Session, keys: Keys) -> Callable[..., str]:
    """A link as a page would hand it to the newest sign-in."""

    def made(media: MediaFile, name: str, scope: LinkScope = LinkScope.VIEW) -> str:
        newest = session.scalars(select(SignIn.id).order_by(SignIn.id.desc())).first()
        return services.link(keys, media, name, sign_in_id=newest or 0, now=clock.now(), scope=scope)

    return made


def test_a_page_picture_is_delivered_as_a_picture_and_nothing_else(
    web: Web, media: MediaFile, link_for: Callable[..., str]
) -> None:
    lin = web.as_("lin")
    answer = lin.get(link_for(media, "page-2.webp"))
    assert (answer.mimetype, answer.data[8:12]) == ("image/webp", b"WEBP")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")


def test_the_original_is_a_download_under_its_own_name(
    web: Web, media: MediaFile, link_for: Callable[..., str]
) -> None:
    lin = web.as_("lin")
    answer = lin.get(link_for(media, "original.pdf", LinkScope.DOWNLOAD))
    assert answer.data == files.pdf("one", "two")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E8%AE%B2%E4%B9%89%20%E4%B8%80.pdf"


def test_a_link_to_look_does_not_download(web: Web, media: MediaFile, link_for: Callable[..., str]) -> None:
    lin = web.as_("lin")
    lin.get(link_for(media, "original.pdf"), 404)


RANGES = [("bytes=0-9", slice(0, 10)), ("bytes=-5", slice(-5, None)), ("bytes=5-", slice(5, None)), ("", slice(None))]


def test_byte_ranges_are_answered(web: Web, media: MediaFile, link_for: Callable[..., str]) -> None:
    lin = web.as_("lin")
    link, whole = link_for(media, "original.pdf", LinkScope.DOWNLOAD), files.pdf("one", "two")
    for header, expected in RANGES:
        answer = lin.get(link, 206 if header else 200, headers={"Range": header})
        assert answer.data == whole[expected]
        assert answer.content_length == len(answer.data)
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert not header or answer.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_a_range_outside_is_416(web: Web, media: MediaFile, link_for: Callable[..., str]) -> None:
    lin = web.as_("lin")
    lin.get(link_for(media, "page-1.webp"), 416, headers={"Range": "bytes=99999999-"})


def test_a_link_copied_to_another_sign_in_is_refused(web: Web, media: MediaFile, link_for: Callable[..., str]) -> None:
    lin = web.as_("lin")
    links = [link_for(media, name) for name in ("page-1.webp", "poster.webp")]
    for link in links:
        lin.get(link, 200)
    for other in (web.as_("dana"), web.as_("lin")):
        for link in links:
            other.get(link, 404)
    web.client.get(links[0])
    assert web.client.get(links[0]).status_code in (303, 401)


def test_a_link_is_over_after_ten_minutes(web: Web, media: MediaFile, link_for: Callable[..., str]) -> None:
    lin = web.as_("lin")
    link = link_for(media, "page-1.webp")
    lin.get(link, 200)
    with travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
        lin.get(link, 404)


def test_a_link_is_over_when_its_file_is_withdrawn(
    web: Web, session: Session, media: MediaFile, link_for: Callable[..., str]
) -> None:
    lin = web.as_("lin")
    links = [link_for(media, name) for name in ("page-1.webp", "poster.webp")]
    services.end_links(session, media.id)
    for link in links:
        lin.get(link, 404)
    session.refresh(media)
    lin.get(link_for(media, "page-1.webp"), 200)


def test_a_changed_link_is_refused(web: Web, media: MediaFile, link_for: Callable[..., str]) -> None:
    lin = web.as_("lin")
    link = link_for(media, "page-1.webp")
    lin.get(link, 200)
    for change in [("-v-", "-d-"), ("/media/", "/media/f"), ("page-1", "page-3"), ("page-1", "page-0")]:
        lin.get(link.replace(*change), 404)


def test_a_name_the_file_does_not_have_is_not_found(web: Web, media: MediaFile, link_for: Callable[..., str]) -> None:
    lin = web.as_("lin")
    for name in ["..%2f..%2fetc%2fpasswd", "x", "play.mp4", "files", "original.exe", "page-1.webp%00"]:
        lin.get(link_for(media, name, LinkScope.DOWNLOAD), 404)


def test_behind_a_proxy_the_proxy_sends_the_file(
    web: Web, media: MediaFile, link_for: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = web.app.extensions["settings"]
    monkeypatch.setitem(web.app.extensions, "settings", _with_proxy(settings))
    lin = web.as_("lin")
    answer = lin.get(link_for(media, "page-1.webp"))
    assert answer.headers["X-Accel-Redirect"].startswith("/internal/media/files/")
    assert (answer.data, answer.mimetype) == (b"", "image/webp")


def _with_proxy(settings: Settings) -> Settings:
    return Settings(**{**vars(settings), "x_accel_prefix": "/internal/media/"})
