"""Commands for whoever has the server: setting up an empty site, and the way back in."""

import re
from types import SimpleNamespace

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from lms.cli import COMMANDS
from lms.config import Keys
from lms.people import queries
from lms.people.models import Membership
from lms.people.rules import EXCLUSIVE
from lms.people.services import sign_in
from tests.support.web import Web


def run(app: Flask, *arguments: str) -> Result:
    command = next(command for command in COMMANDS if command.name == arguments[0])
    with app.app_context():
        return app.test_cli_runner().invoke(command, list(arguments[1:]))


def test_setup_makes_three_admins_who_choose_their_own_passwords(web: Web, app: Flask, session: Session) -> None:
    session.execute(delete(Membership))
    session.commit()
    said = run(app, "setup").output
    codes = re.findall(r"(\w+): (/activation\?code=(\w{10}))", said)
    assert [name for name, _, _ in codes] == ["sysadmin", "secadmin", "auditadmin"]
    for name, link, code in codes:
        web.get(link)
        web.post("/activation", {"code": code, "password": "Xinmima-2026", "again": "Xinmima-2026"})
        answer = web.post("/login", {"username": name, "password": "Xinmima-2026", "next": ""})
        assert answer.headers["Location"] == "/login/code"
        person = queries.find_by_staff_no(session, name)
        assert person
        assert len(queries.roles_of(session, person.id) & EXCLUSIVE) == 1
        web.as_(name).get("/office")


def test_setup_runs_once(app: Flask) -> None:
    assert run(app, "setup").exit_code == 0
    again = run(app, "setup")
    assert again.exit_code == 1
    assert "set up already" in again.output


def test_setup_leaves_no_default_password(app: Flask, session: Session) -> None:
    run(app, "setup")
    for name in ("sysadmin", "secadmin", "auditadmin"):
        person = queries.find_by_staff_no(session, name)
        assert person
        assert person.password_hash is None


def test_a_code_from_the_server_lets_somebody_back_in(web: Web, app: Flask) -> None:
    code = re.search(r"code=(\w{10})", run(app, "accounts", "code", "sun").output)
    assert code
    web.post("/activation", {"code": code[1], "password": "Xinmima-2026", "again": "Xinmima-2026"})


def test_an_admin_s_lost_authenticator_is_forgotten_on_the_server(
    app: Flask, session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    sign_in.keep_totp_secret(session, cast.qin, sign_in.new_totp_secret(), keys)
    session.commit()
    assert run(app, "accounts", "forget-second-factor", "qin").exit_code == 0
    session.expire_all()
    assert cast.qin.totp_sealed is None


@pytest.mark.parametrize("command", ["code", "forget-second-factor"])
def test_a_name_nobody_has_is_said_so(app: Flask, command: str) -> None:
    result = run(app, "accounts", command, "nobody")
    assert result.exit_code == 1
    assert "nobody has this staff number" in result.output
