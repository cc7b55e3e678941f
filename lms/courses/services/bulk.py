"""Much study at once, for history that is loaded instead of lived: beats and what follows from them, by the same rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.courses import study_rules as rules
from lms.courses.models import Beat, CourseProgress, Lesson, LessonProgress, Viewing
from lms.courses.queries.history import MEDIA, AnyRow, is_finished, length_of
from lms.courses.study_rules import BEAT_SECONDS, FIRST_SPEED_PERCENT, IDLE_END, Pulse, Terms
from lms.db import insert_ignore

BEAT_MILLIS = BEAT_SECONDS * 1000


@dataclass(frozen=True)
class Watched:
    """One person's first viewing of a film, straight on from its beginning through so many milliseconds, then silence."""

    person_id: int
    opened_at: datetime
    through_millis: int

    @property
    def last_at(self) -> datetime:
        return self.opened_at + timedelta(milliseconds=self.through_millis)


def add_watched(session: Session, lesson_id: int, watched: Sequence[Watched]) -> None:
    """Viewings, beats and progress of people who have not opened the lesson before. A lesson seen to its end is finished then;
    its course is settled by its quiz."""
    media = session.execute(MEDIA, {"lesson": lesson_id}).one()
    course_id = session.scalars(select(Lesson.course_id).where(Lesson.id == lesson_id)).one()
    told = [_told(media, lesson_id, each) for each in watched]
    made = insert(Viewing).returning(Viewing.id, sort_by_parameter_order=True)
    ids = session.scalars(made, [viewing for viewing, _, _ in told]).all()
    beats = [{**beat, "viewing_id": id} for id, (_, some, _) in zip(ids, told, strict=True) for beat in some]
    session.execute(insert(Beat), beats)
    session.execute(insert(LessonProgress), [progress for _, _, progress in told])
    begun = [{"course_id": course_id, "person_id": w.person_id, "started_at": w.opened_at} for w in watched]
    insert_ignore(session, CourseProgress, begun, key=("course_id", "person_id"))


def _told(
    media: AnyRow, lesson_id: int, watched: Watched
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """(viewing, beats, progress) as rows."""
    pulses = list(_pulses(watched))
    terms = Terms(watched.opened_at, watched.last_at + IDLE_END)
    coverage, gained = rules.of_viewing(rules.Coverage(), terms, pulses, length_of(media))
    here = {"lesson_id": lesson_id, "person_id": watched.person_id}
    viewing = {
        **here, "opened_at": watched.opened_at, "last_beat_at": watched.last_at, "ended_at": terms.closed_at,
        "is_superseded": False, "speed_percent": FIRST_SPEED_PERCENT, "may_jump": False, "gained_millis": gained,
        "accepted_through": len(pulses), "last_sequence": len(pulses),
    }  # fmt: skip
    progress = {
        **here, "spans": [list(span) for span in coverage.spans], "pages": [], "position_millis": watched.through_millis,
        "furthest_millis": coverage.furthest_millis, "read_seconds": rules.measure(coverage.spans) // 1000,
        "started_at": watched.opened_at, "studied_at": watched.last_at, "revision": len(pulses),
        "finished_at": watched.last_at if is_finished(media, coverage) else None,
    }  # fmt: skip
    return viewing, [_beat(pulse) for pulse in pulses], progress


def _pulses(watched: Watched) -> Iterator[Pulse]:
    """A beat each 15 s and one for the rest, heard when its last second was played."""
    for sequence, start in enumerate(range(0, watched.through_millis, BEAT_MILLIS), start=1):
        end = min(start + BEAT_MILLIS, watched.through_millis)
        yield Pulse(sequence, start, end, watched.opened_at + timedelta(milliseconds=end))


def _beat(pulse: Pulse) -> dict[str, Any]:
    return {
        "sequence": pulse.sequence, "from_millis": pulse.from_millis, "to_millis": pulse.to_millis,
        "speed_percent": pulse.speed_percent, "has_input": pulse.sequence == 1, "pages": None,
        "received_at": pulse.received_at,
    }  # fmt: skip
