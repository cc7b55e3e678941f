"""Marking by hand, releasing results, answering appeals: for those who keep papers."""

from flask import Blueprint, Response, current_app, url_for

from lms.errors import Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.quizzes import access, marking_queries, queries
from lms.quizzes.forms import AppealReplyForm, MarkForm
from lms.quizzes.models import Appeal, Paper
from lms.quizzes.rules import KIND_LABELS
from lms.quizzes.services import appeals, hand_marks
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("quizzes_marking", __name__, url_prefix="/office", template_folder="templates")


@bp.get("/marking")
@requires(Permission.PAPER_MANAGE)
def index() -> Response:
    scope = access.paper_scope(session(), me())
    lines = marking_queries.list_papers(session(), scope, me().id)
    return page(
        "quizzes/marking_index.html",
        lines=lines,
        appeals=queries.count_open_appeals(session(), scope),
        active="marking",
    )


@bp.get("/marking/<int:paper_id>")
@requires(Permission.PAPER_MANAGE)
def mark(paper_id: int) -> Response:
    """The next answer for me."""
    return _mark_page(access.paper_to_manage(session(), me(), paper_id), MarkForm())


@bp.post("/marking/<int:paper_id>/<int:attempt_id>/<int:position>")
@requires(Permission.PAPER_MANAGE)
def keep_mark(paper_id: int, attempt_id: int, position: int) -> Response:
    paper = access.paper_to_manage(session(), me(), paper_id)
    attempt = access.attempt_to_mark(session(), paper, attempt_id)
    form = MarkForm.posted()
    if not form.validate():
        return _mark_page(paper, form, 422)
    try:
        hand_marks.mark_answer(
            session(), attempt, position, score_millis=form.score_millis, comment=form.comment.data or "", marker_id=me().id,
            resettle=current_app.extensions["resettle"], now=now(),
        )  # fmt: skip
    except Invalid as problem:
        form.refuse(problem)
        return _mark_page(paper, form, 422)
    return see_other(url_for("quizzes_marking.mark", paper_id=paper_id), flash="已评，下一份")


def _mark_page(paper: Paper, form: MarkForm, status: int = 200) -> Response:
    answer = marking_queries.find_next(session(), paper.id, me().id)
    waiting = marking_queries.count_waiting(session(), paper.id)
    return page(
        "quizzes/marking.html",
        status,
        paper=paper,
        form=form,
        answer=answer,
        waiting=waiting,
        kinds=KIND_LABELS,
        active="marking",
    )


@bp.post("/papers/<int:paper_id>/release")
@requires(Permission.PAPER_MANAGE)
def release(paper_id: int) -> Response:
    paper = access.paper_to_manage(session(), me(), paper_id)
    people = hand_marks.release_results(session(), paper, by_id=me().id, now=now())
    return see_other(url_for("quizzes_admin.paper", paper_id=paper_id), flash=f"成绩已发布，{people} 人可以查看")


@bp.get("/appeals")
@requires(Permission.PAPER_MANAGE)
def list_appeals() -> Response:
    found = paged(session(), queries.list_appeals(access.paper_scope(session(), me())), page_number())
    about = queries.find_appealed(session(), found.rows)
    return page("quizzes/appeals.html", found=found, about=about, active="marking")


@bp.get("/appeals/<int:appeal_id>")
@requires(Permission.PAPER_MANAGE)
def appeal(appeal_id: int) -> Response:
    return _appeal_page(access.appeal_to_answer(session(), me(), appeal_id), AppealReplyForm())


@bp.post("/appeals/<int:appeal_id>/reply")
@requires(Permission.PAPER_MANAGE)
def answer_appeal(appeal_id: int) -> Response:
    found = access.appeal_to_answer(session(), me(), appeal_id)
    form = AppealReplyForm.posted()
    if not form.validate():
        return _appeal_page(found, form, 422)
    is_upheld = form.verdict.data == "upheld"
    appeals.answer_appeal(session(), found, is_upheld=is_upheld, reply=form.reply.data, by_id=me().id, now=now())
    flash = "已答复。要改分，请从题目更正答案，所有答过的人一起改" if is_upheld else "已答复"
    return see_other(url_for("quizzes_marking.list_appeals"), flash=flash)


def _appeal_page(found: Appeal, form: AppealReplyForm, status: int = 200) -> Response:
    about = queries.find_appealed(session(), [found])[found.id]
    return page("quizzes/appeal.html", status, appeal=found, about=about, form=form, active="marking")
