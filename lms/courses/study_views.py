"""The learner's pages: a course, a lesson with its player or reader, the start of the quiz."""

from flask import Blueprint, Response, make_response, redirect, url_for

from lms.courses import access_study as access
from lms.courses import views as library
from lms.courses.queries import study as queries
from lms.courses.services import quiz as services
from lms.errors import NotFound
from lms.media import queries as media_queries
from lms.media import services as media_services
from lms.media.models import MediaFile
from lms.media.rules import LinkScope
from lms.people.guard import keys, me, requires
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
    if gone := access.withdrawn_lesson(session(), me(), lesson_id):
        return page("courses/withdrawn.html", 410, resource=gone[2], where=gone[0], active="courses")
    of, it, resource = access.lesson_to_study(session(), me(), lesson_id)
    seen = queries.view_course(session(), of, me().id)
    shown = queries.view_lesson(session(), seen, it, resource, me().id)
    links = library.cited_in(resource, shown.pages, shown.media)
    return page(
        f"courses/lesson_{_template(shown)}.html",
        active="courses",
        course=seen,
        view=shown,
        cited=[(citation.words, address) for citation, address in links.items()],
        **library.own_notes(resource),
    )


@bp.get("/lessons/<int:lesson_id>/captions.vtt")
@requires(Permission.COURSE_STUDY)
def captions(lesson_id: int) -> Response:
    _, _, resource = access.lesson_to_study(session(), me(), lesson_id)
    response = make_response(resource.captions_vtt)
    response.headers["Content-Type"] = "text/vtt; charset=utf-8"
    return response


@bp.get("/lessons/<int:lesson_id>/<any(play, poster, original):what>")
@requires(Permission.COURSE_STUDY)
def file(lesson_id: int, what: str) -> Response:
    """Leads to the file by a fresh link; players and pages keep this address, because links end after minutes."""
    _, _, resource = access.lesson_to_study(session(), me(), lesson_id)
    media = media_queries.find_media(session(), resource.media_id) if resource.media_id else None
    if media is None:
        raise NotFound()
    name = {"play": media_services.play_name, "original": media_services.original_name}.get(what, _poster)(media)
    scope = LinkScope.DOWNLOAD if what == "original" else LinkScope.VIEW
    return _lead_to(media, name, scope)


@bp.get("/lessons/<int:lesson_id>/pages/<int:number>")
@requires(Permission.COURSE_STUDY)
def page_picture(lesson_id: int, number: int) -> Response:
    _, _, resource = access.lesson_to_study(session(), me(), lesson_id)
    media = media_queries.find_media(session(), resource.media_id) if resource.media_id else None
    if media is None:
        raise NotFound()
    return _lead_to(media, f"page-{number}.webp", LinkScope.VIEW)


@bp.post("/<int:course_id>/quiz")
@requires(Permission.COURSE_STUDY)
def start_quiz(course_id: int) -> Response:
    it = access.course_to_study(session(), me(), course_id)
    attempt = services.start_quiz(session(), it, person_id=me().id, now=now())
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))


def _template(view: queries.LessonView) -> str:
    return "player" if view.line.is_played else "reader"


def _poster(_media: MediaFile) -> str:
    return "poster.webp"


def _lead_to(media: MediaFile, name: str, scope: LinkScope) -> Response:
    link = media_services.link(keys(), media, name, sign_in_id=me().sign_in_id, now=now(), scope=scope)
    response = make_response(redirect(link, 302))
    response.headers["Cache-Control"] = "no-store"
    return response
