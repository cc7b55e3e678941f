"""The back office of courses: list, make, edit, publish, withdraw. What is in them: building_views."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms.courses import access
from lms.courses.course_forms import CourseForm, PrerequisiteForm, QuizLessonForm, SectionForm
from lms.courses.course_rules import COMPLETION_NAMES
from lms.courses.models import Course
from lms.courses.queries import building
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

NAMES: dict[str, Any] = {"line_names": LINE_NAMES, "kinds": KIND_NAMES, "states": COURSE_STATE_NAMES}
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
    try:
        if form.validate():
            made = services.create_course(session(), form.facts(), owner_unit_id=int(form.owner.data), now=now())
            return see_other(url_for("course_admin.course", course_id=made.id), flash="课程已建立，请添加课时。")
    except Invalid as problem:
        form.refuse(problem)
    action = url_for("course_admin.create")
    return page("courses/admin_form.html", 422, form=form, course=None, action=action, active="courses")


def _offered(form: CourseForm) -> CourseForm:
    """The form with the units and papers this person may choose."""
    within = scope(session(), me(), Permission.COURSE_MANAGE)
    units = {str(u.id): u.name for u in people.list_units(session()) if within.covers_unit(u.path)}
    return form.offer(units, units, papers_to_choose())


def papers_to_choose() -> dict[str, str]:
    """The papers of the person's units, for a select field."""
    papers = queries.list_papers(session(), scope(session(), me(), Permission.PAPER_MANAGE))
    return {str(paper_id): title for paper_id, title in papers}


@bp.get("/<int:course_id>")
@requires(Permission.COURSE_MANAGE)
def course(course_id: int) -> Response:
    return course_page(access.course_to_manage(session(), me(), course_id))


def course_page(
    found: Course,
    status: int = 200,
    refusal: str = "",
    section_form: SectionForm | None = None,
    quiz_form: QuizLessonForm | None = None,
) -> Response:
    text = clean_line(request.args.get("q"))[:60]
    return page(
        "courses/admin_course.html",
        status,
        course=found,
        lines=building.list_contents(session(), found),
        candidates=queries.list_candidates(session(), me(), found, text, CANDIDATES),
        text=text,
        section_form=section_form or SectionForm.shown(),
        quiz_form=(quiz_form or QuizLessonForm.shown()).offer(papers_to_choose()),
        prerequisites=building.list_prerequisites(session(), found.id),
        prerequisite_form=PrerequisiteForm.shown().offer(access.courses_to_require(session(), me(), found)),
        papers={id: queries.paper_title(session(), id) for id in (found.paper_id, found.pretest_paper_id) if id},
        units={unit.id: unit.name for unit in people.list_units(session())},
        last_import=building.find_last_import(session(), found.id),
        refusal=refusal,
        active="courses",
        completions=COMPLETION_NAMES,
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


@bp.post("/<int:course_id>/publication")
@requires(Permission.COURSE_MANAGE)
def publish(course_id: int) -> Response:
    found = access.course_to_manage(session(), me(), course_id)
    try:
        services.publish_course(session(), found, by=me(), now=now())
    except Invalid as problem:
        return course_page(found, 422, problem.message)
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
