"""The back office of what is in a course: sections, lessons, quizzes, order, what comes first; copy, preview, import of an archive."""

from flask import Blueprint, Response, current_app, request, url_for

from lms.courses import access
from lms.courses.admin_views import course_page, papers_to_choose
from lms.courses.course_forms import (
    EditLessonForm,
    ImportForm,
    LessonForm,
    OrderForm,
    PrerequisiteForm,
    QuizLessonForm,
    SectionForm,
)
from lms.courses.course_rules import Token
from lms.courses.models import Course, Resource
from lms.courses.queries import building, study
from lms.courses.review_rules import Line
from lms.courses.services import contents, imports
from lms.courses.services import courses as services
from lms.courses.views import shown
from lms.errors import Invalid, NotFound
from lms.people.guard import me, requires, settings
from lms.people.rules import Permission
from lms.storage import Storage
from lms.web import large_body, now, page, see_other, session

bp = Blueprint("course_building", __name__, url_prefix="/office/courses")


def _back(course: Course, flash: str | None = None) -> Response:
    return see_other(url_for("course_admin.course", course_id=course.id), flash=flash)


def _number(text: str | None) -> int:
    """A number that somebody sent; 0, which nothing has, for anything else."""
    return int(text) if text and text.isdecimal() and text.isascii() and len(text) < 16 else 0


# --- lessons


