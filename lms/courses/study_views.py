"""The learner's pages: a course, a lesson with its player or reader, the start of the quiz."""

from typing import Any

from flask import Blueprint, Response, make_response, request, url_for

from lms.courses import access_study as access
from lms.courses import delivery_views
from lms.courses.models import Resource
from lms.courses.queries import study as queries
from lms.courses.queries.packages import view_package
from lms.courses.review_rules import ResourceKind
from lms.courses.services import quiz as services
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
    return page("courses/course.html", active="courses", view=queries.view_course(session(), it, me().id))


@bp.get("/lessons/<int:lesson_id>")
@requires(Permission.COURSE_STUDY)
def lesson(lesson_id: int) -> Response:
    of, it, resource = access.lesson_to_study(session(), me(), lesson_id)
    seen = queries.view_course(session(), of, me().id)
    shown = queries.view_lesson(session(), seen, it, resource, me().id, find=request.args.get("q", ""))
    more = _package(shown, lesson_id) if resource.kind is ResourceKind.PACKAGE else {}
    return page(f"courses/lesson_{_template(shown)}.html", active="courses", course=seen, view=shown, **more)


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
    it = access.course_to_study(session(), me(), course_id)
    attempt = services.start_quiz(session(), it, person_id=me().id, now=now())
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))


def _package(view: queries.LessonView, lesson_id: int) -> dict[str, Any]:
    return package_shown(view_package(session(), view.resource.media_id, lesson_id=lesson_id, person_id=me().id))


def _template(view: queries.LessonView) -> str:
    if view.line.kind is ResourceKind.PACKAGE:
        return "package"
    return "player" if view.line.is_played else "reader"
