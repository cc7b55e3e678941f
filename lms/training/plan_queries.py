"""The read side of plans: whom an item is for on its day, who has done it, what is mine."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from lms.contests.models import Round
from lms.courses.models import Course, Lesson, Resource
from lms.courses.review_rules import CourseState, ResourceKind
from lms.db import Prepared, flushed
from lms.people.access import Scope
from lms.people.models import Person, Unit
from lms.people.rules import PARTY_STATUSES, RANK_BANDS, ROLES, PartyStatus, RankBand, Role
from lms.quizzes.models import Paper, PaperItem
from lms.quizzes.rules import PaperKind
from lms.training import plan_rules as rules
from lms.training import queries
from lms.training.class_rules import Audience, ClassState
from lms.training.models import TrainingClass
from lms.training.plan_facts import Belonging, counts, mine, my_counts, roster
from lms.training.plan_models import PlanChange, PlanItem, TrainingPlan
from lms.training.plan_rules import ItemAudience, ItemKind, PlanState, Share

MOST_OFFERED = 200


@dataclass(frozen=True)
class MyItem:
    """`count` of the item's `wanted_count` are done. Item and plan are rows of their tables, to read only."""

    item: Any
    plan: Any
    count: int

    @property
    def is_done(self) -> bool:
        return bool(self.count >= self.item.wanted_count)


@dataclass(frozen=True)
class UnitProgress:
    unit_id: int
    name: str
    share: Share


@dataclass(frozen=True)
class ItemProgress:
    """How far an item has come, as a whole, by unit, and who has it (`due`) and who has done it (ids), for those who may see persons."""

    item: PlanItem
    share: Share
    units: list[UnitProgress]
    due: list[Belonging]
    done: set[int]

    @property
    def missing(self) -> list[Belonging]:
        return [each for each in self.due if each.person.id not in self.done]


@dataclass
class PersonProgress:
    """What a plan asks of one person, and how much of that is done; `late` names what is required and past its day."""

    belonging: Belonging
    required: int = 0
    required_done: int = 0
    elective_done: int = 0
    late: list[str] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return self.required_done == self.required


def find_plan(session: Session, plan_id: int) -> TrainingPlan | None:
    return session.get(TrainingPlan, plan_id)


def list_plans(scope: Scope) -> Select[TrainingPlan]:
    """Plans of the scope, and the published ones of units above it."""
    above = [part for path in scope.unit_paths for part in path.strip("/").split("/") if part]
    from_above = Unit.id.in_([int(part) for part in above]) & (TrainingPlan.state == PlanState.PUBLISHED)
    query = select(TrainingPlan).join(Unit, Unit.id == TrainingPlan.unit_id)
    query = query.where(scope.units_filter(Unit.path) | from_above)
    return query.order_by(TrainingPlan.year.desc(), TrainingPlan.id.desc())


def list_changes(plan_id: int) -> Select[PlanChange]:
    """What was done to the plan's items, the newest first."""
    query = select(PlanChange).where(PlanChange.plan_id == plan_id)
    return query.order_by(PlanChange.at.desc(), PlanChange.id.desc())


def words_of(session: Session, item: PlanItem) -> dict[str, str]:
    """An item's deadline, weight and audience in words, by label."""
    units = select(Unit.name).where(Unit.id.in_(item.audience_units)).order_by(Unit.sort, Unit.id)
    named = select(Person.name).where(Person.id.in_(item.named)).order_by(Person.staff_no)
    ages = [f"{item.least_age} 岁及以上"] * bool(item.least_age) + [f"{item.most_age} 岁及以下"] * bool(item.most_age)
    said = {
        "期限": f"{item.due_on.month}月{item.due_on.day}日",
        "性质": "必修" if item.is_required else "选修",
        "党的创新理论": "是" if item.is_theory else "否",
        "面向单位": "、".join(session.scalars(units)) if item.audience_units else "全体",
        "职级": "、".join(RANK_BANDS[RankBand(each)] for each in item.rank_bands) or "不限",
        "党员身份": "、".join(PARTY_STATUSES[PartyStatus(each)] for each in item.party) or "不限",
        "年龄": "、".join(ages) or "不限",
        "角色": "、".join(ROLES[Role(each)] for each in item.roles) or "不限",
        "指定人员": "、".join(session.scalars(named)) if item.named else "不指定",
    }
    return said | ({"场数": f"{item.wanted_count} 场"} if item.kind is ItemKind.LECTURES else {})


def list_items(session: Session, plan_id: int) -> list[PlanItem]:
    """党的创新理论 first, then what is required, then by deadline."""
    return _in_order(session.scalars(select(PlanItem).where(PlanItem.plan_id == plan_id)))


def _in_order(items: Iterable[Any]) -> list[Any]:
    return sorted(items, key=lambda item: rules.order(item.is_theory, item.is_required, item.due_on, item.id))


def staff_numbers(session: Session, item: PlanItem) -> list[str]:
    """Of those who are named."""
    query = select(Person.staff_no).where(Person.id.in_(item.named)).order_by(Person.staff_no)
    return list(session.scalars(query)) if item.named else []


def audience_of(item: Any, plan_unit_id: int, paths: dict[int, str]) -> ItemAudience:
    """Units of an item lie within the plan's; without chosen ones it is for all of the plan's unit."""
    wanted = item.audience_units or [plan_unit_id]
    units = [paths[unit_id] for unit_id in wanted if unit_id in paths]
    places = Audience(units, item.rank_bands, item.least_age, item.most_age)
    return ItemAudience(places, item.roles, item.named, item.party)


