"""What plans are measured by: the roster of a day, and what each person has done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from lms.courses.models import CourseProgress, Lesson, LessonProgress
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


def roster(session: Session, on: date, *, path: str = "/", only: int | None = None) -> list[Belonging]:
    """Who is on duty below the unit on that day, by unit and staff number; `only` one person of them. Roles are those of now."""
    query = (
        select(
            Person.id, Person.name, Person.rank_band, Person.birth_year, Membership.party_status,
            Unit.id.label("unit_id"), Unit.name.label("unit_name"), Unit.path,
        )
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.from_on <= on, Membership.until_on.is_(None) | (Membership.until_on > on))
        .where(Membership.duty_status.in_(ON_DUTY), Unit.path.startswith(path, autoescape=True))
        .order_by(Unit.sort, Unit.path, Person.staff_no)
    )  # fmt: skip
    grants = select(RoleGrant.person_id, RoleGrant.role).where(RoleGrant.revoked_at.is_(None))
    if only is not None:
        query, grants = query.where(Person.id == only), grants.where(RoleGrant.person_id == only)
    roles: dict[int, list[str]] = {}
    for person_id, role in session.execute(grants):
        roles.setdefault(person_id, []).append(role)
    return [
        Belonging(
            PlanPerson(row.id, Candidate(row.path, row.rank_band, row.birth_year), roles.get(row.id, ()), row.party_status),
            row.name, row.unit_id, row.unit_name,
        )
        for row in session.execute(query)
    ]  # fmt: skip


def _facts(kind: ItemKind, refs: Collection[int], year: int) -> Select[Any, Any, Any]:
    """(thing, person, how often) of what was done: finished the course, completed the class, finished a lesson of that resource, passed the
    quiz of that item, heard lectures of that unit in the year."""
    if kind is ItemKind.COURSE:
        finished = CourseProgress.finished_at.is_not(None), CourseProgress.course_id.in_(refs)
        return select(CourseProgress.course_id, CourseProgress.person_id, literal(1)).where(*finished)
    if kind is ItemKind.CLASS:
        completed = ClassResult.is_completed, ClassResult.class_id.in_(refs)
        return select(ClassResult.class_id, ClassResult.person_id, literal(1)).where(*completed)
    if kind is ItemKind.READING:
        read = select(Lesson.resource_id, LessonProgress.person_id, literal(1))
        read = read.join(Lesson, Lesson.id == LessonProgress.lesson_id).distinct()
        return read.where(LessonProgress.finished_at.is_not(None), Lesson.resource_id.in_(refs))
    if kind is ItemKind.QUIZ:
        passed = Attempt.score_millis * 100 >= Attempt.max_millis * Paper.pass_percent
        sat = select(Attempt.subject_id, Attempt.person_id, literal(1)).join(Paper, Paper.id == Attempt.paper_id)
        return sat.where(Attempt.purpose == Purpose.PLAN, Attempt.subject_id.in_(refs), passed).distinct()
    confirmed = Entry.visit.is_(None) | (Entry.visit == VisitState.CONFIRMED)
    heard = select(Gathering.unit_id, Entry.person_id, func.count()).join(Entry, Entry.gathering_id == Gathering.id)
    return (
        heard.where(
            Gathering.subject_kind == LECTURE, Gathering.state == GatheringState.HELD, Gathering.unit_id.in_(refs)
        )
        .where(Gathering.held_on.between(date(year, 1, 1), date(year, 12, 31)), Entry.mark == Mark.PRESENT, confirmed)
        .group_by(Gathering.unit_id, Entry.person_id)
    )


def _thing(item: PlanItem) -> int:
    """What the facts of its kind are named by."""
    return item.id if item.kind is ItemKind.QUIZ else item.ref_id


PERSON = {
    ItemKind.COURSE: CourseProgress.person_id,
    ItemKind.CLASS: ClassResult.person_id,
    ItemKind.READING: LessonProgress.person_id,
    ItemKind.QUIZ: Attempt.person_id,
    ItemKind.LECTURES: Entry.person_id,
}


def counts(
    session: Session, items: Sequence[PlanItem], year: int, only: int | None = None
) -> dict[int, dict[int, int]]:
    """How often each person did each item, by item id, in one statement for each kind there is; `only` of one person."""
    found: dict[int, dict[int, int]] = {item.id: {} for item in items}
    for kind in {item.kind for item in items}:
        things: dict[int, dict[int, int]] = {}
        query = _facts(kind, {_thing(item) for item in items if item.kind is kind}, year)
        if only is not None:
            query = query.where(PERSON[kind] == only)
        for thing, person_id, count in session.execute(query):
            things.setdefault(thing, {})[person_id] = count
        found |= {item.id: things.get(_thing(item), {}) for item in items if item.kind is kind}
    return found
