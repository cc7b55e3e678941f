"""Loaders of what the back office itself keeps."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.people.principal import Principal
from lms.people.rules import ROLE_PERMISSIONS, Role
from lms.tasks import queries as tasks
from lms.tasks.models import Task


def may_enter(me: Principal) -> bool:
    """True for everybody who may do more than a cadre."""
    return bool(me.permissions - ROLE_PERMISSIONS[Role.CADRE])


def task_owner_filter(me: Principal) -> int | None:
    """Whose tasks I see: mine, or everybody's (None) as system admin."""
    return None if me.has_role(Role.SYSTEM_ADMIN) else me.id


def task_to_see(session: Session, me: Principal, task_id: int) -> Task:
    task = tasks.find_task(session, task_id)
    owner = task_owner_filter(me)
    if task is None or (owner is not None and task.owner_id != owner):
        raise NotFound()
    return task


@dataclass(frozen=True)
class Blob:
    """A stored file and the name it is saved under."""

    key: str
    name: str


def task_file_to_get(session: Session, me: Principal, task_id: int) -> Blob:
    """The file a task of mine made. Other people's stays theirs, also for the system admin: it may hold lists of persons."""
    task = tasks.find_task(session, task_id)
    result = task.result if task is not None and task.owner_id == me.id else None
    if not result or not result.get("file_key"):
        raise NotFound()
    return Blob(result["file_key"], result.get("file_name", "结果"))
