"""The read side of plans: whom an item is for on its day, who has done it, what is mine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lms.courses.models import Course, CourseProgress, Lesson, LessonProgress, Resource
from lms.courses.review_rules import CourseState, ResourceKind
from lms.people.access import Scope
from lms.people.models import Membership, Person, RoleGrant, Unit
from lms.people.rules import DutyStatus
from lms.training import plan_rules as rules
from lms.training import queries
from lms.training.class_rules import Audience, Candidate, ClassState
from lms.training.models import ClassResult, TrainingClass
from lms.training.plan_models import PlanItem, TrainingPlan
from lms.training.plan_rules import ItemAudience, ItemKind, PlanPerson, PlanState, Share

ON_DUTY = (DutyStatus.ON_DUTY, DutyStatus.SECONDED)
MOST_OFFERED = 200


@dataclass(frozen=True)
class Belonging:
    """A person of the roster with the unit they belong to that day."""

    person: PlanPerson
    name: str
    unit_id: int
    unit_name: str


@dataclass(frozen=True)
class MyItem:
    item: PlanItem
    plan: TrainingPlan
    is_done: bool


@dataclass(frozen=True)
class UnitProgress:
    name: str
    share: Share


@dataclass(frozen=True)
class ItemProgress:
    """How far an item has come, as a whole, by unit, and who is still missing (for those who may see persons)."""

    item: PlanItem
    share: Share
    units: list[UnitProgress]
    missing: list[Belonging]


def find_plan(session: Session, plan_id: int) -> TrainingPlan | None:
    return session.get(TrainingPlan, plan_id)


def list_plans(scope: Scope) -> Select[TrainingPlan]:
    query = select(TrainingPlan).join(Unit, Unit.id == TrainingPlan.unit_id).where(scope.units_filter(Unit.path))
    return query.order_by(TrainingPlan.year.desc(), TrainingPlan.id.desc())


def list_items(session: Session, plan_id: int) -> list[PlanItem]:
    """党的创新理论 first, then what is required, then by deadline."""
    items = session.scalars(select(PlanItem).where(PlanItem.plan_id == plan_id)).all()
    return sorted(items, key=lambda item: rules.order(item.is_theory, item.is_required, item.due_on, item.id))


def audience_of(item: PlanItem, plan_unit_id: int, paths: dict[int, str]) -> ItemAudience:
    """Units of an item lie within the plan's; without chosen ones it is for all of the plan's unit."""
    wanted = item.audience_units or [plan_unit_id]
    units = [paths[unit_id] for unit_id in wanted if unit_id in paths]
    return ItemAudience(Audience(units, item.rank_bands, item.least_age, item.most_age), item.roles, item.named)


def roster(session: Session, on: date, *, path: str = "/", only: int | None = None) -> list[Belonging]:
    """Who is on duty below the unit on that day, by staff number; `only` one person of them."""
    query = (
        select(Person, Unit)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.from_on <= on, Membership.until_on.is_(None) | (Membership.until_on > on))
        .where(Membership.duty_status.in_(ON_DUTY), Unit.path.startswith(path, autoescape=True))
        .order_by(Person.staff_no)
    )
    grants = select(RoleGrant.person_id, RoleGrant.role).where(RoleGrant.revoked_at.is_(None))
    if only is not None:
        query, grants = query.where(Person.id == only), grants.where(RoleGrant.person_id == only)
    roles: dict[int, list[str]] = {}
    for person_id, role in session.execute(grants):
        roles.setdefault(person_id, []).append(role)
    return [
        Belonging(
            PlanPerson(p.id, Candidate(unit.path, p.rank_band, p.birth_year), roles.get(p.id, ())),
            p.name,
            unit.id,
            unit.name,
        )
        for p, unit in session.execute(query)
    ]


def done_by(session: Session, item: PlanItem) -> set[int]:
    """Ids of those who have done it: finished the course, completed the class, or finished a lesson of that resource."""
    reference, query = _done(item.kind)
    return set(session.scalars(query.where(reference == item.ref_id)))


def _done(kind: ItemKind) -> tuple[InstrumentedAttribute[Any], Select[int]]:
    """What names the thing, and the persons who have done such a thing."""
    if kind is ItemKind.COURSE:
        return CourseProgress.course_id, select(CourseProgress.person_id).where(CourseProgress.finished_at.is_not(None))
    if kind is ItemKind.CLASS:
        return ClassResult.class_id, select(ClassResult.person_id).where(ClassResult.is_completed)
    lessons = select(LessonProgress.person_id).join(Lesson, Lesson.id == LessonProgress.lesson_id)
    return Lesson.resource_id, lessons.where(LessonProgress.finished_at.is_not(None))


def progress_of(session: Session, plan: TrainingPlan, scope: Scope, today: date) -> list[ItemProgress]:
    """Each item over the people of the scope whom it is for, by the roster of its day."""
    paths = queries.unit_paths(session)
    rosters: dict[date, list[Belonging]] = {}
    found = []
    for item in list_items(session, plan.id):
        on = rules.roster_day(item.due_on, today)
        everybody = rosters.setdefault(on, roster(session, on, path=paths[plan.unit_id]))
        audience = audience_of(item, plan.unit_id, paths)
        due = [
            each
            for each in everybody
            if scope.covers_unit(each.person.candidate.unit_path) and rules.is_meant(audience, each.person, plan.year)
        ]
        found.append(_item_progress(item, due, done_by(session, item)))
    return found


def _item_progress(item: PlanItem, due: Sequence[Belonging], done: set[int]) -> ItemProgress:
    by_unit: dict[str, list[int]] = {}
    for each in due:
        by_unit.setdefault(each.unit_name, []).append(each.person.id)
    units = [UnitProgress(name, rules.share(ids, done)) for name, ids in by_unit.items()]
    missing = [each for each in due if each.person.id not in done]
    return ItemProgress(item, rules.share([each.person.id for each in due], done), units, missing)


def list_mine(session: Session, person_id: int, today: date) -> list[MyItem]:
    """What the published plans of this year ask of the person, in the plans' order; by the roster of each item's day."""
    plans = session.scalars(
        select(TrainingPlan)
        .where(TrainingPlan.year == today.year, TrainingPlan.state == PlanState.PUBLISHED)
        .order_by(TrainingPlan.id)
    ).all()
    if not plans:
        return []
    paths, days, meant = queries.unit_paths(session), dict[date, list[Belonging]](), []
    for plan in plans:
        for item in list_items(session, plan.id):
            on = rules.roster_day(item.due_on, today)
            if on not in days:
                days[on] = roster(session, on, only=person_id)
            if days[on] and rules.is_meant(audience_of(item, plan.unit_id, paths), days[on][0].person, plan.year):
                meant.append((item, plan))
    done = done_items(session, [item for item, _ in meant], person_id)
    return [MyItem(item, plan, item.id in done) for item, plan in meant]


def done_items(session: Session, items: Sequence[PlanItem], person_id: int) -> set[int]:
    """Ids of those of the items that the person has done, in one statement for each kind there is."""
    found: set[int] = set()
    for kind in {item.kind for item in items}:
        refs = {item.ref_id for item in items if item.kind is kind}
        reference, query = _done(kind)
        mine = query.add_columns(reference).where(query.selected_columns[0] == person_id, reference.in_(refs))
        done = {ref_id for _, ref_id in session.execute(mine)}
        found |= {item.id for item in items if item.kind is kind and item.ref_id in done}
    return found


def offered(session: Session, unit: Unit) -> dict[str, str]:
    """ "kind:id" → words of what an item may be: published courses, open classes, documents that are lessons of courses."""
    above = [int(part) for part in unit.path.strip("/").split("/")]
    courses = select(Course.id, Course.title).where(
        Course.state == CourseState.PUBLISHED, Course.audience_unit_id.is_(None) | Course.audience_unit_id.in_(above)
    )
    classes = select(TrainingClass.id, TrainingClass.title).where(TrainingClass.state == ClassState.OPEN)
    reading = (
        select(Resource.id, Resource.title)
        .join(Lesson, Lesson.resource_id == Resource.id)
        .join(Course, Course.id == Lesson.course_id)
        .where(Course.state == CourseState.PUBLISHED, Resource.kind.in_([ResourceKind.DOCUMENT, ResourceKind.ARTICLE]))
        .where(Course.audience_unit_id.is_(None) | Course.audience_unit_id.in_(above))
        .distinct()
    )
    found = {}
    for kind, query in ((ItemKind.COURSE, courses), (ItemKind.CLASS, classes), (ItemKind.READING, reading)):
        for ref_id, title in session.execute(query.limit(MOST_OFFERED)):
            found[f"{kind}:{ref_id}"] = f"{rules.ITEM_KINDS[kind]}：{title}"
    return found
