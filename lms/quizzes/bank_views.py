"""Questions besides their text: versions, standing, many at once, look-alikes, pictures."""

from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.datastructures import FileStorage

from lms.errors import Invalid, NotFound
from lms.people.guard import me, requires, signed_in
from lms.people.line_rules import LINE_NAMES
from lms.people.rules import Permission
from lms.quizzes import access, bank_queries, key_queries, queries, rich, writing
from lms.quizzes.forms import BatchForm, PictureForm, ReadinessForm
from lms.quizzes.rules import KIND_LABELS, MAX_SHORT, READINESS_LABELS, SCORING_LABELS, Readiness, letter, marking_from
from lms.quizzes.services import bank_acts, pictures, twins
from lms.quizzes.services.bank_acts import Wish
from lms.storage import Missing, Storage
from lms.web import large_body, now, page, page_number, paged, see_other, session

bp = Blueprint("quizzes_bank", __name__, url_prefix="/office", template_folder="templates")
seen = Blueprint("quizzes_pictures", __name__, url_prefix="/question-pictures")


@bp.get("/questions/<int:question_id>/versions/<int:number>")
@requires(Permission.QUESTION_MANAGE)
def version(question_id: int, number: int) -> Response:
    """One version with its key, as a candidate sees it and as its keeper does."""
    question = access.question_to_manage(session(), me(), question_id)
    kept = [each for each in bank_queries.list_versions(session(), question.id) if each.version.number == number]
    if not kept:
        raise NotFound()
    found = kept[0]
    return page(
        "quizzes/version.html", question=question, kept=found, shown=queries.as_shown(found.version),
        marking=marking_from(found.key.marking), key_text=writing.key_text(found.version.kind, found.key.key),
        kinds=KIND_LABELS, scorings=SCORING_LABELS, letter=letter, most_characters=MAX_SHORT, active="questions",
    )  # fmt: skip


@bp.post("/questions/<int:question_id>/readiness")
@requires(Permission.QUESTION_MANAGE)
def set_readiness(question_id: int) -> Response:
    question, form = access.question_to_manage(session(), me(), question_id), ReadinessForm.posted()
    if not form.validate():
        raise Invalid()
    wish = Wish(readiness=Readiness(form.readiness.data))
    bank_acts.change_question(session(), question, wish, by_id=me().id, now=now(), note=form.note.data or "")
    flash = {"ready": "现在可以抽到这道题", "draft": "已改为草稿", "retired": "已停用，不再抽到这道题"}[
        form.readiness.data
    ]
    return see_other(_back(url_for("quizzes_admin.question", question_id=question_id)), flash=flash)


def _back(otherwise: str) -> str:
    """The list from which a button was pressed."""
    lists = {"twins": "quizzes_bank.list_twins", "review": "quizzes_documents.to_review"}
    asked = request.form.get("then", "")
    return url_for(lists[asked]) if asked in lists else otherwise


# --- many at once


@bp.get("/questions/batches/new")
@requires(Permission.QUESTION_MANAGE)
def new_batch() -> Response:
    """`ids` in the address: the questions chosen in the list."""
    return _batch_page(BatchForm.shown(data={"ids": request.args.getlist("ids", type=int)}))


def _batch_page(form: BatchForm, status: int = 200) -> Response:
    ids = (form.ids.data or [])[: bank_acts.MOST_AT_ONCE]
    chosen = bank_queries.list_chosen(session(), access.bank_scope(session(), me()), ids)
    versions = queries.find_newest_versions(session(), [question.id for question in chosen])
    return page(
        "quizzes/batch.html", status, form=form, chosen=chosen, versions=versions, words=rich.words, kinds=KIND_LABELS,
        active="questions",
    )  # fmt: skip


