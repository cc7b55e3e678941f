"""Which questions an attempt gets, and in which order their options stand. Pure; chance comes in as `rng`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from lms.quizzes.rules import Kind


@dataclass(frozen=True)
class DrawRule:
    """`count` questions of this line, kind, difficulty and tag (None = any) that stand alone, each worth `points_millis`; with
    `is_case` so many whole cases instead, all parts of one together worth `points_millis`, and `kind` says nothing."""

    count: int
    points_millis: int
    line: str | None = None
    kind: Kind | None = None
    difficulty: int | None = None
    tag: str | None = None
    is_case: bool = False

    def admits(self, candidate: "Candidate") -> bool:
        return (
            self.is_case == bool(candidate.parts)
            and self.line in (None, candidate.line)
            and (self.is_case or self.kind in (None, candidate.kind))
            and (self.tag is None or self.tag in candidate.tags)
            and self.difficulty in (None, candidate.difficulty)
        )


@dataclass(frozen=True, eq=False)
class Candidate:
    """A question that may be drawn, or a whole case, which is drawn by the facts of its first part; `id` is whatever the
    caller wants back, `parts` the same for each part of a case in order. Compared by identity, which is fast."""

    id: int
    line: str
    kind: Kind
    difficulty: int
    tags: frozenset[str] = frozenset()
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Shortage:
    rule: DrawRule
    available: int


class PoolTooSmall(Exception):
    """The pool cannot fill the rules; `shortages` says which, with the figures."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__(shortages)
        self.shortages = shortages


def draw(rules: Sequence[DrawRule], pool: Sequence[Candidate], rng: Random) -> list[tuple[Candidate, DrawRule]]:
    """Different questions for all rules, in the order of the rules. Raises PoolTooSmall only when no selection at all
    could fill them: rules may overlap, and then a question moves to another rule's place to make room (Kuhn's
    augmenting path)."""
    admitted = [[candidate for candidate in pool if rule.admits(candidate)] for rule in rules]
    pairs = list(zip(rules, admitted, strict=True))
    short = [Shortage(rule, len(found)) for rule, found in pairs if len(found) < rule.count]
    if short:
        raise PoolTooSmall(short)
    size = sum(rule.count for rule in rules)
    wishes = [rng.sample(found, min(len(found), size)) for _, found in pairs]
    slots = [rule for rule in rules for _ in range(rule.count)]
    taken = _matched(
        [order[n:] + order[:n] for order, rule in zip(wishes, rules, strict=True) for n in range(rule.count)]
    )
    missing = [rule for i, rule in enumerate(slots) if i not in taken]
    if missing:
        raise PoolTooSmall([Shortage(rule, rule.count - missing.count(rule)) for rule in rules if rule in missing])
    return [(taken[i], rule) for i, rule in enumerate(slots)]


def _matched(wishes: Sequence[Sequence[Candidate]]) -> dict[int, Candidate]:
    """Slot → candidate, as many slots as can be filled. A wish list as long as the number of slots is enough: were all
    of it taken, the other slots would have to hold more candidates than there are."""
    holder: dict[Candidate, int] = {}

    def place(slot: int, tried: set[Candidate]) -> bool:
        for candidate in wishes[slot]:
            if candidate not in holder:
                holder[candidate] = slot
                return True
        for candidate in wishes[slot]:
            if candidate not in tried:
                tried.add(candidate)
                if place(holder[candidate], tried):
                    holder[candidate] = slot
                    return True
        return False

    for slot in range(len(wishes)):
        place(slot, set())
    return {slot: candidate for candidate, slot in holder.items()}


# An option that speaks of other options by place or letter would lie after shuffling.
_SPEAKS_OF_OTHERS = re.compile(
    r"以上|上述|以下|前述|(?<![A-Za-z])[A-J](?:[、,，和与及或]?[A-J])+(?![A-Za-z])|选项\s*[A-J]|^[A-J]项"
)


def option_order(kind: Kind, options: Sequence[str], rng: Random) -> list[int]:
    """The order in which a candidate sees the options: option numbers, each once. Options that refer to each other, and
    true/false, keep their order."""
    order = list(range(len(options)))
    is_choice = kind in (Kind.SINGLE, Kind.MULTIPLE)
    if kind is not Kind.BOOLEAN and not (is_choice and any(_SPEAKS_OF_OTHERS.search(each) for each in options)):
        rng.shuffle(order)
    return order


def rules_from(stored: Sequence[Mapping[str, object]]) -> list[DrawRule]:
    """Draw rules from their JSON form (the fields of DrawRule)."""
    return [
        DrawRule(
            count=int(str(each["count"])),
            points_millis=int(str(each["points_millis"])),
            line=str(each["line"]) if each.get("line") else None,
            kind=Kind(str(each["kind"])) if each.get("kind") else None,
            difficulty=int(str(each["difficulty"])) if each.get("difficulty") else None,
            tag=str(each["tag"]) if each.get("tag") else None,
            is_case=bool(each.get("is_case")),
        )
        for each in stored
    ]


def rules_to(rules: Sequence[DrawRule]) -> list[dict[str, object]]:
    return [
        {
            "count": rule.count,
            "points_millis": rule.points_millis,
            "line": rule.line,
            "kind": rule.kind.value if rule.kind else None,
            "difficulty": rule.difficulty,
            "tag": rule.tag,
            "is_case": rule.is_case,
        }
        for rule in rules
    ]
