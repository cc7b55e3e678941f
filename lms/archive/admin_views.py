"""Archives of others: close a year, amend a closed one, take out files and the facts of a quarter."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.archive import access, exporting, facts_queries, queries, services
from lms.archive.forms import AmendForm, CloseForm, FactsForm, FindForm
from lms.archive.views import drawn, shown_year, years_of
from lms.audit import services as audit
from lms.errors import Conflict, Forbidden, Invalid
from lms.people import access as people_access
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import attachment, now, page, see_other, session
from lms.web.forms import Form
from lms.web.spreadsheets import XLSX

bp = Blueprint("archive_office", __name__, url_prefix="/office/archives")

MANAGE = Permission.HOURS_MANAGE


@bp.get("")
@requires(MANAGE)
def index() -> Response:
    return _page()


def _page(status: int = 200, **given: Form) -> Response:
    """The page with empty forms, but for the one that was given."""
    today = clock.today(now())
    forms: dict[str, Form] = {
        "close_form": CloseForm.shown(data={"year": today.year - 1}),
        "find_form": FindForm.shown(),
        "facts_form": FactsForm.shown(data={"facts_year": today.year, "quarter": str((today.month + 2) // 3)}),
    }
    closings = queries.list_closings(session())
    return page("archive/office.html", status, closings=closings, active="archives", **{**forms, **given})


@bp.post("/closings")
@requires(MANAGE)
def close() -> Response:
    form = CloseForm.posted()
    if not form.validate():
        return _page(422, close_form=form)
    try:
        closing = services.begin_closing(session(), form.year.data, by_id=me().id, now=now())
    except (Invalid, Conflict) as problem:
        form.refuse(Invalid(problem.message, field="year"))
        return _page(problem.status, close_form=form)
    return see_other(url_for("admin.tasks.show", task_id=closing.task_id), flash="开始封存，完成后每人一份编号档案。")


@bp.post("/printing/<int:year>")
@requires(MANAGE)
def print_all(year: int) -> Response:
    base = url_for("certificates.ask", _external=True) + "/"
    task = services.begin_printing(session(), year, base, by_id=me().id, now=now())
    return see_other(url_for("admin.tasks.show", task_id=task.id), flash="正在生成，完成后在这里下载。")


@bp.post("/finding")
@requires(MANAGE)
def find() -> Response:
    form, today = FindForm.posted(), clock.today(now())
    if not form.validate():
        return _page(422, find_form=form)
    person = people_access.find_person_by_number(session(), me(), form.staff_no.data, MANAGE, today)
    if person is None:
        form.refuse(Invalid("没有这个工号，或不在你的管理范围内。", field="staff_no"))
        return _page(422, find_form=form)
    return see_other(url_for("archive_office.show", person_id=person.id, year=today.year))


@bp.get("/<int:person_id>/<int:year>")
@requires(MANAGE)
def show(person_id: int, year: int) -> Response:
    return _year_page(person_id, year, AmendForm.shown())


def _year_page(person_id: int, year: int, form: AmendForm, status: int = 200) -> Response:
    person = access.person_to_keep(session(), me(), person_id)
    shown, years = shown_year(person, year), years_of(person.id)
    return page("archive/person.html", status, form=form, years=years, active="archives", **shown)


@bp.get("/<int:person_id>/<int:year>/file")
@requires(MANAGE)
def file(person_id: int, year: int) -> Response:
    return drawn(access.person_to_keep(session(), me(), person_id), year)


@bp.post("/<int:person_id>/<int:year>/amendments")
@requires(MANAGE)
def amend(person_id: int, year: int) -> Response:
    person, standing = access.version_to_amend(session(), me(), person_id, year)
    form = AmendForm.posted()
    if not form.validate():
        return _year_page(person_id, year, form, 422)
    try:
        made = services.amend(session(), person, standing, reason=form.reason.data, by_id=me().id, now=now())
    except (Invalid, Conflict, Forbidden) as problem:
        form.refuse(Invalid(problem.message, field="reason"))
        return _year_page(person_id, year, form, problem.status)
    back = url_for("archive_office.show", person_id=person_id, year=year)
    return see_other(back, flash=f"已发第 {made.version} 版，本人会收到消息。")


@bp.post("/facts")
@requires(MANAGE)
def facts() -> Response:
    """The facts of a quarter as a file; who took it out is recorded."""
    form = FactsForm.posted()
    if not form.validate():
        return _page(422, facts_form=form)
    year, quarter = form.facts_year.data, int(form.quarter.data)
    reach = people_access.scope(session(), me(), MANAGE)
    rows = facts_queries.list_facts(session(), reach, year, quarter, today=clock.today(now()))
    detail = {"year": year, "quarter": quarter, "persons": len(rows)}
    audit.record(session(), me().id, "archive.facts", f"quarter:{year}-{quarter}", detail, now=now())
    return attachment(exporting.workbook(rows, year, quarter, at=now()), f"facts-{year}-q{quarter}.xlsx", XLSX)
