"""Practice (练习): what is asked next, when a challenge ends, where somebody is weak. Pure; chance comes in as a seed.

Practice is nobody's business but the person's: it earns no hours, stands on no board, keeps no streak of days.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random

from lms.quizzes.grade_rules import WHOLE

DAILY_COUNT = 10
CHALLENGE_MOST = 100  # questions laid out for one challenge
BOOK_MOST = 20  # wrong questions reviewed in one go
COUNTS = (10, 20, 30)  # what a person may ask for when practising by line
LOOK_BACK = timedelta(days=90)  # what weak points are read from
FEWEST = 5  # answers before a topic is called weak
STRONG_PERCENT = 85  # from here on a topic is not called weak


class Mode(StrEnum):
    """How the questions of a run were chosen."""

    DAILY = "daily"
    LINE = "line"
    CHALLENGE = "challenge"
    BOOK = "book"


MODE_LABELS = {Mode.DAILY: "每日一练", Mode.LINE: "专项练习", Mode.CHALLENGE: "挑战", Mode.BOOK: "错题复习"}


class Act(StrEnum):
    """What a row of the practice journal is: an answer in practice, a result of an attempt that was released to the person, or
    the person's own word on a wrong question."""

    ANSWER = "answer"
    RESULT = "result"
    KEEP = "keep"
    REMOVE = "remove"


def is_right(fraction: int | None) -> bool:
    """Only the whole answer is right: half of a multiple question was not known."""
    return fraction == WHOLE


@dataclass(frozen=True)
class Share:
    """How much of a topic was answered rightly; `code` is what its practice is asked for by."""

    code: str
    label: str
    right: int
    total: int

    @property
    def percent(self) -> int:
        return self.right * 100 // self.total if self.total else 0


def by_weakness(shares: Sequence[Share]) -> list[Share]:
    """The weakest first; among equals the one with more answers, then by code."""
    return sorted(shares, key=lambda each: (each.right / max(each.total, 1), -each.total, each.code))


def weakest(shares: Sequence[Share]) -> Share | None:
    """The topic to practise first; None while there is too little to say so, or nothing is weak."""
    enough = [each for each in shares if each.total >= FEWEST and each.percent < STRONG_PERCENT]
    return next(iter(by_weakness(enough)), None)


def sentence(shares: Sequence[Share]) -> str:
    """What the figures say, and what to do."""
    weak = weakest(shares)
    if weak:
        return f"{weak.label}答对 {weak.right}/{weak.total}，建议先练这一条线。"
    if all(each.total < FEWEST for each in shares):
        return f"答过的题还太少，每条线答满 {FEWEST} 题后再看。"
    return "没有明显薄弱的条线，保持每日一练即可。"


@dataclass(frozen=True)
class Pool:
    """Question ids to choose from: wrong ones that are due (most urgent first), unseen ones by line, and seen ones."""

    due: Sequence[int]
    unseen: Mapping[str, Sequence[int]]
    seen: Sequence[int]


def pick_daily(pool: Pool, weak_lines: Sequence[str], *, count: int, seed: str) -> list[int]:
    """At most `count` different questions: due wrong ones first, then up to half of what is left from the weak lines, then others
    nobody of us has met, then known ones again. The same pool and seed give the same questions, whatever the order within
    the lists of unseen and seen ones."""
    rng = Random(seed)
    picked = list(dict.fromkeys(pool.due))[:count]
    weak = [id for line in weak_lines for id in mixed(pool.unseen.get(line, ()), rng)]
    _fill(picked, weak, len(picked) + (count - len(picked) + 1) // 2)
    _fill(picked, mixed([id for line in sorted(pool.unseen) for id in pool.unseen[line]], rng), count)
    _fill(picked, mixed(pool.seen, rng), count)
    return picked


def _fill(picked: list[int], more: Sequence[int], up_to: int) -> None:
    known = set(picked)
    fresh = [id for id in dict.fromkeys(more) if id not in known]
    picked.extend(fresh[: max(0, up_to - len(picked))])


def mixed(ids: Collection[int], rng: Random) -> list[int]:
    """The ids in an order that depends on chance only, never on the order they came in."""
    return rng.sample(sorted(ids), len(ids))


def seed_of(person_id: int, on: date) -> str:
    """Chance of one person's Shanghai day."""
    return f"daily:{person_id}:{on.isoformat()}"


def next_position(mode: Mode, fractions: Mapping[int, int | None], askable: Sequence[int]) -> int | None:
    """The position to ask now; None when the run is over. `fractions` are those of the answered positions, `askable` the
    positions that may still be asked, in order. A challenge is over after its first error."""
    if mode is Mode.CHALLENGE and not all(is_right(fraction) for fraction in fractions.values()):
        return None
    return next((position for position in askable if position not in fractions), None)
