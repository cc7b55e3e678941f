"""Enqueue, claim, run and end tasks; claim scheduled runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession, changed, insert_ignore, unit_of_work
from lms.errors import LmsError
from lms.tasks.models import JobRun, Task, TaskState

CLAIM = timedelta(minutes=15)
MOST_TRIES = 3
KEPT = timedelta(days=90)

log = structlog.get_logger("lms.tasks")


def enqueue(
    session: Session,
    kind: str,
    input: Mapping[str, Any],
    *,
    owner_id: int | None,
    title: str,
    now: datetime,
    run_after: datetime | None = None,
) -> Task:
    """A task that runs after this transaction is stored; never when it is not."""
    task = Task(
        kind=kind,
        title=title[:200],
        owner_id=owner_id,
        input=dict(input),
        state=TaskState.QUEUED,
        run_after=run_after or now,
        created_at=now,
    )
    session.add(task)
    session.flush()  # the caller shows the task's number
    return task


@dataclass(frozen=True)
class TaskContext:
    """What a task's function may use: its input, sessions of its own, and progress."""

    task_id: int
    owner_id: int | None
    input: Mapping[str, Any]
    make_session: MakeSession
    now: datetime
    services: Mapping[str, Any]
    tries: int = 1

    def progress(self, done: int, total: int) -> None:
        """Store how far the work is and renew the claim; a transaction of its own."""
        with unit_of_work(self.make_session) as session:
            session.execute(
                update(Task)
                .where(Task.id == self.task_id)
                .values(progress_done=done, progress_total=total, claimed_until=clock.now() + CLAIM)
            )


Run = Callable[[TaskContext], dict[str, Any] | None]


def run_due(make_session: MakeSession, kinds: Mapping[str, Run], services: Mapping[str, Any]) -> int:
    """Run every task that is due, one after another; returns how many were run."""
    ran = 0
    while (context := _claim(make_session, kinds, services)) is not None:
        _run(context, kinds)
        ran += 1
    return ran


def _claim(make_session: MakeSession, kinds: Mapping[str, Run], services: Mapping[str, Any]) -> TaskContext | None:
    now = clock.now()
    due = or_(Task.state == TaskState.QUEUED, (Task.state == TaskState.RUNNING) & (Task.claimed_until < now))
    with unit_of_work(make_session) as session:
        query = select(Task).where(due, Task.run_after <= now, Task.kind.in_(list(kinds))).order_by(Task.id).limit(5)
        for task in session.scalars(query).all():
            taken = session.execute(
                update(Task)
                .where(Task.id == task.id, Task.tries == task.tries, due)
                .values(state=TaskState.RUNNING, tries=Task.tries + 1, claimed_until=now + CLAIM, started_at=now)
            )
            if changed(taken):
                tries = task.tries + 1
                return TaskContext(task.id, task.owner_id, task.input, make_session, now, services, tries)
    return None


def _run(context: TaskContext, kinds: Mapping[str, Run]) -> None:
    with unit_of_work(context.make_session) as session:
        kind = session.scalars(select(Task.kind).where(Task.id == context.task_id)).one()
    try:
        result = kinds[kind](context)
    except LmsError as problem:  # a refusal will not change by trying again
        _end(context, TaskState.FAILED, error=problem.message)
    except Exception as problem:
        log.error("task failed", task=context.task_id, kind=kind, exc_info=problem)
        _fail(context, f"{type(problem).__name__}: {problem}"[:500])
    else:
        _end(context, TaskState.DONE, result=result or {})


def _fail(context: TaskContext, error: str) -> None:
    with unit_of_work(context.make_session) as session:
        tries = session.scalars(select(Task.tries).where(Task.id == context.task_id)).one()
        if tries < MOST_TRIES:
            later = clock.now() + timedelta(minutes=2**tries)
            values: dict[str, Any] = {"state": TaskState.QUEUED, "run_after": later, "error": error}
        else:
            values = {"state": TaskState.FAILED, "finished_at": clock.now(), "error": error}
        session.execute(update(Task).where(Task.id == context.task_id).values(**values))


def _end(
    context: TaskContext, state: TaskState, result: dict[str, Any] | None = None, error: str | None = None
) -> None:
    with unit_of_work(context.make_session) as session:
        session.execute(
            update(Task)
            .where(Task.id == context.task_id)
            .values(state=state, result=result, error=error, finished_at=clock.now(), claimed_until=None)
        )


def retry(session: Session, task: Task, *, now: datetime) -> None:
    """A failed task is due again; a task in any other state stays as it is."""
    session.execute(
        update(Task)
        .where(Task.id == task.id, Task.state == TaskState.FAILED)
        .values(state=TaskState.QUEUED, tries=0, run_after=now, error=None, finished_at=None)
    )


def claim_run(session: Session, job: str, slot: str, *, now: datetime) -> bool:
    """True for the one caller that may run the job for this slot."""
    row = {"job": job, "slot": slot, "claimed_at": now}
    return insert_ignore(session, JobRun, [row], key=["job", "slot"]) == 1


def end_run(session: Session, job: str, slot: str, *, error: str | None, now: datetime) -> None:
    session.execute(
        update(JobRun)
        .where(JobRun.job == job, JobRun.slot == slot)
        .values(finished_at=now, error=error and error[:500])
    )


def sweep(session: Session, now: datetime) -> None:
    """Drop claims and finished tasks nobody will ask for any more."""
    session.execute(delete(JobRun).where(JobRun.claimed_at < now - timedelta(days=7)))
    session.execute(delete(Task).where(Task.finished_at < now - KEPT))
