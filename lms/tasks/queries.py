"""Read tasks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.tasks.models import JobRun, Task, TaskState


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


def newest_runs(session: Session, jobs: Sequence[str]) -> dict[str, JobRun]:
    """The newest claimed run of each of these jobs, of those that ran within the week that is kept."""
    newest = {name: select(JobRun).where(JobRun.job == name).order_by(JobRun.id.desc()).limit(1) for name in jobs}
    found = {name: session.scalars(query).first() for name, query in newest.items()}
    return {name: run for name, run in found.items() if run is not None}


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting task has been due; None when none is."""
    return session.scalar(select(func.min(Task.run_after)).where(Task.state == TaskState.QUEUED, Task.run_after <= now))


def count_failed_since(session: Session, at: datetime) -> int:
    query = select(func.count()).select_from(Task).where(Task.state == TaskState.FAILED, Task.finished_at >= at)
    return session.scalar(query) or 0


def count_by_state(session: Session) -> dict[str, int]:
    """Tasks by state; states that none is in are left out."""
    rows = session.execute(select(Task.state, func.count()).group_by(Task.state))
    return {str(state.value): count for state, count in rows}
