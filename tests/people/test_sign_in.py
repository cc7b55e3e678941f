"""Signing in, seen as an attacker and as a person with a new phone would."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyotp
import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession, mark, unit_of_work
from lms.demo.cast import PASSWORD
from lms.people import queries, rules
from lms.people.guard import COOKIE
from lms.people.models import Person, SignIn
from lms.people.principal import CACHE
from lms.people.services import accounts, grants, sign_in
from lms.people.services.passwords import password_fits
from lms.web.redirects import safe_next
from tests.support.web import Web


def text_of(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.get_data(as_text=True)


def log_in(web: Web, name: str = "lin", password: str = PASSWORD, status: int = 303):  # type: ignore[no-untyped-def]
    web.name = None
    return web.post("/login", {"username": name, "password": password, "next": ""}, status)


def without_tokens(answer) -> str:  # type: ignore[no-untyped-def]
    """The page without what differs from one request to the next, and without the name that was typed."""
    return re.sub(r'value="[^"]*"|content="[0-9a-f]+"', "", text_of(answer))


def cookie(web: Web) -> str:
    found = web.client.get_cookie(COOKIE)
    return found.value if found else ""


# S05: the session


def test_s05_each_sign_in_has_a_new_id_and_a_planted_one_is_not_taken_over(web: Web) -> None:
    web.client.set_cookie(COOKIE, "planted-by-an-attacker", domain="localhost")
    log_in(web)
    first = cookie(web)
    assert first not in ("", "planted-by-an-attacker")
    web.name = "lin"
    web.post("/logout")
    log_in(web)
    assert cookie(web) not in ("", first)


def test_s05_the_cookie_of_an_ended_session_is_dead_wherever_it_was_copied(
    web: Web, app: Flask, session: Session
) -> None:
    lin = web.as_("lin")
    thief = Web(app, session, "lin")
    thief.client.set_cookie(COOKIE, cookie(lin), domain="localhost")
    thief.get("/me")
    lin.post("/logout")
    thief.get("/me", 303)


def test_s05_a_changed_password_ends_every_session(web: Web) -> None:
    phone, office = web.as_("lin"), web.as_("lin")
    phone.get("/me")
    office.post("/password", {"old": PASSWORD, "password": "Xinmima-2026", "again": "Xinmima-2026"})
    phone.get("/me", 303)
    office.get("/me", 303)


def test_s05_a_disabled_person_is_out_at_once_also_where_the_principal_was_cached(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    lin = web.as_("lin")
    lin.get("/me")
    with unit_of_work(web.app.extensions["make_session"]) as other:
        accounts.disable(other, queries.person_by_id(other, cast.lin.id), by_id=cast.sun.id, by="孙平", now=clock.now())
    lin.get("/me", 303)
    log_in(web, status=422)


def test_s05_a_changed_role_needs_a_new_session(web: Web, session: Session, cast: SimpleNamespace) -> None:
    chen = web.as_("chen")
    chen.get("/me")
    granted = queries.list_grants(session, cast.chen.id)[0]
    with unit_of_work(web.app.extensions["make_session"]) as other:
        grants.revoke(other, granted, by_id=cast.qin.id, by="秦岚", now=clock.now())
    chen.get("/me", 303)


def test_s05_a_session_ends_by_itself_after_its_hours(web: Web) -> None:
    with time_machine.travel(datetime(2026, 5, 1, 1, 0, tzinfo=UTC), tick=False) as clock_hands:
        lin = web.as_("lin")
        lin.get("/me")
        clock_hands.shift(timedelta(hours=12, seconds=1))
        lin.get("/me", 303)


def test_other_devices_can_be_signed_out_and_this_one_stays(web: Web) -> None:
    phone, office = web.as_("lin"), web.as_("lin")
    office.post("/me/sign-ins/ending")
    phone.get("/me", 303)
    office.get("/me")


def test_b26_only_the_hash_of_the_cookie_is_stored(web: Web, session: Session) -> None:
    log_in(web)
    token = cookie(web)
    stored = session.scalars(select(SignIn.token_hash)).all()
    assert token not in stored
    assert len(token) >= 40


def test_b26_the_cookie_is_out_of_reach_of_scripts_and_other_sites(web: Web) -> None:
    header = next(h for h in log_in(web).headers.getlist("Set-Cookie") if h.startswith(COOKIE))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header


def test_a_load_that_raced_with_an_ending_is_not_put_back(
    make_session: MakeSession, session: Session, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CACHE, "_active", True)  # off on PostgreSQL, where several nodes share the sign-ins
    now = clock.now()
    token = sign_in.begin(session, cast.lin, device="", hours=1, now=now)
    session.commit()
    assert CACHE.load(session, token, now)
    assert CACHE.find(token, now)
    with unit_of_work(make_session) as other:
        sign_in.end_all(other, cast.lin.id, now=now)
    assert CACHE.find(token, now) is None
    assert CACHE.load(session, token, now) is None


# S17: guessing


def test_s17_known_and_unknown_names_are_answered_alike(web: Web) -> None:
    assert without_tokens(log_in(web, "lin", "nope", 422)) == without_tokens(log_in(web, "nobody-at-all", "nope", 422))


def test_s17_an_unknown_name_costs_a_hash_as_well() -> None:
    assert password_fits(None, "x") is False
    began = clock.now()
    password_fits(None, PASSWORD)
    assert clock.now() - began > timedelta(milliseconds=5)


def test_s17_five_failures_lock_for_half_an_hour_and_not_longer(web: Web) -> None:
    with time_machine.travel(datetime(2026, 5, 1, 1, 0, tzinfo=UTC), tick=False) as hands:
        for _ in range(5):
            log_in(web, password="nope", status=422)
        assert "锁定" in text_of(log_in(web, status=429))
        hands.shift(timedelta(minutes=29))
        log_in(web, status=429)
        hands.shift(timedelta(minutes=2))
        log_in(web)


def test_s17_a_success_forgets_earlier_failures(web: Web) -> None:
    for _ in range(2):
        for _ in range(4):
            log_in(web, password="nope", status=422)
        log_in(web)
        web.name = "lin"
        web.post("/logout")


def test_s17_a_locked_account_does_not_lock_the_neighbour_behind_the_same_address(web: Web) -> None:
    for _ in range(5):
        log_in(web, password="nope", status=422)
    log_in(web, status=429)
    log_in(web, "bo")


def test_s17_a_locked_account_does_not_tell_which_guess_is_right(web: Web) -> None:
    for _ in range(5):
        log_in(web, password="nope", status=422)
    assert without_tokens(log_in(web, password="nope", status=429)) == without_tokens(log_in(web, status=429))


def test_s17_a_name_nobody_has_is_locked_like_an_account(web: Web) -> None:
    with time_machine.travel(datetime(2026, 5, 1, 1, 0, tzinfo=UTC), tick=False) as hands:
        for name in ("lin", "nobody-at-all"):
            for _ in range(5):
                log_in(web, name, "nope", 422)
        assert without_tokens(log_in(web, "lin", "x", 429)) == without_tokens(log_in(web, "nobody-at-all", "x", 429))
        hands.shift(timedelta(minutes=31))
        for name in ("lin", "nobody-at-all"):
            log_in(web, name, "nope", 422)


def test_b27_a_flood_from_one_source_is_refused_for_every_name_and_the_second_factor(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SOURCE_LIMIT", 6)
    with time_machine.travel(datetime(2026, 5, 1, 1, 0, tzinfo=UTC), tick=False) as hands:
        for number in range(6):
            log_in(web, f"guess{number}", "nope", 422)
        assert "10 分钟后再试" in text_of(log_in(web, "bo", status=429))
        hands.shift(timedelta(minutes=10, seconds=1))
        log_in(web, "bo")


@pytest.mark.parametrize("typed", ["lin", "LIN", " lin ", "ｌｉｎ", "l in"])
def test_b36_a_name_is_compared_in_one_form(web: Web, typed: str) -> None:
    log_in(web, typed)


def test_b36_two_names_of_one_form_cannot_exist(session: Session) -> None:
    with pytest.raises(Exception, match="已经属于另一个人"):
        accounts.create_person(
            session, staff_no="ＬＩＮ", name="冒名", rank_band=rules.RankBand.TOWNSHIP, now=clock.now()
        )


def test_a_password_of_a_megabyte_is_no_work(web: Web) -> None:
    began = clock.now()
    log_in(web, password="x" * 300, status=422)
    assert clock.now() - began < timedelta(seconds=2)


# The second factor


@pytest.fixture
def hands() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 5, 1, 1, 0, 10, tzinfo=UTC), tick=False) as moved:
        yield moved


def enrol(web: Web, name: str = "hua") -> pyotp.TOTP:
    answer = log_in(web, name)
    assert answer.headers["Location"] == "/login/code"
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", text_of(web.get("/login/code")))
    assert secret
    return pyotp.TOTP(secret[1])


def test_a_new_phone_is_enrolled_and_asked_for_from_then_on(web: Web, hands: time_machine.Traveller) -> None:
    totp = enrol(web)
    web.get("/me", 303)
    web.post("/login/code", {"code": totp.now()})
    web.name = "hua"
    web.get("/me")
    web.post("/logout")
    hands.shift(timedelta(seconds=60))
    log_in(web, "hua")
    page = text_of(web.get("/login/code"))
    assert "二维码" not in page
    assert totp.secret not in page
    web.post("/login/code", {"code": totp.now()})


def test_a_code_is_good_once(web: Web, hands: time_machine.Traveller) -> None:
    totp = enrol(web)
    code = totp.now()
    web.post("/login/code", {"code": code})
    web.name = "hua"
    web.post("/logout")
    log_in(web, "hua")
    assert "动态口令不对" in text_of(web.post("/login/code", {"code": code}, 422))
    web.post("/login/code", {"code": totp.at(clock.now() - timedelta(seconds=30))}, 422)
    hands.shift(timedelta(seconds=30))
    web.post("/login/code", {"code": totp.now()})


def test_a_code_one_step_late_is_taken_and_an_old_one_not(web: Web, hands: time_machine.Traveller) -> None:
    totp = enrol(web)
    old = totp.at(clock.now() - timedelta(seconds=90))
    web.post("/login/code", {"code": old}, 422)
    late = totp.now()
    hands.shift(timedelta(seconds=29))
    web.post("/login/code", {"code": late})


def test_guessing_codes_locks_the_account(
    web: Web, hands: time_machine.Traveller, session: Session, cast: SimpleNamespace
) -> None:
    totp = enrol(web)
    for _ in range(5):
        web.post("/login/code", {"code": "000000"}, 422)
    assert queries.person_by_id(session, cast.hua.id).locked_until
    assert web.post("/login/code", {"code": totp.now()}, 429)


def test_the_step_between_password_and_code_dies_after_five_minutes(web: Web, hands: time_machine.Traveller) -> None:
    totp = enrol(web)
    hands.shift(timedelta(minutes=5, seconds=1))
    assert "已过期" in text_of(web.post("/login/code", {"code": totp.now()}, 422))


def test_the_code_page_without_a_password_before_it_says_what_to_do(web: Web) -> None:
    assert "重新输入" in text_of(web.get("/login/code", 422))


def test_totp_is_off_only_in_a_demonstration(web: Web, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(web.app.extensions["settings"], "totp", False)
    try:
        assert log_in(web, "hua").headers["Location"] == "/login/code"
        mark(session, "demonstration", "yes")
        session.commit()
        assert log_in(web, "hua").headers["Location"] == "/"
    finally:
        object.__setattr__(web.app.extensions["settings"], "totp", True)


# S12: where signing in may lead

ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example",
    "/\\/evil.example", "http://evil.example", "https://evil.example", "HTTP://evil.example", "http:/evil.example",
    "http:evil.example", "https:evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)",
    "data:text/html,x", "vbscript:x", "ftp://evil.example", "evil.example", "evil.example/x", "@evil.example",
    "/\tevil.example", "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/\r/evil.example", "\n//evil.example",
    " //evil.example", "/ /evil.example", "//\tevil.example", "/\x00/evil.example", "\x00//evil.example", "/a\\b", "/a\nb",
    "/a\r\nSet-Cookie: x=1", "/x\r\nLocation: //evil.example", "//evil.example@127.0.0.1", "//127.0.0.1@evil.example",
    "//[::1]", "//evil。example", "?next=//evil.example", "#//evil.example", "", " ", ".", "..", "../x", "./x",
    "login", "/login", "/login?next=/x", "/login/code", "/logout/..//evil.example\\", "//%2f..", "\u2028//evil.example",
    "/" + "a" * 600, "//evil%2eexample", "https:///evil.example", "http://127.0.0.1@evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_s12_b23_nothing_leads_away(target: str) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize(
    "target", ["/", "/me", "/courses/3?page=2", "/search?q=%E8%80%95%E5%9C%B0", "/office/people?q=a&b=c#x"]
)
def test_s12_paths_of_this_site_are_kept(target: str) -> None:
    assert safe_next(target) == target


@given(st.text(max_size=40))
def test_s12_whatever_is_kept_is_a_path_here(target: str) -> None:
    kept = safe_next(target)
    assert kept.startswith("/")
    assert not kept.startswith(("//", "/\\"))
    assert not re.search(r"[\\\x00-\x20]", kept)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"])
def test_s12_b23_signing_in_leads_nowhere_else(web: Web, target: str) -> None:
    answer = web.post("/login", {"username": "lin", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


# B22: requests other sites can make


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("application/x-www-form-urlencoded", "type_size=extra&theme=dark"),
        ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="theme"\r\n\r\ndark\r\n--x--'),
        ("text/plain", '{"theme": "dark"}'),
        ("application/json", '{"theme": "dark"}'),
        ("", ""),
    ],
)
def test_b22_no_content_type_gets_past_the_token(web: Web, content_type: str, data: str) -> None:
    lin = web.as_("lin")
    answer = lin.client.post("/me/preferences", data=data, content_type=content_type)
    assert answer.status_code == 400


def test_b22_the_token_of_somebody_else_or_of_another_sign_in_does_not_fit(web: Web) -> None:
    lin, bo, again = web.as_("lin"), web.as_("bo"), web.as_("lin")
    for token in (bo.csrf_token(), again.csrf_token(), "", "0" * 64):
        answer = lin.client.post("/me/preferences", data={"theme": "dark", "type_size": "large", "csrf_token": token})
        assert answer.status_code == 400
    lin.post("/me/preferences", {"theme": "dark", "type_size": "large"})


def test_b22_signing_in_needs_a_token_too(web: Web) -> None:
    answer = web.client.post("/login", data={"username": "lin", "password": PASSWORD})
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/logout", "/me/preferences", "/office/audit/verification", "/notices/reading"])
def test_b22_no_state_changes_by_get(web: Web, path: str) -> None:
    assert web.as_("shi").client.get(path).status_code == 405


# Operation ids


def test_twenty_posts_of_one_form_have_one_effect(
    web: Web, app: Flask, session: Session, cast: SimpleNamespace
) -> None:
    lin = web.as_("lin")
    form = {"text": "只提一次", "page": "/", "csrf_token": lin.csrf_token(), "operation_id": "twenty"}
    answers: list[tuple[int, str]] = []
    token = cookie(lin)

    def post() -> None:
        client = app.test_client()
        client.set_cookie(COOKIE, token, domain="localhost")
        answer = client.post("/feedback", data=form)
        answers.append((answer.status_code, answer.headers["Location"]))

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(303, "/feedback")] * 20
    assert text_of(lin.get("/feedback")).count("只提一次") == 1


def test_the_same_operation_with_another_body_is_a_conflict(web: Web) -> None:
    lin = web.as_("lin")
    lin.post("/feedback", {"text": "一", "page": "/", "operation_id": "same"})
    lin.post("/feedback", {"text": "二", "page": "/", "operation_id": "same"}, 409)
    lin.post("/me/preferences", {"theme": "dark", "type_size": "large", "operation_id": "same"}, 409)


def test_an_operation_id_is_the_person_s_own(web: Web) -> None:
    for name in ("lin", "bo"):
        web.as_(name).post("/feedback", {"text": "各提一次", "page": "/", "operation_id": "shared"})
    assert "各提一次" in text_of(web.as_("bo").get("/feedback"))


def test_a_refused_request_leaves_its_operation_id_free(web: Web) -> None:
    lin = web.as_("lin")
    lin.post("/feedback", {"text": "", "page": "/", "operation_id": "again"}, 422)
    lin.post("/feedback", {"text": "这次写了", "page": "/", "operation_id": "again"})


# Codes and the number of people


def test_an_activation_link_fills_in_the_code(web: Web, session: Session, cast: SimpleNamespace) -> None:
    code = accounts.issue_code(session, cast.lin, by_id=None, by="test", now=clock.now())
    assert f'value="{code}"' in text_of(web.get(f"/activation?code={code}"))


@pytest.mark.parametrize("password", ["short1A", "alllowercase", "12345678", "ABCDEFGH1", "Lin-2026-lin", "x" * 200])
def test_a_weak_password_is_refused_in_words(web: Web, session: Session, cast: SimpleNamespace, password: str) -> None:
    code = accounts.issue_code(session, cast.lin, by_id=None, by="test", now=clock.now())
    page = text_of(web.post("/activation", {"code": code, "password": password, "again": password}, 422))
    assert "密码" in page
    assert password not in page


def test_the_last_five_passwords_are_not_taken_again(session: Session, cast: SimpleNamespace) -> None:
    for number in range(5):
        accounts.set_password(session, cast.lin, f"Xinmima-{number}", now=clock.now())
    with pytest.raises(Exception, match="最近 5 次"):
        accounts.set_password(session, cast.lin, "Xinmima-0", now=clock.now())


def test_after_ninety_days_signing_in_leads_to_a_new_password_and_says_why(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    set_at = cast.lin.password_set_at
    with time_machine.travel(set_at + timedelta(days=90), tick=False) as hands:
        web.follow(log_in(web))
        hands.shift(timedelta(seconds=1))
        web.name = "lin"
        web.post("/logout")
        answer = web.client.get(log_in(web).headers["Location"])
        assert answer.headers["Location"] == "/password"
        page = text_of(web.follow(answer))
        assert "90 天" in page
        assert "请换一个新密码" in page
        web.name = "lin"
        web.post("/password", {"old": PASSWORD, "password": PASSWORD, "again": PASSWORD}, 422)
        web.post("/password", {"old": PASSWORD, "password": "Xinmima-2026", "again": "Xinmima-2026"})
        assert "请换一个新密码" not in text_of(web.follow(log_in(web, password="Xinmima-2026")))


@pytest.fixture
def asvs(web: Web) -> Iterator[None]:
    settings = web.app.extensions["settings"]
    object.__setattr__(settings, "password_policy", "asvs")
    yield
    object.__setattr__(settings, "password_policy", "dengbao")


def test_under_asvs_no_password_grows_too_old(web: Web, cast: SimpleNamespace, asvs: None) -> None:
    with time_machine.travel(cast.lin.password_set_at + timedelta(days=900), tick=False):
        web.follow(log_in(web))


def test_under_asvs_a_short_password_is_refused_and_a_long_sentence_taken(
    web: Web, session: Session, cast: SimpleNamespace, asvs: None
) -> None:
    code = accounts.issue_code(session, cast.lin, by_id=None, by="test", now=clock.now())
    assert "至少 12 位" in text_of(web.get(f"/activation?code={code}"))
    web.post("/activation", {"code": code, "password": "Xinmima-2026x", "again": "Xinmima-2026x"})
    lin = web.as_("lin")
    assert "至少 12 位" in text_of(lin.get("/password"))
    form = {"old": "Xinmima-2026x", "password": "Xin-2026", "again": "Xin-2026"}
    assert "至少 12 位" in text_of(lin.post("/password", form, 422))
    same = {"old": "Xinmima-2026x", "password": "Xinmima-2026x", "again": "Xinmima-2026x"}
    assert "不能和现在的一样" in text_of(lin.post("/password", same, 422))
    sentence = "plain words are enough"
    lin.post("/password", {"old": "Xinmima-2026x", "password": sentence, "again": sentence})


def test_no_request_makes_a_person_twice(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Person)) == 14
