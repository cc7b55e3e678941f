"""The templates and the assets alone, without database or domain: for the tests of components and modules."""

from types import SimpleNamespace
from typing import Any

from flask import Flask, request
from jinja2 import StrictUndefined

from lms.web import gallery, static_files
from lms.web.filters import register_filters
from lms.web.gallery import TEMPLATES

ENDPOINTS = ("feedback.index", "help.index", "notices.inbox", "people.profile", "people.login", "admin.today")


def create_kit(asset: Any = lambda name: f"/static/test/{name}") -> Flask:
    """An application whose only page is the gallery; theme and type size are taken from the query string."""
    app = Flask("kit", template_folder=str(TEMPLATES), static_folder=None)
    app.secret_key = "test"
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.globals["asset"] = asset
    register_filters(app)
    app.register_blueprint(gallery.bp)
    app.register_blueprint(static_files.bp)
    for endpoint in ENDPOINTS:
        app.add_url_rule(f"/{endpoint.replace('.', '/')}", endpoint, lambda: "")
    app.context_processor(around)
    return app


def around() -> dict[str, Any]:
    """What layouts may rely on, as the application gives it to them."""
    return {
        "me": SimpleNamespace(id=1, name="林晓", can=lambda permission: True),
        "csrf_token": "token",
        "operation_id": "operation",
        "preferences": SimpleNamespace(
            theme=request.args.get("theme", "light"),
            type_size=request.args.get("type", "standard"),
            contrast=request.args.get("contrast", "normal"),
        ),
        "unread": 2,
        "flashes": [("done", "已保存")],
        "nav": [("home", "首页", "/", "home"), ("courses", "讲堂", "/courses", "lecture")],
        "office_nav": [("admin.today", "今日", "today")],
        "office_groups": [],
        "active": "courses",
    }
