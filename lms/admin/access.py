"""Loaders of what the back office itself keeps."""

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
