"""Signing in and out as people do it."""

from tests.support.web import Web


def test_a_stranger_is_sent_to_sign_in_and_back(web: Web) -> None:
    answer = web.get("/notices", 303)
    assert answer.headers["Location"] == "/login?next=/notices"
    web.get("/login?next=/notices")
    answer = web.post("/login", {"username": "lin", "password": "Jiangtai-2026", "next": "/notices"})
    assert answer.headers["Location"] == "/notices"
    web.name = "lin"
    web.follow(answer)


def test_a_wrong_password_says_what_to_do_and_keeps_the_name(web: Web) -> None:
    page = web.post("/login", {"username": "lin", "password": "nope", "next": ""}, 422).get_data(as_text=True)
    assert "工号或密码不对" in page
    assert 'value="lin"' in page


def test_five_wrong_passwords_lock_the_account_for_half_an_hour(web: Web) -> None:
    for _ in range(5):
        web.post("/login", {"username": "lin", "password": "nope"}, 422)
    page = web.post("/login", {"username": "lin", "password": "Jiangtai-2026"}, 429).get_data(as_text=True)
    assert "锁定 30 分钟" in page


def test_signing_out_ends_the_session_at_once(web: Web) -> None:
    lin = web.as_("lin")
    lin.get("/me")
    lin.post("/logout")
    lin.get("/me", 303)


def test_a_form_without_the_token_is_refused(web: Web) -> None:
    lin = web.as_("lin")
    answer = lin.client.post("/me/preferences", data={"type_size": "extra", "theme": "dark"})
    assert answer.status_code == 400


def test_preferences_show_on_the_next_page(web: Web) -> None:
    lin = web.as_("lin")
    page = lin.follow(lin.post("/me/preferences", {"type_size": "extra", "theme": "dark"})).get_data(as_text=True)
    assert 'data-type="extra"' in page
    assert 'data-theme="dark"' in page


def test_whoever_may_publish_needs_a_second_factor(web: Web) -> None:
    answer = web.post("/login", {"username": "hua", "password": "Jiangtai-2026"})
    assert answer.headers["Location"] == "/login/code"
    assert "验证器" in web.follow(answer).get_data(as_text=True)


def test_feedback_is_kept_until_it_is_answered(web: Web) -> None:
    lin = web.as_("lin")
    lin.get("/feedback")
    page = lin.follow(lin.post("/feedback", {"text": "字再大一点", "page": "/"})).get_data(as_text=True)
    assert "字再大一点" in page
    assert "等待答复" in page
