"""The yearly report for unit admins, 人事教育处 and 机关党委: one page, and the same figures as a yearly return."""

from flask import Blueprint, Response, request

from lms import clock
from lms.admin import access, report_books, report_queries
from lms.admin.report_queries import HOURS, Report
from lms.audit import services as audit
from lms.hours import report_queries as hours
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import attachment, now, page, session
from lms.web.spreadsheets import XLSX

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("")
@requires(Permission.REPORT_READ)
def index() -> Response:
    report, unit_id = _report(), request.args.get("unit", type=int)
    return page(
        "admin/reports/index.html", report=report, years=_years(), units=access.units_to_report(session(), me()),
        unit_id=unit_id, series=HOURS.titles[:-1],
        month_columns=[{"label": line.name, "values": line.cells["hours"][:-1]} for line in report.months], active="reports",
    )  # fmt: skip


@bp.post("/export")
@requires(Permission.REPORT_READ)
def export() -> Response:
    """The same figures as a file; who took it out is recorded."""
    report = _report()
    detail = {"year": report.year, "unit": report.unit}
    audit.record(session(), me().id, "report.export", f"report:{report.year}", detail, now=now(), actor=me().name)
    return attachment(report_books.workbook(report, me().name), f"report-{report.year}.xlsx", XLSX)


def _report() -> Report:
    """Of the year and unit asked for, within what the person may read."""
    unit_id = request.args.get("unit", type=int)
    unit = access.unit_to_report(session(), me(), unit_id) if unit_id else None
    reach, lectures = access.report_scope(session(), me()), access.lecture_duty_scope(session(), me())
    return report_queries.report(session(), reach, _year(), unit=unit, lectures=lectures, now=now())


def _years() -> list[int]:
    this = clock.today(now()).year
    first = hours.first_year(session()) or this
    return list(range(this, max(first, this - 9) - 1, -1))


def _year() -> int:
    wanted = request.args.get("year", type=int)
    return wanted if wanted in _years() else clock.today(now()).year
