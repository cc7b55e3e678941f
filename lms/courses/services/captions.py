"""Captions of a draft: replaced as a whole, and never over a change somebody else has made meanwhile."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.courses.caption_rules import mark_of
from lms.courses.models import Resource
from lms.courses.review_rules import EDITABLE
from lms.courses.services.resources import check_editable
from lms.db import changed
from lms.errors import Conflict

CHANGED = "字幕在别的页面改过了。你写的还在下面，请先另开一页看看现在的字幕，再决定是否保存。"


def save_captions(session: Session, resource: Resource, vtt: str, *, seen: str) -> None:
    """These are the captions now. `seen` is the mark of those the editor began with.

    Raises Conflict when they have changed since, and for what is under review or published: captions are shown, so they are reviewed.
    """
    check_editable(resource)
    if mark_of(resource.captions_vtt) != seen:
        raise Conflict(CHANGED)
    unchanged = update(Resource).where(
        Resource.id == resource.id, Resource.state.in_(EDITABLE), Resource.captions_vtt == resource.captions_vtt
    )
    if not changed(session.execute(unchanged.values(captions_vtt=vtt))):
        raise Conflict(CHANGED)
    session.refresh(resource)
