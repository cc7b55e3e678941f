"""One's own uploads: what runs, what was interrupted, what is finished and not used yet."""

from flask import Blueprint, Response, url_for

from lms.media import access_uploads as access
from lms.media import upload_queries as queries
from lms.media import uploads as services
from lms.media.upload_rules import UNFINISHED_KEPT, UNUSED_KEPT, is_moving
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("uploads", __name__, url_prefix="/uploads")


@bp.get("")
@requires(Permission.RESOURCE_UPLOAD)
def index() -> Response:
    lines = queries.list_own(session(), me().id)
    return page(
        "media/uploads.html",
        lines=lines,
        moving={line.upload.id for line in lines if is_moving(line.upload.touched_at, now())},
        room=queries.room_of(session(), me()),
        kept={"open": UNFINISHED_KEPT, "complete": UNUSED_KEPT},
        active="courses",
    )


@bp.post("/<int:upload_id>/discard")
@requires(Permission.RESOURCE_UPLOAD)
def discard(upload_id: int) -> Response:
    upload = access.upload_to_fill(session(), me(), upload_id)
    services.discard_upload(session(), upload, now=now())
    return see_other(url_for("uploads.index"), flash=f"已放弃“{upload.name}”。")
