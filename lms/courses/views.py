"""The library (讲堂): what there is, by business line and kind, found by words; one resource; its files."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from lms.courses import access, caption_rules, chapter_rules, delivery_views
from lms.courses.forms import SearchForm
from lms.courses.models import Course, Resource
from lms.courses.page_rules import PageSearch
from lms.courses.prose import cleaned
from lms.courses.queries import library as queries
from lms.courses.queries.library import Hit, Wanted
from lms.courses.queries.packages import PackageView, view_package
from lms.courses.review_rules import KIND_NAMES, LINE_NAMES, Line, ResourceKind
from lms.courses.services import resources as services
from lms.errors import NotFound
from lms.media import queries as media_queries
from lms.media import services as media
from lms.media.models import MediaFile
from lms.media.playing import playing_of
from lms.media.rules import LinkScope
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.web import Page, now, page, page_number, paged, paged_at_once, see_other, session
from lms.web.headers import allow_frame
from lms.web.hosts import package_origin
from lms.web.vendor import vendor_file

bp = Blueprint("library", __name__, url_prefix="/library")

PAGE_ROWS = 24
COURSES_ON_TOP = 4


@dataclass(frozen=True)
class Card:
    """One resource in a list."""

    resource: Resource
    hit: Hit | None


@bp.get("/")
@requires(Permission.COURSE_STUDY)
def index() -> Response:
    form = SearchForm.asked()
    if not form.validate():
        return page("courses/library.html", 422, form=form, active="courses", **_nothing())
    wanted, only_courses = _wanted(form)
    query = queries.list_courses(session(), me(), wanted)
    courses = _page_of(
        query, Course.id, wanted, page_number() if only_courses else 1, PAGE_ROWS if only_courses else COURSES_ON_TOP
    )
    found = queries.list_resources(session(), me(), wanted)
    resources = Page([], 1, 0) if only_courses else _page_of(found, Resource.id, wanted, page_number(), PAGE_ROWS)
    shown = [] if wanted.kind or (page_number() > 1 and not only_courses) else courses.rows
    return page(
        "courses/library.html",
        form=form,
        active="courses",
        courses=courses,
        shown_courses=shown,
        resources=resources,
        cards=_cards(resources.rows, wanted),
        only_courses=only_courses,
        **NAMES,
    )


def _page_of(query: Select[Any], key: InstrumentedAttribute[int], wanted: Wanted, number: int, size: int) -> Page[Any]:
    if wanted.text:
        return paged_at_once(session(), query, key, number, size)
    return paged(session(), query, number, size)


NAMES: dict[str, Any] = {"lines": LINE_NAMES, "kinds": KIND_NAMES}


def _nothing() -> dict[str, Any]:
    empty: Page[Any] = Page([], 1, 0)
    return {
        "courses": empty,
        "shown_courses": [],
        "resources": empty,
        "cards": [],
        "only_courses": False,
        **NAMES,
    }


def _wanted(form: SearchForm) -> tuple[Wanted, bool]:
    kind = form.kind.data or ""
    only_courses = kind == "course"
    return Wanted(
        form.q.data or "",
        Line(form.line.data) if form.line.data else None,
        ResourceKind(kind) if kind and not only_courses else None,
    ), only_courses


def _cards(resources: Any, wanted: Wanted) -> list[Card]:
    hits = queries.hits_of(session(), wanted, [r.id for r in resources])
    return [Card(r, hits.get(r.id)) for r in resources]


@bp.get("/<int:resource_id>")
@requires(Permission.COURSE_STUDY)
def resource(resource_id: int) -> Response:
    found = access.resource_to_read(session(), me(), resource_id)
    courses: list[Course] = queries.courses_with(session(), me(), found.id)
    return page("courses/resource.html", courses=courses, active="courses", **shown(found))


def shown(found: Resource) -> dict[str, Any]:
    """What the resource's content is rendered from, on its page, in the studio and in review."""
    file = media_queries.find_media(session(), found.media_id) if found.media_id else None
    pages = media_queries.list_pages(session(), file.id) if file else []
    return {
        "resource": found,
        "file": file,
        "pages": pages,
        "search": PageSearch.of(request.args.get("q", ""), pages),
        "playing": playing_of(session(), file),
        "cues": caption_rules.cues(found.captions_vtt),
        "chapters": chapter_rules.chapters_of(found.chapters),
        "body": cleaned(found.body_html),
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


def address(found: Resource) -> str:
    return url_for("library.resource", resource_id=found.id)