def progress_of(
    session: Session, plan: TrainingPlan, scope: Scope, today: date, *, only: Callable[[PlanItem], bool] | None = None
) -> list[ItemProgress]:
    """Each item (those `only` chooses) over the people of the scope whom it is for, by the roster of its day."""
    paths = queries.unit_paths(session)
    rosters: dict[date, list[Belonging]] = {}
    items = [item for item in list_items(session, plan.id) if only is None or only(item)]
    done = counts(session, items, plan.year)
    found = []
    for item in items:
        on = rules.roster_day(item.due_on, today)
        if on not in rosters:
            everybody = roster(session, on, path=paths[plan.unit_id])
            rosters[on] = [each for each in everybody if scope.covers_unit(each.person.candidate.unit_path)]
        audience = audience_of(item, plan.unit_id, paths)
        due = [each for each in rosters[on] if rules.is_meant(audience, each.person, plan.year)]
        found.append(_item_progress(item, due, {id for id, n in done[item.id].items() if n >= item.wanted_count}))
    return found


def _item_progress(item: PlanItem, due: list[Belonging], done: set[int]) -> ItemProgress:
    by_unit: dict[tuple[int, str], list[int]] = {}
    for each in due:
        by_unit.setdefault((each.unit_id, each.unit_name), []).append(each.person.id)
    units = [UnitProgress(*unit, rules.share(ids, done)) for unit, ids in by_unit.items()]
    return ItemProgress(item, rules.share([each.person.id for each in due], done), units, due, done)


def by_person(progress: Sequence[ItemProgress], today: date, unit_id: int | None = None) -> list[PersonProgress]:
    """The same, turned to persons: by unit and staff number, of one unit only if it is given."""
    found: dict[int, PersonProgress] = {}
    for each in progress:
        for line in each.due:
            if unit_id is None or line.unit_id == unit_id:
                one = found.setdefault(line.person.id, PersonProgress(line))
                _count(one, each.item, line.person.id in each.done, today)
    return list(found.values())


def _count(one: PersonProgress, item: PlanItem, is_done: bool, today: date) -> None:
    if not item.is_required:
        one.elective_done += is_done
        return
    one.required += 1
    one.required_done += is_done
    if item.due_on < today and not is_done:
        one.late.append(item.title)


def completion_by_unit(session: Session, year: int, scope: Scope, today: date) -> dict[int, Share]:
    """Required items of the year's published plans: how many are done of those asked, summed over plans, by the person's unit."""
    plans = select(TrainingPlan).where(TrainingPlan.year == year, TrainingPlan.state == PlanState.PUBLISHED)
    found: dict[int, list[Share]] = {}
    for plan in session.scalars(plans.order_by(TrainingPlan.id)).all():
        for each in progress_of(session, plan, scope, today, only=lambda item: item.is_required):
            for unit in each.units:
                found.setdefault(unit.unit_id, []).append(unit.share)
    return {unit_id: rules.total(shares) for unit_id, shares in found.items()}


def list_mine(session: Session, person_id: int, today: date) -> list[MyItem]:
    """What the published plans of this year ask of the person, in the plans' order; by the roster of each item's day."""
    connection = flushed(session)
    plans = PUBLISHED.rows(connection, {"year": today.year})
    if not plans:
        return []
    paths, days, meant = queries.unit_paths(session), dict[date, list[Belonging]](), []
    for plan in plans:
        for item in _in_order(ITEMS.rows(connection, {"plan": plan.id})):
            on = rules.roster_day(item.due_on, today)
            if on not in days:
                days[on] = mine(session, on, person_id)
            audience = audience_of(item, plan.unit_id, paths)
            if _asks(audience, paths[plan.unit_id], days[on], plan.year):
                meant.append((item, plan))
    done = my_counts(session, [item for item, _ in meant], today.year, person_id)
    return [MyItem(item, plan, done[item.id]) for item, plan in meant]


PUBLISHED = Prepared(
    select(*TrainingPlan.__table__.columns)
    .where(TrainingPlan.year == bindparam("year"), TrainingPlan.state == PlanState.PUBLISHED)
    .order_by(TrainingPlan.id)
)
ITEMS = Prepared(select(*PlanItem.__table__.columns).where(PlanItem.plan_id == bindparam("plan")))


def _asks(audience: ItemAudience, path: str, mine: Sequence[Belonging], year: int) -> bool:
    """A plan asks only people of its own unit and below, also of those it names."""
    return any(
        each.person.candidate.unit_path.startswith(path) and rules.is_meant(audience, each.person, year)
        for each in mine
    )


def offered(session: Session, unit: Unit) -> dict[str, str]:
    """ "kind:id" → words of what an item may be: published courses, open classes, documents that are lessons of courses, its own papers
    that are no contest's (a plan's quiz is reviewed with its key at once), series of lectures of the unit and those above."""
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
    has_questions = (Paper.kind == PaperKind.DRAWN) | Paper.id.in_(select(PaperItem.paper_id))
    papers = (
        select(Paper.id, Paper.title).where(Paper.owner_unit_id == unit.id, has_questions).order_by(Paper.id.desc())
    )
    papers = papers.where(Paper.id.not_in(select(Round.paper_id)))
    series = select(Unit.id, Unit.name + "领导干部上讲台").where(Unit.id.in_(above)).order_by(Unit.path)
    offers = {
        ItemKind.COURSE: courses, ItemKind.CLASS: classes, ItemKind.READING: reading, ItemKind.QUIZ: papers,
        ItemKind.LECTURES: series,
    }  # fmt: skip
    found = {}
    for kind, query in offers.items():
        for ref_id, title in session.execute(query.limit(MOST_OFFERED)):
            found[f"{kind}:{ref_id}"] = f"{rules.ITEM_KINDS[kind]}：{title}"
    return found
