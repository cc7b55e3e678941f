"""A paper changed before anybody starts, copied, and printed."""

from decimal import Decimal
from random import Random

from flask import Blueprint, Response, request, url_for

from lms.errors import Conflict, Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.quizzes import access, key_queries, queries, writing
from lms.quizzes.forms import RULE_ROWS, DrawnPaperForm, FixedPaperChangeForm
from lms.quizzes.models import Paper
from lms.quizzes.printing import Printed, printed
from lms.quizzes.rules import KIND_LABELS, PaperKind, letter
from lms.quizzes.services import drawing, papers
from lms.web import now, page, see_other, session

bp = Blueprint("quizzes_papers", __name__, url_prefix="/office/papers", template_folder="templates")


@bp.get("/<int:paper_id>/edit")
@requires(Permission.PAPER_MANAGE)
def edit(paper_id: int) -> Response:
    paper = access.paper_to_manage(session(), me(), paper_id)
    if queries.is_started(session(), paper.id):
        return see_other(
            url_for("quizzes_admin.paper", paper_id=paper.id), flash="已经有人开始作答，可以复制一份再改", kind="warn"
        )
    shape = FixedPaperChangeForm if paper.kind is PaperKind.FIXED else DrawnPaperForm
    return _edit_page(paper, shape.shown(data=writing.paper_data(paper)))


def _edit_page(paper: Paper, form: FixedPaperChangeForm | DrawnPaperForm, status: int = 200) -> Response:
    items = queries.list_paper_questions(session(), paper.id)
    return page(
        "quizzes/paper_edit.html", status, paper=paper, form=form, items=items, posted=request.form, kinds=KIND_LABELS,
        active="papers",
    )  # fmt: skip


@bp.post("/<int:paper_id>/edit")
@requires(Permission.PAPER_MANAGE)
def change(paper_id: int) -> Response:
    paper = access.paper_to_manage(session(), me(), paper_id)
    form = (FixedPaperChangeForm if paper.kind is PaperKind.FIXED else DrawnPaperForm).posted()
    if not form.validate():
        return _edit_page(paper, form, 422)
    try:
        _change(paper, form)
    except Invalid as problem:
        form.refuse(problem)
        return _edit_page(paper, form, 422)
    return see_other(url_for("quizzes_admin.paper", paper_id=paper_id), flash="试卷已改好")


def _change(paper: Paper, form: FixedPaperChangeForm | DrawnPaperForm) -> None:
    settings = writing.paper_settings(form.data)
    if isinstance(form, DrawnPaperForm):
        papers.change_drawn_paper(session(), paper, settings, writing.rules_of(form.data, RULE_ROWS))
        return
    held = [id for id, *_ in queries.list_paper_questions(session(), paper.id)]
    items = writing.items_of(request.form, held, form.add.data or "", form.add_points.data or Decimal(10))
    papers.change_fixed_paper(session(), paper, settings, items)


@bp.post("/<int:paper_id>/copy")
@requires(Permission.PAPER_MANAGE)
def copy(paper_id: int) -> Response:
    made = papers.copy_paper(session(), access.paper_to_manage(session(), me(), paper_id), by_id=me().id, now=now())
    return see_other(url_for("quizzes_papers.edit", paper_id=made.id), flash="已复制，改好以后再用")


@bp.get("/<int:paper_id>/print")
@requires(Permission.PAPER_MANAGE)
def print_paper(paper_id: int) -> Response:
    """`letter`: A or B of a lettered paper; `key=1`: with answers. Of a drawn paper one sheet as an example, always the same
    while the bank stays as it is."""
    paper = access.paper_to_manage(session(), me(), paper_id)
    asked = request.args.get("letter", "A")
    wanted = asked if paper.is_lettered and asked in drawing.LETTERS else ""
    try:
        questions = _printed(paper, wanted)
    except Invalid as problem:
        raise Conflict(problem.message) from problem
    return page(
        "quizzes/paper_print.html", paper=paper, wanted=wanted, questions=questions,
        with_key=request.args.get("key") == "1", kinds=KIND_LABELS, letter=letter,
    )  # fmt: skip


def _printed(paper: Paper, wanted: str) -> list[Printed]:
    if wanted:
        sheet = drawing.lettered_sheet(session(), paper, wanted)
    else:
        sheet = drawing.draw_sheet(session(), paper, Random(paper.id))
    stored = drawing.stored(sheet)
    return printed(stored, key_queries.find_versions(session(), [version for version, _, _ in stored]))
