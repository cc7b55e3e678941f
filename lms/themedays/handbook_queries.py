"""Read the handbooks that were made or are being made: each is a task."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.tasks.models import Task

TASK_KIND = "themedays.handbook"
FORMATS: Mapping[str, str] = {"pdf": "PDF", "docx": "Word"}


def list_handbooks(session: Session, branch_id: int, year: int) -> dict[str, Task]:
    """Format → the newest task of this branch and year, whoever asked for it."""
    query = (
        select(Task)
        .where(Task.kind == TASK_KIND, Task.input["branch_id"].as_integer() == branch_id)
        .where(Task.input["year"].as_integer() == year)
        .order_by(Task.id)
    )
    return {str(task.input["format"]): task for task in session.scalars(query)}


def find_handbook(tasks: Mapping[str, Task], form: str) -> Mapping[str, Any] | None:
    """The file of that format: file_key, file_name, digest, bytes; None until it is there."""
    task = tasks.get(form)
    return task.result if task is not None and task.result and task.result.get("file_key") else None


def unfinished(tasks: Mapping[str, Task]) -> Sequence[Task]:
    return [task for task in tasks.values() if task.state in ("queued", "running")]
