"""Opening viewings and keeping beats.

A beat that goes on where the last one ended costs a step; anything late, out of order or beside another viewing is
recounted from all beats of that person and lesson. Both end in the same rows (tests/courses/test_study_services.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from lms.courses import study_rules as rules
from lms.courses.models import Beat, CourseProgress, Lesson, LessonProgress, Resource, Viewing
from lms.courses.queries.history import MEDIA, AnyRow, is_finished, length_of, load_history
from lms.courses.queries.packages import is_done
from lms.courses.services import progress as progress_service
from lms.courses.study_rules import Coverage, Pulse, Terms
from lms.db import Prepared, insert_ignore, serialise
from lms.errors import NotFound

ELSEWHERE = "已在另一处打开学习，这一页不再计时。要在这里继续，请点“在这里继续”。"

MOST_ID = 2**62

TOO_LATE = "这段学习过了 24 小时才补交，没有计入。请重新学这一段。"


@dataclass(frozen=True)
class SentBeat:
    """One beat as a page sends it."""

    sequence: int
    from_millis: int
    to_millis: int
    speed_percent: int
    has_input: bool
    pages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Batch:
    """What one page sends at once."""

    viewing_id: int
    person_id: int
    beats: tuple[SentBeat, ...]
    now: datetime


@dataclass(frozen=True)
class Kept:
    """Where the lesson stands after a batch was kept."""

    accepted_through: int
    coverage: Coverage
    finished: bool
    ended: bool
    message: str = ""


def open_viewing(session: Session, lesson: Lesson, *, person_id: int, now: datetime) -> tuple[Viewing, LessonProgress]:
    """A new viewing of the lesson; every other one of that person has ended. The newest device wins."""
    serialise(session, f"viewings of {person_id}")
    end_open_viewings(session, person_id=person_id, now=now)
    begun = {
        "lesson_id": lesson.id, "person_id": person_id, "spans": [], "pages": [], "position_millis": 0,
        "furthest_millis": 0, "read_seconds": 0, "started_at": now, "studied_at": now,
    }  # fmt: skip
    insert_ignore(session, LessonProgress, [begun], key=("lesson_id", "person_id"))
    course = {"course_id": lesson.course_id, "person_id": person_id, "started_at": now}
    insert_ignore(session, CourseProgress, [course], key=("course_id", "person_id"))
    progress = session.scalars(
        select(LessonProgress).where(LessonProgress.lesson_id == lesson.id, LessonProgress.person_id == person_id)
    ).one()
    is_repeat = progress.finished_at is not None
    viewing = Viewing(
        lesson_id=lesson.id, person_id=person_id, opened_at=now, last_beat_at=now, may_jump=is_repeat,
        speed_percent=rules.REPEAT_SPEED_PERCENT if is_repeat else rules.FIRST_SPEED_PERCENT,
    )  # fmt: skip
    session.add(viewing)
    session.flush()  # the answer names its id
    return viewing, progress


def end_open_viewings(session: Session, *, person_id: int, now: datetime) -> None:
    """End what is open, at most 20 minutes after its last beat, and take back what went beyond its length."""
    for viewing in session.scalars(select(Viewing).where(Viewing.person_id == person_id, Viewing.ended_at.is_(None))):
        lock_progress(session.connection(), viewing.id, person_id)
        session.refresh(viewing)
        silent_at = viewing.last_beat_at + rules.IDLE_END
        viewing.ended_at = min(now, silent_at)
        viewing.is_superseded = now < silent_at
        session.flush()  # the recount reads the end from the table
        length = (viewing.ended_at - viewing.opened_at) // timedelta(milliseconds=1) * viewing.speed_percent // 100
        if viewing.gained_millis > length:
            recount(session.connection(), viewing.lesson_id, person_id)
            session.expire_all()


def keep_own_beats(connection: Connection, batch: Batch) -> Kept | None:
    """`keep_beats`, or None for a viewing that is not the person's: in a group nobody's mistake may stop the others."""
    if not 0 < batch.viewing_id < MOST_ID:
        return None
    try:
        return keep_beats(connection, batch)
    except NotFound:
        return None


def keep_beats(connection: Connection, batch: Batch) -> Kept:
    """Keep the beats not kept before and credit what they show, all in the transaction of `connection`.

    That transaction writes from its beginning, as a GroupWriter's does; on PostgreSQL the progress is locked first, so
    what is read afterwards is the latest. Raises NotFound, with nothing written, when the viewing is not the person's.
    """
    progress = lock_progress(connection, batch.viewing_id, batch.person_id)
    row = STANDING.first(connection, {"viewing": batch.viewing_id})
    ended_at = row.ended_at
    if ended_at is None and batch.now > row.last_beat_at + rules.IDLE_END:
        ended_at = row.last_beat_at + rules.IDLE_END
    fresh = _fresh(connection, row, batch)
    if not fresh:
        coverage, accepted = _coverage_of(progress), row.accepted_through
    else:
        KEEP.run_many(connection, [_beat_row(batch, beat) for beat in fresh])
        keep = _keep_in_step if ended_at is None and _follows(row, fresh) else _keep_out_of_step
        coverage, accepted = keep(connection, row, progress, fresh, ended_at, batch)
    finished = progress.finished_at is not None
    if not finished and is_finished(row, coverage) and _package_is_done(connection, row, batch.person_id):
        with Session(connection) as session:
            progress_service.finish_lesson(session, row.lesson_id, person_id=batch.person_id, now=batch.now)
            session.commit()  # hands its writes to the connection, whose owner commits
        finished = True
    return Kept(accepted, coverage, finished, ended_at is not None, _message(row, ended_at, batch))


def _package_is_done(connection: Connection, row: AnyRow, person_id: int) -> bool:
    return is_done(connection, row.kind, row.media_id, row.lesson_id, person_id)


def _message(row: AnyRow, ended_at: datetime | None, batch: Batch) -> str:
    if ended_at is not None and batch.now > ended_at + rules.LATE:
        return TOO_LATE
    return ELSEWHERE if row.is_superseded else ""


def lock_progress(connection: Connection, viewing_id: int, person_id: int) -> AnyRow:
    """The progress of the viewing's lesson; nobody else counts that lesson of that person until the transaction ends."""
    found: AnyRow | None = PROGRESS.first(connection, {"viewing": viewing_id, "person": person_id})
    if found is None:
        raise NotFound()
    return found


