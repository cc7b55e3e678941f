"""The back office of series: what there is, make one, change or close one."""

from flask import Blueprint, Response, url_for

from lms.courses import access
from lms.courses.models import Series
from lms.courses.queries import shelf
from lms.courses.services import shelf as services
from lms.courses.shelf_forms import SeriesForm
from lms.errors import Invalid
from lms.people import queries as people
from lms.people.access import scope
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("series_admin", __name__, url_prefix="/office/series")


@bp.get("/")
@requires(Permission.RESOURCE_PUBLISH)
def index() -> Response:
    found = shelf.list_managed_series(session(), scope(session(), me(), Permission.RESOURCE_PUBLISH))
    return page("courses/admin_series.html", found=found, active="resources")


@bp.get("/new")
@requires(Permission.RESOURCE_PUBLISH)
def new() -> Response:
    return _form_page(_offered(SeriesForm.shown(data={"position": 0})), None)


@bp.post("/")
@requires(Permission.RESOURCE_PUBLISH)
def create() -> Response:
    form = _offered(SeriesForm.posted())
    try:
        if form.validate():
            made = services.add_series(session(), form.facts(), owner_unit_id=int(form.owner.data), by=me(), now=now())
            return see_other(url_for("series_admin.index"), flash=f"已建立系列“{made.name}”，讲师上传时可以选用。")
    except Invalid as problem:
        form.refuse(problem)
    return _form_page(form, None, 422)


@bp.get("/<int:series_id>")
@requires(Permission.RESOURCE_PUBLISH)
def edit(series_id: int) -> Response:
    it = access.series_to_manage(session(), me(), series_id)
    data = {"name": it.name, "summary": it.summary, "position": it.position, "is_closed": it.is_closed}
    return _form_page(_offered(SeriesForm.shown(data={**data, "owner": str(it.owner_unit_id)})), it)


@bp.post("/<int:series_id>")
@requires(Permission.RESOURCE_PUBLISH)
def save(series_id: int) -> Response:
    it = access.series_to_manage(session(), me(), series_id)
    form = _offered(SeriesForm.posted())
    try:
        if form.validate():
            services.edit_series(session(), it, form.facts(), owner_unit_id=int(form.owner.data), by=me(), now=now())
            return see_other(url_for("series_admin.index"), flash="已保存。")
    except Invalid as problem:
        form.refuse(problem)
    return _form_page(form, it, 422)


def _offered(form: SeriesForm) -> SeriesForm:
    within = scope(session(), me(), Permission.RESOURCE_PUBLISH)
    return form.offer({str(u.id): u.name for u in people.list_units(session()) if within.covers_unit(u.path)})


def _form_page(form: SeriesForm, it: Series | None, status: int = 200) -> Response:
    action = url_for("series_admin.save", series_id=it.id) if it else url_for("series_admin.create")
    return page("courses/admin_series_form.html", status, form=form, series=it, action=action, active="resources")
