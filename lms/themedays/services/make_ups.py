"""Make-up study follows from data: the roll says who missed what, the player says who has made it up. Any number of runs do it once."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Course, Lesson, LessonProgress
from lms.courses.review_rules import CourseState
from lms.db import MakeSession, changed, insert_ignore, unit_of_work
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.rules import GatheringState, Mark
from lms.themedays import rules
from lms.themedays.models import MakeUp, Part

AT_ONCE = 200
LOOKS_BACK = timedelta(days=120)
"""A scheduler that was away for so long less MAKE_UP_DAYS still catches up with everything."""
MISSED = (Mark.LEAVE, Mark.ABSENT)


def settle_make_ups(make_session: MakeSession, now: datetime) -> int:
    """Opens what was missed, takes back what a correction made good, closes what the player shows; returns how many rows changed."""
    changes = 0
    for step in (_take_back_some, _open_some, _close_some):
        while done := step(make_session, now):
            changes += done
    return changes


def _open_some(make_session: MakeSession, now: datetime) -> int:
    with make_session() as session:
        rows = missed(session, now, AT_ONCE)
    if not rows:
        return 0
    with unit_of_work(make_session) as session:
        return insert_ignore(session, MakeUp, rows, key=["part_id", "person_id"])


def missed(session: Session, now: datetime, most: int) -> list[dict[str, Any]]:
    """Rows to open: due members who were not there, for parts held that a course for everybody shows."""
    shown = (
        select(Lesson.resource_id)
        .join(Course, Course.id == Lesson.course_id)
        .where(~Lesson.is_retired, Course.state == CourseState.PUBLISHED, Course.audience_unit_id.is_(None))
        .where(Lesson.resource_id.is_not(None))
    )
    query = (
        select(Part.id, Gathering.id, Entry.person_id, Part.resource_id, Gathering.held_on)
        .join(Gathering, Gathering.id == Part.gathering_id)
        .join(Entry, Entry.gathering_id == Gathering.id)
        .outerjoin(MakeUp, and_(MakeUp.part_id == Part.id, MakeUp.person_id == Entry.person_id))
        .where(Gathering.state == GatheringState.HELD, Gathering.held_on >= clock.today(now) - LOOKS_BACK)
        .where(Part.kind.in_(rules.TO_MAKE_UP), Part.resource_id.in_(shown))
        .where(Entry.is_due, Entry.mark.in_(MISSED), MakeUp.id.is_(None))
        .order_by(Part.id, Entry.person_id)
        .limit(most)
    )
    return [
        {
            "part_id": part_id, "gathering_id": gathering_id, "person_id": person_id, "resource_id": resource_id,
            "due_on": rules.make_up_due(held_on), "opened_at": now,
        }
        for part_id, gathering_id, person_id, resource_id, held_on in session.execute(query)
    ]  # fmt: skip


def _take_back_some(make_session: MakeSession, now: datetime) -> int:
    """Open ones whose member was there after all, or whose part that gathering does not cover any more. Closed ones stay as they are."""
    query = (
        select(MakeUp.id)
        .join(Part, Part.id == MakeUp.part_id)
        .outerjoin(Entry, and_(Entry.gathering_id == MakeUp.gathering_id, Entry.person_id == MakeUp.person_id))
        .where(MakeUp.closed_at.is_(None))
        .where(
            Entry.id.is_(None) | ~Entry.is_due | Entry.mark.not_in(MISSED) | Part.gathering_id.is_(None)
            | (Part.gathering_id != MakeUp.gathering_id)
        )
        .limit(AT_ONCE)
    )  # fmt: skip
    with make_session() as session:
        ids = session.scalars(query).all()
    if not ids:
        return 0
    with unit_of_work(make_session) as session:
        session.execute(delete(MakeUp).where(MakeUp.id.in_(ids), MakeUp.closed_at.is_(None)))
    return len(ids)


def _close_some(make_session: MakeSession, now: datetime) -> int:
    with make_session() as session:
        found = shown_by_player(session, now, AT_ONCE)
    if not found:
        return 0
    with unit_of_work(make_session) as session:
        return sum(_close(session, make_up_id, evidence, now) for make_up_id, evidence in found.items())


def shown_by_player(session: Session, now: datetime, most: int) -> dict[int, dict[str, Any]]:
    """Open make-up → evidence, of those whose resource the person has finished in time, in whichever course, the earliest counting."""
    query = (
        select(MakeUp.id, MakeUp.due_on, Lesson.id, Lesson.course_id, LessonProgress.finished_at)
        .join(Lesson, Lesson.resource_id == MakeUp.resource_id)
        .join(
            LessonProgress,
            and_(LessonProgress.lesson_id == Lesson.id, LessonProgress.person_id == MakeUp.person_id),
        )
        .where(MakeUp.closed_at.is_(None), MakeUp.due_on >= clock.today(now) - LOOKS_BACK)
        .where(LessonProgress.finished_at.is_not(None))
        .order_by(LessonProgress.finished_at.desc())
    )
    found: dict[int, dict[str, Any]] = {}
    for make_up_id, due_on, lesson_id, course_id, finished_at in session.execute(query):
        if finished_at is not None and rules.is_in_time(finished_at, due_on):
            found[make_up_id] = {"lesson": lesson_id, "course": course_id, "finished_at": finished_at.isoformat()}
    return dict(list(found.items())[:most])


def _close(session: Session, make_up_id: int, evidence: dict[str, Any], now: datetime) -> bool:
    closing = update(MakeUp).where(MakeUp.id == make_up_id, MakeUp.closed_at.is_(None))
    return changed(session.execute(closing.values(closed_at=now, evidence=evidence)))
