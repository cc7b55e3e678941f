"""The lecturer's studio: upload, see what becomes of it, mend what was returned."""

import re
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from lms import clock
from lms.courses import access, effect_rules
from lms.courses.forms import ACCEPTED, EVERYBODY, ResourceForm
from lms.courses.models import Resource
from lms.courses.queries import building, effect, packages, ratings, reviews, shelf, versions
from lms.courses.queries import library as queries
from lms.courses.review_rules import EDITABLE, KIND_NAMES, STATE_NAMES, STEP_NAMES, ResourceKind
from lms.courses.services import comments
from lms.courses.services import resources as services
from lms.courses.services import versions as version_services
from lms.courses.views import shown
from lms.errors import Forbidden, Invalid, NotFound
from lms.hours import queries as hours
from lms.media import access_uploads
from lms.media import queries as media_queries
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.rules import MediaKind
from lms.media.upload_models import Upload
from lms.media.upload_rules import UploadState
from lms.people.guard import me, requires, settings
from lms.people.rules import Permission
from lms.storage import Storage
from lms.web import Form, large_body, now, page, page_number, paged, see_other, session

bp = Blueprint("studio", __name__, url_prefix="/studio")

NAMES: dict[str, Any] = {"kinds": KIND_NAMES, "states": STATE_NAMES, "steps": STEP_NAMES, "editable": EDITABLE}


@bp.get("/")
@requires(Permission.RESOURCE_UPLOAD)
def index() -> Response:
    own = paged(session(), queries.list_own(me()), page_number())
    files = media_queries.media_by_id(session(), [r.media_id for r in own.rows])
    uses = effect.count_use(session(), [r.id for r in own.rows])
    return page("courses/studio.html", own=own, files=files, uses=uses, active="courses", **NAMES)


@bp.get("/new/<any(video, audio, document, article, link, package):kind>")
@requires(Permission.RESOURCE_UPLOAD)
def new(kind: str) -> Response:
    known = {"lecturer_name": me().name, "upload_id": request.args.get("upload", "")}
    form = _form(ResourceForm.shown(data=known), ResourceKind(kind))
    return _form_page(form, ResourceKind(kind), url_for("studio.create", kind=kind))


@bp.post("/new/<any(video, audio, document, article, link, package):kind>")
@requires(Permission.RESOURCE_UPLOAD)
@large_body
def create(kind: str) -> Response:
    form = _form(ResourceForm.posted(), ResourceKind(kind))
    try:
        if form.validate():
            made = _create(form, ResourceKind(kind))
            return see_other(url_for("studio.resource", resource_id=made.id), flash="已保存为草稿。")
    except Invalid as problem:
        form.refuse(_at_field(problem))
    return _form_page(form, ResourceKind(kind), url_for("studio.create", kind=kind), 422)


def _create(form: ResourceForm, kind: ResourceKind) -> Resource:
    unit_id = me().unit_id
    if unit_id is None:
        raise Forbidden("你现在不属于任何单位，不能上传。请联系单位管理员。")
    is_mine = form.lecturer_name.data == me().name
    return services.draft_resource(
        session(),
        me(),
        kind,
        form.facts(),
        file=received(form, services.MEDIA_KINDS.get(kind, frozenset())),
        owner_unit_id=unit_id,
        lecturer_id=me().id if is_mine else None,
        now=now(),
    )


def received(form: Form, kinds: frozenset[MediaKind]) -> MediaFile | None:
    """The uploaded file, sent in parts before or with the form, stored; None when none was chosen."""
    upload = request.files.get("file")
    if "file" not in form or upload is None or not upload.filename:
        sent = _sent(form)
        return media.adopt(session(), sent, kinds=kinds, now=now()) if sent else None
    storage: Storage = current_app.extensions["storage"]
    return media.receive(
        session(),
        upload.stream,  # type: ignore[arg-type]
        name=upload.filename,
        owner_id=me().id,
        storage=storage,
        kinds=kinds,
        now=now(),
    )


def _sent(form: Form) -> Upload | None:
    """The finished upload the form names, the person's own."""
    given = form.upload_id.data if "upload_id" in form else ""
    if not re.fullmatch(r"\d{1,18}", given or ""):
        return None
    return access_uploads.upload_to_fill(session(), me(), int(given))


def unused(form: Form) -> Upload | None:
    """The upload to show as the form's file; one that is over or in use already is forgotten."""
    try:
        sent = _sent(form)
    except NotFound:
        sent = None
    if sent is not None and sent.state is UploadState.COMPLETE:
        return sent
    if "upload_id" in form:
        form.upload_id.data = ""
    return None


def _form(form: ResourceForm, kind: ResourceKind, found: Resource | None = None) -> ResourceForm:
    audiences = {EVERYBODY: "全体干部"}
    if me().unit_id is not None:
        audiences[str(me().unit_id)] = f"仅本单位：{me().unit_name}"
    series = {str(id): name for id, name in shelf.list_series_to_choose(session(), me().unit_path)}
    if found is not None and found.series_id:
        series.setdefault(str(found.series_id), shelf.name_of_series(session(), found.series_id))
    is_next = found is not None and found.replaces_id is not None
    return ResourceForm.for_kind(form, kind, audiences, series, needs_file=found is None, is_next=is_next)


def _form_page(
    form: ResourceForm, kind: ResourceKind, action: str, status: int = 200, found: Resource | None = None
) -> Response:
    return page(
        "courses/studio_form.html",
        status,
        form=form,
        kind=kind,
        action=action,
        accept=ACCEPTED.get(kind),
        limit_bytes=settings().upload_limit_bytes,
        upload=unused(form),
        resource=found,
        active="courses",
        **NAMES,
    )