@bp.post("/<int:course_id>/lessons")
@requires(Permission.COURSE_MANAGE)
def add_lesson(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    form = LessonForm.posted()
    chosen = access.resource_to_teach(session(), me(), _number(form.resource_id.data))
    contents.add_lesson(session(), found, chosen, title=form.title.data or "")
    return _back(found, f"已添加“{chosen.title}”。")


@bp.post("/<int:course_id>/quizzes")
@requires(Permission.COURSE_MANAGE)
def add_quiz(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    form = QuizLessonForm.posted().offer(papers_to_choose())
    if not form.validate():
        return course_page(found, 422, quiz_form=form)
    paper = access.paper_to_teach(session(), me(), int(form.paper_id.data))
    lesson = contents.add_quiz(session(), found, paper, title=form.quiz_title.data or "")
    return _back(found, f"已添加测验“{lesson.title}”。")


@bp.get("/<int:course_id>/lessons/<int:lesson_id>")
@requires(Permission.COURSE_MANAGE)
def lesson(course_id: int, lesson_id: int) -> Response:
    found, it = access.lesson_to_manage(session(), me(), course_id, lesson_id)
    return page("courses/admin_lesson.html", course=found, lesson=it, form=EditLessonForm.shown(it), active="courses")


@bp.post("/<int:course_id>/lessons/<int:lesson_id>")
@requires(Permission.COURSE_MANAGE)
def save_lesson(course_id: int, lesson_id: int) -> Response:
    found, it = access.lesson_to_manage(session(), me(), course_id, lesson_id)
    form = EditLessonForm.posted()
    if not form.validate():
        return page("courses/admin_lesson.html", 422, course=found, lesson=it, form=form, active="courses")
    contents.edit_lesson(session(), found, it, title=form.title.data, is_required=form.is_required.data)
    return _back(found, "已保存。")


@bp.post("/<int:course_id>/lessons/<int:lesson_id>/<any(up, down):where>")
@requires(Permission.COURSE_MANAGE)
def move_lesson(course_id: int, lesson_id: int, where: str) -> Response:
    found, it = access.lesson_to_manage(session(), me(), course_id, lesson_id)
    contents.move(session(), found, Token(it.id), up=where == "up")
    return _back(found)


@bp.post("/<int:course_id>/lessons/<int:lesson_id>/removal")
@requires(Permission.COURSE_MANAGE)
def remove_lesson(course_id: int, lesson_id: int) -> Response:
    found, it = access.lesson_to_manage(session(), me(), course_id, lesson_id)
    title = it.title
    contents.remove_lesson(session(), found, it)
    return _back(found, f"已移除“{title}”。")


# --- sections and order


@bp.post("/<int:course_id>/sections")
@requires(Permission.COURSE_MANAGE)
def add_section(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    form = SectionForm.posted()
    if not form.validate():
        return course_page(found, 422, section_form=form)
    contents.add_section(session(), found, form.section_title.data)
    return _back(found, "已添加章节，接着添加的课时归在它下面。")


@bp.get("/<int:course_id>/sections/<int:section_id>")
@requires(Permission.COURSE_MANAGE)
def section(course_id: int, section_id: int) -> Response:
    found, it = access.section_to_manage(session(), me(), course_id, section_id)
    form = SectionForm.shown(data={"section_title": it.title})
    return page("courses/admin_section.html", course=found, section=it, form=form, active="courses")


@bp.post("/<int:course_id>/sections/<int:section_id>")
@requires(Permission.COURSE_MANAGE)
def save_section(course_id: int, section_id: int) -> Response:
    found, it = access.section_to_manage(session(), me(), course_id, section_id)
    form = SectionForm.posted()
    if not form.validate():
        return page("courses/admin_section.html", 422, course=found, section=it, form=form, active="courses")
    contents.rename_section(session(), found, it, form.section_title.data)
    return _back(found, "已保存。")


@bp.post("/<int:course_id>/sections/<int:section_id>/<any(up, down):where>")
@requires(Permission.COURSE_MANAGE)
def move_section(course_id: int, section_id: int, where: str) -> Response:
    found, it = access.section_to_manage(session(), me(), course_id, section_id)
    contents.move(session(), found, Token(it.id, is_section=True), up=where == "up")
    return _back(found)


@bp.post("/<int:course_id>/sections/<int:section_id>/removal")
@requires(Permission.COURSE_MANAGE)
def remove_section(course_id: int, section_id: int) -> Response:
    found, it = access.section_to_manage(session(), me(), course_id, section_id)
    contents.remove_section(session(), found, it)
    return _back(found, "章节已移除，其中的课时归到前一章。")


@bp.post("/<int:course_id>/order")
@requires(Permission.COURSE_MANAGE)
def set_order(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    contents.set_order(session(), found, OrderForm.posted().order.data or "")
    return _back(found, "顺序已保存。")


# --- what comes first, copies, preview


@bp.post("/<int:course_id>/prerequisites")
@requires(Permission.COURSE_MANAGE)
def add_prerequisite(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    form = PrerequisiteForm.posted().offer(access.courses_to_require(session(), me(), found))
    held = [course.id for course in building.list_prerequisites(session(), found.id)]
    if not form.validate():
        return course_page(found, 422, "请从列表里选一门先修课。")
    try:
        services.set_prerequisites(session(), found, [*held, int(form.required_id.data)])
    except Invalid as problem:
        return course_page(found, 422, problem.message)
    return _back(found, "已添加先修课。")


@bp.post("/<int:course_id>/prerequisites/<int:required_id>/removal")
@requires(Permission.COURSE_MANAGE)
def remove_prerequisite(course_id: int, required_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    held = [course.id for course in building.list_prerequisites(session(), found.id)]
    services.set_prerequisites(session(), found, [each for each in held if each != required_id])
    return _back(found, "已取消先修要求。")


@bp.post("/<int:course_id>/copy")
@requires(Permission.COURSE_MANAGE)
def duplicate(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    return _back(services.duplicate_course(session(), found, now=now()), "这是副本，改好后再发布。")


@bp.get("/<int:course_id>/preview")
@requires(Permission.COURSE_MANAGE)
def preview(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    return page("courses/course.html", view=study.preview_course(session(), found, now=now()), active="courses")


@bp.get("/<int:course_id>/preview/<int:lesson_id>")
@requires(Permission.COURSE_MANAGE)
def preview_lesson(course_id: int, lesson_id: int) -> Response:
    """What the lesson shows, without a player that counts."""
    found, it = access.lesson_to_manage(session(), me(), course_id, lesson_id)
    view = study.preview_course(session(), found, now=now())
    resource = _previewed(it.resource_id) if it.resource_id else None
    content = shown(resource) if resource else {"resource": None}
    return page("courses/lesson_preview.html", course=view, lesson=it, active="courses", **content)


def _previewed(resource_id: int) -> Resource | None:
    """The resource, or None while it is nobody's to see but its makers' and reviewers'."""
    try:
        return access.resource_to_preview(session(), me(), resource_id)
    except NotFound:
        return None


# --- an archive becomes a course


@bp.get("/import")
@requires(Permission.COURSE_MANAGE)
def new_import() -> Response:
    return _import_page(ImportForm.shown())


def _import_page(form: ImportForm, status: int = 200) -> Response:
    limit = settings().upload_limit_bytes
    return page("courses/admin_import.html", status, form=form, limit_bytes=limit, active="courses")


@bp.post("/import")
@requires(Permission.COURSE_MANAGE)
@large_body
def start_import() -> Response:
    form = ImportForm.posted()
    try:
        if form.validate():
            begun = imports.start_import(
                session(),
                me(),
                imports.Wanted(form.title.data, Line(form.line.data), settings().upload_limit_bytes),
                archive=next(iter(_posted("archive")), None),
                folder=_posted("folder"),
                owner_unit_id=access.unit_to_own(session(), me()),
                storage=_storage(),
                now=now(),
            )
            return see_other(url_for("course_building.importing", import_id=begun.id))
    except Invalid as problem:
        form.refuse(problem)
    return _import_page(form, 422)


def _posted(name: str) -> list[imports.Posted]:
    """The files that were chosen in that field."""
    files = [file for file in request.files.getlist(name) if file.filename]
    return [imports.Posted(str(file.filename), file.stream) for file in files]  # type: ignore[arg-type]


@bp.get("/imports/<int:import_id>")
@requires(Permission.COURSE_MANAGE)
def importing(import_id: int) -> Response:
    found, course = access.import_to_see(session(), me(), import_id)
    return page("courses/admin_importing.html", found=found, course=course, active="courses")


@bp.get("/imports/<int:import_id>/state")
@requires(Permission.COURSE_MANAGE)
def import_state(import_id: int) -> Response:
    """The part of that page that changes while files are taken in."""
    found, course = access.import_to_see(session(), me(), import_id)
    response = page("courses/_import_state.html", found=found, course=course)
    if found.finished_at is not None:
        response.headers["X-Stop"] = "1"
    return response


def _storage() -> Storage:
    storage: Storage = current_app.extensions["storage"]
    return storage
