"""Others' hours, for those who may read or keep them: the report of units, a person's statement, corrections, exemptions."""

from datetime import date

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.audit import services as audit
from lms.errors import Forbidden, Invalid
from lms.hours import access, exporting, queries, report_queries, services, words
from lms.hours.forms import CorrectionForm, DecisionForm, ExemptionForm, ShorteningForm
from lms.hours.policy_rules import ExemptionState
from lms.hours.requirement_rules import Exemption
from lms.hours.rules import Bucket
from lms.hours.views import statement_of
from lms.people import access as people_access
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import attachment, now, page, page_number, paged, see_other, session
from lms.web.spreadsheets import XLSX

bp = Blueprint("hours_office", __name__, url_prefix="/office/hours")

READ, MANAGE = Permission.HOURS_READ, Permission.HOURS_MANAGE
STATES = {ExemptionState.PROPOSED: "待审批", ExemptionState.APPROVED: "已同意", ExemptionState.REFUSED: "未同意"}
TONES = {ExemptionState.PROPOSED: "now", ExemptionState.APPROVED: "done", ExemptionState.REFUSED: "warn"}


@bp.get("")
@requires(READ)
def index() -> Response:
    report = _report(is_exact="unit" in request.args)
    series, columns = words.series(report.months)
    unit_id = request.args.get("unit", type=int)
    return page(
        "hours/report.html", report=report, at=now(), years=_years(), units=people_access.units_to_see(session(), me(), READ),
        unit_id=unit_id, series=series, columns_of_months=columns, buckets=list(Bucket), active="hours",
        persons=[person for person in report.persons if person.unit_id == unit_id] if unit_id else [],
        proposed=queries.count_proposed(session(), access.read_scope(session(), me()), clock.today(now())),
    )  # fmt: skip


def _report(*, is_exact: bool = True) -> report_queries.Report:
    """The year and unit asked for, within what the person may read."""
    unit_id, today = request.args.get("unit", type=int), clock.today(now())
    path = access.unit_to_read(session(), me(), unit_id).path if unit_id else ""
    return report_queries.report(
        session(), access.read_scope(session(), me()), _year_asked(), today=today, unit_path=path, is_exact=is_exact
    )


def _years() -> list[int]:
    this = clock.today(now()).year
    first = report_queries.first_year(session()) or this
    return list(range(this, max(first, this - 9) - 1, -1))


def _year_asked() -> int:
    wanted = request.args.get("year", type=int)
    return wanted if wanted in _years() else clock.today(now()).year


@bp.post("/export")
@requires(READ)
def export() -> Response:
    """The same rows as a file; who took it out is recorded."""
    report = _report()
    detail = {"year": report.year, "unit": request.args.get("unit", ""), "persons": len(report.persons)}
    audit.record(session(), me().id, "hours.export", f"hours:{report.year}", detail, now=now(), actor=me().name)
    return attachment(exporting.workbook(report, now()), f"hours-{report.year}.xlsx", XLSX)


@bp.get("/people/<int:person_id>")
@requires(READ)
def person(person_id: int) -> Response:
    found = access.person_to_read(session(), me(), person_id)
    shown = statement_of(found.id)
    correctable = me().can(MANAGE) and found.id != me().id
    return page("hours/person.html", person=found, correctable=correctable, active="hours", **shown)


@bp.get("/entries/<int:entry_id>")
@requires(MANAGE)
def entry(entry_id: int) -> Response:
    return _entry_page(entry_id, CorrectionForm.shown())


def _entry_page(entry_id: int, form: CorrectionForm, status: int = 200) -> Response:
    found = access.entry_to_correct(session(), me(), entry_id)
    family = queries.list_family(session(), found)
    names = people.names_of(session(), [found.person_id])
    shown = {"entry": found, "family": family, "standing": sum(each.quarters for each in family), "form": form}
    return page("hours/entry.html", status, name=names[found.person_id], facts_of=words.facts, active="hours", **shown)


