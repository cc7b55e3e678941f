"""The package host: a shim page, the run-time API of its standard, and the files of one package. No cookie is read or set here.

The documents keep their origin (`allow-same-origin`): a SCO looks for its API in its parent window, which an opaque origin would forbid. That is
safe because the origin is another than the site's and carries no cookies. Packages share the origin's browser storage; the shim clears it
when another package than the last is opened, and the policy lets no page speak to any other host.
"""

from flask import Blueprint, Response, current_app, make_response, send_from_directory

from lms.errors import LmsError, NotFound
from lms.media.packages import access
from lms.media.packages.manifest import Standard
from lms.media.packages.models import PackageVisit
from lms.media.views import send
from lms.web import counted, now, session
from lms.web.assets import STATIC
from lms.web.hosts import package_host_only
from lms.web.vendor import vendor_file

bp = Blueprint("packages", __name__, url_prefix="/p")

POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self' {site}; sandbox allow-scripts allow-forms allow-same-origin allow-modals"
)
RUNTIMES = {Standard.SCORM12: "scorm12.js", Standard.SCORM2004: "scorm2004.js"}
DOCUMENTS = ("text/html", "application/xhtml+xml", "text/xml", "image/svg+xml")


@bp.get("/<token>/")
@package_host_only
def shim(token: str) -> Response:
    visit = _visit(token)
    if visit is None:
        return _plain("这个课件的链接已失效，请回到原页面刷新后再打开。", 404)
    runtime = RUNTIMES.get(access.package_of(session(), visit).standard, "")
    html = current_app.jinja_env.get_template("media/shim.html").render(visit=visit, runtime=runtime)
    return _dressed(make_response(html), visit)


@bp.get("/<token>/shim/<any('shim.js', 'shim.css', 'scorm12.js', 'scorm2004.js'):name>")
@package_host_only
def script(token: str, name: str) -> Response:
    visit = _visit(token)
    path = vendor_file(name) if name in RUNTIMES.values() else STATIC / "package" / name
    if visit is None or path is None:
        return _plain("没有这个文件。", 404)
    return _dressed(send_from_directory(path.parent, path.name), visit)


@bp.get("/<token>/files/<path:name>")
@package_host_only
@counted
def file(token: str, name: str) -> Response:
    visit = _visit(token)
    try:
        if visit is None:
            raise NotFound()
        delivery = access.file_to_get(session(), visit, name)
        response = send(delivery)
    except LmsError:
        return _plain("课件里没有这个文件。", 404)
    response.headers["Content-Type"] = delivery.mime
    return _dressed(response, visit)


def _visit(token: str) -> PackageVisit | None:
    try:
        return access.visit_of(session(), token, now=now())
    except LmsError:
        return None


def _dressed(response: Response, visit: PackageVisit) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY.format(site=visit.site)
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cache-Control"] = "no-store" if response.mimetype in DOCUMENTS else "private, max-age=300"
    return response


def _plain(words: str, status: int) -> Response:
    return Response(words, status, mimetype="text/plain", headers={"Cache-Control": "no-store"})
