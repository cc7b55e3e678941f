"""The help pages: one for each role, in the words of the buttons, with links their role may follow."""

import re
from pathlib import Path

import pytest
from flask import Flask, url_for

from lms.home.help_rules import HELP
from lms.people.rules import ROLE_PERMISSIONS, ROLES, Role
from tests.support.web import Web

PACKAGE = Path(__file__).parents[2] / "lms"
ALWAYS = frozenset().union(ROLE_PERMISSIONS[Role.CADRE])


def test_every_role_has_a_page_with_something_to_do() -> None:
    assert set(HELP) == set(Role)
    assert all(topics and all(topic.steps for topic in topics) for topics in HELP.values())


@pytest.mark.parametrize("role", list(HELP), ids=str)
def test_each_thing_leads_to_a_page_the_role_may_open(app: Flask, role: Role) -> None:
    may = ROLE_PERMISSIONS[role] | (
        ALWAYS if role not in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN) else frozenset()
    )
    with app.test_request_context():
        for topic in HELP[role]:
            policy = app.view_functions[topic.endpoint].policy  # type: ignore[attr-defined]
            assert policy in ("signed_in", "public") or policy in may, (topic.title, policy)
            assert url_for(topic.endpoint)


def test_words_in_quotes_stand_on_the_site() -> None:
    """A button that was renamed is noticed here."""
    files = [*PACKAGE.rglob("*.html"), *(p for p in PACKAGE.rglob("*.py") if not p.name.startswith("help_"))]
    site = "".join(path.read_text("utf-8") for path in files)
    named = {
        word for topics in HELP.values() for t in topics for step in t.steps for word in re.findall("“(.+?)”", step)
    }
    assert len(named) > 30
    assert {word for word in named if word not in site} == set()


@pytest.mark.parametrize(
    ("name", "role"),
    [("lin", Role.CADRE), ("ed", Role.LECTURER), ("chen", Role.SECRETARY), ("hua", Role.ORGANISER), ("sun", Role.SYSTEM_ADMIN), ("shi", Role.AUDIT_ADMIN)],
)  # fmt: skip
def test_a_person_sees_the_help_of_their_own_role_first_and_follows_its_links(web: Web, name: str, role: Role) -> None:
    browser = web.as_(name)
    page = browser.get("/help", 200).get_data(as_text=True)
    assert f"{ROLES[role]}怎么用" in page
    for href in re.findall(r'href="(/[^"]*)"[^>]*>去办', page):
        assert browser.client.get(href).status_code == 200, href


def test_what_others_do_can_be_read_but_offers_no_way_there(web: Web) -> None:
    page = web.as_("lin").get("/help/organiser", 200).get_data(as_text=True)
    assert "人事教育处怎么用" in page
    assert "去办" not in page
    web.as_("lin").get("/help/nobody", 404)


def test_every_page_leads_to_the_help(web: Web) -> None:
    assert 'href="/help"' in web.as_("lin").get("/notices", 200).get_data(as_text=True)
    assert 'href="/help"' in web.as_("sun").get("/office", 200).get_data(as_text=True)
