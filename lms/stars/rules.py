"""What a programme counts and whom it names: scores in 1/1000 points, quotas, ties, no-repeat. Pure, and blind to any order of its input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from typing import Any

from lms.leaderboard.rules import half_up
from lms.stars.catalogue_rules import CATALOGUE, GATES, JUDGED, Entry, Gate, Measure, Source

FULL = 100
MOST_PERCENT = 5
SHOWN = 50
"""So many named lines a page shows at most, as on boards."""


class CycleState(StrEnum):
    """The way of a cycle; each step is one conditional update."""

    MEASURING = "measuring"
    RECOMMENDING = "recommending"
    REVIEWING = "reviewing"
    REVIEWED = "reviewed"
    NOTICE = "notice"
    DECIDED = "decided"
    PUBLISHED = "published"


STATES = {
    CycleState.MEASURING: "正在计算",
    CycleState.RECOMMENDING: "推荐中",
    CycleState.REVIEWING: "待复核",
    CycleState.REVIEWED: "已复核",
    CycleState.NOTICE: "公示中",
    CycleState.DECIDED: "已决定",
    CycleState.PUBLISHED: "已公布",
}
NAMED = (CycleState.REVIEWED, CycleState.NOTICE, CycleState.DECIDED, CycleState.PUBLISHED)
"""States in which it is written down who is named."""
PUBLIC = (CycleState.NOTICE, CycleState.DECIDED, CycleState.PUBLISHED)


class Level(StrEnum):
    """Who recommends."""

    BRANCH = "branch"
    UNIT = "unit"


LEVELS = {Level.BRANCH: "支部推荐", Level.UNIT: "单位推荐"}
LEVEL_SOURCES = {Level.BRANCH: Source.BRANCH_RECOMMENDATION, Level.UNIT: Source.UNIT_RECOMMENDATION}


@dataclass(frozen=True)
class Criterion:
    """`weight` points at most; `full` as the catalogue's entry says; `title` only of judged ones."""

    source: Source
    weight: int
    full: int = 1
    title: str = ""

    @property
    def entry(self) -> Entry:
        return CATALOGUE[self.source]

    @property
    def label(self) -> str:
        return self.title or self.entry.label


@dataclass(frozen=True)
class StarRule:
    """One version of a programme's rule. 0 means none for `most_percent` (of the head count), `most` (people altogether), `most_each`
    (people of one unit), `no_repeat` (periods before) and `least_millis`."""

    criteria: tuple[Criterion, ...]
    gates: tuple[Gate, ...] = ()
    most_percent: int = MOST_PERCENT
    most: int = 0
    most_each: int = 0
    no_repeat: int = 0
    least_millis: int = 0
    recommend_days: int = 5
    recommend_percent: int = 10
    notice_days: int = 5

    @property
    def full_millis(self) -> int:
        return sum(criterion.weight for criterion in self.criteria) * 1000

    @property
    def levels(self) -> list[Level]:
        """Who is asked to recommend."""
        used = {criterion.source for criterion in self.criteria}
        return [level for level, source in LEVEL_SOURCES.items() if source in used]

    @property
    def judged(self) -> list[Criterion]:
        return [criterion for criterion in self.criteria if criterion.source in JUDGED]

    def to_json(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in _FIGURES}
        criteria = [
            {"source": c.source.value, "weight": c.weight, "full": c.full, "title": c.title} for c in self.criteria
        ]
        return {"criteria": criteria, "gates": [gate.value for gate in self.gates], **plain}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> StarRule:
        """Raises ValueError for a source or gate that the catalogue does not have."""
        criteria = tuple(
            Criterion(Source(one["source"]), one["weight"], one["full"], one["title"]) for one in stored["criteria"]
        )
        gates = tuple(Gate(gate) for gate in stored["gates"])
        return cls(criteria, gates, **{name: stored[name] for name in _FIGURES})


_FIGURES = (
    "most_percent", "most", "most_each", "no_repeat", "least_millis", "recommend_days", "recommend_percent", "notice_days",
)  # fmt: skip


# --- scores --------------------------------------------------------------------------------------------------------


def share(criterion: Criterion, amounts: Sequence[int]) -> Fraction:
    """What part of the weight facts of these amounts (1/1000 of one) are worth, 0 to 1."""
    if criterion.entry.measure is Measure.SHARE:
        worth = Fraction(sum(amounts), 1000 * max(criterion.full, len(amounts)))
    elif criterion.entry.measure is Measure.COUNT:
        worth = Fraction(sum(amounts), 1000 * criterion.full)
    else:
        worth = Fraction(max(amounts, default=0), 1000)
    return min(Fraction(1), worth)


def points(criterion: Criterion, amounts: Sequence[int]) -> int:
    """In 1/1000 points, rounded half up."""
    return half_up(share(criterion, amounts) * criterion.weight * 1000)


