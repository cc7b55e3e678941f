"""People: list, new, details, transfer, disabling, export."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import MultiDict

from lms import clock
from lms.admin import workbooks
from lms.admin.forms import ExportForm, FactsForm, NewPersonForm, PostingForm
from lms.errors import Conflict, Invalid
from lms.people import access, queries
from lms.people.guard import keys, me, requires
from lms.people.models import Person, Unit
from lms.people.rules import Permission
from lms.people.services import accounts, persons
from lms.people.services.persons import Posting
from lms.web import attachment, now, page, page_number, paged, see_other, session
from lms.web.fields import clean_line
from lms.web.filters import sort_link
from lms.web.spreadsheets import XLSX

bp = Blueprint("people", __name__, url_prefix="/people")

STATES = {"": False, "disabled": True, "all": None}
MOST_EXPORTED = 50_000


@bp.get("")
@requires(Permission.PEOPLE_READ)
def index() -> Response:
    units = access.units_to_see(session(), me(), Permission.PEOPLE_READ)
    on = clock.today(now())
    wanted = access.persons_to_see(session(), me(), Permission.PEOPLE_READ, on, **_filters(request.args, units))
    people = paged(session(), wanted, page_number())
    places = queries.places_of(session(), [person.id for person in people.rows], on)
    kept = {key: request.args.get(key, "") for key in ("q", "unit", "state")}
    sorts = {key: sort_link(key, "staff_no") for key in queries.SORTS}
    return page(
        "admin/people/index.html", people=people, places=places, units=units, kept=kept, sorts=sorts, active="people"
    )


def _filters(given: MultiDict[str, str], units: list[Unit]) -> dict[str, Any]:
    """What the list is asked for, out of a query string or a form; anything unknown counts as not asked."""
    unit = next((u for u in units if str(u.id) == given.get("unit")), None)
    return {
        "text": clean_line(given.get("q"))[:40],
        "unit_path": unit.path if unit else "",
        "disabled": STATES.get(given.get("state", ""), False),
        "sort": given.get("sort", ""),
        "descending": given.get("order") == "descending",
    }


@bp.get("/new")
@requires(Permission.PEOPLE_MANAGE)
def new() -> Response:
    form = NewPersonForm.shown(data={"from_on": clock.today(now()), "unit_id": request.args.get("unit")})
    return _new_page(form)


def _new_page(form: NewPersonForm, status: int = 200) -> Response:
    _offer(form)
    return page("admin/people/new.html", status, form=form, active="people")


def _offer(form: PostingForm) -> None:
    form.offer(access.units_to_see(session(), me(), Permission.PEOPLE_MANAGE), queries.list_branches(session()))


@bp.post("")
@requires(Permission.PEOPLE_MANAGE)
def create() -> Response:
    form = NewPersonForm.posted()
    _offer(form)
    if not form.validate():
        return _new_page(form, 422)
    facts = {name: form[name].data for name in ("staff_no", "name", "rank_band", "birth_year", "title", "phone")}
    try:
        person = persons.register(session(), _posting(form), **facts, keys=keys(), by=me(), now=now())
    except (Conflict, Invalid) as problem:
        form.refuse(Invalid(problem.message, field=getattr(problem, "field", "staff_no")))
        return _new_page(form, problem.status)
    flash = f"已添加{person.name}。账号还没有密码，请账号管理员发放一次性口令。"
    return see_other(url_for("admin.people.show", person_id=person.id), flash=flash)


def _posting(form: PostingForm) -> Posting:
    """The place as it was chosen. Raises NotFound for a unit outside my scope."""
    unit = access.unit_to_see(session(), me(), form.unit_id.data, Permission.PEOPLE_MANAGE)
    branch = queries.find_branch(session(), form.branch_id.data) if form.branch_id.data else None
    return Posting(unit, branch, form.from_on.data, form.party_status.data, form.duty_status.data)


@bp.get("/<int:person_id>")
@requires(Permission.PEOPLE_READ)
def show(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.PEOPLE_READ)
    memberships = queries.list_memberships(session(), person.id)
    place = queries.places_of(session(), [person.id], clock.today(now())).get(person.id)
    return page("admin/people/show.html", person=person, memberships=memberships, place=place, active="people")


@bp.get("/<int:person_id>/edit")
@requires(Permission.PEOPLE_MANAGE)
def edit(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.PEOPLE_MANAGE)
    return page("admin/people/edit.html", person=person, form=FactsForm.shown(person), active="people")


@bp.post("/<int:person_id>")
@requires(Permission.PEOPLE_MANAGE)
def change(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.PEOPLE_MANAGE)
    form = FactsForm.posted()
    if form.validate():
        try:
            persons.edit(session(), person, **form.data, keys=keys(), by=me(), now=now())
            return see_other(url_for("admin.people.show", person_id=person_id), flash="已保存。")
        except (Conflict, Invalid) as problem:
            form.refuse(Invalid(problem.message, field=getattr(problem, "field", "phone")))
    return page("admin/people/edit.html", 422, person=person, form=form, active="people")


@bp.get("/<int:person_id>/places/new")
@requires(Permission.PEOPLE_MANAGE)
def new_place(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.PEOPLE_MANAGE)
    form = PostingForm.shown(queries.newest_membership(session(), person.id))
    form.from_on.data = clock.today(now())
    return _place_page(person, form)


def _place_page(person: Person, form: PostingForm, status: int = 200) -> Response:
    _offer(form)
    return page("admin/people/place.html", status, person=person, form=form, active="people")


@bp.post("/<int:person_id>/places")
@requires(Permission.PEOPLE_MANAGE)
def place(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.PEOPLE_MANAGE)
    form = PostingForm.posted()
    _offer(form)
    if form.validate():
        try:
            persons.transfer(session(), person, _posting(form), by=me(), now=now())
            return see_other(url_for("admin.people.index"), flash=f"{person.name}的调动已登记，从所填日期起生效。")
        except Conflict as problem:
            form.refuse(Invalid(problem.message, field="from_on"))
    return _place_page(person, form, 422)


@bp.post("/<int:person_id>/closure")
@requires(Permission.PEOPLE_MANAGE)
def disable(person_id: int) -> Response:
    person = access.person_to_disable(session(), me(), person_id)
    accounts.disable(session(), person, by_id=me().id, by=me().name, now=now())
    return see_other(
        url_for("admin.people.show", person_id=person_id), flash=f"{person.name}的账号已停用，所有设备已退出。"
    )


@bp.get("/export")
@requires(Permission.PEOPLE_READ)
def new_export() -> Response:
    return _export_page(ExportForm.shown(), request.args)


def _export_page(form: ExportForm, given: MultiDict[str, str], status: int = 200) -> Response:
    kept = [(k, v) for k, v in given.items(multi=True) if k in ("q", "unit", "state", "ids") and v]
    count = queries.count_persons(session(), _exported(given))
    return page(
        "admin/people/export.html", status, form=form, kept=kept, count=count, columns=workbooks.PEOPLE, active="people"
    )


def _exported(given: MultiDict[str, str]) -> Any:
    units = access.units_to_see(session(), me(), Permission.PEOPLE_READ)
    query = access.persons_to_see(session(), me(), Permission.PEOPLE_READ, clock.today(now()), **_filters(given, units))
    picked = [int(i) for i in given.getlist("ids") if i.isdecimal() and len(i) < 16]
    return queries.only_persons(query, picked) if picked else query


@bp.post("/export")
@requires(Permission.PEOPLE_READ)
def export() -> Response:
    """The list as a workbook. A POST, because it is written into the audit log."""
    form = ExportForm.posted()
    if not form.validate():
        return _export_page(form, request.form, 422)
    people = queries.list_first(session(), _exported(request.form), MOST_EXPORTED)
    on = clock.today(now())
    data = workbooks.people_workbook(people, queries.places_in_chunks(session(), [p.id for p in people], on))
    filters = {key: request.form.get(key, "")[:60] for key in ("q", "unit", "state")}
    persons.note_export(session(), count=len(people), reason=form.reason.data, filters=filters, by=me(), now=now())
    return attachment(data, f"人员名册-{on}.xlsx", XLSX)
