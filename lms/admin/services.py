"""What the back office's tasks do, and whom they tell."""

from typing import Any

from lms import clock
from lms.db import unit_of_work
from lms.notices import services as notices
from lms.people.services import rosters
from lms.tasks.services import TaskContext


def import_people(context: TaskContext) -> dict[str, Any]:
    """The roster is taken in and its owner told how it went."""
    result = rosters.take_in(context)
    text = f"花名册导入完成：新增 {result['added']} 人"
    text += f"，跳过 {result['skipped']} 人（已在库中）。" if result["skipped"] else "。"
    if context.owner_id is not None:
        with unit_of_work(context.make_session) as session:
            notices.tell(session, context.owner_id, text, f"/office/tasks/{context.task_id}", now=clock.now())
    return {**result, "text": text}
