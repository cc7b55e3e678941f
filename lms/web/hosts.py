"""Two origins in one process: the site, and the package host where nothing but packages is served and no cookie counts.

`LMS_PACKAGE_ORIGIN` names the package host. Without it, a site at 127.0.0.1 uses `localhost` at the same port, and a site anywhere else has
no packages. Hosts are told apart by name alone: cookies know no ports.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import NotFound

from lms.config import Settings
from lms.web.static_files import sessionless

View = TypeVar("View", bound=Callable[..., Any])

LOOPBACK, BESIDE = "127.0.0.1", "localhost"


def package_host_only(view: View) -> View:
    """The endpoint exists on the package host alone; no cookie is read or set."""
    view.on_package_host = True  # type: ignore[attr-defined]
    return sessionless(view)


def register_hosts(app: Flask) -> None:
    """Before anything else looks at a request: does its address exist on the host it was sent to?"""
    app.before_request(_gate)


def trusted_hosts(settings: Settings) -> list[str]:
    """The names the process answers to; everything else is refused."""
    host = package_host(settings)
    return [*settings.hosts, *([host] if host else [])]


def package_host(settings: Settings) -> str:
    """The name of the package host, "" where there is none."""
    if settings.package_origin:
        return urlsplit(settings.package_origin).hostname or ""
    return BESIDE if LOOPBACK in settings.hosts else ""


def package_origin() -> str:
    """The origin of packages for a page of this request; "" where the site has none."""
    settings = _settings()
    if settings.package_origin:
        return settings.package_origin
    name, _, port = request.host.partition(":")
    return f"http://{BESIDE}{':' * bool(port)}{port}" if name == LOOPBACK else ""


def site_origin() -> str:
    """The origin of the page this request comes from; its host has been checked against LMS_HOSTS."""
    return f"{'https' if _settings().https else 'http'}://{request.host}"


def asked_host(environ: Mapping[str, Any]) -> str:
    """The host a request names, as it stands: also one that is not ours and is about to be refused."""
    return str(environ.get("HTTP_HOST", ""))


def is_package_host(settings: Settings, host: str) -> bool:
    return host.partition(":")[0] == package_host(settings) != ""


def _settings() -> Settings:
    kept: Settings = current_app.extensions["settings"]
    return kept


def _gate() -> Response | None:
    view = current_app.view_functions.get(request.endpoint or "")
    is_package_view = getattr(view, "on_package_host", False)
    if is_package_host(_settings(), asked_host(request.environ)):
        # A service worker would stay behind on an origin that many packages share.
        is_worker = "Service-Worker" in request.headers
        return None if is_package_view and not is_worker else _not_here()
    if is_package_view:
        raise NotFound()
    return None


def _not_here() -> Response:
    where = "" if _settings().package_origin else f"请打开 {request.host_url.replace(BESIDE, LOOPBACK, 1)}"
    return Response(f"这个地址只用来放课件，不是网站首页。{where}", 404, mimetype="text/plain")
