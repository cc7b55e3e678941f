"""The back office of courses: list, make, edit, fill with lessons, publish, withdraw."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.courses import access
from lms.courses.forms import CourseForm, LessonForm
from lms.courses.models import Course
from lms.courses.queries import library as queries
from lms.courses.review_rules import COURSE_STATE_NAMES, KIND_NAMES, LINE_NAMES, CourseState
from lms.courses.services import courses as services
from lms.errors import Invalid
from lms.people import queries as people
from lms.people.access import scope
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import clean_line

bp = Blueprint("course_admin", __name__, url_prefix="/office/courses")

NAMES: dict[str, Any] = {"lines": LINE_NAMES, "kinds": KIND_NAMES, "states": COURSE_STATE_NAMES}
CANDIDATES = 12


@bp.get("/")
@requires(Permission.COURSE_MANAGE)
def courses() -> Response:
    text, given = clean_line(request.args.get("q"))[:60], request.args.get("state", "")
    state = CourseState(given) if given in list(CourseState) else None
    within = scope(session(), me(), Permission.COURSE_MANAGE)
    found = paged(session(), queries.list_managed_courses(within, state, text), page_number())
    counts = queries.count_lessons(session(), [course.id for course in found.rows])
    return page(
        "courses/admin_list.html", courses=found, counts=counts, text=text, state=state, active="courses", **NAMES
    )


@bp.get("/new")
@requires(Permission.COURSE_MANAGE)
def new() -> Response:
    form = _offered(CourseForm.shown(data={"owner": str(me().unit_id), "lecturer_name": ""}))
    return page(
        "courses/admin_form.html", form=form, course=None, action=url_for("course_admin.create"), active="courses"
    )


@bp.post("/")
@requires(Permission.COURSE_MANAGE)
def create() -> Response:
    form = _offered(CourseForm.posted())
    if not form.validate():
        action = url_for("course_admin.create")
        return page("courses/admin_form.html", 422, form=form, course=None, action=action, active="courses")
    made = services.create_course(session(), form.facts(), owner_unit_id=int(form.owner.data), now=now())
    return see_other(url_for("course_admin.course", course_id=made.id), flash="课程已建立，请添加课时。")


def _offered(form: CourseForm) -> CourseForm:
    """The form with the units and papers this person may choose."""
    within = scope(session(), me(), Permission.COURSE_MANAGE)
    units = {str(u.id): u.name for u in people.list_units(session()) if within.covers_unit(u.path)}
    papers = queries.list_papers(session(), scope(session(), me(), Permission.PAPER_MANAGE))
    return form.offer(units, units, {str(paper_id): title for paper_id, title in papers})


@bp.get("/<int:course_id>")
@requires(Permission.COURSE_MANAGE)
def course(course_id: int) -> Response:
    return _course_page(access.course_to_manage(session(), me(), course_id))


def _course_page(found: Course, form: LessonForm | None = None, status: int = 200, refusal: str = "") -> Response:
    text = clean_line(request.args.get("q"))[:60]
    return page(
        "courses/admin_course.html",
        status,
        course=found,
        lessons=queries.list_lessons(session(), found.id),
        form=form or LessonForm.shown(),
        text=text,
        candidates=queries.list_candidates(session(), me(), found, text, CANDIDATES),
        paper=queries.paper_title(session(), found.paper_id),
        units={unit.id: unit.name for unit in people.list_units(session())},
        refusal=refusal,
        active="courses",
        **NAMES,
    )


@bp.get("/<int:course_id>/edit")
@requires(Permission.COURSE_MANAGE)
def edit(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    form = _offered(CourseForm.shown(data=CourseForm.values_of(found)))
    return _edit_page(found, form)


def _edit_page(found: Course, form: CourseForm, status: int = 200) -> Response:
    action = url_for("course_admin.save", course_id=found.id)
    return page("courses/admin_form.html", status, form=form, course=found, action=action, active="courses")


@bp.post("/<int:course_id>")
@requires(Permission.COURSE_MANAGE)
def save(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    form = _offered(CourseForm.posted())
    try:
        if form.validate():
            services.edit_course(session(), found, form.facts(), owner_unit_id=int(form.owner.data))
            return see_other(url_for("course_admin.course", course_id=found.id), flash="已保存。")
    except Invalid as problem:
        form.refuse(problem)
    return _edit_page(found, form, 422)


@bp.post("/<int:course_id>/lessons")
@requires(Permission.COURSE_MANAGE)
def add_lesson(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    form = LessonForm.posted()
    given = form.resource_id.data or ""
    chosen = access.resource_to_teach(session(), me(), int(given) if given.isdecimal() and len(given) < 16 else 0)
    services.add_lesson(session(), found, chosen, title=form.title.data or "", is_required=True)
    return see_other(url_for("course_admin.course", course_id=found.id), flash=f"已添加“{chosen.title}”。")


@bp.post("/<int:course_id>/lessons/<int:lesson_id>/<any(up, down):where>")
@requires(Permission.COURSE_MANAGE)
def move_lesson(course_id: int, lesson_id: int, where: str) -> Response:
    found, lesson = access.lesson_to_manage(session(), me(), course_id, lesson_id)
    services.move_lesson(session(), found, lesson, up=where == "up")
    return see_other(url_for("course_admin.course", course_id=found.id))


@bp.post("/<int:course_id>/lessons/<int:lesson_id>/removal")
@requires(Permission.COURSE_MANAGE)
def remove_lesson(course_id: int, lesson_id: int) -> Response:
    found, lesson = access.lesson_to_manage(session(), me(), course_id, lesson_id)
    services.remove_lesson(session(), found, lesson)
    return see_other(url_for("course_admin.course", course_id=found.id), flash=f"已移除“{lesson.title}”。")


@bp.post("/<int:course_id>/publication")
@requires(Permission.COURSE_MANAGE)
def publish(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    try:
        services.publish_course(session(), found, by=me(), now=now())
    except Invalid as problem:
        return _course_page(found, status=422, refusal=problem.message)
    return see_other(url_for("course_admin.course", course_id=found.id), flash="课程已发布。")


@bp.post("/<int:course_id>/withdrawal")
@requires(Permission.COURSE_MANAGE)
def withdraw(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    services.withdraw_course(session(), found, by=me(), now=now())
    return see_other(url_for("course_admin.course", course_id=found.id), flash="课程已撤下，已有的学习记录和学时保留。")


@bp.post("/<int:course_id>/draft")
@requires(Permission.COURSE_MANAGE)
def reopen(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    services.reopen_course(session(), found)
    return see_other(url_for("course_admin.course", course_id=found.id), flash="已转为草稿，可以增减课时。")
