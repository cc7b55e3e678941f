"""The back office of resources: what waits for each of the two reviews, the verdict, and taking a resource out."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.courses import access
from lms.courses.forms import ReviewForm, WithdrawForm
from lms.courses.models import Resource
from lms.courses.queries import building, changes, library, reviews, shelf, versions
from lms.courses.quick_rules import from_stored
from lms.courses.review_rules import KIND_NAMES, LINE_NAMES, STATE_NAMES, STATE_OF_STEP, STEP_NAMES, ReviewStep, Verdict
from lms.courses.services import comments
from lms.courses.services import resources as services
from lms.courses.services import shelf as shelf_services
from lms.courses.shelf_forms import CatalogueForm, NoteForm
from lms.courses.views import shown
from lms.errors import Invalid
from lms.media import queries as media_queries
from lms.people import queries as people
from lms.people.access import scope
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import clean_line

bp = Blueprint("reviews", __name__, url_prefix="/office/reviews")

NAMES: dict[str, Any] = {"kinds": KIND_NAMES, "lines": LINE_NAMES, "states": STATE_NAMES, "steps": STEP_NAMES}


@bp.get("/content")
@requires(Permission.RESOURCE_REVIEW)
def content() -> Response:
    return _queue(ReviewStep.CONTENT)


@bp.get("/secrecy")
@requires(Permission.RESOURCE_SECRECY)
def secrecy() -> Response:
    return _queue(ReviewStep.SECRECY)


def _queue(step: ReviewStep) -> Response:
    within = scope(session(), me(), access.STEP_PERMISSIONS[step])
    waiting = paged(session(), reviews.list_waiting(STATE_OF_STEP[step], within), page_number())
    return page(
        "courses/review_queue.html",
        step=step,
        waiting=waiting,
        authors=people.names_of(session(), [r.created_by_id for r in waiting.rows]),
        files=media_queries.media_by_id(session(), [r.media_id for r in waiting.rows]),
        active=f"{step}_review",
        **NAMES,
    )


@bp.get("/content/<int:resource_id>")
@requires(Permission.RESOURCE_REVIEW)
def content_of(resource_id: int) -> Response:
    return _review_page(resource_id)


@bp.get("/secrecy/<int:resource_id>")
@requires(Permission.RESOURCE_SECRECY)
def secrecy_of(resource_id: int) -> Response:
    return _review_page(resource_id)


@bp.post("/content/<int:resource_id>")
@requires(Permission.RESOURCE_REVIEW)
def review_content(resource_id: int) -> Response:
    return _review(resource_id)


@bp.post("/secrecy/<int:resource_id>")
@requires(Permission.RESOURCE_SECRECY)
def review_secrecy(resource_id: int) -> Response:
    return _review(resource_id)


def _review_page(
    resource_id: int, form: ReviewForm | None = None, status: int = 200, comment_form: NoteForm | None = None
) -> Response:
    found, step = access.resource_to_review(session(), me(), resource_id)
    quick = building.find_quick(session(), found.id)
    return page(
        "courses/review.html",
        status,
        form=form or ReviewForm.shown(data={"version": str(found.version)}),
        step=step,
        action=url_for(f"reviews.review_{step}", resource_id=found.id),
        author=people.names_of(session(), [found.created_by_id])[found.created_by_id],
        history=reviews.list_reviews(session(), found.id),
        changes=changes.against_published(session(), found),
        comments=reviews.list_comments(session(), found.id),
        comment_form=comment_form or NoteForm.shown().for_medium(found.kind),
        quick=quick,
        questions=from_stored(quick.questions) if quick else [],
        active=f"{step}_review",
        **{**shown(found), **NAMES},
    )


@bp.post("/content/<int:resource_id>/comments")
@requires(Permission.RESOURCE_REVIEW)
def comment_on_content(resource_id: int) -> Response:
    return _comment(resource_id)


@bp.post("/secrecy/<int:resource_id>/comments")
@requires(Permission.RESOURCE_SECRECY)
def comment_on_secrecy(resource_id: int) -> Response:
    return _comment(resource_id)


def _comment(resource_id: int) -> Response:
    found, step = access.resource_to_review(session(), me(), resource_id)
    form = NoteForm.posted().for_medium(found.kind)
    if not form.validate():
        return _review_page(resource_id, None, 422, form)
    comments.comment(session(), found, form.text.data, form.spot, by=me(), now=now())
    # The player stands where the remark was made.
    place = "#comments" if form.spot.at_millis is None else f"#t={form.spot.at_millis // 1000}"
    here = url_for(f"reviews.{step}_of", resource_id=found.id) + place
    return see_other(here, flash="意见已记下，退回后作者会逐条看到。")


def _review(resource_id: int) -> Response:
    found, step = access.resource_to_review(session(), me(), resource_id)
    form = ReviewForm.posted()
    try:
        if form.validate():
            services.review_resource(
                session(),
                found,
                step,
                Verdict(form.verdict.data),
                reviewer=me(),
                version=int(form.version.data),
                reason=form.reason.data,
                is_unclassified=form.is_unclassified.data,
                now=now(),
            )
            return see_other(url_for(f"reviews.{step}"), flash=f"《{found.title}》{STATE_NAMES[found.state]}。")
    except Invalid as problem:
        form.refuse(problem)
    return _review_page(resource_id, form, 422)


@bp.get("/published")
@requires(Permission.RESOURCE_PUBLISH)
def published() -> Response:
    text = clean_line(request.args.get("q"))[:60]
    found = paged(
        session(), library.list_published(scope(session(), me(), Permission.RESOURCE_PUBLISH), text), page_number()
    )
    return page("courses/published.html", resources=found, text=text, active="resources", **NAMES)


@bp.get("/published/<int:resource_id>")
@requires(Permission.RESOURCE_PUBLISH)
def published_one(resource_id: int) -> Response:
    return _published_page(resource_id, WithdrawForm.shown())


@bp.post("/published/<int:resource_id>/withdrawal")
@requires(Permission.RESOURCE_PUBLISH)
def withdraw(resource_id: int) -> Response:
    found = access.resource_to_withdraw(session(), me(), resource_id)
    form = WithdrawForm.posted()
    if not form.validate():
        return _published_page(resource_id, form, 422)
    services.withdraw_resource(session(), found, by=me(), reason=form.reason.data, now=now())
    return see_other(url_for("reviews.published"), flash=f"《{found.title}》已撤下，所有链接立即失效。")


def _published_page(
    resource_id: int, form: WithdrawForm, status: int = 200, catalogue: CatalogueForm | None = None
) -> Response:
    found = access.resource_to_withdraw(session(), me(), resource_id)
    return page(
        "courses/published_one.html",
        status,
        form=form,
        catalogue=catalogue or _catalogue_form(found),
        history=reviews.list_reviews(session(), found.id),
        versions=versions.list_versions(session(), found),
        pending=versions.find_next(session(), found.id),
        active="resources",
        **{**shown(found), **NAMES},
    )


def _catalogue_form(found: Resource, *, posted: bool = False) -> CatalogueForm:
    tags = " ".join(versions.list_tags(session(), found.id))
    data = {"series": str(found.series_id or ""), "year": found.year, "tags": tags}
    form = CatalogueForm.posted() if posted else CatalogueForm.shown(data=data)
    series = shelf.list_managed_series(session(), scope(session(), me(), Permission.RESOURCE_PUBLISH))
    return form.offer({str(each.what.id): each.what.name for each in series})


@bp.post("/published/<int:resource_id>/catalogue")
@requires(Permission.RESOURCE_PUBLISH)
def catalogue(resource_id: int) -> Response:
    found = access.resource_to_withdraw(session(), me(), resource_id)
    form = _catalogue_form(found, posted=True)
    try:
        if form.validate():
            shelf_services.catalogue(session(), found, form.given(), by=me(), now=now())
            return see_other(url_for("reviews.published_one", resource_id=found.id), flash="编目已保存。")
    except Invalid as problem:
        form.refuse(problem)
    return _published_page(resource_id, WithdrawForm.shown(), 422, form)
