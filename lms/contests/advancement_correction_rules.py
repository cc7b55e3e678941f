"""A published advancement list made anew after the earlier round was corrected: what its next version says, and whom it changes. Pure.

By the corrected order it is decided again, withdrawals are followed again in their order, and nobody loses an answer: who has taken part
in the later round is kept beside the list.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lms.contests.advancement_rules import (
    AdvanceRule,
    Candidate,
    Decision,
    Held,
    Outcome,
    decide,
    edge_of,
    refusal,
    successor,
)


class Stand(StrEnum):
    """Where somebody with a line stands."""

    IN = "in"
    MOVED_UP = "moved_up"
    KEPT = "kept"
    RESERVE = "reserve"
    WITHDRAWN = "withdrawn"
    OUT = "out"


STANDS = {
    Stand.IN: "晋级",
    Stand.MOVED_UP: "递补晋级",
    Stand.KEPT: "已参加，保留",
    Stand.RESERVE: "候补",
    Stand.WITHDRAWN: "已退出",
    Stand.OUT: "不再晋级",
}
TAKES_PART = (Stand.IN, Stand.MOVED_UP, Stand.KEPT)


@dataclass(frozen=True)
class Before:
    """What happened on the list so far: whose lines it has or had, who withdrew in their order, who has taken part."""

    known: Collection[int] = ()
    gone: Sequence[int] = ()
    played: Collection[int] = ()


@dataclass(frozen=True)
class Corrected:
    """The lines of the next version, those admitted first; who moves up for whom withdrew (None: nobody); where each one stands."""

    lines: Sequence[Decision]
    successors: Mapping[int, int | None]
    stands: Mapping[int, Stand]

    @property
    def edge(self) -> int | None:
        return edge_of(self.lines)


def corrected(
    rule: AdvanceRule,
    candidates: Iterable[Candidate],
    wild: Mapping[int, tuple[int | None, str]],
    before: Before,
) -> Corrected:
    """As if the list had been published by this order at first. Lines for everybody admitted, kept or in reserve, and for whoever had one."""
    decided = decide(rule, candidates, wild)
    seats, successors = _follow_withdrawals(decided, before.gone)
    inside = {one.id for one in decided if one.outcome is Outcome.ADVANCED} | seats.keys()
    known, edge, gone = set(before.known), edge_of(decided), set(before.gone)
    lines = [_kept(rule, edge, one) if _is_kept(one, inside, before) else one for one in decided]
    absent = known - {one.id for one in lines}
    lines += [_absent(rule, edge, id, is_kept=id in before.played) for id in sorted(absent)]
    shown = [one for one in lines if one.outcome is not Outcome.OUT or one.id in known]
    order = list(Outcome)
    shown.sort(key=lambda one: order.index(one.outcome))
    stands = {one.id: _stand(one, gone=gone, risen=set(successors.values())) for one in shown}
    return Corrected(shown, successors, stands)


def _follow_withdrawals(
    decided: Sequence[Decision], gone: Sequence[int]
) -> tuple[dict[int, Held], dict[int, int | None]]:
    """Who holds which seat after everybody of `gone` has left one after another, and who moved up for each."""
    seats = {one.id: Held(one.seat, one.unit_id) for one in decided if one.seat is not None}
    waiting = [(one.id, one.unit_id) for one in decided if one.outcome is Outcome.RESERVE]
    found: dict[int, int | None] = {}
    for id in gone:
        held = seats.pop(id, None)
        waiting = [one for one in waiting if one[0] != id]
        comes = successor(held, waiting) if held else None
        found[id] = comes
        if held and comes is not None:
            seats[comes] = held
            waiting = [one for one in waiting if one[0] != comes]
    return seats, found


def _is_kept(one: Decision, inside: Collection[int], before: Before) -> bool:
    return one.id in before.played and one.id not in inside


def _kept(rule: AdvanceRule, edge: int | None, one: Decision) -> Decision:
    reason = f"已参加这一轮，作答和成绩保留；按更正后的名次不晋级：{_why_not(rule, edge, one)}"
    return replace(one, outcome=Outcome.KEPT, seat=None, number=None, reason=reason)


def _why_not(rule: AdvanceRule, edge: int | None, one: Decision) -> str:
    return one.reason if one.outcome is Outcome.RESERVE else refusal(rule, edge, one.place, one.score_millis or 0)


def _absent(rule: AdvanceRule, edge: int | None, id: int, *, is_kept: bool) -> Decision:
    """Somebody who stands on the earlier board no more."""
    gone = Decision(id, None, Outcome.OUT, None, "前一轮的成绩不再计入名次", None, None)
    return _kept(rule, edge, gone) if is_kept else gone


def _stand(one: Decision, *, gone: Collection[int], risen: Collection[int | None]) -> Stand:
    if one.outcome is Outcome.KEPT:
        return Stand.KEPT
    if one.id in gone:
        return Stand.WITHDRAWN
    if one.id in risen:
        return Stand.MOVED_UP
    return {Outcome.ADVANCED: Stand.IN, Outcome.RESERVE: Stand.RESERVE, Outcome.OUT: Stand.OUT}[one.outcome]


# --- what changes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """Somebody whose standing a version changes, and why. `was` None: had no line before."""

    id: int
    was: Stand | None
    now: Stand
    reason: str

    @property
    def comes(self) -> bool:
        return self.was not in TAKES_PART and self.now in TAKES_PART

    @property
    def goes(self) -> bool:
        return self.was in TAKES_PART and self.now not in TAKES_PART


def differences(old: Mapping[int, Stand], new: Corrected) -> list[Difference]:
    """In the order of the new lines: who comes in, goes out, waits or is kept, other than before. IN and MOVED_UP are one."""
    found = [Difference(one.id, old.get(one.id), new.stands[one.id], one.reason) for one in new.lines]
    return [one for one in found if _plain(one.was or Stand.OUT) is not _plain(one.now)]


def _plain(stand: Stand) -> Stand:
    return Stand.IN if stand is Stand.MOVED_UP else stand


def tell(change: Difference, title: str, *, is_over: bool = False) -> str:
    """The one sentence in which somebody is told."""
    said = {
        Stand.IN: "你已晋级", Stand.MOVED_UP: "你已递补晋级", Stand.KEPT: "名单里不再有你，但你的作答保留",
        Stand.RESERVE: "你现在是候补", Stand.WITHDRAWN: "你已退出", Stand.OUT: "你不再晋级",
    }[change.now]  # fmt: skip
    late = "；这一轮已经结束，请联系组织者" if change.comes and is_over else ""
    return f"“{title}”的晋级名单有更正：{said}（{change.reason}）{late}"
