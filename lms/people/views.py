"""Signing in and out, passwords, profile."""

import json
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.db import is_demonstration
from lms.errors import Invalid, LmsError
from lms.people import queries
from lms.people.forms import CodeForm, LoginForm, PasswordForm, PreferencesForm, TotpForm
from lms.people.guard import (
    COOKIE,
    MustChangePassword,
    clear_cookie,
    csrf_token,
    found,
    kept_cookie,
    keys,
    me,
    password_policy,
    public,
    set_cookie,
    settings,
    signed_in,
    source,
)
from lms.people.models import Person
from lms.people.rules import masked_phone
from lms.people.services import accounts, sign_in
from lms.printing.codes import qr_address
from lms.web import json_reply, now, page, see_other, session, wants_json
from lms.web.redirects import safe_next

bp = Blueprint("people", __name__)

PENDING = "lms_pending"
PENDING_LIFE = timedelta(minutes=5)


@bp.get("/login")
@public
def login() -> Response:
    target = safe_next(request.args.get("next"))
    if found() is not None:
        return see_other(target)
    return page("people/login.html", form=LoginForm.shown(data={"next": target}))


@bp.post("/login")
@public
def open_sign_in() -> Response:
    form = LoginForm.posted()
    if not form.validate():
        return page("people/login.html", 422, form=form)
    given = {"username": form.username.data, "password": form.password.data}
    try:
        person = sign_in.PasswordAuthenticate(keys())(session(), given, source=source(), now=now())
    except LmsError as problem:
        form.refuse(problem if isinstance(problem, Invalid) else Invalid(problem.message, field="password"))
        return page("people/login.html", problem.status, form=form)
    if _needs_code(person):
        response = see_other(url_for("people.second_factor"))
        set_cookie(response, PENDING, _pending_for(person, safe_next(form.next.data)))
        return response
    return _welcome(person, safe_next(form.next.data))


def _needs_code(person: Person) -> bool:
    """TOTP may be switched off only in a demonstration database."""
    if not settings().totp and is_demonstration(session()):
        return False
    return sign_in.needs_second_factor(session(), person)


def _welcome(person: Person, target: str) -> Response:
    sign_in.ask_for_new_password(session(), person, password_policy(), now=now())
    token = sign_in.begin(
        session(), person, device=request.user_agent.string, hours=settings().session_hours, now=now()
    )
    response = see_other(target)
    set_cookie(response, COOKIE, token)
    clear_cookie(response, PENDING)
    return response


def _pending_for(person: Person, target: str) -> str:
    """What the second step needs to know, sealed: who, until when, where to, and the secret to enrol if there is none yet."""
    secret = "" if person.totp_sealed else sign_in.new_totp_secret()
    until = (now() + PENDING_LIFE).timestamp()
    return keys().seal("cookie", json.dumps({"person": person.id, "until": until, "next": target, "secret": secret}))


def _pending() -> tuple[Person, str, str]:
    try:
        kept = json.loads(keys().unseal("cookie", kept_cookie(PENDING)))
    except Exception as problem:
        raise Invalid("登录步骤已过期，请重新输入工号和密码。") from problem
    person = queries.find_person(session(), kept["person"])
    if person is None or kept["until"] < now().timestamp() or person.disabled_at is not None:
        raise Invalid("登录步骤已过期，请重新输入工号和密码。")
    if kept["secret"] and person.totp_sealed:  # enrolled meanwhile: a secret offered before that is worth nothing
        raise Invalid("登录步骤已过期，请重新输入工号和密码。")
    return person, kept["next"], kept["secret"]


@bp.get("/login/token")
@public
def token() -> Response:
    """Who is signed in here now, and the token of that sign-in's forms, for a page that stood open for long."""
    person = found()
    return json_reply({"csrf_token": csrf_token(), "person": person.id if person else None})


@bp.get("/login/code")
@public
def second_factor() -> Response:
    return _code_page(TotpForm.shown())


