"""Source documents, and the questions to be looked at again when one was superseded."""

from flask import Blueprint, Response, request, url_for

from lms.errors import Conflict, Invalid
from lms.people.guard import me, requires
from lms.people.line_rules import LINE_NAMES
from lms.people.rules import Permission
from lms.quizzes import access, document_queries, queries, rich
from lms.quizzes.bank_models import SourceDocument
from lms.quizzes.forms import DocumentForm, SupersedeForm
from lms.quizzes.rules import KIND_LABELS
from lms.quizzes.services import bank_acts, documents
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import choices

bp = Blueprint("quizzes_documents", __name__, url_prefix="/office/source-documents", template_folder="templates")

MOST_UNLISTED, MOST_OFFERED = 20, 300


@bp.get("")
@requires(Permission.QUESTION_MANAGE)
def index() -> Response:
    """`title` and `version` in the address fill the form: a law that questions name and nobody registered yet."""
    asked = {name: request.args.get(name, "")[:120] for name in ("title", "version")}
    return _index(DocumentForm.shown(data=asked))


def _index(form: DocumentForm, status: int = 200) -> Response:
    scope = access.bank_scope(session(), me())
    found = paged(session(), document_queries.list_documents(scope), page_number())
    ids = [document.id for document in found.rows]
    successors = {each.superseded_by_id for each in found.rows if each.superseded_by_id}
    return page(
        "quizzes/documents.html", status, form=form, found=found, active="questions",
        counts=document_queries.count_questions(session(), ids),
        successors={id: session().get_one(SourceDocument, id) for id in successors},
        unlisted=document_queries.list_unlisted(session(), scope, MOST_UNLISTED),
        waiting=document_queries.count_to_review(session(), scope),
    )  # fmt: skip


@bp.post("")
@requires(Permission.QUESTION_MANAGE)
def add() -> Response:
    form, scope = DocumentForm.posted(), access.bank_scope(session(), me())
    if not form.validate():
        return _index(form, 422)
    owner = access.unit_to_own(session(), scope)
    try:
        document, linked = documents.add_document(
            session(), title=form.title.data, version=form.version.data, issued_on=form.issued_on.data,
            owner_unit_id=owner.id, scope=scope, by_id=me().id, now=now(),
        )  # fmt: skip
    except Conflict as problem:
        form.refuse(Invalid(problem.message, field="title"))
        return _index(form, 422)
    return see_other(url_for("quizzes_documents.index"), flash=f"已登记《{document.title}》，关联了 {linked} 道题")


@bp.get("/<int:document_id>")
@requires(Permission.QUESTION_MANAGE)
def document(document_id: int) -> Response:
    found = access.document_to_manage(session(), me(), document_id)
    return _document(found, _offered(SupersedeForm.shown(), found))


def _offered(form: SupersedeForm, document: SourceDocument) -> SupersedeForm:
    """With the documents that may have taken its place: those in force."""
    scope = access.bank_scope(session(), me())
    others = session().scalars(document_queries.list_documents(scope).limit(MOST_OFFERED)).all()
    labels = {
        str(each.id): f"《{each.title}》（{each.version}）"
        for each in others
        if each.id != document.id and not each.superseded_on
    }
    form.by.choices = choices({"": "没有，或还没有登记"} | labels)
    return form


def _document(found: SourceDocument, form: SupersedeForm, status: int = 200) -> Response:
    counts = document_queries.count_questions(session(), [found.id])
    successor = session().get_one(SourceDocument, found.superseded_by_id) if found.superseded_by_id else None
    return page(
        "quizzes/document.html", status, document=found, form=form, counts=counts.get(found.id, (0, 0)),
        successor=successor, active="questions",
    )  # fmt: skip


@bp.post("/<int:document_id>/superseding")
@requires(Permission.QUESTION_MANAGE)
def supersede(document_id: int) -> Response:
    found = access.document_to_manage(session(), me(), document_id)
    form = _offered(SupersedeForm.posted(), found)
    if not form.validate():
        return _document(found, form, 422)
    by = form.by.data or ""
    successor = access.document_to_manage(session(), me(), int(by)) if by.isdecimal() and len(by) < 19 else None
    try:
        count = documents.supersede(session(), found, on=form.on.data, by=successor, by_id=me().id, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _document(found, form, 422)
    to = (
        url_for("quizzes_documents.to_review") if count else url_for("quizzes_documents.document", document_id=found.id)
    )
    return see_other(to, flash=f"已标为失效，{count} 道题需要复核")


@bp.get("/review")
@requires(Permission.QUESTION_MANAGE)
def to_review() -> Response:
    found = paged(session(), document_queries.list_to_review(access.bank_scope(session(), me())), page_number())
    versions = queries.find_newest_versions(session(), [question.id for question in found.rows])
    return page(
        "quizzes/to_review.html", found=found, versions=versions, words=rich.words, kinds=KIND_LABELS,
        lines=LINE_NAMES, active="questions",
    )  # fmt: skip


@bp.post("/review/<int:question_id>")
@requires(Permission.QUESTION_MANAGE)
def confirm(question_id: int) -> Response:
    question = access.question_to_manage(session(), me(), question_id)
    if question.review_since is None:
        raise Conflict("这道题已经有人复核过了。")
    bank_acts.confirm_still_holds(session(), question, by_id=me().id, now=now())
    return see_other(url_for("quizzes_documents.to_review"), flash="已确认仍然适用")
