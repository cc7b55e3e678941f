"""Journals for tests: each word appends an event and time moves on by the given milliseconds."""

from dataclasses import dataclass, field
from typing import Any

from lms.stage.buzz_rules import Buzz
from lms.stage.order_rules import obstacle
from lms.stage.rules import Event, EventKind, State, replay

A, B, C = 11, 12, 13
TEAMS = (A, B, C)


@dataclass
class Journal:
    """A final of three teams; what the rules refuse raises ValueError."""

    teams: tuple[int, ...] = TEAMS
    now: int = 1_000_000
    questions: int = 50
    events: list[Event] = field(default_factory=list)
    buzzes: list[Buzz] = field(default_factory=list)

    @property
    def state(self) -> State:
        return self.at(self.now)

    def at(self, now: int) -> State:
        return replay(self.teams, self.events, self.buzzes, now)

    def add(self, kind: EventKind, **data: Any) -> "Journal":
        state = self.state
        if (problem := obstacle(state, kind, data, questions=self.questions, now_ms=self.now)) is not None:
            raise ValueError(problem)
        winner = state.decision.winner(self.now)
        if winner is not None and kind is not EventKind.UNDONE:
            self._append(EventKind.DECIDED, {"team": winner})
        self._append(kind, data)
        return self.later(10)

    def _append(self, kind: EventKind, data: dict[str, Any]) -> None:
        self.events.append(Event(len(self.events) + 1, kind, data, self.now))

    def later(self, milliseconds: int) -> "Journal":
        self.now += milliseconds
        return self

    def segment(self, name: str, **data: Any) -> "Journal":
        return self.add(EventKind.SEGMENT, segment=name, **data)

    def show(self, question: int | None = None, team: int | None = None) -> "Journal":
        number = len(self.state.asked) if question is None else question
        return self.add(EventKind.SHOWN, question=number, team=team)

    def open(self, ahead: int = 1500) -> "Journal":
        return self.add(EventKind.OPENED, opens_ms=self.now + ahead)

    def buzz(self, team: int, after_opening: int, round_trip: int = 0) -> "Journal":
        """Received so many milliseconds after the opening of the present turn (before it when negative)."""
        state = self.state
        assert state.turn is not None
        received = (state.opens_ms or self.now) + after_opening
        self.buzzes.append(Buzz(state.turn, team, received, round_trip))
        return self

    def decided(self) -> "Journal":
        """Until the order of the open turn stands."""
        self.now = max(self.now, max(b.received_ms for b in self.buzzes) + 2000)
        return self

    def judge(self, right: bool) -> "Journal":
        return self.add(EventKind.JUDGED, right=right)
