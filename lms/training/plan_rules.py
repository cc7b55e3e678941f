"""Yearly plans: kinds of items, whom an item is for, its order, progress. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lms.training.class_rules import Audience, Candidate, why_not_meant

SOON = timedelta(days=14)


class PlanState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


PLAN_STATES = {PlanState.DRAFT: "草稿", PlanState.PUBLISHED: "已发布", PlanState.WITHDRAWN: "已撤下"}


class PlanAct(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


PLAN_ACTS = {PlanAct.ADDED: "加入", PlanAct.CHANGED: "修改", PlanAct.REMOVED: "移出"}


class ItemKind(StrEnum):
    COURSE = "course"
    CLASS = "class"
    READING = "reading"
    QUIZ = "quiz"
    LECTURES = "lectures"
    """So many lectures of one unit's series within the plan's year."""


ITEM_KINDS = {
    ItemKind.COURSE: "课程",
    ItemKind.CLASS: "培训班",
    ItemKind.READING: "阅读",
    ItemKind.QUIZ: "测验",
    ItemKind.LECTURES: "系列讲座",
}
MOST_LECTURES = 50


@dataclass(frozen=True)
class ItemAudience:
    """Named persons are meant and nobody else; without names, who fits units, rank bands, ages and (if any) one of the roles
    and one of the Party standings."""

    places: Audience
    roles: Collection[str] = ()
    named: Collection[int] = ()
    party: Collection[str] = ()


@dataclass(frozen=True)
class PlanPerson:
    """A person of the roster of the day."""

    id: int
    candidate: Candidate
    roles: Collection[str] = ()
    party: str = ""


def is_meant(audience: ItemAudience, person: PlanPerson, year: int) -> bool:
    if audience.named:
        return person.id in audience.named
    if audience.roles and not set(audience.roles) & set(person.roles):
        return False
    if audience.party and person.party not in audience.party:
        return False
    return not why_not_meant(audience.places, person.candidate, year)


def order(is_theory: bool, is_required: bool, due_on: date, position: int) -> tuple[bool, bool, date, int]:
    """党的创新理论 first, then what is required, then by deadline."""
    return (not is_theory, not is_required, due_on, position)


def roster_day(due_on: date, today: date) -> date:
    """Who belongs on that day is counted: today's people until the deadline, those of the deadline from then on."""
    return min(due_on, today)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    done: int
    of: int

    @property
    def percent(self) -> int:
        """Rounded down; 100 for nobody."""
        return self.done * 100 // self.of if self.of else 100


def share(people: Iterable[int], done: Collection[int]) -> Share:
    everybody = list(people)
    return Share(sum(person in done for person in everybody), len(everybody))


def total(shares: Sequence[Share]) -> Share:
    return Share(sum(each.done for each in shares), sum(each.of for each in shares))


@dataclass(frozen=True)
class Difference:
    """One thing of an item that was changed, in words."""

    label: str
    before: str
    after: str


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """What is not the same any more, in the order of the labels."""
    return [Difference(label, before[label], after[label]) for label in after if before[label] != after[label]]
