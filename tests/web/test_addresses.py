"""Addresses that are kept are those that Flask would build (lms/web/dispatch.py)."""

from datetime import date

import pytest
from flask import Flask, url_for


def built(app: Flask, endpoint: str, **values: object) -> str:
    with app.test_request_context("/"):
        return url_for(endpoint, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, "/help"),
        ({"page": 1}, "/help?page=1"),
        ({"page": True}, "/help?page=True"),
        ({"page": "1"}, "/help?page=1"),
        ({"q": "学 时&"}, "/help?q=%E5%AD%A6+%E6%97%B6%26"),
        ({"tag": ["a", "b"]}, "/help?tag=a&tag=b"),
        ({"on": date(2026, 11, 27)}, "/help?on=2026-11-27"),
        ({"q": None}, "/help"),
        ({"_anchor": "top"}, "/help#top"),
        ({"_external": True}, "http://localhost/help"),
    ],
)
def test_an_address_is_the_same_at_its_first_and_second_building(
    app: Flask, values: dict[str, object], address: str
) -> None:
    endpoint = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/help")
    assert [built(app, endpoint, **values) for _ in range(2)] == [address, address]


def test_one_and_true_are_two_addresses(app: Flask) -> None:
    endpoint = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/help")
    assert built(app, endpoint, page=1) != built(app, endpoint, page=True)


def test_behind_a_prefix_addresses_begin_with_it(app: Flask) -> None:
    endpoint = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/help")
    built(app, endpoint)
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/study"}):
        assert url_for(endpoint) == "/study/help"
