"""Handbooks are made by a task, kept until the next one of their kind is made, and each taking is in the audit log."""

import hashlib
import io
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import serialise
from lms.media import queries as media
from lms.people.models import Branch
from lms.storage import Storage
from lms.tasks import services as tasks
from lms.tasks.models import Task
from lms.tasks.services import TaskContext
from lms.themedays import handbook_facts as book
from lms.themedays import handbook_printing as printing
from lms.themedays import handbook_queries as queries
from lms.themedays.handbook_queries import FORMATS, TASK_KIND

FOLDER = "handbooks/"


def order(session: Session, branch: Branch, year: int, form: str, *, by_id: int, now: datetime) -> Task:
    """The task that makes the handbook; the one that is under way when there is one. `form` is one of FORMATS."""
    serialise(session, f"handbook:{branch.id}:{year}:{form}")
    standing = queries.list_handbooks(session, branch.id, year).get(form)
    if standing is not None and standing.state in ("queued", "running"):
        return standing
    wanted = {"branch_id": branch.id, "year": year, "format": form}
    title = f"{branch.name}{year}年度手册（{FORMATS[form]}）"
    return tasks.enqueue(session, TASK_KIND, wanted, owner_id=by_id, title=title, now=now)


def make(context: TaskContext) -> dict[str, Any]:
    """Read in one go, so that it is of one instant; then photos, pages and the file. A second run makes the same again."""
    branch_id, year, form = int(context.input["branch_id"]), int(context.input["year"]), str(context.input["format"])
    storage: Storage = context.services["storage"]
    now = clock.now()
    with context.make_session() as session:
        branch = session.get_one(Branch, branch_id)
        handbook = book.gather(session, branch, year, now=now)
        files = media.media_by_id(session, list(handbook.photos.values()))
        keys = {name: files[number].play_key for name, number in handbook.photos.items() if number in files}
        name = f"{branch.name}{year}年度手册.{form}"
    photos, total = {}, len(keys) + 2
    for done, (photo, key) in enumerate(keys.items(), 1):
        if key is not None:
            photos[photo] = printing.photo_to_print(b"".join(storage.read(key)))
        context.progress(done, total)
    content = (
        printing.as_pdf(handbook.facts, photos, at=now) if form == "pdf" else printing.as_word(handbook.facts, photos)
    )
    context.progress(total - 1, total)
    key = _keep(storage, content, f"{FOLDER}{branch_id}/{year}-{form}-", form)
    return {
        "file_key": key, "file_name": name, "digest": handbook.digest, "as_of": now.isoformat(), "bytes": len(content),
        "text": f"已生成，{len(handbook.facts['records'])} 次活动。",
    }  # fmt: skip


def _keep(storage: Storage, content: bytes, prefix: str, form: str) -> str:
    """The file under a new key; the former ones of its kind are gone."""
    former = [blob.key for blob in storage.stored(prefix)]
    key = f"{prefix}{secrets.token_hex(8)}.{form}"
    storage.put(key, io.BytesIO(content))
    for old in former:
        storage.delete(old)
    return key


def note_taking(
    session: Session, branch: Branch, form: str, made: Mapping[str, Any], content: bytes, *, by_id: int, now: datetime
) -> None:
    """Who took which file when is in the audit log, with the digest of the very file."""
    told = {"format": form, "digest": made["digest"], "file": hashlib.sha256(content).hexdigest()}
    audit.record(session, by_id, "branch:take-handbook", f"branch:{branch.id}", told, now=now)
