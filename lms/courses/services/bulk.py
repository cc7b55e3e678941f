"""Study in bulk, for the demonstration bureau: the rows that honest viewing would have left, without the requests.

Everything stands on beats, so that `flask hours verify` agrees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.courses import study_rules as rules
from lms.courses.models import Beat, Course, CourseProgress, Lesson, LessonProgress, Resource, Viewing
from lms.courses.queries.history import PLAYED, length_of
from lms.courses.services.progress import settle_course
from lms.db import insert_ignore

QUARTER = 15 * 60 * 1000


@dataclass(frozen=True)
class Study:
    """One person going through one course from `began_at` on, lesson after lesson without a break.

    With `percent` below 100 the person stops in the first lesson at about that share. The stretches of one person must
    not overlap.
    """

    person_id: int
    course_id: int
    began_at: datetime
    percent: int = 100


def record_studies(session: Session, studies: Sequence[Study]) -> None:
    """Viewings, beats and progress of all of them, and what finishing earns. At most 200 in one transaction."""
    shelf = _load_shelf(session, {study.course_id for study in studies})
    for study in studies:
        course, lessons = shelf[study.course_id]
        at = study.began_at
        started = {"course_id": course.id, "person_id": study.person_id, "started_at": at}
        insert_ignore(session, CourseProgress, [started], key=("course_id", "person_id"))
        for lesson, resource in lessons if study.percent >= 100 else lessons[:1]:
            at = _record_lesson(session, study, lesson, resource, at)
        if study.percent >= 100:
            settle_course(session, course, person_id=study.person_id, now=at)


def _record_lesson(session: Session, study: Study, lesson: Lesson, resource: Resource, at: datetime) -> datetime:
    """One viewing with a beat for every quarter of an hour; returns when it ended."""
    played = length_of(resource) * min(100, study.percent) // 100
    ended_at = at + timedelta(milliseconds=max(played, 1000))
    pages = list(range(1, (resource.page_count or 1) + 1)) if resource.kind not in PLAYED else []
    beats = [(start, min(start + QUARTER, played)) for start in range(0, max(played, 1), QUARTER)]
    viewing = Viewing(
        lesson_id=lesson.id, person_id=study.person_id, opened_at=at, last_beat_at=ended_at, ended_at=ended_at,
        speed_percent=rules.FIRST_SPEED_PERCENT, may_jump=False, gained_millis=played, accepted_through=len(beats),
        last_sequence=len(beats),
    )  # fmt: skip
    session.add(viewing)
    session.flush()  # the beats name it
    rows = [
        {
            "viewing_id": viewing.id, "sequence": number, "from_millis": start, "to_millis": end, "speed_percent": 100,
            "has_input": True, "pages": pages or None, "received_at": min(ended_at, at + timedelta(milliseconds=end)),
        }
        for number, (start, end) in enumerate(beats, 1)
    ]  # fmt: skip
    session.execute(insert(Beat), rows)
    session.execute(insert(LessonProgress), _progress(study, lesson, resource, at, ended_at, played, pages))
    return ended_at + timedelta(seconds=1)


def _progress(
    study: Study, lesson: Lesson, resource: Resource, at: datetime, ended_at: datetime, played: int, pages: list[int]
) -> dict[str, Any]:
    spans = rules.join([(0, played)])
    shown = rules.shown(frozenset(), frozenset(pages), played)
    return {
        "lesson_id": lesson.id, "person_id": study.person_id, "spans": [list(span) for span in spans],
        "pages": sorted(shown), "position_millis": played, "furthest_millis": played, "read_seconds": played // 1000,
        "started_at": at, "studied_at": ended_at, "finished_at": ended_at if study.percent >= 100 else None,
    }  # fmt: skip


def _load_shelf(session: Session, course_ids: Iterable[int]) -> dict[int, tuple[Course, list[tuple[Lesson, Resource]]]]:
    rows = session.execute(
        select(Course, Lesson, Resource)
        .join(Lesson, Lesson.course_id == Course.id)
        .join(Resource, Resource.id == Lesson.resource_id)
        .where(Course.id.in_(course_ids))
        .order_by(Course.id, Lesson.position)
    )
    shelf: dict[int, tuple[Course, list[tuple[Lesson, Resource]]]] = {}
    for course, lesson, resource in rows:
        shelf.setdefault(course.id, (course, []))[1].append((lesson, resource))
    return shelf
