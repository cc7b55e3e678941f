"""Personal access tokens: what they open, and that they open nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms import clock
from lms.errors import Conflict, Invalid, TooMany
from lms.people.models import ApiToken, Person
from lms.people.services import tokens
from lms.people.token_rules import TOKENS_MOST, TokenScope, token_in
from lms.web.limits import RateLimit
from lms.web.operations import Operation


@pytest.fixture
def make(session, cast):
    """`make("lin", scopes)`: a token of the person."""

    def made(name="lin", scopes=tuple(TokenScope), days=30):
        person = getattr(cast, name)
        token = tokens.make_token(
            session, person.id, name="脚本", scopes=scopes, days=days, by=person.name, now=clock.now()
        )
        session.commit()
        return token

    return made


def ask(web, path, token, method="GET"):
    return web.client.open(path, method=method, headers={"Authorization": f"Bearer {token}"})


def test_a_token_reads_what_its_scope_names_with_its_person_s_rights(web, make):
    lin, hua = make("lin"), make("hua")
    assert ask(web, "/api/results", lin).json == {"results": [], "next_before": None}
    assert ask(web, "/api/questions", hua).status_code == 200
    assert ask(web, "/api/questions", lin).status_code == 403
    assert ask(web, "/api/questions", make("hua", [TokenScope.RESULTS])).status_code == 403


def test_a_token_opens_no_page_and_changes_nothing(web, make):
    token = make("hua")
    for path, method in (("/", "GET"), ("/office/people", "GET"), ("/logout", "POST"), ("/api/viewings", "POST")):
        assert ask(web, path, token, method).status_code == 403, path


def test_a_dead_token_is_refused_like_none(web, session, make, cast):
    expired, revoked, disabled, made_up = make("lin", days=1), make("bo"), make("dana"), "jt_" + "x" * 43
    ids = {t.person_id: t.id for t in session.scalars(select(ApiToken))}
    session.execute(
        update(ApiToken).where(ApiToken.person_id == cast.lin.id).values(expires_at=clock.now() - timedelta(days=1))
    )
    tokens.revoke_token(session, cast.bo.id, ids[cast.bo.id], by="bo", now=clock.now())
    session.execute(update(Person).where(Person.id == cast.dana.id).values(disabled_at=clock.now()))
    session.commit()
    for token in (expired, revoked, disabled, made_up):
        assert ask(web, "/api/results", token).status_code == 401


def test_beside_a_token_no_cookie_counts(web, make):
    browser = web.as_("hua")
    answer = browser.client.get("/api/questions", headers={"Authorization": f"Bearer {make('lin')}"})
    assert answer.status_code == 403
    assert browser.client.get("/office/people", headers={"Authorization": "Bearer nonsense"}).status_code in (303, 401)


def test_a_runaway_script_is_slowed_down(app, web, make, monkeypatch):
    token = make()
    monkeypatch.setitem(app.extensions, "token_limit", RateLimit(3))
    assert [ask(web, "/api/results", token).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_limit_refills_evenly_and_each_key_has_its_own():
    limit = RateLimit(60)
    for _ in range(60):
        limit.take("a", now=0.0)
    limit.take("b", now=0.0)
    with pytest.raises(TooMany):
        limit.take("a", now=0.5)
    limit.take("a", now=1.5)


@pytest.mark.parametrize(
    ("change", "field"), [({"name": " "}, "name"), ({"scopes": []}, "scopes"), ({"days": 366}, "days")]
)
def test_a_token_needs_name_scope_and_an_end(session, cast, change, field):
    given = {"name": "脚本", "scopes": [TokenScope.RESULTS], "days": 30} | change
    with pytest.raises(Invalid) as refused:
        tokens.make_token(session, cast.lin.id, by="lin", now=clock.now(), **given)
    assert refused.value.field == field


def test_nobody_hoards_tokens(make):
    for _ in range(TOKENS_MOST):
        make()
    with pytest.raises(Conflict):
        make()


def test_the_page_shows_a_new_token_once_keeps_only_its_hash_and_revokes_it(session, web):
    lin = web.as_("lin")
    assert "/me/tokens" in lin.get("/me", 200).text
    lin.get("/me/tokens", 200)
    lin.post("/me/tokens", {"name": "", "days": "30"}, 422)
    data = {"name": "我的脚本", "scopes": ["results:read"], "days": "30", "operation_id": "a" * 32}
    made = lin.post("/me/tokens", data, 200).text
    token = next(word for word in made.replace("<", " ").replace(">", " ").split() if word.startswith("jt_"))
    assert ask(web, "/api/results", token).status_code == 200
    assert token not in lin.get("/me/tokens", 200).text
    kept = session.scalars(select(ApiToken)).one()
    assert token not in kept.token_hash
    assert all(token not in row.body for row in session.scalars(select(Operation)))
    lin.post(f"/me/tokens/{kept.id}/revocation", {}, 303)
    assert ask(web, "/api/results", token).status_code == 401
    web.as_("bo").post(f"/me/tokens/{kept.id}/revocation", {}, 409)


@pytest.mark.parametrize(
    "header", ["", "Basic abc", "Bearer", "Bearer jt_short", "bearer jt_" + "x" * 43, "Bearer jt_" + "x" * 44]
)
def test_what_is_no_token_is_none(header):
    assert token_in(header) is None


def test_the_document_says_which_endpoints_take_a_token(web):
    paths = web.client.get("/api/openapi.json").json["paths"]
    assert paths["/api/results"]["get"]["security"][1] == {"token": ["results:read"]}
    assert "security" not in paths["/api/attempts"]["post"]