@bp.post("/login/code")
@public
def pass_second_factor() -> Response:
    form = TotpForm.posted()
    person, target, fresh = _pending()
    if not form.validate():
        return _code_page(form, 422)
    secret = fresh or keys().unseal("phone", person.totp_sealed or "")
    try:
        sign_in.check_totp(session(), person, secret, form.code.data, source=source(), now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _code_page(form, 422)
    if fresh:
        sign_in.keep_totp_secret(session(), person, fresh, keys())
    return _welcome(person, target)


def _code_page(form: TotpForm, status: int = 200) -> Response:
    person, _, fresh = _pending()
    return page("people/second_factor.html", status, form=form, secret=fresh, qr=_qr(fresh, person.staff_no))


def _qr(secret: str, staff_no: str) -> str:
    """The enrolment code as an inline picture, drawn here: no secret leaves the page."""
    if not secret:
        return ""
    drawn = qr_address(sign_in.totp_address(secret, staff_no), scale=5)
    return str(drawn)


@bp.post("/logout")
@signed_in
def logout() -> Response:
    sign_in.end(session(), me().sign_in_id, me().id, now=now())
    response = see_other(url_for("people.login"))
    clear_cookie(response, COOKIE)
    return response


@bp.get("/activation")
@public
def activation() -> Response:
    return _activation_page(CodeForm.shown(data={"code": request.args.get("code", "")}))


def _activation_page(form: CodeForm, status: int = 200) -> Response:
    return page("people/activation.html", status, form=form, hint=password_policy().hint)


@bp.post("/activation")
@public
def activate() -> Response:
    form = CodeForm.posted()
    valid = form.validate()
    if valid and form.password.data != form.again.data:
        form.refuse(Invalid("两次输入的新密码不一样。", field="again"))
        valid = False
    if not valid:
        return _activation_page(form, 422)
    try:
        accounts.redeem_code(session(), form.code.data, form.password.data, now=now(), policy=password_policy())
    except Invalid as problem:
        form.refuse(problem)
        return _activation_page(form, 422)
    return see_other(url_for("people.login"), flash="新密码已生效，请登录。")


@bp.get("/password")
@signed_in
def password() -> Response:
    return _password_page(PasswordForm.shown())


def _password_page(form: PasswordForm, status: int = 200) -> Response:
    policy = password_policy()
    set_at = queries.person_by_id(session(), me().id).password_set_at
    days = policy.days if me().must_change_password and policy.is_too_old(set_at, now()) else None
    return page("people/password.html", status, form=form, hint=policy.hint, expired_days=days, active="me")


@bp.post("/password")
@signed_in
def change_password() -> Response:
    form = PasswordForm.posted()
    valid = form.validate()
    if valid and form.password.data != form.again.data:
        form.refuse(Invalid("两次输入的新密码不一样。", field="again"))
        valid = False
    if not valid:
        return _password_page(form, 422)
    person = queries.person_by_id(session(), me().id)
    try:
        accounts.change_password(
            session(), person, form.old.data, form.password.data, now=now(), policy=password_policy()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _password_page(form, 422)
    response = see_other(url_for("people.login"), flash="密码已修改，请用新密码重新登录。")
    clear_cookie(response, COOKIE)
    return response


@bp.get("/me")
@signed_in
def profile() -> Response:
    person = queries.person_by_id(session(), me().id)
    return page("people/profile.html", person=person, form=PreferencesForm.shown(person), **_profile_facts(person))


@bp.post("/me/preferences")
@signed_in
def prefer() -> Response:
    form = PreferencesForm.posted()
    if not form.validate():
        person = queries.person_by_id(session(), me().id)
        return page("people/profile.html", 422, person=person, form=form, **_profile_facts(person))
    accounts.prefer(
        session(),
        me().id,
        type_size=form.type_size.data,
        theme=form.theme.data,
        is_unlisted=form.is_unlisted.data,
    )
    return see_other(url_for("people.profile"), flash="已保存。")


@bp.post("/me/sign-ins/ending")
@signed_in
def end_other_sign_ins() -> Response:
    sign_in.end_all(session(), me().id, now=now(), keep_id=me().sign_in_id)
    return see_other(url_for("people.profile"), flash="其他设备都已退出登录。")


def _profile_facts(person: Person) -> dict[str, Any]:
    phone = keys().unseal("phone", person.phone_sealed) if person.phone_sealed else ""
    sign_ins = queries.list_sign_ins(session(), person.id, now())
    return {"phone": masked_phone(phone) if phone else "", "sign_ins": sign_ins, "active": "me"}


@bp.app_errorhandler(MustChangePassword)
def _go_and_change(problem: MustChangePassword) -> Response:
    if wants_json():  # a script is told; it has no next page to say it on
        return json_reply({"error": problem.message}, problem.status)
    return see_other(url_for("people.password"), flash="请先修改密码，再继续使用。", kind="warn")