def recount(connection: Connection, lesson_id: int, person_id: int) -> Coverage:
    """Credit the lesson anew from all beats, and store what each viewing gained and what is covered."""
    length = length_of(connection.execute(MEDIA, {"lesson": lesson_id}).one())
    coverage = Coverage()
    for viewing_id, terms, pulses in load_history(connection, lesson_id, person_id):
        coverage, gained = rules.of_viewing(coverage, terms, pulses, length)
        GAINED.run(connection, {"viewing": viewing_id, "gained": gained})
    COVERED.run(connection, {"lesson": lesson_id, "person": person_id, **_covered(coverage)})
    return coverage


def _fresh(connection: Connection, row: AnyRow, batch: Batch) -> list[SentBeat]:
    """The beats of the batch that are not in the books yet, by sequence; of a doubled one the first."""
    known: set[int] = set()
    if row.last_sequence > row.accepted_through:
        known = {beat.sequence for beat in SEQUENCES.rows(connection, {"viewing": row.id})}
    first = {beat.sequence: beat for beat in reversed(batch.beats)}
    return [first[n] for n in sorted(first) if n > row.accepted_through and n not in known]


def _follows(row: AnyRow, fresh: Sequence[SentBeat]) -> bool:
    """Whether the beats go on exactly where the viewing stands."""
    return row.last_sequence == row.accepted_through and [beat.sequence for beat in fresh] == list(
        range(row.accepted_through + 1, row.accepted_through + 1 + len(fresh))
    )


def _keep_in_step(
    connection: Connection, row: AnyRow, progress: AnyRow, fresh: Sequence[SentBeat], ended_at: None, batch: Batch
) -> tuple[Coverage, int]:
    coverage = _coverage_of(progress)
    gained, length = row.gained_millis, length_of(row)
    terms = Terms(row.opened_at, None, row.speed_percent, row.may_jump)
    for beat in fresh:
        coverage, gained = rules.step(coverage, gained, _pulse(beat, batch.now), terms, None, length)
    accepted = row.accepted_through + len(fresh)
    stood = {
        "viewing": row.id,
        "accepted": accepted,
        "last": accepted,
        "gained": gained,
        "at": max(row.last_beat_at, batch.now),
    }
    STOOD.run(connection, stood)
    here = {"lesson": row.lesson_id, "person": batch.person_id, "at": batch.now}
    WENT_ON.run(connection, {**here, "position": fresh[-1].to_millis, **_covered(coverage)})
    return coverage, accepted


