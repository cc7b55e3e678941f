"""A person's own short records."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.errors import Conflict, Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.records import access, queries, services
from lms.records.forms import PostingForm
from lms.records.models import Posting
from lms.records.rules import POSTING_KINDS, STATES, TONES, PostingKind, PostingState
from lms.records.services import Stretch
from lms.web import now, page, see_other, session

bp = Blueprint("records", __name__, url_prefix="/me/records")


@bp.get("")
@requires(Permission.COURSE_STUDY)
def index() -> Response:
    return page(
        "records/index.html",
        postings=queries.list_postings(session(), me().id),
        pairs=queries.list_pairs(session(), me().id),
        kinds=POSTING_KINDS,
        states=STATES,
        tones=TONES,
        today=clock.today(now()),
        active="me",
    )


@bp.get("/new")
@requires(Permission.COURSE_STUDY)
def new() -> Response:
    return _form_page(PostingForm.shown(), url_for("records.propose"))


@bp.post("")
@requires(Permission.COURSE_STUDY)
def propose() -> Response:
    form, here = PostingForm.posted(), url_for("records.propose")
    if not form.validate():
        return _form_page(form, here, 422)
    try:
        services.propose_posting(session(), me().id, stretch_of(form), by_id=me().id, now=now())
    except (Invalid, Conflict) as problem:
        form.refuse(as_invalid(problem))
        return _form_page(form, here, problem.status)
    return see_other(url_for("records.index"), flash="已上报，单位确认后进入学习档案。")


@bp.get("/<int:posting_id>")
@requires(Permission.COURSE_STUDY)
def edit(posting_id: int) -> Response:
    posting = _open_posting(posting_id)
    return _form_page(PostingForm.shown(posting), url_for("records.correct", posting_id=posting_id))


@bp.post("/<int:posting_id>")
@requires(Permission.COURSE_STUDY)
def correct(posting_id: int) -> Response:
    posting, form = _open_posting(posting_id), PostingForm.posted()
    here = url_for("records.correct", posting_id=posting_id)
    if not form.validate():
        return _form_page(form, here, 422)
    try:
        services.correct_posting(session(), posting, stretch_of(form), by_id=me().id, now=now())
    except (Invalid, Conflict) as problem:
        form.refuse(as_invalid(problem))
        return _form_page(form, here, problem.status)
    return see_other(url_for("records.index"), flash="已重新上报，等单位确认。")


def _open_posting(posting_id: int) -> Posting:
    posting = access.own_posting(session(), me(), posting_id)
    if posting.state is PostingState.PROPOSED:
        raise Conflict("正在等确认，办完以后才能修改。")
    return posting


def stretch_of(form: PostingForm) -> Stretch:
    return Stretch(
        PostingKind(form.kind.data),
        form.place.data,
        form.from_on.data,
        form.until_on.data,
        (form.duty.data or "").strip(),
    )


def as_invalid(problem: Invalid | Conflict) -> Invalid:
    """The refusal as the form shows it."""
    return problem if isinstance(problem, Invalid) else Invalid(problem.message)


def _form_page(form: PostingForm, action: str, status: int = 200) -> Response:
    return page("records/posting.html", status, form=form, action=action, active="me")
