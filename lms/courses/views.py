"""The library (讲堂): what there is, by line, kind, series, speaker, year and tag, found by words; one resource; its files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, request, url_for
from markupsafe import Markup

from lms.courses import access, caption_rules, chapter_rules, delivery_views
from lms.courses import citation_rules as citing
from lms.courses.citation_rules import Citation
from lms.courses.models import Course, Resource
from lms.courses.page_rules import PageSearch
from lms.courses.queries import citations, own, shelf, versions
from lms.courses.queries import library as queries
from lms.courses.queries.library import Hit, Listing, Wanted
from lms.courses.queries.packages import PackageView, view_package
from lms.courses.review_rules import KIND_NAMES, LINE_NAMES
from lms.courses.services import resources as services
from lms.courses.shelf_forms import NoteForm, SearchForm
from lms.db.bigrams import folded
from lms.errors import NotFound
from lms.media import queries as media_queries
from lms.media import services as media
from lms.media.models import MediaFile, MediaPage
from lms.media.playing import playing_of
from lms.media.rules import LinkScope
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.web import Page, now, page, page_number, see_other, session
from lms.web.headers import allow_frame
from lms.web.hosts import package_origin
from lms.web.prose import cleaned, to_text
from lms.web.vendor import vendor_file

bp = Blueprint("library", __name__, url_prefix="/library")

PAGE_ROWS = 24
COURSES_ON_TOP = 4
NAMES: dict[str, Any] = {"lines": LINE_NAMES, "kinds": KIND_NAMES}


@dataclass(frozen=True)
class Card:
    """One resource in a list."""

    resource: Resource
    hit: Hit | None


@bp.get("/")
@requires(Permission.COURSE_STUDY)
def index() -> Response:
    form = _search_form()
    if not form.validate():
        return page("courses/library.html", 422, form=form, active="courses", **_nothing())
    wanted, only_courses = form.wanted(), form.kind.data == "course"
    courses = _courses(wanted, only_courses)
    resources = Listing[Resource]([], 0) if only_courses else _listed(queries.find_resources, wanted)
    is_front = not wanted.text and not form.is_narrowed and page_number() == 1
    return page(
        "courses/library.html",
        form=form,
        active="courses",
        begun=own.list_begun(session(), me()) if is_front else [],
        courses=as_page(courses, PAGE_ROWS if only_courses else COURSES_ON_TOP),
        shown_courses=courses.rows,
        resources=as_page(resources),
        is_more=(courses if only_courses else resources).is_more,
        cards=cards_of(resources.rows, wanted),
        only_courses=only_courses,
        speaker=_speaker_name(wanted),
        **NAMES,
    )


def _search_form() -> SearchForm:
    series = {str(id): name for id, name in shelf.name_series(session(), me())}
    years = {str(year): f"{year} 年" for year in shelf.list_years(session(), me())}
    return SearchForm.asked().offer(series, years)


def _courses(wanted: Wanted, only_courses: bool) -> Listing[Course]:
    """Courses have no series, speaker, year or tag: where those are asked for, there are none."""
    if wanted.is_of_resources or (page_number() > 1 and not only_courses):
        return Listing([], 0)
    if only_courses:
        return _listed(queries.find_courses, wanted)
    return queries.find_courses(session(), me(), wanted, limit=COURSES_ON_TOP)


def _listed(find: Callable[..., Listing[Any]], wanted: Wanted) -> Listing[Any]:
    """The page asked for; the last one where there are fewer."""
    asked = partial(find, session(), me(), wanted, limit=PAGE_ROWS)
    found = asked(offset=(page_number() - 1) * PAGE_ROWS)
    if found.rows or not found.total:
        return found
    return asked(offset=(found.total - 1) // PAGE_ROWS * PAGE_ROWS)


def as_page(found: Listing[Any], size: int = PAGE_ROWS) -> Page[Any]:
    last = max(1, -(-found.total // size))
    return Page(found.rows, min(page_number(), last), found.total, size)


def _speaker_name(wanted: Wanted) -> str:
    if not wanted.speaker_id:
        return ""
    try:
        return access.speaker_to_see(session(), me(), wanted.speaker_id).name
    except NotFound:
        return ""


def _nothing() -> dict[str, Any]:
    empty: Page[Any] = Page([], 1, 0)
    return {
        "courses": empty,
        "shown_courses": [],
        "resources": empty,
        "cards": [],
        "begun": [],
        "is_more": False,
        "only_courses": False,
        "speaker": "",
        **NAMES,
    }


def cards_of(resources: Sequence[Resource], wanted: Wanted) -> list[Card]:
    terms = folded(wanted.text).split()
    by_title = {r.id for r in resources if all(term in folded(r.title) for term in terms)}
    hits = queries.hits_of(session(), wanted, [r.id for r in resources if r.id not in by_title])
    return [Card(r, hits.get(r.id)) for r in resources]


@bp.get("/<int:resource_id>")
@requires(Permission.COURSE_STUDY)
def resource(resource_id: int) -> Response:
    gone = access.withdrawn_to_explain(session(), me(), resource_id)
    if gone is not None:
        return page("courses/withdrawn.html", 410, resource=gone, where=None, active="courses")
    return resource_page(access.resource_to_read(session(), me(), resource_id))


def resource_page(found: Resource, form: NoteForm | None = None, status: int = 200) -> Response:
    tags = versions.list_tags(session(), found.id)
    return page(
        "courses/resource.html",
        status,
        courses=queries.courses_with(session(), me(), found.id),
        tags=tags,
        series=shelf.name_of_series(session(), found.series_id),
        related=shelf.list_related(session(), me(), found, tags),
        is_favourite=own.is_favourite(session(), found.id, me().id),
        history=versions.list_versions(session(), found),
        active="courses",
        **own_notes(found, form),
        **shown(found),
    )


def own_notes(found: Resource, form: NoteForm | None = None) -> dict[str, Any]:
    """The person's notes on the resource, and the form for the next."""
    return {
        "notes": own.list_notes(session(), found.id, me().id),
        "note_form": form or NoteForm.shown().for_medium(found.kind),
    }


