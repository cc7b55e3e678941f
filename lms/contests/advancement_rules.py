"""Who of one round may enter the next, with the reason of each line; who moves up when somebody withdraws. Pure.

The sentences people read (`explain`) are made from the same `AdvanceRule` that admits, so that text and list cannot differ.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Ties(StrEnum):
    """What becomes of those who are equal to the last one admitted."""

    PLACE = "place"
    SCORE = "score"
    LOT = "lot"


TIES = {
    Ties.PLACE: "与末位名次并列的都晋级",
    Ties.SCORE: "与末位得分相同的都晋级，不比用时",
    Ties.LOT: "与末位并列的抽签，签号按公开的办法算出，谁都能复算",
}


class Outcome(StrEnum):
    """KEPT: took part before a correction put somebody else in the place."""

    ADVANCED = "advanced"
    KEPT = "kept"
    RESERVE = "reserve"
    OUT = "out"


OUTCOMES = {Outcome.ADVANCED: "晋级", Outcome.KEPT: "已参加，保留", Outcome.RESERVE: "候补", Outcome.OUT: "未晋级"}


class Seat(StrEnum):
    """By what somebody advanced."""

    TOP = "top"
    UNIT = "unit"
    WILD = "wild"


SEATS = {Seat.TOP: "名次", Seat.UNIT: "单位名额", Seat.WILD: "外卡"}

MOST = 2000  # places of a rule, of each kind


@dataclass(frozen=True)
class AdvanceRule:
    """The first `top` advance, then of each unit so many that at least `per_unit` of it have advanced, then wild cards; all but
    wild cards need `minimum_millis`. `reserve` names follow in order."""

    top: int = 0
    per_unit: int = 0
    minimum_millis: int = 0
    ties: Ties = Ties.PLACE
    reserve: int = 0

    def fault(self) -> str:
        """Why this rule admits nobody or cannot be; empty when it can."""
        if not all(0 <= number <= MOST for number in (self.top, self.per_unit, self.reserve)):
            return f"名额从 0 到 {MOST}。"
        return "" if self.top or self.per_unit else "晋级名次和每单位人数至少填一项。"

    def reaches(self, score_millis: int) -> bool:
        """Whether the score is enough; without a minimum every score is."""
        return not self.minimum_millis or score_millis >= self.minimum_millis

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "AdvanceRule":
        return cls(**{**data, "ties": Ties(data.get("ties", Ties.PLACE))})


NOBODY = AdvanceRule()  # of rounds that are entered otherwise


@dataclass(frozen=True)
class Candidate:
    """A person or a team on the earlier board. `lot` orders equals: the smaller the better."""

    id: int
    unit_id: int | None
    place: int
    score_millis: int
    lot: str = ""


@dataclass(frozen=True)
class Decision:
    """One line of an advancement. `place` and `score_millis` None: a wild card for somebody without a result; `number` is that
    of the reserve list, from 1."""

    id: int
    unit_id: int | None
    outcome: Outcome
    seat: Seat | None
    reason: str
    place: int | None
    score_millis: int | None
    number: int | None = None


def lot_of(round_id: int, candidate_id: int) -> str:
    """The lot of somebody in the draw for a round: nobody chooses it, everybody can compute it."""
    return hashlib.sha256(f"{round_id}:{candidate_id}".encode()).hexdigest()


def points(millis: int) -> str:
    """8500 → 8.5."""
    return f"{millis / 1000:.3f}".rstrip("0").rstrip(".")


def decide(
    rule: AdvanceRule, candidates: Iterable[Candidate], wild: Mapping[int, tuple[int | None, str]]
) -> list[Decision]:
    """A line for every candidate and every wild card, the admitted first, then the reserve, then the others, each in the board's
    order. `wild` gives the unit and the reason of each card; who has advanced otherwise needs no card."""
    ordered = sorted(candidates, key=lambda one: (one.place, one.lot, one.id))
    able = [one for one in ordered if rule.reaches(one.score_millis)]
    seats = {one.id: Seat.TOP for one in _first(able, rule.top, rule.ties)}
    seats |= _unit_seats(rule, able, seats)
    known = {one.id: one for one in ordered}
    seats |= {id: Seat.WILD for id in sorted(wild) if id not in seats}
    reserve = [one.id for one in able if one.id not in seats][: rule.reserve]
    admitted = [_admitted(rule, one, seats[one.id], wild, ordered) for one in ordered if one.id in seats]
    admitted += [_stranger(id, wild[id]) for id, seat in seats.items() if seat is Seat.WILD and id not in known]
    waiting = [_reserve(known[id], number) for number, id in enumerate(reserve, 1)]
    edge = edge_of(admitted)
    left = [one for one in ordered if one.id not in seats and one.id not in set(reserve)]
    others = [_line(one, Outcome.OUT, None, refusal(rule, edge, one.place, one.score_millis)) for one in left]
    return admitted + waiting + others


def _first(ordered: Sequence[Candidate], number: int, ties: Ties) -> list[Candidate]:
    """The first so many, and those equal to the last of them as the rule says."""
    taken = list(ordered[:number])
    if not taken or ties is Ties.LOT:
        return taken
    last = taken[-1]
    for one in ordered[number:]:
        equal = one.place == last.place if ties is Ties.PLACE else one.score_millis == last.score_millis
        if not equal:
            break
        taken.append(one)
    return taken


def _unit_seats(rule: AdvanceRule, able: Sequence[Candidate], taken: Mapping[int, Seat]) -> dict[int, Seat]:
    """The best of each unit until so many of it are in; who competes for no unit has no such seat."""
    of_unit: dict[int, list[Candidate]] = defaultdict(list)
    for one in able:
        if one.unit_id is not None:
            of_unit[one.unit_id].append(one)
    best = [one for people in of_unit.values() for one in _first(people, rule.per_unit, rule.ties)]
    return {one.id: Seat.UNIT for one in best if one.id not in taken}


def _line(one: Candidate, outcome: Outcome, seat: Seat | None, reason: str, number: int | None = None) -> Decision:
    return Decision(one.id, one.unit_id, outcome, seat, reason, one.place, one.score_millis, number)


def _admitted(
    rule: AdvanceRule,
    one: Candidate,
    seat: Seat,
    wild: Mapping[int, tuple[int | None, str]],
    ordered: Sequence[Candidate],
) -> Decision:
    if seat is Seat.WILD:
        return _line(one, Outcome.ADVANCED, seat, f"外卡：{wild[one.id][1]}")
    if seat is Seat.UNIT:
        better = sum(1 for other in ordered if other.unit_id == one.unit_id and other.place < one.place)
        return _line(one, Outcome.ADVANCED, seat, f"本单位第 {better + 1} 名，每个单位保证 {rule.per_unit} 个名额")
    same = {Ties.PLACE: "名次并列的都晋级", Ties.SCORE: "得分相同的都晋级", Ties.LOT: ""}[rule.ties]
    beyond = f"；超出 {rule.top} 名的是末位并列，{same}" if same and one.place > rule.top else ""
    return _line(one, Outcome.ADVANCED, seat, f"第 {one.place} 名，前 {rule.top} 名晋级{beyond}")


def _stranger(id: int, card: tuple[int | None, str]) -> Decision:
    unit_id, reason = card
    return Decision(id, unit_id, Outcome.ADVANCED, Seat.WILD, f"外卡：{reason}", None, None)


def _reserve(one: Candidate, number: int) -> Decision:
    return _line(one, Outcome.RESERVE, None, f"第 {one.place} 名，候补第 {number} 位", number)


# --- why not -------------------------------------------------------------------------------------------------------


def edge_of(lines: Iterable[Decision]) -> int | None:
    """The last place admitted by place; None when nobody was."""
    return max((line.place for line in lines if line.seat is Seat.TOP and line.place is not None), default=None)


def refusal(rule: AdvanceRule, edge: int | None, place: int | None, score_millis: int) -> str:
    """Why somebody who is neither admitted nor in reserve is not; `place` None: took no part in the earlier round."""
    if place is None:
        return "没有参加前一轮"
    if not rule.reaches(score_millis):
        return f"{points(score_millis)} 分，最低要 {points(rule.minimum_millis)} 分"
    if edge is not None and place > edge:
        return f"第 {place} 名，按名次晋级到第 {edge} 名"
    if edge is not None and rule.ties is Ties.LOT:
        return f"第 {place} 名，与末位并列，抽签没有抽中"
    if edge is not None or not rule.per_unit:
        return f"第 {place} 名；名单按它公布时的名次定，前一轮更正后要等名单更正"
    return f"第 {place} 名，本单位的 {rule.per_unit} 个名额由前面的人得到"


# --- withdrawal ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A place that somebody holds: the kind of seat and, of a unit's seat, the unit."""

    seat: Seat
    unit_id: int | None


