"""The guard in front of every endpoint: who asks, may they, is the request theirs.

Order: principal from the cookie → the endpoint's policy → CSRF for unsafe methods → the body. So strangers are answered before their
body is read. Exactly one of `@public`, `@signed_in`, `@requires(P)` stands on each endpoint; the application refuses to build otherwise.
"""

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager

from lms.config import Keys, Settings
from lms.db.request import session
from lms.errors import Forbidden, LmsError, NotSignedIn
from lms.people.password_rules import POLICIES, PasswordPolicy
from lms.people.principal import CACHE, Principal, load_token_holder
from lms.people.rules import ROLE_PERMISSIONS, ROLES, Permission
from lms.people.token_rules import PER_MINUTE, SCOPE_LABELS, TokenScope, token_in
from lms.web.limits import RateLimit
from lms.web.requests import now

COOKIE = "lms_session"
VISIT = "lms_visit"
SAFE = ("GET", "HEAD", "OPTIONS")
OPEN_BEFORE_PASSWORD = ("people.password", "people.change_password", "people.logout")

View = TypeVar("View", bound=Callable[..., Any])


class BadToken(LmsError):
    status = 400
    message = "页面停留太久或已重新登录，这次没有提交。请返回上一页，刷新后再提交。"


def public(view: View) -> View:
    """Anybody may ask."""
    return _with_policy(view, "public")


def signed_in(view: View) -> View:
    """Any signed-in person may ask; the view's access loader decides about the object."""
    return _with_policy(view, "signed_in")


def requires(permission: Permission) -> Callable[[View], View]:
    """Only persons with a grant that gives the permission somewhere; the access loader decides about the place."""
    return lambda view: _with_policy(view, permission)


def open_to_tokens(scope: TokenScope) -> Callable[[View], View]:
    """Scripts with a personal access token of this scope may ask too, with the rights of its person. For reading only."""

    def mark(view: View) -> View:
        view.token_scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def _with_policy(view: View, policy: str) -> View:
    if hasattr(view, "policy"):
        raise RuntimeError(f"{view.__name__} declares two policies")
    view.policy = policy  # type: ignore[attr-defined]
    return view


def me() -> Principal:
    """The signed-in person of this request; raises NotSignedIn on public pages visited by a stranger."""
    principal = found()
    if principal is None:
        raise NotSignedIn()
    return principal


def found() -> Principal | None:
    """The signed-in person, or None."""
    principal: Principal | None = g.get("principal")
    return principal


def settings() -> Settings:
    kept: Settings = current_app.extensions["settings"]
    return kept


def keys() -> Keys:
    kept: Keys = current_app.extensions["keys"]
    return kept


def password_policy() -> PasswordPolicy:
    """What this site demands of passwords."""
    return POLICIES[settings().password_policy]


def source() -> str:
    """Where the request comes from, as an HMAC: enough to count failures, nothing to read."""
    return keys().mac("phone_index", f"source:{request.remote_addr or ''}")


def register_guard(app: Flask) -> None:
    manager = LoginManager()
    # Not `init_app`: its hook looks into Flask's session after every request, so that every answer would vary by cookie.
    app.login_manager = manager  # type: ignore[attr-defined]
    manager.request_loader(lambda _request: found())
    app.extensions["token_limit"] = RateLimit(PER_MINUTE)
    app.before_request(_guard)
    app.after_request(_keep_visit)
    app.context_processor(lambda: {"me": found(), "csrf_token": csrf_token(), "operation_id": FreshId()})


class FreshId:
    """An operation id wherever a template prints it: each form of a page gets its own."""

    def __str__(self) -> str:
        return secrets.token_hex(16)


def check_policies(app: Flask) -> None:
    """Raises when an endpoint has no policy: the application does not start."""
    missing = sorted(e for e, view in app.view_functions.items() if not hasattr(view, "policy"))
    if missing:
        raise RuntimeError(f"endpoints without @public, @signed_in or @requires: {', '.join(missing)}")