def _keep_out_of_step(
    connection: Connection,
    row: AnyRow,
    progress: AnyRow,
    fresh: Sequence[SentBeat],
    ended_at: datetime | None,
    batch: Batch,
) -> tuple[Coverage, int]:
    sequences = [beat.sequence for beat in SEQUENCES.rows(connection, {"viewing": row.id})]
    accepted = rules.accepted_through(sequences)
    stood = {"viewing": row.id, "accepted": accepted, "last": max(sequences, default=0)}
    if ended_at is None:
        STOOD.run(connection, {**stood, "gained": row.gained_millis, "at": max(row.last_beat_at, batch.now)})
    else:
        FELL_SILENT.run(connection, {**stood, "ended": ended_at})
    return recount(connection, row.lesson_id, batch.person_id), accepted


def _coverage_of(progress: AnyRow) -> Coverage:
    return Coverage(tuple((start, end) for start, end in progress.spans), frozenset(progress.pages))


def _pulse(beat: SentBeat, at: datetime) -> Pulse:
    return Pulse(beat.sequence, beat.from_millis, beat.to_millis, at, beat.speed_percent, frozenset(beat.pages))


def _beat_row(batch: Batch, beat: SentBeat) -> dict[str, Any]:
    return {
        "viewing_id": batch.viewing_id, "sequence": beat.sequence, "from_millis": beat.from_millis,
        "to_millis": beat.to_millis, "speed_percent": beat.speed_percent, "has_input": beat.has_input,
        "pages": list(beat.pages) or None, "received_at": batch.now,
    }  # fmt: skip


def _covered(coverage: Coverage) -> dict[str, Any]:
    return {
        "covered": [list(span) for span in coverage.spans],
        "shown": sorted(coverage.pages),
        "furthest": coverage.furthest_millis,
        "read": rules.measure(coverage.spans) // 1000,
    }


VIEWING, PROGRESS_TABLE, BEAT = (cast(Table, model.__table__) for model in (Viewing, LessonProgress, Beat))
PROGRESS_OF = (PROGRESS_TABLE.c.lesson_id == bindparam("lesson"), PROGRESS_TABLE.c.person_id == bindparam("person"))
PROGRESS = Prepared(
    select(PROGRESS_TABLE.c.spans, PROGRESS_TABLE.c.pages, PROGRESS_TABLE.c.finished_at)
    .join(VIEWING, VIEWING.c.lesson_id == PROGRESS_TABLE.c.lesson_id)
    .where(VIEWING.c.id == bindparam("viewing"), VIEWING.c.person_id == bindparam("person"))
    .where(PROGRESS_TABLE.c.person_id == bindparam("person"))
    .with_for_update(of=PROGRESS_TABLE)
)
STANDING = Prepared(
    select(
        Viewing.id, Viewing.lesson_id, Viewing.opened_at, Viewing.last_beat_at, Viewing.ended_at,
        Viewing.is_superseded, Viewing.speed_percent, Viewing.may_jump, Viewing.gained_millis,
        Viewing.accepted_through, Viewing.last_sequence, Resource.kind, Resource.media_id, Resource.duration_millis,
        Resource.page_count, Resource.required_reading_seconds,
    )
    .join(Lesson, Lesson.id == Viewing.lesson_id)
    .join(Resource, Resource.id == Lesson.resource_id)
    .where(Viewing.id == bindparam("viewing"))
)  # fmt: skip
KEEP = Prepared(insert(BEAT).values({column.name: bindparam(column.name) for column in BEAT.columns}).inline())
SEQUENCES = Prepared(select(BEAT.c.sequence).where(BEAT.c.viewing_id == bindparam("viewing")))
THIS_VIEWING = VIEWING.c.id == bindparam("viewing")
STOOD = Prepared(
    update(VIEWING)
    .where(THIS_VIEWING)
    .values(
        accepted_through=bindparam("accepted"), last_sequence=bindparam("last"), gained_millis=bindparam("gained"),
        last_beat_at=bindparam("at"),
    )
)  # fmt: skip
FELL_SILENT = Prepared(
    update(VIEWING)
    .where(THIS_VIEWING)
    .values(accepted_through=bindparam("accepted"), last_sequence=bindparam("last"), ended_at=bindparam("ended"))
)
GAINED = Prepared(update(VIEWING).where(THIS_VIEWING).values(gained_millis=bindparam("gained")))
_COVER = (
    update(PROGRESS_TABLE)
    .where(*PROGRESS_OF)
    .values(
        spans=bindparam("covered"), pages=bindparam("shown"), furthest_millis=bindparam("furthest"),
        read_seconds=bindparam("read"),
    )
)  # fmt: skip
COVERED = Prepared(_COVER)
WENT_ON = Prepared(_COVER.values(position_millis=bindparam("position"), studied_at=bindparam("at")))
