"""Progress after a new version of a resource: the same rules, the new length."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import LessonProgress
from lms.courses.queries import versions
from lms.courses.queries.history import MEDIA, is_finished
from lms.courses.services import progress
from lms.courses.services.viewings import recount
from lms.db import serialise, unit_of_work
from lms.tasks.services import TaskContext

TOLD_EVERY = 50
"""After so many people the task says how far it is."""


def recount_for_version(session: Session, lesson_id: int, person_id: int, *, now: datetime) -> None:
    """Progress follows the version shown now, by the same rules: coverage is kept up to the new length, what is finished stays finished,
    and what a shorter version leaves nothing missing of is finished now."""
    held = select(LessonProgress.finished_at).where(
        LessonProgress.lesson_id == lesson_id, LessonProgress.person_id == person_id
    )
    serialise(session, f"viewings of {person_id}")
    finished_at = session.execute(held.with_for_update()).scalar_one()
    connection = session.connection()
    coverage = recount(connection, lesson_id, person_id)
    shown = connection.execute(MEDIA, {"lesson": lesson_id}).one()
    session.expire_all()
    if finished_at is None and is_finished(shown, coverage):
        progress.finish_lesson(session, lesson_id, person_id=person_id, now=now)


def run_recount(context: TaskContext) -> dict[str, Any]:
    """Everybody's progress in the lessons of one resource, a person at a time."""
    with context.make_session() as session:
        studied = versions.list_studied(session, context.input["resource_id"])
    for done, (lesson_id, person_id) in enumerate(studied, start=1):
        with unit_of_work(context.make_session) as session:
            recount_for_version(session, lesson_id, person_id, now=context.now)
        if done % TOLD_EVERY == 0:
            context.progress(done, len(studied))
    return {"recounted": len(studied)}
