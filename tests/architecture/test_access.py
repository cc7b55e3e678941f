"""The literal access table against the running site: endpoint × member of the cast → passed, refused or sent to sign in."""

import pytest
from flask import Flask

from tests.architecture.access_table import EVERYBODY, TABLE, Row
from tests.support.web import Web

NAMES = EVERYBODY.split()


def _method(app: Flask, endpoint: str) -> str:
    methods = {m for rule in app.url_map.iter_rules(endpoint) for m in (rule.methods or set())}
    return "GET" if "GET" in methods else sorted(methods - {"HEAD", "OPTIONS"})[0]


def _ask(web: Web, app: Flask, endpoint: str, row: Row) -> int:
    headers = {"X-CSRF-Token": web.token, "Accept": "text/html"}
    return web.client.open(row.path, method=_method(app, endpoint), headers=headers, buffered=True).status_code


def test_every_endpoint_has_a_row_and_every_row_an_endpoint(app: Flask) -> None:
    assert set(app.view_functions) == set(TABLE)


def test_the_table_repeats_the_policy_that_stands_on_each_view(app: Flask) -> None:
    declared = {endpoint: str(getattr(view, "policy", None)) for endpoint, view in app.view_functions.items()}
    assert declared == {endpoint: row.policy for endpoint, row in TABLE.items()}


def test_each_row_s_path_leads_to_its_endpoint(app: Flask) -> None:
    for endpoint, row in TABLE.items():
        adapter = app.url_map.bind("localhost")
        found, _ = adapter.match(row.path.partition("?")[0], method=_method(app, endpoint))
        assert found == endpoint


def test_strangers_are_sent_to_sign_in_everywhere_but_on_public_pages(app: Flask, web: Web) -> None:
    web.remember_token()
    for endpoint, row in TABLE.items():
        status = _ask(web, app, endpoint, row)
        if row.policy == "public":
            assert status not in (401, 403, 500), (endpoint, status)
        else:
            assert status == (401 if row.path.startswith("/api/") else 303), (endpoint, status)


@pytest.mark.parametrize("name", NAMES)
def test_each_member_of_the_cast_passes_exactly_where_the_table_says(app: Flask, web: Web, name: str) -> None:
    ending = ("people.logout", "people.change_password")
    browser = web.as_(name)
    browser.remember_token()
    for endpoint, row in TABLE.items():
        if row.policy in ("public", *ending) or endpoint in ending:
            continue
        status = _ask(browser, app, endpoint, row)
        if row.policy == "signed_in" or name in row.may.split():
            assert status not in (401, 403, 500, 503), (endpoint, name, status)
        else:
            assert status == 403, (endpoint, name, status)
