"""Two origins in one process: what exists on the package host does not on the site's, and the other way round; cookies count on one alone."""

import io
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.config import BadSettings, Settings
from lms.courses.models import Beat
from lms.media import services as media_services
from lms.media.models import MediaFile
from lms.media.packages import services
from lms.people.models import SignIn
from lms.storage.local import LocalStorage
from lms.web.hosts import is_package_host, package_host, trusted_hosts
from lms.web.logs import LONG
from tests.architecture.access_table import TABLE
from tests.courses import desk
from tests.courses.conftest import run_tasks, storage
from tests.media import package_files as files
from tests.support.web import Web

__all__ = ["run_tasks", "storage"]

PACKAGES = "http://packages.example"
PACKAGE_ENDPOINTS = {"packages.shim", "packages.script", "packages.file"}


@pytest.fixture
def media(session: Session, cast: SimpleNamespace, storage: LocalStorage, run_tasks: Callable[[], int]) -> MediaFile:
    kept = media_services.receive(
        session, io.BytesIO(files.scorm2004()), name="a.zip", owner_id=cast.ed.id, storage=storage, now=clock.now()
    )
    run_tasks()
    return session.merge(kept)


@pytest.fixture
def lin(web: Web) -> Web:
    return web.as_("lin")


@pytest.fixture
def path(lin: Web, media: MediaFile, session: Session) -> str:
    """Where lin's newest sign-in sees the package."""
    sign_in = session.scalars(select(SignIn.id).order_by(SignIn.id.desc())).first()
    begun = services.begin_visit(session, media, sign_in_id=sign_in or 0, site="http://localhost", now=clock.now())
    session.commit()
    return begun.path


def test_no_route_of_the_site_answers_on_the_package_host(app: Flask, lin: Web) -> None:
    client = app.test_client()
    client.set_cookie("lms_session", lin.client.get_cookie("lms_session").value, domain="packages.example")  # type: ignore[union-attr]
    for endpoint, row in TABLE.items():
        if endpoint in PACKAGE_ENDPOINTS:
            continue
        for method in ("GET", "POST"):
            answer = client.open(row.path, method=method, base_url=PACKAGES, buffered=True)
            assert (answer.status_code, answer.mimetype) == (404, "text/plain"), (endpoint, method)
            assert not answer.headers.getlist("Set-Cookie"), endpoint
    assert client.get("/nowhere", base_url=PACKAGES, buffered=True).mimetype == "text/plain"
    assert lin.client.get("/").status_code == 200


def test_the_short_way_of_beats_does_not_lead_through_the_package_host(
    lin: Web, media: MediaFile, session: Session
) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session)))
    session.commit()
    viewing = lin.call("/api/viewings", {"lesson_id": lesson.id})["viewing_id"]
    cookie = lin.client.get_cookie("lms_session")
    assert cookie is not None
    lin.client.set_cookie("lms_session", cookie.value, domain="packages.example")
    beat = {"sequence": 1, "from_millis": 0, "to_millis": 1000, "speed_percent": 100, "has_input": True}
    headers = {"X-CSRF-Token": lin.csrf_token()}
    asked = {"json": {"beats": [beat]}, "headers": headers}
    answer = lin.client.post(f"/api/viewings/{viewing}/beats", base_url=PACKAGES, **asked)
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert session.scalars(select(Beat)).all() == []
    assert lin.client.post(f"/api/viewings/{viewing}/beats", **asked).status_code == 200


def test_packages_do_not_exist_on_the_site_s_host(lin: Web, path: str) -> None:
    for below in ("", "shim/shim.js", "files/a/sco.html"):
        answer = lin.client.get(path + below)
        assert answer.status_code == 404
        assert "API_1484_11" not in answer.get_data(as_text=True)
        assert (
            lin.client.get(path + below, base_url=PACKAGES, buffered=True).status_code == 200
        )  # what is missed above is there


