"""Teams: what a team may look like and when, how a paper is divided, and how teams stand. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lms.leaderboard.rules import BoardRule, Criterion, places, team_score


class TeamState(StrEnum):
    ENTERED = "entered"
    WITHDRAWN = "withdrawn"


class MemberRole(StrEnum):
    MEMBER = "member"
    SUBSTITUTE = "substitute"


MEMBER_ROLES = {MemberRole.MEMBER: "队员", MemberRole.SUBSTITUTE: "替补"}


class Act(StrEnum):
    """What can be done to a team."""

    ENTER = "enter"
    JOIN = "join"
    LEAVE = "leave"
    SUBSTITUTE = "substitute"
    CAPTAIN = "captain"
    WITHDRAW = "withdraw"


LATE_ACTS = frozenset({Act.SUBSTITUTE, Act.CAPTAIN, Act.WITHDRAW})  # until the second deadline these need nobody else


@dataclass(frozen=True)
class Sizes:
    """How many members (without substitutes), substitutes, teams of one unit; of how many best results a team is made."""

    least: int = 3
    most: int = 5
    substitutes: int = 2
    per_unit: int = 2
    best_of: int = 3

    def fault(self) -> str:
        """Why these sizes cannot be; empty when they can."""
        if not 1 <= self.least <= self.most:
            return "队员人数：最少不能多于最多，且至少 1 人。"
        if not 1 <= self.best_of <= self.most:
            return "计分人数要在 1 和队员最多人数之间。"
        return "" if self.substitutes >= 0 and self.per_unit >= 1 else "每个单位至少可报 1 队，替补不能少于 0 人。"


@dataclass(frozen=True)
class Deadlines:
    """Until `entry_until` everything may change, until `change_until` substitutions, captain and withdrawal."""

    entry_until: datetime
    change_until: datetime

    def allow(self, act: Act, now: datetime) -> bool:
        return now < self.entry_until or (act in LATE_ACTS and now < self.change_until)


def obstacle(deadlines: Deadlines, act: Act, now: datetime, *, is_organiser: bool, reason: str) -> str:
    """Why this may not be done now; empty when it may. After its deadline an act needs the organiser and a reason."""
    if deadlines.allow(act, now):
        return ""
    if not is_organiser:
        return "已过截止时间，要改动请联系组织者。"
    return "" if reason.strip() else "已过截止时间，改动请写明理由。"


def lacks(sizes: Sizes, members: int, *, has_captain: bool) -> list[str]:
    """What a team still needs before it is complete, as sentences; none when it is."""
    said = [f"还差 {sizes.least - members} 名队员"] if members < sizes.least else []
    return said if has_captain else [*said, "还没有队长"]


def room(sizes: Sizes, role: MemberRole, there: int) -> bool:
    """Whether one more of this role fits."""
    return there < (sizes.most if role is MemberRole.MEMBER else sizes.substitutes)


# --- a paper divided -----------------------------------------------------------------------------------------------


def equal_shares(questions: int, people: int) -> list[int]:
    """As equal as can be, the first ones take one more: 10 among 3 → 4, 3, 3."""
    each, rest = divmod(questions, people)
    return [each + (position < rest) for position in range(people)]


def spans(shares: Iterable[int]) -> list[tuple[int, int]]:
    """Shares as stretches of the paper, one after the other: 4, 3, 3 → (0, 4), (4, 7), (7, 10)."""
    made, start = [], 0
    for share in shares:
        made.append((start, start + share))
        start += share
    return made


def share_fault(shares: Sequence[int], questions: int) -> str:
    """Why the captain cannot divide so; empty when it works."""
    if any(share < 1 for share in shares):
        return "每名队员至少答 1 题。"
    total = sum(shares)
    return "" if total == questions else f"加起来是 {total} 题，试卷有 {questions} 题。"


# --- standings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reached:
    """One result: a member's best, or a team's in a team round."""

    person_id: int
    score_millis: int
    seconds: int
    submitted_at: datetime


@dataclass(frozen=True)
class TeamTotal:
    """What a team has: the sum of its best results, the time used for them, the last of their hand-ins; `counted` names whose."""

    team_id: int
    score_millis: int
    seconds: int
    submitted_at: datetime
    counted: tuple[int, ...] = ()


@dataclass(frozen=True)
class TeamPlace:
    place: int
    total: TeamTotal


_PARTS: Mapping[Criterion, Callable[[Reached | TeamTotal], int]] = {
    Criterion.SCORE: lambda one: -one.score_millis,
    Criterion.SECONDS: lambda one: one.seconds,
    Criterion.SUBMITTED: lambda one: int(one.submitted_at.timestamp()),
}


def order_key(rule: BoardRule, one: Reached | TeamTotal) -> tuple[int, ...]:
    """Smaller is better, by the criteria of the contest's board in their order; equal keys share a place."""
    return tuple(_PARTS[criterion](one) for criterion in rule.order)


def total_of(rule: BoardRule, best_of: int, team_id: int, results: Iterable[Reached]) -> TeamTotal | None:
    """The team's sum over its `best_of` best results; None when nobody of it has one."""
    best = sorted(results, key=lambda one: (-one.score_millis, order_key(rule, one), one.person_id))[:best_of]
    if not best:
        return None
    return TeamTotal(
        team_id,
        team_score((one.score_millis for one in best), best_of),
        sum(one.seconds for one in best),
        max(one.submitted_at for one in best),
        tuple(one.person_id for one in best),
    )


def rank_teams(rule: BoardRule, totals: Iterable[TeamTotal]) -> list[TeamPlace]:
    """Teams in order with competition places (1, 2, 2, 4)."""
    ordered = sorted(totals, key=lambda total: (order_key(rule, total), total.team_id))
    numbers = places(_ordinals([order_key(rule, total) for total in ordered]))
    return [TeamPlace(place, total) for place, total in zip(numbers, ordered, strict=True)]


def _ordinals(keys: Sequence[tuple[int, ...]]) -> list[int]:
    """Keys in order as numbers, equal ones the same."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return [numbers[key] for key in keys]


def explain(sizes: Sizes, rule: BoardRule, *, is_summed: bool) -> list[str]:
    """How teams stand, as sentences. `is_summed`: a round whose team results are complete in themselves."""
    what = (
        "团队得分是各队员所答题目得分之和。"
        if is_summed
        else f"团队得分是队员最好成绩中最高的 {sizes.best_of} 个之和，替补不计。"
    )
    names = {
        Criterion.SCORE: "得分高",
        Criterion.SECONDS: "计分成绩的用时之和少",
        Criterion.SUBMITTED: "最后一份计分答卷交得早",
    }
    order = "的在前；相同则".join(names[criterion] for criterion in rule.order)
    return [what, f"{order}的在前；全部相同的名次并列。", f"只列前 {rule.shown_units} 队和自己的队，没有末位名单。"]
