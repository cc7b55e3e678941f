"""Importing people from a roster in Excel: file, preview with every fault, decision."""

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.admin import workbooks
from lms.admin.forms import RosterForm
from lms.errors import Invalid
from lms.people import access, queries
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.people.services import rosters
from lms.web import attachment, body_up_to, now, page, see_other, session
from lms.web.spreadsheets import MOST_FILE_BYTES, XLSX, read_rows

bp = Blueprint("rosters", __name__, url_prefix="/people/imports")


@bp.get("")
@requires(Permission.PEOPLE_MANAGE)
def new() -> Response:
    return _upload_page(RosterForm.shown(data={"from_on": clock.today(now())}))


def _upload_page(form: RosterForm, status: int = 200) -> Response:
    waiting = queries.newest_waiting_import(session(), me().id)
    return page("admin/rosters/new.html", status, form=form, waiting=waiting, active="people")


@bp.get("/template")
@requires(Permission.PEOPLE_MANAGE)
def template() -> Response:
    units = access.units_to_see(session(), me(), Permission.PEOPLE_MANAGE)
    branches = queries.list_branches(session())
    data = workbooks.roster_template([unit.name for unit in units], [branch.name for branch in branches])
    return attachment(data, "花名册模板.xlsx", XLSX)


@bp.post("")
@requires(Permission.PEOPLE_MANAGE)
@body_up_to(MOST_FILE_BYTES + 100_000)
def read_in() -> Response:
    form = RosterForm.posted()
    if not form.validate():
        return _upload_page(form, 422)
    file = request.files["file"]
    name = (file.filename or "花名册")[-200:]
    try:
        roster = rosters.read_in(
            session(),
            read_rows(file.stream.read(MOST_FILE_BYTES + 1), name),
            file_name=name,
            from_on=form.from_on.data,
            units=access.units_to_see(session(), me(), Permission.PEOPLE_MANAGE),
            branches=queries.list_branches(session()),
            keys=keys(),
            by=me(),
            now=now(),
        )
    except Invalid as problem:
        form.refuse(problem)
        return _upload_page(form, 422)
    return see_other(url_for("admin.rosters.show", import_id=roster.id))


@bp.get("/<int:import_id>")
@requires(Permission.PEOPLE_MANAGE)
def show(import_id: int) -> Response:
    roster = access.import_to_decide(session(), me(), import_id)
    return page("admin/rosters/show.html", roster=roster, active="people")


@bp.post("/<int:import_id>/taking-in")
@requires(Permission.PEOPLE_MANAGE)
def take_in(import_id: int) -> Response:
    roster = access.import_to_decide(session(), me(), import_id)
    task = rosters.start(session(), roster, by=me(), now=now())
    return see_other(url_for("admin.tasks.show", task_id=task.id), flash="已开始导入，可以离开这一页，进度在“任务”里。")


@bp.post("/<int:import_id>/discarding")
@requires(Permission.PEOPLE_MANAGE)
def discard(import_id: int) -> Response:
    rosters.discard(session(), access.import_to_decide(session(), me(), import_id))
    return see_other(url_for("admin.rosters.new"), flash="这份名册没有导入，可以改好后重新上传。")
