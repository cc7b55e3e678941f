"""Keep what a package reports, and finish its lesson when it was read long enough too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses import study_rules
from lms.courses.models import Lesson, LessonProgress, PackageResult, Resource, Viewing
from lms.courses.package_rules import Completion, Score, Success, better, comes_after, is_done
from lms.courses.queries import packages as queries
from lms.courses.queries.history import is_finished
from lms.courses.review_rules import ResourceKind
from lms.courses.services import progress as progress_service
from lms.courses.services.viewings import TOO_LATE, lock_progress
from lms.courses.study_rules import Coverage
from lms.db import insert_ignore
from lms.errors import Invalid, NotFound


@dataclass(frozen=True)
class Report:
    """What the page says of one item; `sequence` counts the reports of the viewing."""

    item: str
    sequence: int
    completion: Completion
    success: Success
    score: Score
    location: str
    suspend_data: str
    exit: str
    session_seconds: int
    interactions: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Standing:
    """Where the lesson stands after a report."""

    view: queries.PackageView
    finished: bool
    message: str = ""


def keep_report(session: Session, viewing_id: int, report: Report, *, person_id: int, now: datetime) -> Standing:
    """The report is kept unless something newer is; then the lesson is finished if its reading time is spent as well.

    Raises NotFound when the viewing is not the person's or shows no package, Invalid for an item that the package does not have.
    """
    lock_progress(session.connection(), viewing_id, person_id)
    viewing = session.get_one(Viewing, viewing_id)
    resource = session.scalars(select(Resource).join(Lesson).where(Lesson.id == viewing.lesson_id)).one()
    view = queries.view_package(session, resource.media_id)
    if resource.kind is not ResourceKind.PACKAGE or view is None:
        raise NotFound()
    if report.item not in {item.facts["identifier"] for item in view.items}:
        raise Invalid("课件已换成新的版本，请刷新页面后再学。", field="item")
    is_late = now > (viewing.ended_at or viewing.last_beat_at) + study_rules.LATE
    if not is_late:
        _keep(session, viewing, report, now)
    finished = _finish(session, viewing, resource, now)
    fresh = queries.view_package(session, resource.media_id, lesson_id=viewing.lesson_id, person_id=person_id)
    return Standing(fresh or view, finished, TOO_LATE if is_late else "")


def _keep(session: Session, viewing: Viewing, report: Report, now: datetime) -> None:
    begun = {
        "lesson_id": viewing.lesson_id, "person_id": viewing.person_id, "item": report.item, "viewing_id": viewing.id,
        "interactions": [], "reported_at": now,
    }  # fmt: skip
    insert_ignore(session, PackageResult, [begun], key=("lesson_id", "person_id", "item"))
    kept = session.scalars(
        select(PackageResult)
        .where(*(getattr(PackageResult, name) == begun[name] for name in ("lesson_id", "person_id", "item")))
        .execution_options(populate_existing=True)
    ).one()
    if not comes_after((viewing.id, report.sequence), (kept.viewing_id, kept.sequence)):
        return
    if kept.viewing_id != viewing.id:
        kept.earlier_seconds, kept.session_seconds = kept.earlier_seconds + kept.session_seconds, 0
    score = better(kept.score, report.score)
    kept.viewing_id, kept.sequence, kept.reported_at = viewing.id, report.sequence, now
    kept.completion, kept.success = report.completion, report.success
    kept.raw_millis, kept.min_millis = score.raw_millis, score.min_millis
    kept.max_millis, kept.scaled_millis = score.max_millis, score.scaled_millis
    kept.location, kept.suspend_data, kept.exit = report.location, report.suspend_data, report.exit
    kept.session_seconds, kept.interactions = report.session_seconds, list(report.interactions)
    if kept.completed_at is None and is_done(report.completion, report.success):
        kept.completed_at = now
    session.flush()  # whether all items are done is read from the table


def _finish(session: Session, viewing: Viewing, resource: Resource, now: datetime) -> bool:
    """Whether the lesson is finished: by the time really spent with it and by the package's own word."""
    progress = session.scalars(
        select(LessonProgress)
        .where(LessonProgress.lesson_id == viewing.lesson_id, LessonProgress.person_id == viewing.person_id)
        .execution_options(populate_existing=True)
    ).one()
    if progress.finished_at is not None:
        return True
    coverage = Coverage(tuple((start, end) for start, end in progress.spans), frozenset(progress.pages))
    all_done = queries.is_done(
        session.connection(), resource.kind, resource.media_id, viewing.lesson_id, viewing.person_id
    )
    if not all_done or not is_finished(resource, coverage):
        return False
    progress_service.finish_lesson(session, viewing.lesson_id, person_id=viewing.person_id, now=now)
    return True