@bp.post("/entries/<int:entry_id>")
@requires(MANAGE)
def correct(entry_id: int) -> Response:
    found, form = access.entry_to_correct(session(), me(), entry_id), CorrectionForm.posted()
    if not form.validate():
        return _entry_page(entry_id, form, 422)
    quarters, reason = int(form.hours.data * 4), form.reason.data
    further = services.correct(
        session(), found, quarters=quarters, reason=reason, evidence={"approved_by": me().name}, now=now()
    )
    if further is not None:
        detail = {"person_id": found.person_id, "quarters": quarters, "reason": reason}
        audit.record(session(), me().id, "hours.correct", f"hour_entry:{found.id}", detail, now=now(), actor=me().name)
    back = url_for("hours_office.person", person_id=found.person_id, year=found.year)
    return see_other(
        back, flash="已更正，本人的学时页上会多一条更正记录。" if further else "本来就是这个数，没有改动。"
    )


# --- exemptions


@bp.get("/exemptions")
@requires(READ)
def exemptions() -> Response:
    return _exemptions_page(ExemptionForm.shown())


def _exemptions_page(form: ExemptionForm, status: int = 200) -> Response:
    today = clock.today(now())
    query = queries.exemptions_in(access.read_scope(session(), me()), today)
    rows = paged(session(), query, page_number())
    ids = [i for e in rows.rows for i in (e.person_id, e.proposed_by_id, e.decided_by_id) if i is not None]
    return page(
        "hours/exemptions.html", status, exemptions=rows, names=people.names_of(session(), ids), form=form, states=STATES,
        tones=TONES, may_decide=me().can(MANAGE), decision=DecisionForm.shown(), shortening=ShorteningForm.shown(),
        today=today, active="hours",
    )  # fmt: skip


@bp.post("/exemptions")
@requires(READ)
def propose() -> Response:
    form = ExemptionForm.posted()
    if not form.validate():
        return _exemptions_page(form, 422)
    today = clock.today(now())
    person = people_access.find_person_by_number(session(), me(), form.staff_no.data, READ, today)
    try:
        if person is None:
            raise Invalid("没有这个工号，或不在你的管理范围内。", field="staff_no")
        bucket = Bucket(form.bucket.data) if form.bucket.data else None
        wanted = Exemption(form.from_on.data, form.until_on.data, form.percent.data, bucket)
        services.propose(session(), person.id, wanted, reason=form.reason.data, by_id=me().id, now=now())
    except Forbidden as problem:
        form.refuse(Invalid(problem.message, field="staff_no"))
        return _exemptions_page(form, 422)
    except Invalid as problem:
        form.refuse(problem)
        return _exemptions_page(form, 422)
    return see_other(url_for("hours_office.exemptions"), flash="已提交，由人事教育处的另一位同事审批。")


@bp.post("/exemptions/<int:exemption_id>/decision")
@requires(MANAGE)
def decide(exemption_id: int) -> Response:
    exemption, form = access.exemption_to_decide(session(), me(), exemption_id), DecisionForm.posted()
    approve = request.form.get("verdict") == "approve"
    back = url_for("hours_office.exemptions")
    if not form.validate():
        return see_other(back, flash="意见最多 300 个字。", kind="warn")
    try:
        services.decide(session(), exemption, approve=approve, note=form.note.data or "", by_id=me().id, now=now())
    except Invalid as problem:
        return see_other(back, flash=problem.message, kind="warn")
    return see_other(back, flash="已同意，要求随之减少。" if approve else "已退回，提出人能看到原因。")


@bp.post("/exemptions/<int:exemption_id>/end")
@requires(MANAGE)
def shorten(exemption_id: int) -> Response:
    exemption, form = access.exemption_to_decide(session(), me(), exemption_id), ShorteningForm.posted()
    back = url_for("hours_office.exemptions")
    if not form.validate():
        return see_other(back, flash="请填写日期和原因。", kind="warn")
    until: date = form.until_on.data
    try:
        services.shorten(session(), exemption, until_on=until, reason=form.reason.data, by_id=me().id, now=now())
    except Invalid as problem:
        return see_other(back, flash=problem.message, kind="warn")
    return see_other(back, flash="已提前结束。")
