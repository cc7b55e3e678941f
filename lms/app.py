"""`create_app`: the only place that knows every domain."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, get_flashed_messages, url_for
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined

from lms import config, outcomes
from lms.admin import views as admin
from lms.config import Keys, Settings
from lms.db import MakeSession, open_engine, session_maker
from lms.db.request import session
from lms.home import views as home
from lms.notices import queries as notices_queries
from lms.notices import views as notices
from lms.people import branch_views as branches
from lms.people import views as people
from lms.people.guard import check_policies, found, public, register_guard
from lms.people.principal import Principal, use_cache
from lms.people.rules import DUTY_STATUSES, PARTY_STATUSES, RANK_BANDS, Permission
from lms.web import gallery, static_files
from lms.web.assets import asset_url
from lms.web.dispatch import LmsFlask
from lms.web.errors import register_errors
from lms.web.filters import register_filters
from lms.web.headers import CSP, register_headers
from lms.web.logs import configure_logs, register_logs
from lms.web.openapi import openapi
from lms.web.requests import json_reply

PACKAGE = Path(__file__).parent
BLUEPRINTS = (static_files.bp, gallery.bp, people.bp, branches.bp, notices.bp, home.bp, admin.bp)

# Section key, label, address and icon of the learners' navigation.
NAV = (("home", "首页", "/", "home"), ("branch", "支部", "/branch", "branch"))
# Endpoint, label, section key, and the permission that shows it, of the back office's rail. 今日 stands first for everybody who sees any.
OFFICE_TODAY = ("admin.today", "今日", "today")
OFFICE_NAV: tuple[tuple[str, str, str, str], ...] = (
    ("admin.people.index", "人员", "people", Permission.PEOPLE_READ),
    ("admin.units.index", "单位", "units", Permission.PEOPLE_READ),
    ("admin.branches.index", "支部", "branches", Permission.BRANCH_MANAGE),
    ("admin.accounts.index", "账号", "accounts", Permission.ACCOUNT_MANAGE),
    ("admin.grants.index", "角色授权", "grants", Permission.ROLE_GRANT),
    ("admin.audit.index", "审计日志", "audit", Permission.AUDIT_READ),
    ("admin.feedback.index", "意见建议", "feedback", Permission.FEEDBACK_REPLY),
    ("admin.self_check.index", "合规自查", "self-check", Permission.REPORT_READ),
    ("admin.tasks.index", "任务", "tasks", Permission.TASK_READ),
)


def create_app(
    settings: Settings | None = None, make_session: MakeSession | None = None, keys: Keys | None = None
) -> Flask:
    """The site. Refuses to be built when a setting, a key or an endpoint's policy is missing."""
    settings = settings or config.from_environment()
    app = LmsFlask(__name__, static_folder=None, template_folder=None)
    keys = keys or config.load_keys(settings.keys)
    _configure(app, settings, keys)
    app.extensions["settings"], app.extensions["keys"] = settings, keys
    app.extensions["engine"] = engine = open_engine(settings.database_url, threads=settings.threads)
    app.extensions["make_session"] = make_session or session_maker(engine)
    app.extensions["settle"] = outcomes.settle
    configure_logs(settings.log_level)
    use_cache(active=settings.is_sqlite)
    register_logs(app)
    register_guard(app)
    register_errors(app)
    register_headers(app)
    _register_templates(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _register_openapi(app)
    public(gallery.components)
    check_policies(app)
    return app


def _configure(app: Flask, settings: Settings, keys: Keys) -> None:
    app.config.update(
        SECRET_KEY=keys.newest("cookie"),
        SECRET_KEY_FALLBACKS=[secret for _, secret in keys.by_purpose["cookie"][1:]],
        SESSION_COOKIE_NAME="lms_flash",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        MAX_CONTENT_LENGTH=settings.body_limit_bytes,
        MAX_FORM_PARTS=2000,
        TRUSTED_HOSTS=list(settings.hosts),
        CSP=CSP.format(s3=f" {settings.s3_endpoint}" if settings.storage == "s3" else ""),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def _register_templates(app: Flask) -> None:
    folders = {
        path.parent.name: FileSystemLoader(path) for path in PACKAGE.glob("*/templates") if path.parent.name != "web"
    }
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_loader = ChoiceLoader([FileSystemLoader(PACKAGE / "web" / "templates"), PrefixLoader(folders)])
    register_filters(app)
    app.jinja_env.globals.update(asset=asset_url)
    app.jinja_env.globals.update(rank_bands=RANK_BANDS, party_statuses=PARTY_STATUSES, duty_statuses=DUTY_STATUSES)
    app.context_processor(_layout_context)


def _layout_context() -> dict[str, Any]:
    """What every layout may rely on."""
    person = found()
    return {
        "preferences": _preferences(person),
        "unread": notices_queries.count_unread(session(), person.id) if person else 0,
        "flashes": get_flashed_messages(with_categories=True),
        "nav": [(key, label, url, icon) for key, label, url, icon in NAV],
        "office_nav": _office_nav(person),
        "active": "",
    }


def _office_nav(person: Principal | None) -> list[tuple[str, str, str]]:
    shown = [(endpoint, label, key) for endpoint, label, key, may in OFFICE_NAV if person and person.can(may)]
    return [OFFICE_TODAY, *shown] if shown else []


def _preferences(person: Principal | None) -> SimpleNamespace:
    if person is None:
        return SimpleNamespace(theme="auto", type_size="standard")
    if person.theme == "contrast":
        return SimpleNamespace(theme="auto", type_size=person.type_size, contrast="high")
    return SimpleNamespace(theme=person.theme, type_size=person.type_size)


def _register_openapi(app: Flask) -> None:
    @public
    def openapi_document() -> Response:
        return json_reply(openapi(app))

    app.add_url_rule("/api/openapi.json", "openapi", openapi_document)


def address_of(app: Flask, endpoint: str, **values: Any) -> str:
    """A page's path outside a request, for links in notices."""
    with app.test_request_context():
        return url_for(endpoint, **values)
