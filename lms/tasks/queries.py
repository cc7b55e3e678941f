"""Read tasks."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.tasks.models import Task, TaskState


def list_tasks(
    owner_id: int | None, state: TaskState | None = None, kinds: Sequence[str] | None = None
) -> Select[Task]:
    """Newest first; one owner's, or everybody's for None; in one state, or in all; of these kinds, or of all."""
    query = select(Task).order_by(Task.id.desc())
    if kinds is not None:
        query = query.where(Task.kind.in_(kinds))
    if state is not None:
        query = query.where(Task.state == state)
    return query if owner_id is None else query.where(Task.owner_id == owner_id)


def list_first(session: Session, query: Select[Task], most: int) -> Sequence[Task]:
    return session.scalars(query.limit(most)).all()


def find_task(session: Session, task_id: int) -> Task | None:
    return session.get(Task, task_id)


def count_unfinished(session: Session, owner_id: int) -> int:
    open_states = (TaskState.QUEUED, TaskState.RUNNING)
    query = select(func.count()).select_from(Task).where(Task.owner_id == owner_id, Task.state.in_(open_states))
    return session.scalar(query) or 0


def count_failed(session: Session, owner_id: int | None) -> int:
    """Failed tasks of one owner, or everybody's for None."""
    query = select(func.count()).select_from(Task).where(Task.state == TaskState.FAILED)
    return session.scalar(query if owner_id is None else query.where(Task.owner_id == owner_id)) or 0