def shown(found: Resource) -> dict[str, Any]:
    """What the resource's content is rendered from, on its page, in the studio and in review."""
    file = media_queries.find_media(session(), found.media_id) if found.media_id else None
    pages = media_queries.list_pages(session(), file.id) if file else []
    links = cited_in(found, pages, file)
    return {
        "resource": found,
        "file": file,
        "pages": pages,
        "search": PageSearch.of(request.args.get("q", ""), pages),
        "playing": playing_of(session(), file),
        "cues": caption_rules.cues(found.captions_vtt),
        "chapters": chapter_rules.chapters_of(found.chapters),
        "cited": [(citation.words, address) for citation, address in links.items()],
        "linked": partial(_linked, links),
        "body": Markup(citing.linked_html(citing.with_anchors(cleaned(found.body_html)), links)),
        **package_shown(view_package(session(), found.media_id)),
        **NAMES,
    }


def package_shown(package: PackageView | None) -> dict[str, Any]:
    """What a package is shown with, and the page's leave to frame it; `hindrance` says why it cannot be shown here."""
    hindrance = ""
    if package is not None:
        allow_frame(package_origin())
        if package.runtime and vendor_file(package.runtime) is None:
            hindrance = "本站还没有装好播放 SCORM 课件的组件，请系统管理员在服务器上运行 ./dev assets。"
        if not package_origin():
            hindrance = "本站还没有给课件设置单独的网址（LMS_PACKAGE_ORIGIN），请联系系统管理员。"
    return {"package": package, "hindrance": hindrance}


def _linked(links: Mapping[Citation, str], text: str) -> Markup:
    return Markup(citing.linked(text, links))


def cited_in(found: Resource, pages: Sequence[MediaPage], file: MediaFile | None) -> dict[Citation, str]:
    """The laws cited in the resource whose text the person can read here, with the addresses."""
    texts = (
        to_text(found.body_html), caption_rules.said(caption_rules.cues(found.captions_vtt)), found.transcript,
        *([page.text for page in pages] or [file.text if file else ""]),
    )  # fmt: skip
    cited = citing.citations("\n".join(texts))
    places = citations.texts_of_laws(session(), me(), cited, besides=found.id) if cited else {}
    return {citation: url_for("library.resource", resource_id=id) + place for citation, (id, place) in places.items()}


@bp.get("/<int:resource_id>/<any(play, poster):what>")
@requires(Permission.COURSE_STUDY)
def file(resource_id: int, what: str) -> Response:
    """Leads to a fresh link, so that pages that stand open for long keep working."""
    return delivery_views.lead_to_shown(*_file_of(resource_id), what)


@bp.get("/<int:resource_id>/stream/<path:name>")
@requires(Permission.COURSE_STUDY)
def stream(resource_id: int, name: str) -> Response:
    return delivery_views.stream(*_file_of(resource_id), name)


@bp.get("/<int:resource_id>/pages/<int:number>")
@bp.get("/<int:resource_id>/pages/<int:number>/<any(small):size>")
@requires(Permission.COURSE_STUDY)
def page_picture(resource_id: int, number: int, size: str = "") -> Response:
    return delivery_views.lead_to(*_file_of(resource_id), f"page-{number}{'-small' if size else ''}.webp")


@bp.post("/<int:resource_id>/download")
@requires(Permission.COURSE_STUDY)
def download(resource_id: int) -> Response:
    """Leads to the original once it is noted who took it."""
    found = access.resource_to_download(session(), me(), resource_id)
    file = media_queries.find_media(session(), found.media_id) if found.media_id else None
    if file is None:
        raise NotFound()
    services.note_download(session(), found, by=me(), now=now())
    link = media.link(
        keys(), file, media.original_name(file), sign_in_id=me().sign_in_id, now=now(), scope=LinkScope.DOWNLOAD
    )
    return see_other(link)


@bp.get("/<int:resource_id>/captions.vtt")
@requires(Permission.COURSE_STUDY)
def captions(resource_id: int) -> Response:
    found = access.resource_to_preview(session(), me(), resource_id)
    return Response(found.captions_vtt or "WEBVTT\n", mimetype="text/vtt")


def _file_of(resource_id: int) -> tuple[Resource, MediaFile]:
    found = access.resource_to_preview(session(), me(), resource_id)
    file = media_queries.find_media(session(), found.media_id) if found.media_id else None
    if file is None:
        raise NotFound()
    return found, file
