"""Ways into the library besides its search (series, speakers, tags), and what a person keeps of it (favourites, notes)."""

from itertools import groupby

from flask import Blueprint, Response, request, url_for

from lms.courses import access, access_study
from lms.courses.library_rules import Spot
from lms.courses.models import Resource
from lms.courses.queries import library, own, shelf
from lms.courses.queries.library import Wanted
from lms.courses.services import shelf as services
from lms.courses.shelf_forms import NoteForm
from lms.courses.views import NAMES, PAGE_ROWS, as_page, cards_of, resource_page
from lms.errors import Invalid, NotFound
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("shelf", __name__, url_prefix="/library")


@bp.get("/series")
@requires(Permission.COURSE_STUDY)
def all_series() -> Response:
    return page("courses/series.html", found=shelf.list_series(session(), me()), active="courses")


@bp.get("/series/<int:series_id>")
@requires(Permission.COURSE_STUDY)
def series(series_id: int) -> Response:
    it = access.series_to_see(session(), me(), series_id)
    wanted = Wanted(series_id=it.id)
    found = library.find_resources(session(), me(), wanted, offset=(page_number() - 1) * PAGE_ROWS)
    return page(
        "courses/series_one.html",
        series=it,
        resources=as_page(found),
        cards=cards_of(found.rows, wanted),
        active="courses",
        **NAMES,
    )


@bp.get("/speakers")
@requires(Permission.COURSE_STUDY)
def speakers() -> Response:
    query = shelf.list_speakers(me())
    rows = session().execute(query.limit(PAGE_ROWS * 2).offset((page_number() - 1) * PAGE_ROWS * 2)).all()
    total = shelf.count_speakers(session(), me())
    found = library.Listing(rows, total)
    return page("courses/speakers.html", speakers=as_page(found, PAGE_ROWS * 2), active="courses")


@bp.get("/speakers/<int:speaker_id>")
@requires(Permission.COURSE_STUDY)
def speaker(speaker_id: int) -> Response:
    it = access.speaker_to_see(session(), me(), speaker_id)
    wanted = Wanted(speaker_id=it.id)
    found = paged(session(), shelf.list_given(me(), it.id), page_number())
    years = [(year, list(cards)) for year, cards in groupby(cards_of(found.rows, wanted), lambda c: c.resource.year)]
    return page("courses/speaker.html", speaker=it, resources=found, years=years, active="courses", **NAMES)


@bp.get("/tags")
@requires(Permission.COURSE_STUDY)
def tags() -> Response:
    return page("courses/tags.html", found=shelf.list_tags(session(), me()), active="courses")


@bp.get("/mine")
@requires(Permission.COURSE_STUDY)
def mine() -> Response:
    kept = paged(session(), own.list_favourites(me()), page_number(), PAGE_ROWS)
    return page(
        "courses/favourites.html",
        resources=kept,
        cards=cards_of(kept.rows, Wanted()),
        gone=own.list_gone(session(), me()) if page_number() == 1 else [],
        active="courses",
        **NAMES,
    )


@bp.post("/<int:resource_id>/favourite")
@requires(Permission.COURSE_STUDY)
def keep(resource_id: int) -> Response:
    found = access.resource_to_read(session(), me(), resource_id)
    services.keep_favourite(session(), found, person_id=me().id, now=now())
    return see_other(url_for("library.resource", resource_id=found.id), flash="已收藏，在“收藏和笔记”里找得到。")


@bp.post("/<int:resource_id>/favourite/removal")
@requires(Permission.COURSE_STUDY)
def drop(resource_id: int) -> Response:
    """Also what is withdrawn or no longer open can be let go."""
    services.drop_favourite(session(), resource_id, person_id=me().id)
    back = "shelf.mine" if request.form.get("from") == "mine" else None
    address = url_for(back) if back else url_for("library.resource", resource_id=resource_id)
    return see_other(address, flash="已取消收藏。")


@bp.get("/notes")
@requires(Permission.COURSE_STUDY)
def notes() -> Response:
    found = paged(session(), own.list_all_notes(me()), page_number())
    titles = own.titles_shown(session(), me(), [note.resource_id for note in found.rows])
    return page("courses/notes.html", notes=found, titles=titles, active="courses")


@bp.post("/<int:resource_id>/notes")
@requires(Permission.COURSE_STUDY)
def add_note(resource_id: int) -> Response:
    found = access.resource_to_read(session(), me(), resource_id)
    form = NoteForm.posted().for_medium(found.kind)
    try:
        if form.validate():
            count = own.count_notes(session(), found.id, me().id)
            services.add_note(session(), found, form.text.data, form.spot, person_id=me().id, count=count, now=now())
            return see_other(_back(found, form.spot), flash="笔记已保存，只有你自己看得到。")
    except Invalid as problem:
        form.refuse(problem)
    return resource_page(found, form, 422)


@bp.post("/notes/<int:note_id>/removal")
@requires(Permission.COURSE_STUDY)
def remove_note(note_id: int) -> Response:
    note = access.note_to_remove(session(), me(), note_id)
    services.remove_note(session(), note)
    return see_other(_back_from(note.resource_id), flash="笔记已删除。")


def _back(found: Resource, spot: Spot) -> str:
    """The lesson the note was written in, where that is open to the person; else the resource's page, played on from the note's second."""
    given = request.form.get("lesson", "")
    if given.isascii() and given.isdecimal() and len(given) < 16:
        try:
            _, lesson, shown = access_study.lesson_to_study(session(), me(), int(given))
        except NotFound:
            shown = None
        if shown is not None and shown.id == found.id:
            return url_for("courses.lesson", lesson_id=lesson.id) + "#notes"
    place = "#notes" if spot.at_millis is None else f"#t={spot.at_millis // 1000}"
    return url_for("library.resource", resource_id=found.id) + place


def _back_from(resource_id: int) -> str:
    if request.form.get("from") == "resource":
        return url_for("library.resource", resource_id=resource_id) + "#notes"
    return url_for("shelf.notes")