# --- who is named --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contender:
    """A candidate as the choice sees it. Among equal scores a lower `tie` stands first (a contest's own order); equal in both is a
    tie. `obstacle` says why the candidate cannot be named, "" for none."""

    id: int
    score_millis: int
    unit_id: int | None = None
    obstacle: str = ""
    tie: int = 0


@dataclass(frozen=True)
class Choice:
    """Candidate → place of who is named, in order; and why others who might expect it are not."""

    named: Mapping[int, int]
    reasons: Mapping[int, str]


NOTHING, BELOW, BY_QUOTA, BY_UNIT = "本期没有得分", "得分未到最低分", "名额已满", "本单位名额已满"


def quota(rule: StarRule, head_count: int) -> int:
    """How many are named, but for ties: the least of the limits that are set; a share of the head count is at least one."""
    limits = [max(1, head_count * rule.most_percent // 100)] if rule.most_percent else []
    return min([*limits, *([rule.most] if rule.most else [])], default=1)


def choose(rule: StarRule, head_count: int, contenders: Iterable[Contender]) -> Choice:
    """The best that nothing stands against, group by group of equals: a group that begins within the quota is named whole, also where
    it goes beyond. A unit that had its number before a group gets none of it."""
    named: dict[int, int] = {}
    reasons: dict[int, str] = {}
    each: Counter[int | None] = Counter()
    limit = quota(rule, head_count)
    for _, equals in groupby(sorted(contenders, key=_standing), key=_standing):
        group = sorted(equals, key=lambda contender: contender.id)
        before, spent = len(named), Counter(each)
        for contender in group:
            reason = _reason(rule, contender, is_full=before >= limit, of_unit=spent[contender.unit_id])
            if reason:
                reasons[contender.id] = reason
            else:
                named[contender.id] = before + 1
                each[contender.unit_id] += 1
    return Choice(named, reasons)


def _standing(contender: Contender) -> tuple[int, int]:
    return -contender.score_millis, contender.tie


def _reason(rule: StarRule, contender: Contender, *, is_full: bool, of_unit: int) -> str:
    if contender.obstacle:
        return contender.obstacle
    if contender.score_millis <= 0:
        return NOTHING
    if contender.score_millis < rule.least_millis:
        return BELOW
    if is_full:
        return BY_QUOTA
    return BY_UNIT if rule.most_each and contender.unit_id is not None and of_unit >= rule.most_each else ""


def recommendations_allowed(rule: StarRule, head_count: int) -> int:
    """How many a branch or unit of so many people may recommend: its share, at least one."""
    return max(1, head_count * rule.recommend_percent // 100)


# --- versions ------------------------------------------------------------------------------------------------------


def in_force(versions: Sequence[tuple[int, datetime]], *, period_began_at: datetime, started_at: datetime) -> int:
    """The version a cycle follows, of (version, made at): the newest made before its period began, or, for the period in which the
    programme was started, before the start. A later change says nothing about it."""
    moment = max(period_began_at, started_at)
    known = [version for version, made_at in versions if made_at <= moment]
    return max(known) if known else min(version for version, _ in versions)


def differences(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a correction changed among the named lines (`holder_id`, `place`, `score_millis`), in the order of the new list, those who
    are no longer named last."""
    before, after = ({line["holder_id"]: line for line in lines} for lines in (old, new))
    ids = [*after, *(holder for holder in before if holder not in after)]
    pairs = [(before.get(holder), after.get(holder)) for holder in ids]
    return [{"old": was, "new": now} for was, now in pairs if _figures(was) != _figures(now)]


def _figures(line: Mapping[str, Any] | None) -> tuple[Any, Any] | None:
    return (line["place"], line["score_millis"]) if line is not None else None


# --- the rule in words ---------------------------------------------------------------------------------------------


def explain(rule: StarRule, *, who: str = "人") -> list[str]:
    """The rule as sentences for the people it is about."""
    parts = " + ".join(f"{criterion.label} {criterion.weight} 分" for criterion in rule.criteria)
    said = [f"满分 {rule.full_millis // 1000} 分 = {parts}。不看学习时长、登录次数和连续天数。"]
    if rule.gates:
        said.append("参评条件：" + "；".join(GATES[gate] for gate in rule.gates) + "。")
    said.append(_explain_quota(rule, who))
    if rule.least_millis:
        said.append(f"得分不低于 {rule.least_millis / 1000:g} 分。")
    if rule.no_repeat:
        said.append(f"前 {rule.no_repeat} 期已当选的，本期不重复评。")
    said.append(f"复核后公示 {rule.notice_days} 个工作日，有异议的答复后再决定。")
    return said


def _explain_quota(rule: StarRule, who: str) -> str:
    limits = [f"不超过名册的 {rule.most_percent}%，至少 1 个"] if rule.most_percent else []
    limits += [f"最多 {rule.most} 个"] if rule.most else []
    limits += [f"同一单位最多 {rule.most_each} 个"] if rule.most_each else []
    return f"名额：{'，'.join(limits)}；得分相同的并列都评上。"
