"""From one upload to a lesson with a quiz in three steps: the file, what learners must do, sending it to review."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.courses import access, quick_rules
from lms.courses.forms import ACCEPTED, EVERYBODY
from lms.courses.models import Course, QuickCourse, Resource
from lms.courses.queries import reviews
from lms.courses.quick_forms import QuickFileForm, QuickSettingsForm
from lms.courses.quick_rules import QuickQuestion, from_stored
from lms.courses.review_rules import EDITABLE, KIND_NAMES, STATE_NAMES, Line
from lms.courses.services import quick as services
from lms.courses.services import resources
from lms.courses.services.imports import KIND_OF, TAKEN
from lms.courses.services.resources import Facts
from lms.courses.studio_views import received, unused
from lms.errors import Forbidden, Invalid
from lms.media import queries as media
from lms.people.guard import me, requires, settings
from lms.people.rules import Permission
from lms.web import large_body, now, page, see_other, session

bp = Blueprint("quick", __name__, url_prefix="/studio/courses")

EVERY_TYPE = ",".join(ACCEPTED.values())


@bp.get("/new")
@requires(Permission.RESOURCE_UPLOAD)
def new() -> Response:
    return _file_page(QuickFileForm.shown())


def _file_page(form: QuickFileForm, status: int = 200) -> Response:
    form.file.flags.required = True
    return page(
        "courses/quick_file.html",
        status,
        form=form,
        accept=EVERY_TYPE,
        limit_bytes=settings().upload_limit_bytes,
        upload=unused(form),
        active="courses",
    )


@bp.post("/new")
@requires(Permission.RESOURCE_UPLOAD)
@large_body
def create() -> Response:
    form = QuickFileForm.posted()
    try:
        if form.validate():
            quick = _create(form)
            return see_other(url_for("quick.settings_of", course_id=quick.course_id), flash="文件已收到。")
    except Invalid as problem:
        form.refuse(problem)
    return _file_page(form, 422)


def _create(form: QuickFileForm) -> QuickCourse:
    unit_id = me().unit_id
    if unit_id is None:
        raise Forbidden("你现在不属于任何单位，不能上传。请联系单位管理员。")
    file = received(form, TAKEN)
    if file is None:
        raise Invalid("请选择要上传的文件。", field="file")
    facts = Facts(form.title.data, "", Line(form.line.data), me().name, unit_id)
    resource = resources.draft_resource(
        session(), me(), KIND_OF[file.kind], facts, file=file, owner_unit_id=unit_id, lecturer_id=me().id, now=now()
    )
    return services.draft_quick(session(), resource, author=me(), now=now())


@bp.get("/<int:course_id>/settings")
@requires(Permission.RESOURCE_UPLOAD)
def settings_of(course_id: int) -> Response:
    quick, course, resource = access.quick_to_edit(session(), me(), course_id)
    if resource.state not in EDITABLE:
        return see_other(url_for("quick.course", course_id=course.id))
    form = _offered(QuickSettingsForm.shown(data=QuickSettingsForm.values_of(quick, course, resource)), resource)
    return _settings_page(form, course, resource, from_stored(quick.questions))


def _offered(form: QuickSettingsForm, resource: Resource) -> QuickSettingsForm:
    everybody = "全体干部" if _may_publish_for_all() else "全体干部（审核通过后由课程管理员发布）"
    audiences = {str(resource.owner_unit_id): f"本单位：{me().unit_name}", EVERYBODY: everybody}
    may_require = access.may_publish_for(session(), me(), me().unit_path)
    return form.offer(audiences, resource.kind, may_require=may_require)


def _may_publish_for_all() -> bool:
    return access.may_publish_for_all(session(), me())


def _settings_page(
    form: QuickSettingsForm, course: Course, resource: Resource, questions: Sequence[QuickQuestion], status: int = 200
) -> Response:
    file = media.find_media(session(), resource.media_id) if resource.media_id else None
    pages = [(each.number, each.text) for each in media.list_pages(session(), file.id)] if file else []
    suggested = quick_rules.headings(pages, resource.body_html, title=resource.title)
    return page(
        "courses/quick_settings.html",
        status,
        form=form,
        course=course,
        resource=resource,
        file=file,
        has_suggestions=bool(suggested),
        questions=quick_rules.forms(questions, suggested),
        active="courses",
    )


@bp.post("/<int:course_id>/settings")
@requires(Permission.RESOURCE_UPLOAD)
def save_settings(course_id: int) -> Response:
    quick, course, resource = access.quick_to_edit(session(), me(), course_id)
    form = _offered(QuickSettingsForm.posted(), resource)
    questions = quick_rules.read(request.form.to_dict(flat=False))
    try:
        if form.validate():
            wanted = form.settings(may_publish_for_all=_may_publish_for_all())
            services.settle_quick(session(), quick, course, resource, wanted, questions)
            return see_other(url_for("quick.course", course_id=course.id))
    except Invalid as problem:
        form.refuse(problem)
    return _settings_page(form, course, resource, questions, 422)


@bp.get("/<int:course_id>")
@requires(Permission.RESOURCE_UPLOAD)
def course(course_id: int) -> Response:
    """Step 3, and later where it stands."""
    quick, it, resource = access.quick_to_edit(session(), me(), course_id)
    return page("courses/quick_course.html", quick=quick, course=it, active="courses", **_shown(quick, resource))


def _shown(quick: QuickCourse, resource: Resource) -> dict[str, Any]:
    return {
        "resource": resource,
        "file": media.find_media(session(), resource.media_id) if resource.media_id else None,
        "questions": from_stored(quick.questions),
        "history": reviews.list_reviews(session(), resource.id),
        "remarks": reviews.count_open_comments(session(), resource.id),
        "editable": EDITABLE,
        "kinds": KIND_NAMES,
        "states": STATE_NAMES,
    }