def _guard() -> None:
    view: Any = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return  # the router answers 404 or 405
    policy: str = view.policy
    if getattr(view, "sessionless", False):
        return
    if "Authorization" in request.headers:
        _recognise_token(getattr(view, "token_scope", None))
    else:
        _recognise()
    if policy != "public":
        check_person(me(), policy, request.endpoint or "")
    if getattr(view, "large_body", False):
        request.max_content_length = settings().upload_limit_bytes
    elif (limit := getattr(view, "body_limit_bytes", None)) is not None:
        request.max_content_length = limit
    if request.method not in SAFE:
        _check_csrf()


def _recognise() -> None:
    token = kept_cookie(COOKIE)
    if not token:
        return
    principal = CACHE.find(token, now()) or CACHE.load(session(), token, now())
    if principal is not None:
        g.principal, g.person_id = principal, principal.id


def _recognise_token(scope: TokenScope | None) -> None:
    """A token stands alone: beside it no cookie counts, so that no page can lend it a browser's rights."""
    token = token_in(request.headers["Authorization"])
    held = load_token_holder(session(), token, now()) if token else None
    if held is None:
        raise NotSignedIn("令牌无效、过期或已作废，请在“我的”里换一个。")
    token_id, scopes, principal = held
    if scope is None or request.method not in SAFE:
        raise Forbidden("令牌只能用来读接口文档里写明的内容。")
    if scope not in scopes:
        raise Forbidden(f"这个令牌没有“{SCOPE_LABELS[scope]}”的权限。")
    limit: RateLimit = current_app.extensions["token_limit"]
    limit.take(token_id)
    g.principal, g.person_id = principal, principal.id


def check_person(person: Principal, policy: str, endpoint: str) -> None:
    """Whether a signed-in person may use an endpoint of this policy. Raises MustChangePassword or Forbidden."""
    if person.must_change_password and endpoint not in OPEN_BEFORE_PASSWORD:
        raise MustChangePassword()
    if policy != "signed_in" and not person.can(policy):
        raise Forbidden(f"这里需要{_who_may(policy)}的权限。如工作需要，请联系安全管理员授权。")


class MustChangePassword(LmsError):
    """The person has to choose a new password first."""

    status = 403
    message = "请先修改密码。"


def _who_may(policy: str) -> str:
    names = [ROLES[role] for role, may in ROLE_PERMISSIONS.items() if policy in may]
    return "、".join(names[:3]) or "相应"


def _check_csrf() -> None:
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not is_token_of(keys(), _browser(), given):
        raise BadToken()


def is_token_of(keys: Keys, browser: str, given: str) -> bool:
    """Whether the CSRF token belongs to the browser with this cookie."""
    return keys.mac_fits("cookie", f"csrf:{browser}", given)


def csrf_token() -> str:
    """The token of this browser's forms: bound to the sign-in's cookie, or to a visit cookie before sign-in."""
    return token_of(keys(), _browser())


def token_of(keys: Keys, browser: str) -> str:
    """The CSRF token of the browser with this cookie."""
    return keys.mac("cookie", f"csrf:{browser}")


def _browser() -> str:
    if found() is not None:
        return kept_cookie(COOKIE)
    if "visit" not in g:
        g.visit = kept_cookie(VISIT) or secrets.token_urlsafe(24)
    visit: str = g.visit
    return visit


def _keep_visit(response: Response) -> Response:
    visit = g.get("visit")
    if _is_sessionless():
        return response  # its error page mentions a token like every page, and stays without a cookie all the same
    if visit and kept_cookie(VISIT) != visit:
        set_cookie(response, VISIT, visit)
    return response


def _is_sessionless() -> bool:
    return getattr(current_app.view_functions.get(request.endpoint or ""), "sessionless", False)


def cookie_name(name: str, https: bool) -> str:
    """What a browser is to call it. Over HTTPS only this very host can set it: no other host of the same domain plants one."""
    return f"__Host-{name}" if https else name


def kept_cookie(name: str) -> str:
    """What the browser kept under the name; "" when it kept nothing."""
    return request.cookies.get(cookie_name(name, settings().https), "")


def set_cookie(response: Response, name: str, value: str) -> None:
    name = cookie_name(name, settings().https)
    response.set_cookie(name, value, httponly=True, samesite="Lax", secure=settings().https, path="/")


def clear_cookie(response: Response, name: str) -> None:
    response.delete_cookie(
        cookie_name(name, settings().https), path="/", httponly=True, samesite="Lax", secure=settings().https
    )
