"""A lecturer's own files: what is being made of each, how far it is, why one failed, and the original, which is never lost."""

from flask import Blueprint, Response, url_for

from lms.media import access
from lms.media import queries as media_queries
from lms.media import services as media
from lms.media.rules import LinkScope
from lms.people.guard import keys, me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("files", __name__, url_prefix="/studio/files")

STATES = {"uploaded": "排队中", "processing": "处理中", "ready": "可以播放或阅读", "failed": "没有成功"}
TONES = {"uploaded": "plain", "processing": "now", "ready": "done", "failed": "warn"}


@bp.get("")
@requires(Permission.RESOURCE_UPLOAD)
def index() -> Response:
    return _page("courses/files.html")


@bp.get("/list")
@requires(Permission.RESOURCE_UPLOAD)
def part() -> Response:
    """The part of the page that is fetched again while something is under way."""
    return _page("courses/_files.html")


def _page(template: str) -> Response:
    files = paged(session(), media_queries.list_own(me().id), page_number())
    work = media_queries.work_by_media(session(), me().id)
    is_busy = any(task.state in ("queued", "running") for task in work.values())
    response = page(template, files=files, work=work, is_busy=is_busy, states=STATES, tones=TONES, active="courses")
    if not is_busy:
        response.headers["X-Stop"] = "1"
    return response


@bp.post("/<int:media_id>/processing")
@requires(Permission.RESOURCE_UPLOAD)
def process_again(media_id: int) -> Response:
    media.retry(session(), access.own_file(session(), me().id, media_id), now=now())
    return see_other(url_for("files.index"), flash="已重新排队。")


@bp.get("/<int:media_id>/original")
@requires(Permission.RESOURCE_UPLOAD)
def original(media_id: int) -> Response:
    found = access.own_file(session(), me().id, media_id)
    name = media.original_name(found)
    return see_other(media.link(keys(), found, name, sign_in_id=me().sign_in_id, now=now(), scope=LinkScope.DOWNLOAD))
