"""What reviewers remark at a moment or on a page, and the author's settling of it."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.courses.library_rules import Spot
from lms.courses.models import Resource, ResourceComment
from lms.db import changed
from lms.errors import Conflict
from lms.people.principal import Principal


def comment(
    session: Session, resource: Resource, text: str, spot: Spot, *, by: Principal, now: datetime
) -> ResourceComment:
    """The remark stands beside the version the reviewer sees; the author has to settle it before handing in again."""
    made = ResourceComment(
        resource_id=resource.id,
        version=resource.version,
        at_millis=spot.at_millis,
        page=spot.page,
        text=text,
        author_id=by.id,
        made_at=now,
    )
    session.add(made)
    detail = {"version": resource.version, "at_millis": spot.at_millis, "page": spot.page, "text": text}
    audit.record(session, by.id, "resource.comment", f"resource:{resource.id}", detail, now=now)
    return made


def resolve_comment(session: Session, comment: ResourceComment, *, by: Principal, now: datetime) -> None:
    """Settled by the author; raises Conflict when it was already."""
    open_one = update(ResourceComment).where(ResourceComment.id == comment.id, ResourceComment.resolved_at.is_(None))
    if not changed(session.execute(open_one.values(resolved_at=now, resolved_by_id=by.id))):
        raise Conflict("这条意见已经处理过了，请刷新页面。")
    detail = {"comment": comment.id, "version": comment.version}
    audit.record(session, by.id, "resource.comment_resolved", f"resource:{comment.resource_id}", detail, now=now)
