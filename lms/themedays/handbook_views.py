"""A branch's handbook of a year: ordered, followed, taken away."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request, url_for

from lms import clock
from lms.errors import NotFound
from lms.people.guard import me, requires
from lms.people.models import Branch
from lms.people.rules import Permission
from lms.storage import Missing, Storage
from lms.themedays import duties_access as access
from lms.themedays import duties_queries, handbook_queries, handbook_services
from lms.themedays.duties_views import FIRST_YEAR, year_asked, years_of
from lms.themedays.handbook_queries import FORMATS
from lms.web import now, page, see_other, session

bp = Blueprint("handbooks", __name__, url_prefix="/branches", template_folder="templates")

READ = Permission.BRANCH_READ
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@bp.get("/<int:branch_id>/handbook")
@requires(READ)
def show(branch_id: int) -> Response:
    branch, year = access.branch_to_read(session(), me(), branch_id), year_asked()
    since = duties_queries.in_use_since(session())
    return page(
        "themedays/handbook.html",
        years=years_of(since.year if since else year),
        active="branch",
        **_made(branch, year),
    )


def _made(branch: Branch, year: int) -> dict[str, Any]:
    made = handbook_queries.list_handbooks(session(), branch.id, year)
    waiting = handbook_queries.unfinished(made)
    return {"branch": branch, "year": year, "made": made, "waiting": waiting, "formats": FORMATS}


@bp.get("/<int:branch_id>/handbook/progress")
@requires(READ)
def progress(branch_id: int) -> Response:
    """The piece of the page that is fetched again until nothing is under way."""
    found = _made(access.branch_to_read(session(), me(), branch_id), year_asked())
    response = page("themedays/_handbook.html", **found)
    if not found["waiting"]:
        response.headers["X-Stop"] = "1"
    return response


def _year_posted() -> int:
    given = request.form.get("year", "")
    year = int(given) if given.isdecimal() and len(given) == 4 else 0
    if not FIRST_YEAR <= year <= clock.today(now()).year:
        raise NotFound()
    return year


def _format(form: str) -> str:
    if form not in FORMATS:
        raise NotFound()
    return form


@bp.post("/<int:branch_id>/handbook/<form>")
@requires(READ)
def order(branch_id: int, form: str) -> Response:
    branch, year = access.branch_to_read(session(), me(), branch_id), _year_posted()
    handbook_services.order(session(), branch, year, _format(form), by_id=me().id, now=now())
    return see_other(url_for("handbooks.show", branch_id=branch.id, year=year), flash="正在生成，好了可以在这里下载。")


@bp.post("/<int:branch_id>/handbook/<form>/file")
@requires(READ)
def take(branch_id: int, form: str) -> Response:
    """A POST, because it is written into the audit log."""
    branch, year = access.branch_to_read(session(), me(), branch_id), _year_posted()
    found = handbook_queries.list_handbooks(session(), branch.id, year)
    made = handbook_queries.find_handbook(found, _format(form))
    if made is None:
        raise NotFound()
    storage: Storage = current_app.extensions["storage"]
    try:
        content = b"".join(storage.read(made["file_key"]))
    except Missing as problem:
        raise NotFound() from problem
    handbook_services.note_taking(session(), branch, form, made, content, by_id=me().id, now=now())
    response = Response(content, mimetype=TYPES[form])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(made['file_name'])}"
    response.headers["Cache-Control"] = "no-store"
    return response
