"""A live quiz as a pure function of its journal and answers: `replay(events)` → what stands, `tally` and `rank` → who is best. Instants
are milliseconds since 1970 of the server's clock, points 1/1000.

A *turn* is the sequence number of the event that asked a question; it has one *window* for answers, or several when it was paused. What
may follow on what stands is in `order_rules`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lms.contests.fair_rules import credit_ms
from lms.contests.live_rules import GRACE_MS, order_of


class EventKind(StrEnum):
    ASKED = "asked"  # question, opens_ms, ends_ms
    CLOSED = "closed"  # ends_ms: earlier than announced
    REVEALED = "revealed"  # the key and who chose what
    RANKED = "ranked"  # the standings are on the wall
    VOIDED = "voided"  # turn, reason: the question counts for nobody
    PAUSED = "paused"
    RESUMED = "resumed"  # opens_ms: of what is left of the window, None between questions
    UNDONE = "undone"
    FINISHED = "finished"


class Phase(StrEnum):
    WAITING = "waiting"
    ASKED = "asked"
    REVEALED = "revealed"
    RANKED = "ranked"


class Stretch(StrEnum):
    """Where the clock is in a question that was asked."""

    SOON = "soon"  # announced, not open yet
    OPEN = "open"
    GRACE = "grace"  # over; what is on its way still counts
    OVER = "over"


Window = tuple[int, int]
"""Opens and ends."""


@dataclass(frozen=True)
class Event:
    sequence: int
    kind: EventKind
    data: Mapping[str, Any]
    at_ms: int


@dataclass
class State:
    """What stands. `windows` are those of the turn; `counted` are (turn, question) that count for the standings, in the order in which
    they were asked; `told` the questions whose key was ever shown, whatever was undone afterwards."""

    sequence: int = 0
    phase: Phase = Phase.WAITING
    turn: int | None = None
    question: int | None = None
    windows: tuple[Window, ...] = ()
    length_ms: int = 0
    counted: tuple[tuple[int, int], ...] = ()
    asked: tuple[int, ...] = ()
    told: frozenset[int] = frozenset()
    is_voided: bool = False
    is_paused: bool = False
    is_finished: bool = False
    last: EventKind | None = None

    @property
    def opens_ms(self) -> int | None:
        return self.windows[-1][0] if self.windows else None

    @property
    def ends_ms(self) -> int | None:
        return self.windows[-1][1] if self.windows else None

    @property
    def is_told(self) -> bool:
        """The key of the present question was shown."""
        return self.question in self.told

    @property
    def left_ms(self) -> int:
        """What a paused question still has of its time."""
        return self.length_ms - sum(ends - opens for opens, ends in self.windows)

    def stretch(self, now_ms: int) -> Stretch:
        opens, ends = self.opens_ms or 0, self.ends_ms or 0
        if now_ms < opens:
            return Stretch.SOON
        if now_ms < ends:
            return Stretch.OPEN
        return Stretch.GRACE if now_ms < ends + GRACE_MS else Stretch.OVER

    @property
    def door(self) -> tuple[int | None, int, int]:
        """(turn, from, until): an answer to this turn that is received in between is taken; turn None: none is."""
        if self.phase is not Phase.ASKED or self.is_told or self.is_finished:
            return None, 0, 0
        return self.turn, self.windows[0][0], self.windows[-1][1] + GRACE_MS


def effective(events: Iterable[Event]) -> list[Event]:
    """What counts once undone steps are gone."""
    kept: list[Event] = []
    for event in events:
        if event.kind is not EventKind.UNDONE:
            kept.append(event)
        elif kept:
            kept.pop()
    return kept


def replay(events: Sequence[Event]) -> State:
    """What stands after these events."""
    state = State()
    kept = effective(events)
    for event in kept:
        _STEPS[event.kind](state, event)
    state.sequence = events[-1].sequence if events else 0
    state.last = kept[-1].kind if kept else None
    state.told = frozenset(_told(events))
    return state


def _told(events: Iterable[Event]) -> Iterable[int]:
    """The questions whose key was shown, also where that was undone."""
    asked: list[int] = []
    before: list[EventKind] = []
    for event in events:
        if event.kind is EventKind.UNDONE:
            if before and before.pop() is EventKind.ASKED:
                asked.pop()
            continue
        before.append(event.kind)
        if event.kind is EventKind.ASKED:
            asked.append(event.data["question"])
        elif event.kind is EventKind.REVEALED:
            yield asked[-1]


def _asked(state: State, event: Event) -> None:
    opens, ends = event.data["opens_ms"], event.data["ends_ms"]
    state.phase, state.turn, state.question = Phase.ASKED, event.sequence, event.data["question"]
    state.windows, state.length_ms, state.is_voided = ((opens, ends),), ends - opens, False
    state.asked += (event.data["question"],)


def _cut(state: State, at_ms: int) -> None:
    """The open window ends here, if it would end later."""
    opens, ends = state.windows[-1]
    state.windows = (*state.windows[:-1], (opens, max(opens, min(ends, at_ms))))


def _closed(state: State, event: Event) -> None:
    _cut(state, event.data["ends_ms"])


def _revealed(state: State, event: Event) -> None:
    state.phase = Phase.REVEALED
    assert state.turn is not None
    assert state.question is not None
    state.counted += ((state.turn, state.question),)


def _ranked(state: State, event: Event) -> None:
    state.phase = Phase.RANKED


def _voided(state: State, event: Event) -> None:
    state.counted = tuple(one for one in state.counted if one[0] != state.turn)
    state.phase, state.is_voided = Phase.RANKED, True


def _paused(state: State, event: Event) -> None:
    state.is_paused = True
    if state.phase is Phase.ASKED:
        _cut(state, event.at_ms)


def _resumed(state: State, event: Event) -> None:
    opens = event.data.get("opens_ms")
    if state.phase is Phase.ASKED and opens is not None and state.left_ms > 0:
        state.windows += ((opens, opens + state.left_ms),)
    state.is_paused = False


def _finished(state: State, event: Event) -> None:
    state.is_finished = True


_STEPS = {
    EventKind.ASKED: _asked,
    EventKind.CLOSED: _closed,
    EventKind.REVEALED: _revealed,
    EventKind.RANKED: _ranked,
    EventKind.VOIDED: _voided,
    EventKind.PAUSED: _paused,
    EventKind.RESUMED: _resumed,
    EventKind.FINISHED: _finished,
}


# --- who is best ---------------------------------------------------------------------------------------------------


def used_ms(windows: Sequence[Window], received_ms: int, round_trip_ms: int | None) -> int:
    """How long somebody took whose answer was received at that instant: the time the question was open until then, less what a slow
    line is given. Never negative, never more than the question had."""
    at = received_ms - credit_ms(round_trip_ms)
    return sum(min(max(at - opens, 0), ends - opens) for opens, ends in windows)


@dataclass(frozen=True)
class Grade:
    """What one answer earned, and how long it took."""

    millis: int
    used_ms: int
    is_right: bool


@dataclass(frozen=True)
class Total:
    """One person in a quiz. Time is that of answers that earned something: it decides between equal scores only, and a wrong answer
    costs none."""

    score_millis: int = 0
    used_ms: int = 0
    right: int = 0
    answered: int = 0

    @property
    def seconds(self) -> int:
        """Whole seconds, as boards count them."""
        return self.used_ms // 1000

    @property
    def order(self) -> tuple[int, ...]:
        """Smaller is better; equal is the same place."""
        return order_of(self.score_millis, self.seconds)


def tally(turns: Iterable[Mapping[int, Grade]]) -> dict[int, Total]:
    """Person → total over the questions that count. A question somebody has not answered is not in its turn, and adds nothing."""
    found: dict[int, list[Grade]] = {}
    for grades in turns:
        for person, grade in grades.items():
            found.setdefault(person, []).append(grade)
    return {person: _total(grades) for person, grades in found.items()}


def _total(grades: Sequence[Grade]) -> Total:
    return Total(
        sum(one.millis for one in grades), sum(one.used_ms for one in grades if one.millis > 0),
        sum(one.is_right for one in grades), len(grades),
    )  # fmt: skip


@dataclass(frozen=True)
class Placed:
    place: int
    person: int
    total: Total


def rank(totals: Mapping[int, Total]) -> list[Placed]:
    """Accuracy first, then time; equal ones share a place (1, 2, 2, 4) and stand by their number."""
    ordered = sorted(totals.items(), key=lambda one: (one[1].order, one[0]))
    placed: list[Placed] = []
    for number, (person, total) in enumerate(ordered, start=1):
        same = placed and placed[-1].total.order == total.order
        placed.append(Placed(placed[-1].place if same else number, person, total))
    return placed
