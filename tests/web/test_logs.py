"""S19: what goes into the log, and what never does."""

import json
import re
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.demo.cast import PASSWORD
from lms.people.services import accounts
from tests.support.web import Web


def test_s19_no_password_token_phone_or_code_reaches_the_log(
    web: Web, session: Session, cast: SimpleNamespace, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.set_phone(cast.lin, "13800138000", keys)
    lines: list[dict[str, object]] = []

    class Kept:
        def info(self, event: str, **facts: object) -> None:
            lines.append({"event": event, **facts})

        warning = error = info

    monkeypatch.setattr("lms.web.logs.log", Kept())
    monkeypatch.setattr("lms.web.errors.log", Kept())
    web.post("/login", {"username": "13800138000", "password": "Wrong-secret-1", "next": ""}, 422)
    web.post("/login", {"username": "13800138000", "password": PASSWORD, "next": ""})
    cookies = [c.value for c in web.client._cookies.values()]
    web.get("/activation?code=SECRETCODE")
    sun = web.as_("sun")
    page = sun.follow(sun.post(f"/office/accounts/{cast.bo.id}/code")).get_data(as_text=True)
    code = re.search(r"一次性口令：(\w{10})", page)
    assert code
    written = json.dumps(lines, ensure_ascii=False, default=str)
    assert len(lines) >= 4
    assert "people.open_sign_in" in written
    for secret in ("13800138000", "Wrong-secret-1", PASSWORD, "SECRETCODE", code[1], *cookies):
        assert secret not in written