def _at_field(problem: Invalid) -> Invalid:
    """Services name columns; the form's field of an article's text has another name."""
    return Invalid(problem.message, field={"body_html": "body"}.get(problem.field, problem.field))


@bp.get("/<int:resource_id>")
@requires(Permission.RESOURCE_UPLOAD)
def resource(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    return page(
        "courses/studio_resource.html",
        history=reviews.list_reviews(session(), found.id),
        comments=reviews.list_comments(session(), found.id),
        remarks=reviews.count_open_comments(session(), found.id),
        versions=versions.list_versions(session(), found) if found.replaces_id is None else [],
        pending=versions.find_next(session(), found.id),
        quick=building.find_quick(session(), found.id),
        figures=packages.figures_of(session(), found),
        active="courses",
        **{**shown(found), **NAMES},
    )


@bp.get("/<int:resource_id>/effect")
@requires(Permission.RESOURCE_UPLOAD)
def effect_of(resource_id: int) -> Response:
    """What the material gave people, for who made it or lectures in it."""
    found = access.resource_to_edit(session(), me(), resource_id)
    year = clock.today(now()).year
    return page(
        "courses/studio_effect.html",
        resource=found,
        use=effect.count_use(session(), [found.id])[found.id],
        drop=effect_rules.drop_off(effect.list_reaches(session(), found)),
        misses=effect.list_misses(session(), found),
        opinions=effect_rules.opinions(ratings.list_ratings(session(), found)),
        reuse=effect.list_reuse(session(), found),
        taught=hours.list_taught(session(), me().id, year),
        year=year,
        shown_from=effect_rules.SHOWN_FROM,
        active="courses",
        **NAMES,
    )


@bp.get("/<int:resource_id>/file-state")
@requires(Permission.RESOURCE_UPLOAD)
def file_state(resource_id: int) -> Response:
    """The part of the page that changes while the file is examined."""
    found = access.resource_to_edit(session(), me(), resource_id)
    if found.media_id is None or (file := media_queries.find_media(session(), found.media_id)) is None:
        raise NotFound()
    remarks = reviews.count_open_comments(session(), found.id)
    response = page("courses/_file_state.html", resource=found, file=file, remarks=remarks, **NAMES)
    if file.state in ("ready", "failed"):
        response.headers["X-Stop"] = "1"
    return response


@bp.get("/<int:resource_id>/edit")
@requires(Permission.RESOURCE_UPLOAD)
def edit(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    values = ResourceForm.values_of(found, versions.list_tags(session(), found.id))
    form = _form(ResourceForm.shown(data=values), found.kind, found)
    return _form_page(form, found.kind, url_for("studio.save", resource_id=found.id), found=found)


@bp.post("/<int:resource_id>")
@requires(Permission.RESOURCE_UPLOAD)
@large_body
def save(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    form = _form(ResourceForm.posted(), found.kind, found)
    try:
        if form.validate():
            services.check_editable(found)
            file = received(form, services.MEDIA_KINDS.get(found.kind, frozenset()))
            services.edit_resource(session(), found, form.facts(found.captions_vtt), file=file)
            return see_other(url_for("studio.resource", resource_id=found.id), flash="已保存。")
    except Invalid as problem:
        form.refuse(_at_field(problem))
    return _form_page(form, found.kind, url_for("studio.save", resource_id=found.id), 422, found)


@bp.post("/<int:resource_id>/submission")
@requires(Permission.RESOURCE_UPLOAD)
def submit(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    services.submit_resource(session(), found, now=now())
    return see_other(url_for("studio.resource", resource_id=found.id), flash="已提交，审核结果会发消息告诉你。")


@bp.post("/<int:resource_id>/processing")
@requires(Permission.RESOURCE_UPLOAD)
def process_again(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    file = media_queries.find_media(session(), found.media_id) if found.media_id else None
    if file is None:
        raise NotFound()
    media.retry(session(), file, now=now())
    return see_other(url_for("studio.resource", resource_id=found.id), flash="正在重新处理。")


@bp.post("/<int:resource_id>/revision")
@requires(Permission.RESOURCE_UPLOAD)
def revise(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    services.revise_resource(session(), found, now=now())
    return see_other(url_for("studio.resource", resource_id=found.id), flash="已转为草稿，改好后可重新提交审核。")


@bp.post("/<int:resource_id>/version")
@requires(Permission.RESOURCE_UPLOAD)
def begin_version(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    made = version_services.begin_version(session(), found, by=me(), now=now())
    said = f"第 {made.version} 版的草稿已建好，照着改。审核通过前，大家看到的还是第 {found.version} 版。"
    return see_other(url_for("studio.edit", resource_id=made.id), flash=said)


@bp.post("/<int:resource_id>/discarding")
@requires(Permission.RESOURCE_UPLOAD)
def discard_version(resource_id: int) -> Response:
    found = access.resource_to_edit(session(), me(), resource_id)
    version_services.discard_version(session(), found, by=me(), now=now())
    return see_other(url_for("studio.resource", resource_id=found.replaces_id), flash="新版本已放弃，原来的版本不变。")


@bp.post("/<int:resource_id>/comments/<int:comment_id>/resolution")
@requires(Permission.RESOURCE_UPLOAD)
def resolve_comment(resource_id: int, comment_id: int) -> Response:
    comment = access.comment_to_resolve(session(), me(), resource_id, comment_id)
    comments.resolve_comment(session(), comment, by=me(), now=now())
    return see_other(url_for("studio.resource", resource_id=resource_id) + "#comments", flash="已标为处理过。")
