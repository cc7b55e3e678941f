"""The editor of captions beside the player."""

from flask import Blueprint, Response, request, url_for

from lms.courses import access
from lms.courses import caption_rules as rules
from lms.courses.forms import CaptionsForm
from lms.courses.models import Resource
from lms.courses.review_rules import EDITABLE, ResourceKind
from lms.courses.services import captions as services
from lms.courses.views import shown
from lms.errors import Conflict, NotFound
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import page, see_other, session

bp = Blueprint("captions", __name__, url_prefix="/studio")

CAPTIONED = (ResourceKind.VIDEO, ResourceKind.AUDIO)


@bp.get("/<int:resource_id>/captions")
@requires(Permission.RESOURCE_UPLOAD)
def edit(resource_id: int) -> Response:
    found = _found(resource_id)
    heard = _heard(found)
    text = rules.vtt_of(heard) if request.args.get("from") == "heard" else found.captions_vtt
    return _page(found, CaptionsForm.shown(data={"captions": text, "seen": rules.mark_of(found.captions_vtt)}))


@bp.post("/<int:resource_id>/captions")
@requires(Permission.RESOURCE_UPLOAD)
def save(resource_id: int) -> Response:
    found, form = _found(resource_id), CaptionsForm.posted()
    if not form.validate():
        return _page(found, form, 422)
    try:
        services.save_captions(session(), found, form.vtt, seen=form.seen.data or "")
    except Conflict as problem:
        form.captions.errors = [problem.message]
        return _page(found, form, 409)
    return see_other(url_for("studio.resource", resource_id=found.id), flash="字幕已保存。")


def _found(resource_id: int) -> Resource:
    found = access.resource_to_edit(session(), me(), resource_id)
    if found.kind not in CAPTIONED:
        raise NotFound()
    return found


def _heard(found: Resource) -> list[rules.Cue]:
    """What the site's recogniser heard; overlaps are cut, so that it can be saved when it is right."""
    file = shown(found)["file"]
    return rules.tidied(rules.read(file.heard_vtt).cues) if file is not None and file.heard_vtt else []


def _page(found: Resource, form: CaptionsForm, status: int = 200) -> Response:
    return page(
        "courses/captions.html",
        status,
        form=form,
        heard=len(_heard(found)),
        is_editable=found.state in EDITABLE,
        active="courses",
        **shown(found),
    )
