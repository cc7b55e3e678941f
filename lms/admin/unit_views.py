"""The unit tree, and who belonged to a unit on a day."""

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.admin.forms import NewNodeForm, NodeForm
from lms.errors import Conflict, Invalid
from lms.people import access, queries
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.people.services import trees
from lms.web import now, page, see_other, session
from lms.web.requests import day_asked

bp = Blueprint("units", __name__, url_prefix="/units")


@bp.get("")
@requires(Permission.PEOPLE_READ)
def index() -> Response:
    on = day_asked("on", clock.today(now()))
    units = access.units_to_see(session(), me(), Permission.PEOPLE_READ)
    counts = queries.head_counts(units, queries.count_by_unit(session(), on))
    return page("admin/units/index.html", units=units, counts=counts, on=on, active="units")


@bp.get("/<int:unit_id>")
@requires(Permission.PEOPLE_READ)
def show(unit_id: int) -> Response:
    unit = access.unit_to_see(session(), me(), unit_id, Permission.PEOPLE_READ)
    on = day_asked("on", clock.today(now()))
    members = queries.roster(session(), on, unit_path=unit.path)
    return page("admin/units/show.html", unit=unit, members=members, on=on, active="units")


@bp.get("/new")
@requires(Permission.PEOPLE_MANAGE)
def new() -> Response:
    return _new_page(NewNodeForm.shown(data={"parent_id": request.args.get("parent")}))


def _new_page(form: NewNodeForm, status: int = 200) -> Response:
    form.offer(access.units_to_see(session(), me(), Permission.PEOPLE_MANAGE))
    return page("admin/units/new.html", status, form=form, active="units")


@bp.post("")
@requires(Permission.PEOPLE_MANAGE)
def create() -> Response:
    form = NewNodeForm.posted()
    form.offer(access.units_to_see(session(), me(), Permission.PEOPLE_MANAGE))
    if not form.validate():
        return _new_page(form, 422)
    parent = access.unit_to_see(session(), me(), form.parent_id.data, Permission.PEOPLE_MANAGE)
    try:
        unit = trees.create_unit(session(), parent=parent, **form.facts, by_id=me().id, by=me().name, now=now())
    except Conflict as problem:
        form.refuse(Invalid(problem.message, field="name"))
        return _new_page(form, 409)
    return see_other(url_for("admin.units.index"), flash=f"已添加“{unit.name}”。")


@bp.get("/<int:unit_id>/edit")
@requires(Permission.PEOPLE_MANAGE)
def edit(unit_id: int) -> Response:
    unit = access.unit_to_see(session(), me(), unit_id, Permission.PEOPLE_MANAGE)
    return page("admin/units/edit.html", unit=unit, form=NodeForm.shown(unit), active="units")


@bp.post("/<int:unit_id>")
@requires(Permission.PEOPLE_MANAGE)
def change(unit_id: int) -> Response:
    unit = access.unit_to_see(session(), me(), unit_id, Permission.PEOPLE_MANAGE)
    form = NodeForm.posted()
    if not form.validate():
        return page("admin/units/edit.html", 422, unit=unit, form=form, active="units")
    try:
        trees.rename(session(), unit, **form.facts, by_id=me().id, by=me().name, now=now())
    except Conflict as problem:
        form.refuse(Invalid(problem.message, field="name"))
        return page("admin/units/edit.html", 409, unit=unit, form=form, active="units")
    return see_other(url_for("admin.units.show", unit_id=unit_id), flash="已保存。")