def successor(held: Held, waiting: Sequence[tuple[int, int | None]]) -> int | None:
    """Who of the reserve moves up, in its order as (line, unit): for a unit's seat the first of that unit, if there is one;
    otherwise the first. None when nobody is left."""
    if held.seat is Seat.UNIT:
        same = next((id for id, unit_id in waiting if unit_id == held.unit_id), None)
        if same is not None:
            return same
    return waiting[0][0] if waiting else None


# --- in words ------------------------------------------------------------------------------------------------------


def explain(rule: AdvanceRule, source: str, *, carry_percent: int = 0, what: str = "人") -> list[str]:
    """The rule as sentences for those it admits; `source` is the earlier round's name, `what` 人 or 队."""
    said = [f"按“{source}”复核后的名次晋级。"]
    if rule.top:
        said.append(f"前 {rule.top} 名晋级；{TIES[rule.ties]}。")
    if rule.per_unit:
        each = f"每个单位保证 {rule.per_unit} {what}"
        said.append(f"{each}：{'已按名次晋级的算在内，不够的' if rule.top else '名额'}由本单位名次最前的补上。")
        if not rule.top:
            said.append(f"{TIES[rule.ties]}。")
    if rule.minimum_millis:
        said.append(f"得分不到 {points(rule.minimum_millis)} 分的不晋级，也不进候补。")
    said.append(f"外卡由组织者给，写明理由，不受名次{'和最低分' if rule.minimum_millis else ''}限制。")
    if rule.reserve:
        same_unit = "，单位名额先由同单位的候补递补" if rule.per_unit else ""
        said.append(f"没有晋级的按名次取 {rule.reserve} {what}候补；有退出的就递补{same_unit}。")
    if carry_percent:
        said.append(f"“{source}”得分的 {carry_percent}% 计入这一轮的得分。")
    return said


def carried(score_millis: int | None, percent: int) -> int:
    """What of an earlier score counts in the later round, rounded half up; none for who has none or less than 0."""
    return (max(score_millis or 0, 0) * percent + 50) // 100
