"""Loaders of what the back office itself keeps."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.access import TOP, Scope
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import ROLE_PERMISSIONS, Permission, Role
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


def report_scope(session: Session, me: Principal) -> Scope:
    """The units whose figures I read. Who reads for the top of the Party tree, as 机关党委 does, reads for all units."""
    held = people.scope(session, me, Permission.REPORT_READ)
    is_top = any(path.count("/") <= TOP for path in held.branch_paths)
    return Scope(("/",), ()) if is_top else Scope(held.unit_paths, ())


def units_to_report(session: Session, me: Principal) -> list[Unit]:
    """In reading order."""
    reach = report_scope(session, me)
    return [unit for unit in people_queries.list_units(session) if reach.covers_unit(unit.path)]


def unit_to_report(session: Session, me: Principal, unit_id: int) -> Unit:
    """A unit of my scope; NotFound elsewhere."""
    unit = people_queries.find_unit(session, unit_id)
    if unit is None or not report_scope(session, me).covers_unit(unit.path):
        raise NotFound()
    return unit


def lecture_duty_scope(session: Session, me: Principal) -> Scope:
    """Where I may see which leaders have yet to speak: as the organiser of lectures only."""
    return people.scope(session, me, Permission.LECTURE_MANAGE)
