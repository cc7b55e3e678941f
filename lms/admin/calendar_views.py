"""Holidays and shifted working days (调休), for the system admin."""

from datetime import date

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.admin.forms import CalendarForm
from lms.errors import Invalid
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session
from lms.workdays import access, queries, services

bp = Blueprint("calendar", __name__, url_prefix="/calendar")


@bp.get("")
@requires(Permission.CALENDAR_MANAGE)
def index() -> Response:
    return _year_page(_year_asked(), CalendarForm.shown())


def _year_asked() -> int:
    this = clock.today(now()).year
    return request.args.get("year", this, type=lambda text: min(max(int(text), this - 5), this + 5))


def _year_page(year: int, form: CalendarForm, status: int = 200) -> Response:
    today = clock.today(now())
    days = queries.list_year(session(), year)
    return page(
        "admin/calendar/index.html",
        status,
        form=form,
        year=year,
        year_chips=[
            (f"{one} 年", url_for("admin.calendar.index", year=one), one == year)
            for one in sorted({year, today.year - 1, today.year, today.year + 1})
        ],
        days=days,
        names=people.names_of(session(), [day.changed_by_id for day in days if day.changed_by_id]),
        unknown=queries.list_unknown_years(session(), today),
        is_known=clock.is_known_year(year),
        active="calendar",
    )


@bp.post("")
@requires(Permission.CALENDAR_MANAGE)
def add() -> Response:
    form = CalendarForm.posted()
    if not form.validate():
        return _year_page(_year_asked(), form, 422)
    first: date = form.from_on.data
    last: date = form.until_on.data or first
    try:
        count = services.set_days(
            session(),
            first,
            last,
            is_working=form.kind.data == "work",
            name=form.name.data,
            by_id=me().id,
            by=me().name,
            now=now(),
        )
    except Invalid as problem:
        form.refuse(problem)
        return _year_page(_year_asked(), form, 422)
    return see_other(
        url_for("admin.calendar.index", year=first.year), flash=f"已登记“{form.name.data}”，共 {count} 天。"
    )


@bp.post("/<int:day_id>/removal")
@requires(Permission.CALENDAR_MANAGE)
def remove(day_id: int) -> Response:
    day = access.day_to_remove(session(), day_id)
    services.remove_day(session(), day, by_id=me().id, by=me().name, now=now())
    return see_other(url_for("admin.calendar.index", year=day.on.year), flash="已删除，这一天按内置日历算。")
