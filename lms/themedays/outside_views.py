"""The outside platform's table: taken by a branch for itself or by the committee for all, its layout kept by the committee."""

from datetime import date

from flask import Blueprint, Response, request, url_for
from sqlalchemy import ColumnElement
from werkzeug.datastructures import MultiDict

from lms import clock
from lms.errors import Invalid
from lms.people import access as people
from lms.people.guard import me, requires
from lms.people.models import Branch
from lms.people.rules import Permission
from lms.themedays import duties_access as access
from lms.themedays import duties_queries, outside_rules, outside_services
from lms.themedays.duties_rules import month_end
from lms.themedays.duties_views import FIRST_YEAR, year_asked, years_of
from lms.themedays.outside_forms import LayoutForm, layout_data
from lms.web import attachment, now, page, see_other, session
from lms.web.spreadsheets import XLSX

bp = Blueprint("outside", __name__, url_prefix="/branches/outside", template_folder="templates")

READ, KEEP = Permission.BRANCH_READ, Permission.BRANCH_MANAGE


@bp.get("")
@requires(READ)
def show() -> Response:
    return _page(request.args)


def _page(given: MultiDict[str, str], status: int = 200, problem: str = "") -> Response:
    branches = people.branches_to_see(session(), me(), READ)
    since = duties_queries.in_use_since(session())
    today = clock.today(now())
    branch_id = given.get("branch", "")
    return page(
        "themedays/outside.html",
        status,
        problem=problem,
        branches=branches,
        chosen=next((each.id for each in branches if str(each.id) == branch_id), branches[0].id if len(branches) == 1 else None),
        year=year_asked(),
        years=years_of(since.year if since else today.year),
        month=given.get("month", str(today.month)),
        layout=outside_services.find_layout(session()),
        fields=outside_rules.FIELDS,
        active="branch",
    )  # fmt: skip


@bp.post("/file")
@requires(READ)
def take() -> Response:
    """A POST, because it is written into the audit log. All branches at once only for one month."""
    try:
        first, last = _span()
        which, target = _which(first, last)
    except Invalid as refused:
        return _page(request.form, 422, refused.message)
    body = outside_services.write(session(), which, first, last, target=target, by_id=me().id, now=now())
    return attachment(body, f"gatherings-{first:%Y%m%d}-{last:%Y%m%d}.xlsx", XLSX)


def _span() -> tuple[date, date]:
    year, month = request.form.get("year", ""), request.form.get("month", "")
    if not (year.isdecimal() and len(year) == 4 and FIRST_YEAR <= int(year) <= clock.today(now()).year):
        raise Invalid("选一个年份。", field="year")
    if not month:
        return date(int(year), 1, 1), date(int(year), 12, 31)
    if month not in {str(number) for number in range(1, 13)}:
        raise Invalid("选一个月份。", field="month")
    first = date(int(year), int(month), 1)
    return first, month_end(first)


def _which(first: date, last: date) -> tuple[ColumnElement[bool], str]:
    given = request.form.get("branch", "")
    if given.isdecimal() and len(given) < 16:
        branch = access.branch_to_read(session(), me(), int(given))
        return Branch.id == branch.id, f"branch:{branch.id}"
    if last > month_end(first):
        raise Invalid("全部支部一次导出一个月，请选月份。", field="month")
    return access.desk_scope(session(), me()).branches_filter(Branch.path), "branches"


@bp.get("/layout")
@requires(KEEP)
def layout() -> Response:
    return _layout_page(LayoutForm.shown(data=layout_data(outside_services.find_layout(session()))))


def _layout_page(form: LayoutForm, status: int = 200) -> Response:
    rows = [(name, *form.pair(field)) for field, name in outside_rules.FIELDS.items()]
    return page("themedays/outside_layout.html", status, form=form, rows=rows, active="branch")


@bp.post("/layout")
@requires(KEEP)
def keep() -> Response:
    form = LayoutForm.posted()
    try:
        if form.validate():
            outside_services.keep_layout(session(), form.layout, by_id=me().id, now=now())
            return see_other(url_for("outside.show"), flash="表格式样已保存。")
    except Invalid as refused:
        form.refuse(refused)
    return _layout_page(form, 422)
