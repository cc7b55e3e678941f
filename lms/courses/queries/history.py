"""The beats of a lesson as the rules see them, and what of a lesson can be covered."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from lms.courses import study_rules as rules
from lms.courses.models import Beat, Lesson, Resource, Viewing
from lms.courses.review_rules import ResourceKind
from lms.courses.study_rules import Coverage, Pulse, Terms

AnyRow = Row[*tuple[Any, ...]]
PLAYED = (ResourceKind.VIDEO, ResourceKind.AUDIO)


def is_finished(row: AnyRow | Resource, coverage: Coverage) -> bool:
    """Whether that coverage finishes the lesson of the row (kind, duration_millis, page_count, required_reading), as far as
    time goes: a package has its own word to say too (`packages.is_done_by`)."""
    if row.kind in PLAYED:
        return rules.is_seen(coverage.spans, row.duration_millis or 0)
    return rules.is_read(coverage, row.required_reading_seconds * 1000, row.page_count or 1)


def length_of(row: AnyRow | Resource) -> int:
    """The milliseconds that can be covered: of the media, or of the reading clock."""
    if row.kind in PLAYED:
        return row.duration_millis or 0
    return rules.reading_length(row.required_reading_seconds * 1000, row.page_count or 1)


def load_history(connection: Connection, lesson_id: int, person_id: int) -> list[tuple[int, Terms, list[Pulse]]]:
    """The viewings of a lesson in the order they were opened, each with its beats."""
    beats = defaultdict(list)
    for row in connection.execute(BEATS, {"lesson": lesson_id, "person": person_id}):
        pages = frozenset(row.pages or ())
        beats[row.viewing_id].append(
            Pulse(row.sequence, row.from_millis, row.to_millis, row.received_at, row.speed_percent, pages)
        )
    return [
        (row.id, Terms(row.opened_at, row.ended_at, row.speed_percent, row.may_jump), beats[row.id])
        for row in connection.execute(VIEWINGS, {"lesson": lesson_id, "person": person_id})
    ]


MEDIA = (
    select(
        Resource.id.label("resource_id"),
        Resource.kind,
        Resource.media_id,
        Resource.duration_millis,
        Resource.page_count,
        Resource.required_reading_seconds,
    )
    .join(Lesson, Lesson.resource_id == Resource.id)
    .where(Lesson.id == bindparam("lesson"))
)
VIEWINGS = (
    select(Viewing.id, Viewing.opened_at, Viewing.ended_at, Viewing.speed_percent, Viewing.may_jump)
    .where(Viewing.lesson_id == bindparam("lesson"), Viewing.person_id == bindparam("person"))
    .order_by(Viewing.opened_at, Viewing.id)
)
BEATS = (
    select(Beat)
    .join(Viewing, Viewing.id == Beat.viewing_id)
    .where(Viewing.lesson_id == bindparam("lesson"), Viewing.person_id == bindparam("person"))
    .order_by(Beat.viewing_id, Beat.sequence)
)
