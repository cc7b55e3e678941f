"""What plans are measured by: the roster of a day, and what each person has done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, or_, select
from sqlalchemy.orm import Session

from lms.courses.models import CourseProgress, Lesson, LessonProgress
from lms.db import Prepared, flushed
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.rules import GatheringState, Mark, VisitState
from lms.lectures.models import SUBJECT as LECTURE
from lms.people.models import Membership, Person, RoleGrant, Unit
from lms.people.rules import DutyStatus
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose
from lms.training.class_rules import Candidate
from lms.training.models import ClassResult
from lms.training.plan_models import PlanItem
from lms.training.plan_rules import ItemKind, PlanPerson

ON_DUTY = (DutyStatus.ON_DUTY, DutyStatus.SECONDED)


@dataclass(frozen=True)
class Belonging:
    """A person of the roster with the unit they belong to that day."""

    person: PlanPerson
    name: str
    unit_id: int
    unit_name: str


ON_THE_DAY = (
    select(
        Person.id, Person.name, Person.rank_band, Person.birth_year, Membership.party_status,
        Unit.id.label("unit_id"), Unit.name.label("unit_name"), Unit.path,
    )
    .join(Membership, Membership.person_id == Person.id)
    .join(Unit, Unit.id == Membership.unit_id)
    .where(Membership.from_on <= bindparam("on"), Membership.until_on.is_(None) | (Membership.until_on > bindparam("on")))
    .where(or_(*(Membership.duty_status == status for status in ON_DUTY)))
    .order_by(Unit.sort, Unit.path, Person.staff_no)
)  # fmt: skip
GRANTS = select(RoleGrant.person_id, RoleGrant.role).where(RoleGrant.revoked_at.is_(None))
MINE_ON_THE_DAY = Prepared(ON_THE_DAY.where(Person.id == bindparam("person")))
MY_GRANTS = Prepared(GRANTS.where(RoleGrant.person_id == bindparam("person")))


def roster(session: Session, on: date, *, path: str = "/") -> list[Belonging]:
    """Who is on duty below the unit on that day, by unit and staff number. Roles are those of now."""
    below = ON_THE_DAY.where(Unit.path.startswith(path, autoescape=True))
    return _belongings(session.execute(below, {"on": on}), session.execute(GRANTS))


def mine(session: Session, on: date, person_id: int) -> list[Belonging]:
    """Where one person is on duty on that day."""
    connection, person = flushed(session), {"person": person_id}
    return _belongings(MINE_ON_THE_DAY.rows(connection, {**person, "on": on}), MY_GRANTS.rows(connection, person))


def _belongings(rows: Iterable[Any], grants: Iterable[Any]) -> list[Belonging]:
    roles: dict[int, list[str]] = {}
    for person_id, role in grants:
        roles.setdefault(person_id, []).append(role)
    return [
        Belonging(
            PlanPerson(row.id, Candidate(row.path, row.rank_band, row.birth_year), roles.get(row.id, ()), row.party_status),
            row.name, row.unit_id, row.unit_name,
        )
        for row in rows
    ]  # fmt: skip


THING = {
    ItemKind.COURSE: CourseProgress.course_id,
    ItemKind.CLASS: ClassResult.class_id,
    ItemKind.READING: Lesson.resource_id,
    ItemKind.QUIZ: Attempt.subject_id,
    ItemKind.LECTURES: Gathering.unit_id,
}
PERSON = {
    ItemKind.COURSE: CourseProgress.person_id,
    ItemKind.CLASS: ClassResult.person_id,
    ItemKind.READING: LessonProgress.person_id,
    ItemKind.QUIZ: Attempt.person_id,
    ItemKind.LECTURES: Entry.person_id,
}


def _facts(kind: ItemKind, condition: ColumnElement[bool]) -> Select[Any, Any, Any]:
    """(thing, person, how often) of what was done: finished the course, completed the class, finished a lesson of that resource, passed the
    quiz of that item, heard lectures of that unit from `first` until `last`. The condition is on THING or PERSON of the kind."""
    done = select(THING[kind].label("thing"), PERSON[kind].label("person"), literal(1).label("times")).where(condition)
    if kind is ItemKind.COURSE:
        return done.where(CourseProgress.finished_at.is_not(None))
    if kind is ItemKind.CLASS:
        return done.where(ClassResult.is_completed)
    if kind is ItemKind.READING:
        read = done.join_from(LessonProgress, Lesson, Lesson.id == LessonProgress.lesson_id)
        return read.where(LessonProgress.finished_at.is_not(None)).distinct()
    if kind is ItemKind.QUIZ:
        passed = Attempt.score_millis * 100 >= Attempt.max_millis * Paper.pass_percent
        sat = done.join_from(Attempt, Paper, Paper.id == Attempt.paper_id)
        return sat.where(Attempt.purpose == Purpose.PLAN, passed).distinct()
    confirmed = Entry.visit.is_(None) | (Entry.visit == VisitState.CONFIRMED)
    heard = select(Gathering.unit_id.label("thing"), Entry.person_id.label("person"), func.count().label("times"))
    return (
        heard.join(Entry, Entry.gathering_id == Gathering.id)
        .where(condition, Gathering.subject_kind == LECTURE, Gathering.state == GatheringState.HELD)
        .where(Gathering.held_on.between(bindparam("first"), bindparam("last")), Entry.mark == Mark.PRESENT, confirmed)
        .group_by(Gathering.unit_id, Entry.person_id)
    )


def _thing(item: Any) -> int:
    """What the facts of its kind are named by."""
    return int(item.id if item.kind is ItemKind.QUIZ else item.ref_id)


DONE_BY = {kind: Prepared(_facts(kind, PERSON[kind] == bindparam("of_person"))) for kind in ItemKind}


def counts(session: Session, items: Sequence[PlanItem], year: int) -> dict[int, dict[int, int]]:
    """How often each person did each item, by item id, in one statement for each kind there is."""
    found: dict[int, dict[int, int]] = {item.id: {} for item in items}
    for kind in {item.kind for item in items}:
        things: dict[int, dict[int, int]] = {}
        of_these = THING[kind].in_({_thing(item) for item in items if item.kind is kind})
        for thing, person_id, count in session.execute(_facts(kind, of_these), _days(year)):
            things.setdefault(thing, {})[person_id] = count
        found |= {item.id: things.get(_thing(item), {}) for item in items if item.kind is kind}
    return found


def my_counts(session: Session, items: Sequence[Any], year: int, person_id: int) -> dict[int, int]:
    """How often one person did each item, by item id, in one statement for each kind there is."""
    connection, values = flushed(session), {"of_person": person_id, **_days(year)}
    done = {kind: DONE_BY[kind].rows(connection, values) for kind in {item.kind for item in items}}
    times = {(kind, row.thing): row.times for kind, rows in done.items() for row in rows}
    return {item.id: times.get((item.kind, _thing(item)), 0) for item in items}


def _days(year: int) -> dict[str, date]:
    return {"first": date(year, 1, 1), "last": date(year, 12, 31)}
