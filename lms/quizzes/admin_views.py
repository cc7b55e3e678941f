"""The bank, its imports and the papers, for those who keep them."""

from typing import Any

from flask import Blueprint, Response, make_response, request, url_for
from werkzeug.datastructures import FileStorage

from lms.errors import Invalid
from lms.people.guard import me, requires
from lms.people.line_rules import LINE_NAMES, Line
from lms.people.rules import Permission
from lms.quizzes import access, exchange, key_queries, queries, services, writing
from lms.quizzes.forms import (
    RULE_ROWS,
    DrawnPaperForm,
    FilterForm,
    FixedPaperForm,
    ImportForm,
    QuestionForm,
    RetireForm,
    RowsForm,
)  # fmt: skip
from lms.quizzes.importing.archive import MAX_FILE_BYTES
from lms.quizzes.importing.files import read_file, read_pasted
from lms.quizzes.importing.normal import Reading
from lms.quizzes.importing.template import template
from lms.quizzes.models import Paper, Question
from lms.quizzes.release_rules import plan_of, told
from lms.quizzes.rules import DIFFICULTY_LABELS, KIND_LABELS, PAPER_KIND_LABELS, SCORING_LABELS, letter
from lms.quizzes.services import imports
from lms.web import large_body, now, page, page_number, paged, see_other, session

bp = Blueprint("quizzes_admin", __name__, url_prefix="/office", template_folder="templates")

PREVIEW_ROWS = 200
_LABELS: dict[str, Any] = {
    "kinds": KIND_LABELS, "levels": DIFFICULTY_LABELS, "lines": LINE_NAMES, "letter": letter, "paper_kinds": PAPER_KIND_LABELS,
    "scorings": SCORING_LABELS,
}  # fmt: skip

# --- questions


@bp.get("/questions")
@requires(Permission.QUESTION_MANAGE)
def questions() -> Response:
    form = FilterForm.asked()
    listed = queries.list_questions(access.bank_scope(session(), me()), writing.filter_of(form.data))
    found = paged(session(), listed, page_number())
    versions = queries.find_newest_versions(session(), [question.id for question in found.rows])
    return page(
        "quizzes/questions.html", form=form, found=found, versions=versions, active="questions",
        may_make_papers=me().can(Permission.PAPER_MANAGE), export_filters=_asked(),
        **_LABELS,
    )  # fmt: skip


def _asked() -> dict[str, str]:
    """The list's filters as they were asked for."""
    return {name: request.args[name] for name in ("line", "kind", "difficulty", "q") if request.args.get(name)}


@bp.get("/questions/new")
@requires(Permission.QUESTION_MANAGE)
def new_question() -> Response:
    return _question_page(QuestionForm.shown())


