"""S14 behind a real nginx with the configuration that sites use: pieces of streams are served by its own yes for seconds, and to nobody else."""

import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from bench.proxy import PREFIX, Proxy, find_nginx
from bench.server import ROOT
from lms import clock
from lms.config import Keys, Settings
from lms.media import rules, services
from lms.media.models import MediaFile
from lms.people.guard import COOKIE
from lms.people.models import SignIn
from lms.people.principal import CACHE, token_hash
from lms.people.services import sign_in
from lms.storage.local import LocalStorage
from tests.media.streams import give_stream, pieces

TRUST = 2


@dataclass
class Site:
    """The site behind nginx; `asked` are the requests that reached Python."""

    url: str
    asked: list[str]

    def get(self, path: str, cookie: str = "") -> tuple[int, bytes, dict[str, str]]:
        request = urllib.request.Request(self.url + path, headers={"Cookie": f"{COOKIE}={cookie}"} if cookie else {})
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=10) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, problem.read(), dict(problem.headers)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture
def site(app: Flask, storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    if find_nginx() is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is missing: delivery behind it must be tested in CI")
        pytest.skip("nginx is not installed")
    monkeypatch.setattr(rules, "TRUST_SECONDS", TRUST)
    settings: Settings = app.extensions["settings"]
    app.extensions["settings"] = Settings(**{**vars(settings), "x_accel_prefix": PREFIX})
    asked: list[str] = []

    def noted(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return app.wsgi_app(environ, start_response)

    server = make_server("127.0.0.1", 0, noted, threaded=True)
    server.daemon_threads = False
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    with Proxy(server.server_port, storage.root, tmp_path / "nginx", workers=1) as proxy:
        yield Site(f"http://127.0.0.1:{proxy.port}", asked)
    server.shutdown()
    running.join(10)
    server.server_close()
    app.extensions["settings"] = settings


@pytest.fixture
def film(session: Session, cast: SimpleNamespace, storage: LocalStorage) -> MediaFile:
    return give_stream(session, storage, cast.ed, seconds=8)


@pytest.fixture
def visit(session: Session, cast: SimpleNamespace) -> Callable[..., tuple[str, int]]:
    """`visit("lin")`: the cookie and the number of a new sign-in."""

    def begin(name: str = "lin") -> tuple[str, int]:
        cookie = sign_in.begin(session, getattr(cast, name), device="test", hours=12, now=clock.now())
        session.commit()
        return cookie, session.scalars(select(SignIn.id).where(SignIn.token_hash == token_hash(cookie))).one()

    return begin


def link(keys: Keys, film: MediaFile, sign_in_id: int) -> str:
    return services.link_base(keys, film, sign_in_id=sign_in_id, now=clock.now())


def test_pieces_reach_their_viewer_and_python_is_asked_once(
    site: Site, film: MediaFile, keys: Keys, visit: Callable[..., tuple[str, int]]
) -> None:
    cookie, number = visit()
    base = link(keys, film, number)
    for name in ("init.mp4", "seg-00000.m4s", "seg-00001.m4s"):
        status, body, headers = site.get(f"{base}hls-180/{name}", cookie)
        assert (status, body) == (200, pieces("hls-180", 8)[name])
        assert headers["Content-Type"] == "video/mp4"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert not any("files/2026" in value for value in headers.values())
    assert len(site.asked) == 1
    assert site.get(f"{base}hls-360/init.mp4", cookie)[0] == 200, "another stream is another question"
    assert len(site.asked) == 2
    assert site.get(f"{base}storyboard/sheet-001.webp", cookie)[0] == 200
    assert site.get(f"{base}poster.webp", cookie)[0] == 200


def test_a_copied_link_is_refused_while_its_owner_is_served(
    site: Site, film: MediaFile, keys: Keys, visit: Callable[..., tuple[str, int]]
) -> None:
    cookie, number = visit()
    piece = f"{link(keys, film, number)}hls-180/seg-00000.m4s"
    poster = f"{link(keys, film, number)}poster.webp"
    assert site.get(piece, cookie)[0] == 200
    for other in (visit("lin")[0], visit("bo")[0], visit("dana")[0], "", "x"):
        assert site.get(piece, other)[0] == 404
        assert site.get(poster, other)[0] in (303, 404)
    assert site.get(piece, cookie)[0] == 200


def test_withdrawal_and_the_end_of_a_sign_in_reach_pieces_within_the_seconds_of_trust(
    site: Site, film: MediaFile, keys: Keys, session: Session, visit: Callable[..., tuple[str, int]]
) -> None:
    first, second = visit("lin"), visit("bo")
    mine, theirs = (f"{link(keys, film, number)}hls-180/seg-00001.m4s" for _, number in (first, second))
    assert (site.get(mine, first[0])[0], site.get(theirs, second[0])[0]) == (200, 200)
    session.execute(SignIn.__table__.update().where(SignIn.id == first[1]).values(ended_at=clock.now()))
    session.commit()
    CACHE.forget()
    time.sleep(TRUST + 1.2)
    assert site.get(mine, first[0])[0] == 404
    assert site.get(theirs, second[0])[0] == 200
    services.end_links(session, film.id)
    session.commit()
    assert site.get(theirs.replace("hls-180/seg-00001.m4s", "poster.webp"), second[0])[0] == 404, "whole files at once"
    time.sleep(TRUST + 1.2)
    assert site.get(theirs, second[0])[0] == 404


def test_our_yes_is_never_kept_past_the_end_of_the_link(
    site: Site, film: MediaFile, keys: Keys, visit: Callable[..., tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "TRUST_SECONDS", 60)
    monkeypatch.setattr(services, "expiry", lambda now: int(now.timestamp()) + 4)
    cookie, number = visit()
    piece = f"{link(keys, film, number)}hls-180/seg-00000.m4s"
    assert site.get(piece, cookie)[0] == 200
    time.sleep(4.5)
    assert site.get(piece, cookie)[0] == 404


def test_the_place_nginx_is_sent_to_is_closed_to_everybody(
    site: Site, film: MediaFile, keys: Keys, visit: Callable[..., tuple[str, int]]
) -> None:
    cookie, number = visit()
    base = link(keys, film, number)
    for path in (
        "/_media/files/", "/_media_yes", "/_media_no", f"/_media/{film.key}",
        f"{base}hls-180/../hls-360/init.mp4.x", f"{base}hls-999/init.mp4", f"{base}hls-180/seg-99999.m4s",
        f"{base}hls-180/..%2f..%2fseg-00000.m4s", f"{base}hls-180/list.m3u8",
    ):  # fmt: skip
        assert site.get(path, cookie)[0] in (403, 404), path
    assert site.get(f"{base}hls-180/init.mp4", cookie)[0] == 200


def test_a_stylesheet_of_a_version_that_is_not_built_here_is_asked_of_the_site(site: Site) -> None:
    assert site.get("/static/another-version/app.css")[0] == 404
    assert site.asked == ["/static/another-version/app.css"] * 2, "of both nodes, of which this site has one"
    built = next(path for path in (ROOT / "lms" / "static" / "built").glob("*/app.css"))
    status, _, headers = site.get(f"/static/{built.parent.name}/app.css")
    assert (status, headers["Content-Type"]) == (200, "text/css")
    assert len(site.asked) == 2
