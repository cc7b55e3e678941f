"""Over HTTPS cookies carry the prefix that no other host of the domain can plant, on the short way too."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms import clock
from lms.app import create_app
from lms.config import Keys
from lms.people.guard import COOKIE, cookie_name
from lms.people.services import sign_in

HTTPS = "https://localhost"


@pytest.fixture
def secure(app: Flask, keys: Keys) -> Iterator[Flask]:
    """The same site, reached over HTTPS."""
    made = create_app(
        replace(app.extensions["settings"], https=True), make_session=app.extensions["make_session"], keys=keys
    )
    made.testing = True
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture
def token(session: Session, cast: SimpleNamespace) -> str:
    opened = sign_in.begin(session, cast.lin, device="test", hours=12, now=clock.now())
    session.commit()
    return opened


@pytest.mark.parametrize(("name", "status"), [(cookie_name(COOKIE, https=True), 200), (COOKIE, 303)])
def test_b26_over_https_only_the_prefixed_cookie_counts(secure: Flask, token: str, name: str, status: int) -> None:
    client = secure.test_client()
    client.set_cookie(name, token, domain="localhost", secure=True)
    assert client.get("/me", base_url=HTTPS).status_code == status


def test_b26_what_the_site_sets_over_https_is_bound_to_this_host(secure: Flask, token: str) -> None:
    answer = secure.test_client().get("/login", base_url=HTTPS)
    headers = answer.headers.getlist("Set-Cookie")
    assert headers
    for header in headers:
        assert header.startswith("__Host-")
        assert "Secure" in header
        assert "Path=/" in header
        assert "Domain" not in header