@bp.post("/questions/batches")
@requires(Permission.QUESTION_MANAGE)
def change_many() -> Response:
    form, scope = BatchForm.posted(), access.bank_scope(session(), me())
    if not form.validate():
        return _batch_page(form, 422)
    chosen = bank_queries.list_chosen(session(), scope, form.ids.data[: bank_acts.MOST_AT_ONCE])
    owner = access.unit_to_own(session(), scope)
    try:
        batch = bank_acts.change_many(
            session(), chosen, writing.wish_of(form.data), owner_unit_id=owner.id, by_id=me().id, now=now()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _batch_page(form, 422)
    return see_other(url_for("quizzes_bank.batches"), flash=f"改了 {batch.count} 道题：{batch.what}")


@bp.get("/questions/batches")
@requires(Permission.QUESTION_MANAGE)
def batches() -> Response:
    found = paged(session(), bank_queries.list_batches(access.bank_scope(session(), me())), page_number())
    names = bank_queries.find_names(session(), [batch.made_by_id for batch in found.rows])
    return page("quizzes/batches.html", found=found, names=names, active="questions")


@bp.post("/questions/batches/<int:batch_id>/undoing")
@requires(Permission.QUESTION_MANAGE)
def undo_batch(batch_id: int) -> Response:
    batch = access.batch_to_undo(session(), me(), batch_id)
    restored, left = bank_acts.undo_batch(session(), batch, by_id=me().id, now=now())
    flash = f"恢复了 {restored} 道题" + (f"；{left} 道后来又改过，保持现状" if left else "")
    return see_other(url_for("quizzes_bank.batches"), flash=flash)


# --- look-alikes


@bp.get("/questions/twins")
@requires(Permission.QUESTION_MANAGE)
def list_twins() -> Response:
    found = paged(session(), bank_queries.list_twins(access.bank_scope(session(), me())), page_number())
    ids = [id for pair in found.rows for id in (pair.first_id, pair.second_id)]
    questions = bank_queries.find_questions(session(), ids)
    return page(
        "quizzes/twins.html", found=found, questions=questions,
        keys=key_queries.find_keys(session(), list(questions.values())), key_text=writing.key_text, words=rich.words, kinds=KIND_LABELS,
        lines=LINE_NAMES, readinesses=READINESS_LABELS, letter=letter, active="questions",
    )  # fmt: skip


@bp.post("/questions/twins")
@requires(Permission.QUESTION_MANAGE)
def search_twins() -> Response:
    unit = access.unit_to_own(session(), access.bank_scope(session(), me()))
    twins.start_search(session(), unit, by_id=me().id, now=now())
    return see_other(url_for("quizzes_bank.list_twins"), flash="正在查找，一分钟后刷新这一页")


@bp.post("/questions/twins/<int:first_id>/<int:second_id>/dismissal")
@requires(Permission.QUESTION_MANAGE)
def dismiss_twin(first_id: int, second_id: int) -> Response:
    for question_id in (first_id, second_id):
        access.question_to_manage(session(), me(), question_id)
    twins.dismiss(session(), first_id, second_id)
    return see_other(url_for("quizzes_bank.list_twins"), flash="不再列出这一对")


# --- pictures


@bp.get("/question-pictures")
@requires(Permission.QUESTION_MANAGE)
def list_pictures() -> Response:
    return _pictures_page(PictureForm.shown())


def _pictures_page(form: PictureForm, status: int = 200) -> Response:
    found = paged(session(), bank_queries.list_pictures(access.bank_scope(session(), me())), page_number())
    return page("quizzes/pictures.html", status, found=found, form=form, active="questions")


@bp.post("/question-pictures")
@large_body
@requires(Permission.QUESTION_MANAGE)
def add_picture() -> Response:
    form = PictureForm.posted()
    file = form.file.data
    if not form.validate() or not isinstance(file, FileStorage) or not file.filename:
        return _pictures_page(form, 422)
    owner = access.unit_to_own(session(), access.bank_scope(session(), me()))
    storage: Storage = current_app.extensions["storage"]
    try:
        drawn = pictures.draw(file.stream)
        made = pictures.keep(session(), storage, drawn, name=file.filename, unit=owner, by_id=me().id, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _pictures_page(form, 422)
    return see_other(url_for("quizzes_bank.list_pictures"), flash=f"已上传。在题目里写 [图{made.id}] 就会显示")


@seen.get("/<int:picture_id>")
@signed_in
def picture(picture_id: int) -> Response:
    """Pixels only, drawn anew by us: nothing in it can run."""
    found = access.picture_to_see(session(), me(), picture_id)
    storage: Storage = current_app.extensions["storage"]
    try:
        response = Response(storage.read(found.key))
    except Missing as problem:
        raise NotFound() from problem
    response.headers["Content-Type"] = "image/webp"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.content_length = found.bytes
    return response