def test_the_package_host_neither_reads_nor_sets_a_cookie_and_dresses_everything(app: Flask, path: str) -> None:
    client = app.test_client()
    for below in ("", "shim/shim.js", "shim/shim.css", "files/a/sco.html", "files/shared/style.css"):
        answer = client.get(path + below, base_url=PACKAGES, buffered=True)
        assert answer.status_code == 200, below
        headers = answer.headers
        assert not headers.getlist("Set-Cookie")
        assert "Cookie" not in headers.get("Vary", "")
        policy = headers["Content-Security-Policy"]
        assert "sandbox allow-scripts allow-forms allow-same-origin allow-modals" in policy
        assert "frame-ancestors 'self' http://localhost;" in policy
        assert "default-src 'self'" in policy
        assert "allow-top-navigation" not in policy
        assert "allow-popups" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
    page = client.get(f"{path}files/a/SCO.html", base_url=PACKAGES, buffered=True)
    assert page.get_data(as_text=True) == files.SCO2004
    assert page.headers["Content-Type"] == "text/html"
    assert client.get(f"{path}files/a/none.html", base_url=PACKAGES, buffered=True).status_code == 404
    assert client.get(f"{path}files/../../../login", base_url=PACKAGES, buffered=True).status_code == 404


def test_a_worker_script_cannot_take_the_package_host_over(app: Flask, path: str) -> None:
    asked = app.test_client().get(
        f"{path}files/shared/style.css", base_url=PACKAGES, headers={"Service-Worker": "script"}
    )
    assert asked.status_code == 404


def test_the_log_keeps_no_token(path: str) -> None:
    assert LONG.sub("…", f"{path}files/a/sco.html") == "/p/…/files/a/sco.html"


def test_parts_of_a_film_in_a_package_are_served_by_range(app: Flask, path: str) -> None:
    answer = app.test_client().get(f"{path}files/shared/style.css", base_url=PACKAGES, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.data) == (206, b"h1")


def test_a_token_that_was_never_given_opens_nothing(app: Flask, path: str) -> None:
    wrong = path[:-2] + ("a" if path[-2] != "a" else "b") + "/"
    for below in ("", "shim/shim.js", "files/a/sco.html"):
        answer = app.test_client().get(wrong + below, base_url=PACKAGES, buffered=True)
        assert (answer.status_code, answer.mimetype) == (404, "text/plain")


def test_only_pages_with_a_package_may_frame_the_package_host(lin: Web) -> None:
    assert "frame-src" not in lin.get("/").headers["Content-Security-Policy"]


def test_without_a_setting_localhost_is_the_package_host_of_a_site_on_the_loopback_and_of_no_other() -> None:
    assert package_host(Settings()) == "localhost"
    assert is_package_host(Settings(), "localhost:8000")
    assert not is_package_host(Settings(), "127.0.0.1:8000")
    assert package_host(Settings(hosts=("jiangtai.example.org", "localhost"))) == ""
    named = Settings(hosts=("jiangtai.example.org", "localhost"), package_origin="https://packages.example.org")
    assert trusted_hosts(named) == ["jiangtai.example.org", "localhost", "packages.example.org"]
    assert not is_package_host(named, "localhost")


def test_a_package_origin_that_is_none_or_the_site_itself_is_refused() -> None:
    for wrong in ("packages.example.org", "https://packages.example.org/", "https://a.org/x", "ftp://a.org"):
        with pytest.raises(BadSettings):
            Settings(package_origin=wrong)
    with pytest.raises(BadSettings):
        Settings(hosts=("a.org",), package_origin="https://a.org:8443")
    assert replace(Settings(), package_origin="https://a.org:8443").package_origin


def test_a_person_who_opens_the_package_host_by_mistake_is_told_where_the_site_is(app: Flask) -> None:
    kept = app.extensions["settings"]
    app.extensions["settings"] = replace(kept, package_origin="")
    try:
        answer = app.test_client().get("/", base_url="http://localhost:8000")
    finally:
        app.extensions["settings"] = kept
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "http://127.0.0.1:8000/" in answer.get_data(as_text=True)
