"""Questions out of the bank as a file. A POST with a reason, because keys leave the site and the audit log says so."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from lms import clock
from lms.errors import Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.quizzes import access, exchange, key_queries, queries, writing
from lms.quizzes.exporting.formats import FORMATS
from lms.quizzes.exporting.results import Exported
from lms.quizzes.forms import ExportForm
from lms.quizzes.models import Question
from lms.web import attachment, now, page, session

bp = Blueprint("quizzes_exchange", __name__, url_prefix="/office", template_folder="templates")

_FILTERS = ("line", "kind", "difficulty", "readiness", "tag", "document", "q")
_SHOWN = 200  # of what a format cannot carry


@bp.get("/question-export")
@requires(Permission.QUESTION_MANAGE)
def new_export() -> Response:
    return _export_page(ExportForm.shown(), request.args)


@bp.post("/question-export")
@requires(Permission.QUESTION_MANAGE)
def export() -> Response:
    """The file, or first the list of what the format cannot carry."""
    form = ExportForm.posted()
    if not form.validate():
        return _export_page(form, request.form, 422)
    drafts = key_queries.list_exported(session(), _wanted(request.form), limit=exchange.MOST_EXPORTED)
    exported = FORMATS[form.form.data].write(drafts)
    if exported.left and not form.is_accepted.data:
        return _export_page(form, request.form, 422, exported)
    filters = {name: request.form.get(name, "")[:60] for name in _FILTERS}
    exchange.note_export(
        session(), exported, form.form.data, reason=form.reason.data, filters=filters, by=me(), now=now()
    )
    kind = FORMATS[form.form.data]
    return attachment(exported.data, f"题库-{clock.today(now())}.{kind.extension}", kind.mimetype)


def _wanted(given: MultiDict[str, str]) -> Select[Question]:
    """The chosen questions, or all that the list's filters show. Only what is in scope."""
    asked = writing.filter_of({name: given.get(name, "") for name in _FILTERS})
    query = queries.list_questions(session(), access.bank_scope(session(), me()), asked)
    chosen = [int(each) for each in given.getlist("ids") if each.isdecimal() and len(each) < 16]
    return query.where(Question.id.in_(chosen)) if chosen else query


def _export_page(
    form: ExportForm, given: MultiDict[str, str], status: int = 200, refused: Exported | None = None
) -> Response:
    kept: list[tuple[str, Any]] = [(k, v) for k, v in given.items(multi=True) if k in (*_FILTERS, "ids") and v]
    count = key_queries.count_exported(session(), _wanted(given))
    if count > exchange.MOST_EXPORTED:
        form.refuse(Invalid(f"一次最多导出 {exchange.MOST_EXPORTED} 道题，请先按条线或题型筛选。", field="form"))
    left = refused.left if refused else []
    return page(
        "quizzes/export.html", status, form=form, kept=kept, count=count, left=left[:_SHOWN], left_total=len(left),
        left_whole=len({each.number for each in left if each.is_whole}), exported=refused, active="questions",
    )  # fmt: skip
