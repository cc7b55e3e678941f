"""The learner's pages: a course, a lesson with its player or reader, the start of its quizzes, an opinion of what was learnt."""

from typing import Any

from flask import Blueprint, Response, make_response, request, url_for

from lms.courses import access_study as access
from lms.courses import delivery_views
from lms.courses import views as library
from lms.courses.forms import RatingForm
from lms.courses.models import Course, Lesson, Resource
from lms.courses.queries import gates, ratings
from lms.courses.queries import study as queries
from lms.courses.queries.packages import view_package
from lms.courses.review_rules import ResourceKind
from lms.courses.services import quiz as services
from lms.courses.services.ratings import rate_resource
from lms.courses.views import package_shown
from lms.errors import NotFound
from lms.media import queries as media_queries
from lms.media.models import MediaFile
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("courses", __name__, url_prefix="/courses")


@bp.get("/<int:course_id>")
@requires(Permission.COURSE_STUDY)
def course(course_id: int) -> Response:
    it = access.course_to_study(session(), me(), course_id)
    return page("courses/course.html", active="courses", view=_view(it))


@bp.get("/lessons/<int:lesson_id>")
@requires(Permission.COURSE_STUDY)
def lesson(lesson_id: int) -> Response:
    if gone := access.withdrawn_lesson(session(), me(), lesson_id):
        return page("courses/withdrawn.html", 410, resource=gone[2], where=gone[0], active="courses")
    of, it, resource = access.lesson_to_study(session(), me(), lesson_id)
    return _lesson_page(of, it, resource, RatingForm.shown())


def _lesson_page(of: Course, it: Lesson, resource: Resource, form: RatingForm, status: int = 200) -> Response:
    seen, find = _view(of), request.args.get("q", "")
    shown = queries.view_lesson(session(), seen, it, resource, me().id, find=find)
    rating = ratings.find_rating(session(), resource, me().id) if shown.line.is_finished else None
    links = library.cited_in(resource, shown.pages, shown.media)
    more = _package(shown, it.id) if resource.kind is ResourceKind.PACKAGE else {}
    return page(
        f"courses/lesson_{_template(shown)}.html",
        status,
        active="courses",
        course=seen,
        view=shown,
        rating=rating,
        rating_form=form,
        cited=[(citation.words, address) for citation, address in links.items()],
        **library.own_notes(resource),
        **more,
    )


def _view(course: Course) -> queries.CourseView:
    gate = gates.gate_of(session(), course, person_id=me().id, unit_path=me().unit_path)
    return queries.view_course(session(), course, me().id, gate=gate, now=now())


@bp.post("/lessons/<int:lesson_id>/rating")
@requires(Permission.COURSE_STUDY)
def rate(lesson_id: int) -> Response:
    it, resource = access.lesson_finished(session(), me(), lesson_id)
    form = RatingForm.posted()
    if not form.validate():
        of = access.course_to_study(session(), me(), it.course_id)
        return _lesson_page(of, it, resource, form, 422)
    words = form.words.data or ""
    rate_resource(session(), resource, person_id=me().id, stars=int(form.stars.data), words=words, now=now())
    return see_other(url_for("courses.lesson", lesson_id=it.id), flash="谢谢，讲师会看到平均分，看不到是谁评的。")


@bp.get("/lessons/<int:lesson_id>/captions.vtt")
@requires(Permission.COURSE_STUDY)
def captions(lesson_id: int) -> Response:
    _, _, resource = access.lesson_to_study(session(), me(), lesson_id)
    response = make_response(resource.captions_vtt)
    response.headers["Content-Type"] = "text/vtt; charset=utf-8"
    return response


@bp.get("/lessons/<int:lesson_id>/<any(play, poster):what>")
@requires(Permission.COURSE_STUDY)
def file(lesson_id: int, what: str) -> Response:
    """Leads to the file by a fresh link; players and pages keep this address, because links end after minutes."""
    return delivery_views.lead_to_shown(*_file_of(lesson_id), what)


@bp.get("/lessons/<int:lesson_id>/stream/<path:name>")
@requires(Permission.COURSE_STUDY)
def stream(lesson_id: int, name: str) -> Response:
    return delivery_views.stream(*_file_of(lesson_id), name)


@bp.get("/lessons/<int:lesson_id>/pages/<int:number>")
@bp.get("/lessons/<int:lesson_id>/pages/<int:number>/<any(small):size>")
@requires(Permission.COURSE_STUDY)
def page_picture(lesson_id: int, number: int, size: str = "") -> Response:
    return delivery_views.lead_to(*_file_of(lesson_id), f"page-{number}{'-small' if size else ''}.webp")


def _file_of(lesson_id: int) -> tuple[Resource, MediaFile]:
    _, _, resource = access.lesson_to_study(session(), me(), lesson_id)
    found = media_queries.find_media(session(), resource.media_id) if resource.media_id else None
    if found is None:
        raise NotFound()
    return resource, found


@bp.post("/<int:course_id>/quiz")
@requires(Permission.COURSE_STUDY)
def start_quiz(course_id: int) -> Response:
    it = access.quiz_to_sit(session(), me(), course_id, now())
    attempt = services.start_quiz(session(), it, person_id=me().id, now=now())
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))


@bp.get("/lessons/<int:lesson_id>/quiz")
@requires(Permission.COURSE_STUDY)
def lesson_quiz(lesson_id: int) -> Response:
    of, it, paper = access.quiz_lesson_to_study(session(), me(), lesson_id, now())
    view = queries.view_quiz_lesson(session(), _view(of), it, paper, me().id, now())
    return page("courses/lesson_quiz.html", active="courses", view=view)


@bp.post("/lessons/<int:lesson_id>/quiz")
@requires(Permission.COURSE_STUDY)
def start_lesson_quiz(lesson_id: int) -> Response:
    of, it, _ = access.quiz_lesson_to_study(session(), me(), lesson_id, now())
    attempt = services.start_lesson_quiz(session(), of, it, person_id=me().id, now=now())
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))


@bp.post("/<int:course_id>/pretest")
@requires(Permission.COURSE_STUDY)
def start_pretest(course_id: int) -> Response:
    it = access.pretest_to_sit(session(), me(), course_id, now())
    attempt = services.start_pretest(session(), it, person_id=me().id, now=now())
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))


def _package(view: queries.LessonView, lesson_id: int) -> dict[str, Any]:
    return package_shown(view_package(session(), view.resource.media_id, lesson_id=lesson_id, person_id=me().id))


def _template(view: queries.LessonView) -> str:
    if view.line.kind is ResourceKind.PACKAGE:
        return "package"
    return "player" if view.line.is_played else "reader"
