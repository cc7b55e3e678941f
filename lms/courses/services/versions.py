"""The next version of a published resource: drafted beside it, reviewed like any other, put in its place when published.

The resource keeps its row, and so its id, lessons, viewings, progress, favourites and notes; the two rows exchange what they show. The
row of the new version then holds the old one, superseded.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.courses.models import Resource, ResourceComment, ResourceReview, ResourceTag
from lms.courses.queries import versions as queries
from lms.courses.review_rules import RESOURCE, ResourceState
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.media import services as media
from lms.media.models import MediaFile
from lms.people.principal import Principal
from lms.tasks import services as tasks

RECOUNT = "courses.recount"

# Columns of the row and not of what it shows. Every other one, also one that is added later, goes with the version.
STANDING = frozenset(
    {"id", "kind", "owner_unit_id", "state", "created_by_id", "created_at", "replaces_id", "superseded_at"}
    | {"withdrawn_reason", "withdrawn_at"}
)
# Columns a reviewer does not judge: where the version stands, and what is found in its file or follows from other columns.
FOUND = frozenset(
    {"version", "published_at", "lecturer_id", "speaker_id", "duration_millis", "page_count", "title_sound", "media_id"}
)
SHOWN = tuple(column.name for column in Resource.__table__.columns if column.name not in STANDING)
JUDGED = tuple(name for name in SHOWN if name not in FOUND)

PENDING = "这份资源已经有一个新版本在准备或审核，请先完成那一个。"
MOVED_ON = "这份资源的状态刚刚有了变化，请刷新后再试。"


def begin_version(session: Session, resource: Resource, *, by: Principal, now: datetime) -> Resource:
    """A draft of the next version, equal to the present one so far. Raises Conflict when the resource is not published or has one."""
    if resource.state is not ResourceState.PUBLISHED:
        raise Conflict("只有已发布的资源可以准备新版本。")
    values = {**_shown(resource), "version": resource.version + 1, "published_at": None, "change_note": ""}
    made = _copy(resource, values, ResourceState.DRAFT, by_id=by.id, now=now)
    with conflict_as(Conflict(PENDING), session):
        session.add(made)
    _copy_tags(session, resource.id, made.id)
    audit.record(session, by.id, "resource.version", _target(resource), {"version": made.version}, now=now)
    return made


def keep_old(session: Session, resource: Resource, *, now: datetime) -> None:
    """What the resource shows is kept as a superseded version, before the row itself is changed."""
    gone = {"withdrawn_reason": resource.withdrawn_reason, "withdrawn_at": resource.withdrawn_at}
    values = {**_shown(resource), **gone, "superseded_at": now}
    old = _copy(resource, values, ResourceState.SUPERSEDED, by_id=resource.created_by_id, now=resource.created_at)
    session.add(old)
    session.flush()  # its tags need its number
    _copy_tags(session, resource.id, old.id)


def discard_version(session: Session, draft: Resource, *, by: Principal, now: datetime) -> None:
    """The draft of a next version is thrown away with what was said about it; the published one stays as it is."""
    if draft.replaces_id is None or draft.state not in (ResourceState.DRAFT, ResourceState.RETURNED):
        raise Conflict(MOVED_ON)
    for model in (ResourceComment, ResourceReview, ResourceTag):
        session.execute(delete(model).where(model.resource_id == draft.id))
    detail = {"version": draft.version}
    audit.record(session, by.id, "resource.version_discarded", f"resource:{draft.replaces_id}", detail, now=now)
    session.delete(draft)


def check_next(session: Session, draft: Resource) -> None:
    """Raises Invalid for a next version that lacks its note of what is new, or shuts out people who have it in a course."""
    if draft.replaces_id is None:
        return
    if not draft.change_note.strip():
        raise Invalid("请写明这一版改了什么，学过旧版的同志会看到。", field="change_note")
    shut_out = queries.find_wider_course(session, draft.replaces_id, draft.audience_unit_id)
    if shut_out:
        raise Invalid(f"课程《{shut_out}》的学习对象更广，新版本的可见范围不能比它小。", field="audience")


def take_place(session: Session, draft: Resource, *, by: Principal, now: datetime) -> Resource:
    """The approved draft is what the resource shows from now on, and the draft's row the superseded version. Nobody's progress is
    touched here; where lengths differ it is recounted by a task. Returns the resource."""
    resource = session.get_one(Resource, draft.replaces_id)
    before, after = _shown(resource), _shown(draft)
    _exchange(session, resource, draft, before, after, now)
    _exchange_tags(session, resource.id, draft.id)
    for model in (ResourceReview, ResourceComment):
        session.execute(update(model).where(model.resource_id == draft.id).values(resource_id=resource.id))
    session.refresh(resource)
    session.refresh(draft)
    if before["media_id"] and before["media_id"] != after["media_id"]:
        media.end_links(session, before["media_id"])
    _recount_later(session, resource, before, now)
    detail = {"version": after["version"], "before": before["version"], "note": after["change_note"]}
    audit.record(session, by.id, "resource.replace", _target(resource), detail, now=now)
    return resource


def _exchange(
    session: Session, resource: Resource, draft: Resource, before: dict[str, Any], after: dict[str, Any], now: datetime
) -> None:
    standing = (ResourceState.PUBLISHED, ResourceState.WITHDRAWN)
    place = update(Resource).where(
        Resource.id == resource.id, Resource.version == resource.version, Resource.state.in_(standing)
    )
    public = {"state": ResourceState.PUBLISHED, "published_at": now, "withdrawn_reason": "", "withdrawn_at": None}
    passed = update(Resource).where(
        Resource.id == draft.id, Resource.version == draft.version, Resource.state == ResourceState.SECRECY_REVIEW
    )
    old = {"state": ResourceState.SUPERSEDED, "superseded_at": now}
    for statement in (place.values(**{**after, **public}), passed.values(**{**before, **old})):
        if not changed(session.execute(statement)):
            raise Conflict(MOVED_ON)


def _recount_later(session: Session, resource: Resource, before: dict[str, Any], now: datetime) -> None:
    lengths = ("duration_millis", "page_count", "required_reading_seconds")
    if all(before[name] == getattr(resource, name) for name in lengths):
        return
    title = f"按新版本重新计算学习进度：{resource.title}"
    tasks.enqueue(session, RECOUNT, {"resource_id": resource.id}, owner_id=resource.created_by_id, title=title, now=now)


def digest_of(session: Session, resource: Resource) -> str:
    """Of everything a reviewer judges: what the row shows, its tags, and the file by its own hash."""
    said = {name: getattr(resource, name) for name in JUDGED}
    said["tags"] = sorted(_tags(session, resource.id))
    said["file"] = session.scalar(select(MediaFile.sha256).where(MediaFile.id == resource.media_id))
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _shown(resource: Resource) -> dict[str, Any]:
    return {name: getattr(resource, name) for name in SHOWN}


def _copy(resource: Resource, values: dict[str, Any], state: ResourceState, *, by_id: int, now: datetime) -> Resource:
    return Resource(
        **values,
        kind=resource.kind,
        owner_unit_id=resource.owner_unit_id,
        state=state,
        created_by_id=by_id,
        created_at=now,
        replaces_id=resource.id,
    )


def _tags(session: Session, resource_id: int) -> list[str]:
    return list(session.scalars(select(ResourceTag.tag).where(ResourceTag.resource_id == resource_id)))


def _copy_tags(session: Session, from_id: int, to_id: int) -> None:
    rows = [{"resource_id": to_id, "tag": tag} for tag in _tags(session, from_id)]
    if rows:
        session.execute(insert(ResourceTag), rows)


def _exchange_tags(session: Session, one: int, other: int) -> None:
    rows = [{"resource_id": to, "tag": tag} for of, to in ((one, other), (other, one)) for tag in _tags(session, of)]
    session.execute(delete(ResourceTag).where(ResourceTag.resource_id.in_((one, other))))
    if rows:
        session.execute(insert(ResourceTag), rows)


def _target(resource: Resource) -> str:
    return f"{RESOURCE}:{resource.id}"
