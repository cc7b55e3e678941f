"""Uploads nobody went on with, and what is deleted after them."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from lms.db import MakeSession, unit_of_work
from lms.media import upload_queries as queries
from lms.media.upload_models import Upload, UploadPart
from lms.media.upload_rules import UNFINISHED_KEPT, UNUSED_KEPT, UploadState
from lms.media.uploads import FORGET_KIND, give_up
from lms.storage import Storage
from lms.tasks.services import TaskContext

CHUNK = 100

log = structlog.get_logger("lms.media")


def sweep_uploads(make_session: MakeSession, now: datetime) -> int:
    """Gives up what was left alone for a week, finished or not; returns how many. What goes on meanwhile stays."""
    with make_session() as session:
        old = _list_old(session, now)
    gone = 0
    for upload_id, since in old:
        with unit_of_work(make_session) as session:
            gone += give_up(session, upload_id, now=now, untouched_since=since)
    if gone:
        log.info("uploads given up", uploads=gone)
    return gone


def _list_old(session: Session, now: datetime) -> list[tuple[int, datetime]]:
    """Upload and the moment since which nothing arrived."""
    limits = {UploadState.OPEN: now - UNFINISHED_KEPT, UploadState.COMPLETE: now - UNUSED_KEPT}
    left = [(Upload.state == state) & (Upload.touched_at < limit) for state, limit in limits.items()]
    rows = session.execute(select(Upload.id, Upload.state).where(or_(*left)).order_by(Upload.touched_at).limit(CHUNK))
    return [(upload_id, limits[state]) for upload_id, state in rows]


def forget(context: TaskContext) -> dict[str, Any]:
    """The parts are deleted; of an upload that was given up everything is, its row last. Running twice gives the same."""
    storage: Storage = context.services["storage"]
    with context.make_session() as session:
        upload = queries.find_upload(session, context.input["upload_id"])
    if upload is None:
        return {}
    storage.forget_parts(upload.key, upload.handle)
    if upload.state is UploadState.DISCARDED:
        storage.delete(upload.key)
        with unit_of_work(context.make_session) as session:
            session.execute(delete(UploadPart).where(UploadPart.upload_id == upload.id))
            session.execute(delete(Upload).where(Upload.id == upload.id, Upload.state == UploadState.DISCARDED))
    return {"upload_id": upload.id}


KINDS = {FORGET_KIND: forget}
