"""The bank, its imports and the papers, for those who keep them."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import FileStorage

from lms.errors import Invalid
from lms.people.guard import me, requires
from lms.people.line_rules import LINE_NAMES, Line
from lms.people.rules import Permission
from lms.quizzes import access, bank_queries, document_queries, exchange, key_queries, queries, rich, services, writing
from lms.quizzes.bank_models import SourceDocument
from lms.quizzes.forms import (
    RULE_ROWS,
    DrawnPaperForm,
    FilterForm,
    FixedPaperForm,
    ImportForm,
    QuestionForm,
    RowsForm,
)  # fmt: skip
from lms.quizzes.importing.files import read_file, read_pasted
from lms.quizzes.importing.normal import Reading
from lms.quizzes.importing.template import template
from lms.quizzes.models import AnswerKey, Paper, Question, QuestionVersion
from lms.quizzes.queries import ShownQuestion
from lms.quizzes.release_rules import plan_of, told
from lms.quizzes.rules import (
    DIFFICULTY_LABELS,
    KIND_LABELS,
    MAX_SHORT,
    PAPER_KIND_LABELS,
    READINESS_LABELS,
    SCORING_LABELS,
    Readiness,
    letter,
    tags_of,
)  # fmt: skip
from lms.quizzes.services import Content, bank_acts, drawing, imports
from lms.untrusted.archive import MAX_FILE_BYTES
from lms.web import attachment, large_body, now, page, page_number, paged, see_other, session
from lms.web.spreadsheets import XLSX

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
    form, scope = FilterForm.asked(), access.bank_scope(session(), me())
    found = paged(session(), queries.list_questions(session(), scope, writing.filter_of(form.data)), page_number())
    ids = [question.id for question in found.rows]
    return page(
        "quizzes/questions.html", form=form, found=found, active="questions", readinesses=READINESS_LABELS,
        versions=queries.find_newest_versions(session(), ids), tags=bank_queries.find_tags(session(), ids),
        all_tags=bank_queries.list_tags(session(), scope), waiting=document_queries.count_to_review(session(), scope),
        may_make_papers=me().can(Permission.PAPER_MANAGE), words=rich.words,
        export_filters=_asked(), **_LABELS,
    )  # fmt: skip


def _asked() -> dict[str, str]:
    """The list's filters as they were asked for."""
    return {
        name: request.args[name]
        for name in ("line", "kind", "difficulty", "readiness", "tag", "document", "q")
        if request.args.get(name)
    }


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
    by: dict[str, Any] = {"by_id": me().id, "now": now()}
    try:
        content = _content_of(form)
        made = services.create_question(
            session(), content, owner_unit_id=owner.id, line=Line(form.line.data), tags=tags_of(form.tags.data or ""),
            readiness=Readiness.DRAFT if form.is_draft.data else Readiness.READY, **by,
        )  # fmt: skip
    except Invalid as problem:
        form.refuse(problem)
        return _question_page(form, 422)
    flash = "已存为草稿" if made.readiness is Readiness.DRAFT else "已加入题库"
    return see_other(url_for("quizzes_admin.question", question_id=made.id), flash=flash)


@bp.post("/questions/preview")
@requires(Permission.QUESTION_MANAGE)
def preview_question() -> Response:
    """The form as it was sent, with the question as a candidate would see it. `question` in the address: the one edited."""
    asked, form = request.args.get("question", type=int), QuestionForm.posted()
    found = access.question_to_manage(session(), me(), asked) if asked else None
    if not form.validate():
        return _question_page(form, 422, found)
    try:
        content = _content_of(form)
    except Invalid as problem:
        form.refuse(problem)
        return _question_page(form, 422, found)
    shown = queries.as_shown(content.version(0, 1, by_id=None, now=now()))
    return _question_page(form, 200, found, shown=shown)


@bp.get("/questions/<int:question_id>")
@requires(Permission.QUESTION_MANAGE)
def question(question_id: int) -> Response:
    found = access.question_to_manage(session(), me(), question_id)
    version, key = key_queries.find_key(session(), found)
    tags = bank_queries.find_tags(session(), [found.id]).get(found.id, [])
    return _question_page(QuestionForm.shown(data=writing.form_data(found, version, key, tags)), question=found)


@bp.post("/questions/<int:question_id>/versions")
@requires(Permission.QUESTION_MANAGE)
def edit_question(question_id: int) -> Response:
    found, form = access.question_to_manage(session(), me(), question_id), QuestionForm.posted()
    if not form.validate():
        return _question_page(form, 422, question=found)
    by: dict[str, Any] = {"by_id": me().id, "now": now()}
    try:
        before = key_queries.find_key(session(), found)
        content = _content_of(form, before)
        bank_acts.edit(session(), found, content, line=Line(form.line.data), tags=tags_of(form.tags.data or ""), **by)
    except Invalid as problem:
        form.refuse(problem)
        return _question_page(form, 422, question=found)
    flash = f"已保存为第 {found.version} 版；正在作答的人仍用原来的版本"
    return see_other(url_for("quizzes_admin.question", question_id=question_id), flash=flash)


def _content_of(form: QuestionForm, before: tuple[QuestionVersion, AnswerKey] | None = None) -> Content:
    content = writing.content_of(form.data, before)
    access.pictures_to_use(session(), me(), content.pictures)
    return content


def _question_page(
    form: QuestionForm, status: int = 200, question: Question | None = None, shown: ShownQuestion | None = None
) -> Response:
    """`shown`: what the form describes, to be looked at before it is kept."""
    kept: dict[str, Any] = {}
    if question is not None:
        kept = {
            "versions": bank_queries.list_versions(session(), question.id),
            "changes": bank_queries.list_changes(session(), question.id),
            "use": bank_queries.find_use(session(), question),
            "document": session().get(SourceDocument, question.document_id) if question.document_id else None,
        }
    return page(
        "quizzes/question.html", status, form=form, question=question, shown=shown, active="questions",
        change_words=writing.change_words, readinesses=READINESS_LABELS, most_characters=MAX_SHORT, **kept, **_LABELS,
    )  # fmt: skip


# --- imports


@bp.get("/question-template")
@requires(Permission.QUESTION_MANAGE)
def download_template() -> Response:
    return attachment(template(list(LINE_NAMES.values())), "试题模板.xlsx", XLSX)


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
        rules=writing.rule_rows(found), told=told(plan_of(None, is_by_hand=found.is_released_by_hand)), active="papers",
        starts=queries.count_starts(session(), found.id), orders=_orders(found), **_LABELS,
    )  # fmt: skip


def _orders(paper: Paper) -> list[tuple[str, str]]:
    """(letter, the questions of A by their numbers in the order of that letter) of a lettered paper."""
    if not paper.is_lettered:
        return []
    sheets = {each: drawing.lettered_sheet(session(), paper, each) for each in drawing.LETTERS}
    places = {row.version_id: n for n, (row, _, _) in enumerate(sheets[drawing.LETTERS[0]], 1)}
    return [(each, "、".join(str(places[row.version_id]) for row, _, _ in sheet)) for each, sheet in sheets.items()]