@bp.post("/questions")
@requires(Permission.QUESTION_MANAGE)
def create_question() -> Response:
    form = QuestionForm.posted()
    if not form.validate():
        return _question_page(form, 422)
    owner = access.unit_to_own(session(), access.bank_scope(session(), me()))
    try:
        content = writing.content_of(form.data)
        made = services.create_question(
            session(), content, owner_unit_id=owner.id, line=Line(form.line.data), by_id=me().id, now=now()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _question_page(form, 422)
    return see_other(url_for("quizzes_admin.question", question_id=made.id), flash="已加入题库")


@bp.get("/questions/<int:question_id>")
@requires(Permission.QUESTION_MANAGE)
def question(question_id: int) -> Response:
    found = access.question_to_manage(session(), me(), question_id)
    version, key = key_queries.find_key(session(), found)
    return _question_page(QuestionForm.shown(data=writing.form_data(found, version, key)), question=found)


@bp.post("/questions/<int:question_id>/versions")
@requires(Permission.QUESTION_MANAGE)
def edit_question(question_id: int) -> Response:
    found, form = access.question_to_manage(session(), me(), question_id), QuestionForm.posted()
    if not form.validate():
        return _question_page(form, 422, question=found)
    try:
        content = writing.content_of(form.data)
        services.edit_question(session(), found, content, line=Line(form.line.data), by_id=me().id, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _question_page(form, 422, question=found)
    flash = f"已保存为第 {found.version} 版；正在作答的人仍用原来的版本"
    return see_other(url_for("quizzes_admin.question", question_id=question_id), flash=flash)


@bp.post("/questions/<int:question_id>/retirement")
@requires(Permission.QUESTION_MANAGE)
def retire_question(question_id: int) -> Response:
    found, form = access.question_to_manage(session(), me(), question_id), RetireForm.posted()
    services.set_retired(session(), found, is_retired=form.is_retired.data, now=now())
    flash = "已停用，不再抽到这道题" if form.is_retired.data else "已恢复使用"
    return see_other(url_for("quizzes_admin.question", question_id=question_id), flash=flash)


def _question_page(form: QuestionForm, status: int = 200, question: Question | None = None) -> Response:
    return page("quizzes/question.html", status, form=form, question=question, active="questions")


# --- imports


@bp.get("/question-template")
@requires(Permission.QUESTION_MANAGE)
def download_template() -> Response:
    response = make_response(template(list(LINE_NAMES.values())))
    response.headers["Content-Type"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response.headers["Content-Disposition"] = (
        "attachment; filename=questions.xlsx; filename*=UTF-8''%E8%AF%95%E9%A2%98%E6%A8%A1%E6%9D%BF.xlsx"
    )
    return response


@bp.get("/question-imports/new")
@requires(Permission.QUESTION_MANAGE)
def new_import() -> Response:
    return _import_page(ImportForm.shown())


@bp.post("/question-imports")
@large_body
@requires(Permission.QUESTION_MANAGE)
def start_import() -> Response:
    form = ImportForm.posted()
    if not form.validate():
        return _import_page(form, 422)
    read = _read(form)
    if read is None:
        form.refuse(Invalid("粘贴文字，或者选择一个文件。", field="text"))
        return _import_page(form, 422)
    name, reading = read
    owner = access.unit_to_own(session(), access.bank_scope(session(), me()))
    kept = imports.keep_reading(
        session(), reading, name=name, line=Line(form.line.data), owner_unit_id=owner.id, person_id=me().id, now=now()
    )
    return see_other(url_for("quizzes_admin.preview_import", import_id=kept.id))


def _read(form: ImportForm) -> tuple[str, Reading] | None:
    file = form.file.data
    if isinstance(file, FileStorage) and file.filename:
        return file.filename, read_file(file.read(MAX_FILE_BYTES + 1))
    return ("粘贴的文字", read_pasted(form.text.data)) if form.text.data else None


def _import_page(form: ImportForm, status: int = 200) -> Response:
    return page("quizzes/import.html", status, form=form, active="questions")


@bp.get("/question-imports/<int:import_id>")
@requires(Permission.QUESTION_MANAGE)
def preview_import(import_id: int) -> Response:
    return _preview(import_id)


@bp.post("/question-imports/<int:import_id>/rows")
@requires(Permission.QUESTION_MANAGE)
def import_rows(import_id: int) -> Response:
    kept, form = access.import_to_finish(session(), me(), import_id), RowsForm.posted()
    if not form.validate():
        raise Invalid()
    try:
        imports.choose_rows(session(), kept, None if form.everything.data else form.rows.data, now=now())
    except Invalid as problem:
        return _preview(import_id, 422, problem.message)
    return see_other(url_for("quizzes_admin.preview_import", import_id=import_id))


def _preview(import_id: int, status: int = 200, refusal: str = "") -> Response:
    kept = access.import_to_finish(session(), me(), import_id)
    found = kept.reading["questions"]
    return page(
        "quizzes/preview.html", status, kept=kept, questions=found[:PREVIEW_ROWS], total=len(found),
        errors=kept.reading["errors"][:PREVIEW_ROWS], error_total=len(kept.reading["errors"]), refusal=refusal,
        key_text=exchange.shown_key, marking_text=exchange.shown_marking, active="questions", **_LABELS,
    )  # fmt: skip


# --- papers


@bp.get("/papers")
@requires(Permission.PAPER_MANAGE)
def papers() -> Response:
    found = paged(session(), queries.list_papers(access.paper_scope(session(), me())), page_number())
    counts = queries.count_paper_items(session(), [paper.id for paper in found.rows])
    return page("quizzes/papers.html", found=found, count=writing.question_count(counts), active="papers", **_LABELS)


@bp.get("/papers/new")
@requires(Permission.PAPER_MANAGE)
def new_paper() -> Response:
    ids = ",".join(str(each) for each in request.args.getlist("ids", type=int)[:200])
    return _paper_page(FixedPaperForm.shown(data={"ids": ids}) if ids else DrawnPaperForm.shown())


@bp.post("/papers/fixed")
@requires(Permission.PAPER_MANAGE)
def create_fixed_paper() -> Response:
    form = FixedPaperForm.posted()
    if not form.validate():
        return _paper_page(form, 422)
    try:
        settings, total = writing.paper_settings(form.data), form.total.data * 1000
        made = services.create_fixed_paper(session(), settings, form.question_ids, total_millis=total, **_owner())
    except Invalid as problem:
        form.refuse(problem)
        return _paper_page(form, 422)
    return see_other(url_for("quizzes_admin.paper", paper_id=made.id), flash="试卷已建好")


@bp.post("/papers/drawn")
@requires(Permission.PAPER_MANAGE)
def create_drawn_paper() -> Response:
    form = DrawnPaperForm.posted()
    if not form.validate():
        return _paper_page(form, 422)
    try:
        settings, rules = writing.paper_settings(form.data), writing.rules_of(form.data, RULE_ROWS)
        made = services.create_drawn_paper(session(), settings, rules, **_owner())
    except Invalid as problem:
        form.refuse(problem)
        return _paper_page(form, 422)
    return see_other(url_for("quizzes_admin.paper", paper_id=made.id), flash="试卷已建好")


def _owner() -> dict[str, Any]:
    owner = access.unit_to_own(session(), access.paper_scope(session(), me()))
    return {"owner_unit_id": owner.id, "by_id": me().id, "now": now()}


def _paper_page(form: FixedPaperForm | DrawnPaperForm, status: int = 200) -> Response:
    ids = form.question_ids if isinstance(form, FixedPaperForm) else []
    chosen = queries.list_stems(session(), access.paper_scope(session(), me()), ids)
    return page("quizzes/paper_form.html", status, form=form, chosen=chosen, active="papers", **_LABELS)


@bp.get("/papers/<int:paper_id>")
@requires(Permission.PAPER_MANAGE)
def paper(paper_id: int) -> Response:
    found: Paper = access.paper_to_manage(session(), me(), paper_id)
    return page(
        "quizzes/paper.html", paper=found, items=queries.list_paper_questions(session(), found.id),
        rules=writing.rule_rows(found), told=told(plan_of(None, is_by_hand=found.is_released_by_hand)), active="papers", **_LABELS,
    )  # fmt: skip
