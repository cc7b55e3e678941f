"""How well a wrong question is remembered, and when it comes again: FSRS-6 with its published default parameters (package `fsrs`).

Time is counted in Shanghai days: whoever answers at 23:50 meets the question again on the next day, not at 23:50. Nothing is
random, so folding a journal twice gives the same state.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from fsrs import Card, Rating, Scheduler, State

from lms.clock import today
from lms.quizzes.practice_rules import Act, is_right

RIGHTS_TO_LEAVE = 3  # right answers in a row, each on another day
DAYS_TO_LEAVE = 7  # and so long it must be expected to be remembered
LONGEST_DAYS = 180
LEAVES_WHEN = f"在 {RIGHTS_TO_LEAVE} 个不同的日子连续答对，并且按遗忘曲线推算 {DAYS_TO_LEAVE} 天后仍有九成把握答对，就自动移出错题本。"

_SCHEDULER = Scheduler(
    desired_retention=0.9, learning_steps=(), relearning_steps=(), maximum_interval=LONGEST_DAYS, enable_fuzzing=False
)


@dataclass(frozen=True)
class Event:
    """One row of the journal about one question. `fraction` is None for what the person said by hand."""

    act: Act
    fraction: int | None
    at: datetime


@dataclass(frozen=True)
class Memory:
    """What the journal says of one question. `streak`: right answers in a row on different days since the last error, the last
    of them on `counted_on`. `stability` in days: after so long nine of ten would still know it."""

    in_book: bool
    is_kept: bool
    stability: float
    difficulty: float
    last_on: date
    due_on: date
    streak: int
    counted_on: date
    errors: int


def remember(events: Iterable[Event]) -> Memory | None:
    """The state after these events, in their order; None while the question was never answered wrongly."""
    memory: Memory | None = None
    for event in events:
        memory = after(memory, event)
    return memory


def after(memory: Memory | None, event: Event) -> Memory | None:
    """The state after one more event."""
    if event.act in (Act.KEEP, Act.REMOVE):
        is_kept = event.act is Act.KEEP
        return replace(memory, in_book=is_kept, is_kept=is_kept) if memory else None
    on = today(event.at)
    if memory is None:
        return None if is_right(event.fraction) else _first_error(on)
    return _right(memory, on) if is_right(event.fraction) else _wrong(memory, on)


def _first_error(on: date) -> Memory:
    card = _reviewed(Card(card_id=0), Rating.Again, on)
    return Memory(True, False, *_strength(card), on, card.due.date(), streak=0, counted_on=on, errors=1)


def _wrong(memory: Memory, on: date) -> Memory:
    card = _reviewed(_card(memory), Rating.Again, on)
    more: dict[str, Any] = {"in_book": True, "streak": 0, "counted_on": on, "errors": memory.errors + 1}
    return _with(memory, card, on, **more)


def _right(memory: Memory, on: date) -> Memory:
    """The first right answer after an error is a hard one. Several on one day count once, and none on the day of the error."""
    card = _reviewed(_card(memory), Rating.Good if memory.streak else Rating.Hard, on)
    counts = on > memory.counted_on
    streak = memory.streak + counts
    leaves = streak >= RIGHTS_TO_LEAVE and (card.due.date() - on).days >= DAYS_TO_LEAVE and not memory.is_kept
    more: dict[str, Any] = {"in_book": memory.in_book and not leaves, "streak": streak, "errors": memory.errors}
    return _with(memory, card, on, counted_on=on if counts else memory.counted_on, **more)


def _with(memory: Memory, card: Card, on: date, **more: Any) -> Memory:
    stability, difficulty = _strength(card)
    return replace(memory, stability=stability, difficulty=difficulty, last_on=on, due_on=card.due.date(), **more)


def _strength(card: Card) -> tuple[float, float]:
    """Nine decimals, so that a database gives back what it was given."""
    assert card.stability is not None
    assert card.difficulty is not None
    return round(card.stability, 9), round(card.difficulty, 9)


def _card(memory: Memory) -> Card:
    return Card(
        card_id=0, state=State.Review, step=None, stability=memory.stability, difficulty=memory.difficulty,
        due=_noon(memory.due_on), last_review=_noon(memory.last_on),
    )  # fmt: skip


def _reviewed(card: Card, rating: Rating, on: date) -> Card:
    """Reviewed on a day; one that lies before the last review counts as that day."""
    at = max(_noon(on), card.last_review) if card.last_review else _noon(on)
    return _SCHEDULER.review_card(card, rating, at)[0]


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(12), UTC)


def recall_percent(memory: Memory, on: date) -> int:
    """How likely a right answer is on that day."""
    return round(_SCHEDULER.get_card_retrievability(_card(memory), _noon(max(on, memory.last_on))) * 100)
