"""Tasks: long work that can be left and found again."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request, url_for

from lms.admin import access
from lms.admin.rules import error_in_words, is_technical, seconds_of
from lms.errors import NotFound
from lms.media.queries import MEDIA_TASKS
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.storage import Missing, Storage
from lms.tasks import queries, services
from lms.tasks.models import TaskState
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("tasks", __name__, url_prefix="/tasks")

STATES = {"queued": "排队中", "running": "进行中", "done": "已完成", "failed": "没有完成"}
TONES = {"queued": "plain", "running": "now", "done": "done", "failed": "warn"}


@bp.get("")
@requires(Permission.TASK_READ)
def index() -> Response:
    asked = request.args.get("state", "")
    state = TaskState(asked) if asked in STATES else None
    of_media = request.args.get("of") == "media"
    kinds = MEDIA_TASKS if of_media else None
    tasks = paged(session(), queries.list_tasks(access.task_owner_filter(me()), state, kinds), page_number())
    names = people.names_of(session(), [task.owner_id for task in tasks.rows if task.owner_id])
    return page("admin/tasks/index.html", tasks=tasks, names=names, state=asked, of_media=of_media, **_words())


@bp.get("/<int:task_id>")
@requires(Permission.TASK_READ)
def show(task_id: int) -> Response:
    task = access.task_to_see(session(), me(), task_id)
    return page("admin/tasks/show.html", task=task, **_words())


@bp.get("/<int:task_id>/progress")
@requires(Permission.TASK_READ)
def progress(task_id: int) -> Response:
    """The piece of the task's page that is fetched again until the task has ended."""
    task = access.task_to_see(session(), me(), task_id)
    response = page("admin/tasks/_progress.html", task=task, **_words())
    if task.state in (TaskState.DONE, TaskState.FAILED):
        response.headers["X-Stop"] = "1"
    return response


@bp.post("/<int:task_id>/retry")
@requires(Permission.TASK_READ)
def retry(task_id: int) -> Response:
    task = access.task_to_see(session(), me(), task_id)
    services.retry(session(), task, now=now())
    return see_other(url_for("admin.tasks.show", task_id=task_id), flash="已重新排队。")


@bp.get("/<int:task_id>/file")
@requires(Permission.TASK_READ)
def file(task_id: int) -> Response:
    """What the task made, as a download."""
    blob = access.task_file_to_get(session(), me(), task_id)
    storage: Storage = current_app.extensions["storage"]
    try:
        response = Response(storage.read(blob.key), mimetype="application/octet-stream")
    except Missing as problem:
        raise NotFound() from problem
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(blob.name)}"
    return response


def _words() -> dict[str, Any]:
    known = {
        "states": STATES,
        "tones": TONES,
        "error_in_words": error_in_words,
        "seconds_of": seconds_of,
        "is_technical": is_technical,
    }
    return {**known, "active": "tasks"}
