"""The committee's desk: every branch's month in one list, each line leading to its record. A secretary sees only the own line."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.themedays import committee_queries as queries
from lms.themedays import committee_rules as rules
from lms.themedays import committee_services as services
from lms.themedays import duties_access as access
from lms.themedays.committee_rules import Line
from lms.themedays.rules import MONTH_STATES, PART_STATES, PARTS, MonthState, month_text, next_month, parse_month
from lms.web import attachment, now, page, session
from lms.web.spreadsheets import XLSX

bp = Blueprint("committee_desk", __name__, url_prefix="/branches", template_folder="templates")

READ = Permission.BRANCH_READ
MONTHS_BACK = 11


def month_asked(given: str | None) -> date:
    """The month in the address or form, this one when there is none."""
    return parse_month(given or "") or clock.month_of(now())


def _months() -> list[date]:
    """The next month, this one and those of the past year, the newest first."""
    month, found = next_month(clock.month_of(now())), []
    for _ in range(MONTHS_BACK + 2):
        found.append(month)
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    return found


def _lines(month: date) -> list[Line]:
    return queries.list_lines(session(), access.desk_scope(session(), me()), month, now=now())


@bp.get("/desk")
@requires(READ)
def index() -> Response:
    month = month_asked(request.args.get("month"))
    lines = _lines(month)
    asked = request.args.get("state", "")
    state = MonthState(asked) if asked in MONTH_STATES else None
    counts = {each: sum(line.state is each for line in lines) for each in MonthState}
    return page(
        "themedays/committee.html",
        month=month,
        months=_months(),
        lines=[line for line in lines if state in (None, line.state)],
        all_lines=lines,
        counts=counts,
        state=state,
        together=rules.totals(lines),
        at=now(),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "month_states": MONTH_STATES,
        "part_states": PART_STATES,
        "parts": PARTS,
        "month_text": month_text,
        "words": rules,
        "active": "branch",
    }


@bp.post("/desk/export")
@requires(READ)
def export() -> Response:
    """A POST, because it is written into the audit log."""
    month = month_asked(request.form.get("month"))
    body = services.export(session(), _lines(month), month, by_id=me().id, now=now())
    return attachment(body, f"branches-{month_text(month)}.xlsx", XLSX)


@bp.get("/<int:branch_id>/desk")
@requires(READ)
def branch(branch_id: int) -> Response:
    """One branch's month with what is open, and the text that may be sent to it."""
    found = access.branch_to_read(session(), me(), branch_id)
    month = month_asked(request.args.get("month"))
    lines = queries.list_lines(session(), access.desk_scope(session(), me()), month, now=now(), only=found)
    line = lines[0] if lines else Line(found.id, found.name, (), {}, (), ())
    month_page = url_for("themedays.show", branch_id=found.id, month=month_text(month), _external=True)
    return page(
        "themedays/committee_branch.html",
        branch=found,
        month=month,
        line=line,
        text=rules.reminder_text(line, month, address=month_page) if lines else "",
        at=now(),
        **_words(),
    )
