"""The audit log, for the audit admin: list, one record, verification of the chain."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.admin import queries as office
from lms.admin.rules import ACTION_GROUPS, action_in_words, detail_in_words, target_in_words
from lms.audit import queries, services
from lms.errors import NotFound
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import clean_line

bp = Blueprint("audit", __name__, url_prefix="/audit")

WORDS: dict[str, Any] = {
    "in_words": action_in_words,
    "target_in_words": target_in_words,
    "detail_in_words": detail_in_words,
}


@bp.get("")
@requires(Permission.AUDIT_READ)
def index() -> Response:
    text, action = clean_line(request.args.get("q"))[:60], request.args.get("action", "")
    group = action if action in ACTION_GROUPS else ""
    records = paged(session(), queries.list_records(action=group, text=text), page_number())
    return page(
        "admin/audit/index.html",
        records=records,
        names=office.names_of_targets(session(), records.rows),
        text=text,
        action=group,
        groups=ACTION_GROUPS,
        active="audit",
        **WORDS,
    )


@bp.get("/<int:number>")
@requires(Permission.AUDIT_READ)
def show(number: int) -> Response:
    record = queries.find_record(session(), number)
    if record is None:
        raise NotFound()
    names = office.names_of_targets(session(), [record])
    return page("admin/audit/show.html", record=record, names=names, active="audit", **WORDS)


@bp.post("/verification")
@requires(Permission.AUDIT_READ)
def verify() -> Response:
    """The whole chain is recomputed; that it was is itself recorded."""
    compared, faults = services.verify(session())
    services.record(
        session(),
        me().id,
        "audit.verify",
        "audit",
        {"compared": compared, "faults": faults},
        now=now(),
        actor=me().name,
    )
    if faults:
        flash, kind = f"核对了 {compared} 条，发现问题：{'；'.join(faults)}。请保留现场并报告保密办。", "error"
    else:
        flash, kind = f"核对了 {compared} 条，前后相连，没有缺失或改动。", "done"
    return see_other(url_for("admin.audit.index"), flash=flash, kind=kind)
