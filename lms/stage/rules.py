"""A final as a pure function of its journal: `replay(teams, events, buzzes, now)` → what stands. Points are whole points, instants
milliseconds since 1970.

Every author saw the last event before the own one, so the journal has one order. What may follow is in `order_rules`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lms.stage.buzz_rules import Buzz, Decision, decide

BASE_POINTS = 100
ANSWER_MS = 30_000
RISKS = (10, 20, 30)


class Segment(StrEnum):
    REQUIRED = "required"
    BUZZER = "buzzer"
    RISK = "risk"
    SUDDEN = "sudden"
    AUDIENCE = "audience"


SEGMENTS = {
    Segment.REQUIRED: "必答题",
    Segment.BUZZER: "抢答题",
    Segment.RISK: "风险题",
    Segment.SUDDEN: "加赛",
    Segment.AUDIENCE: "观众题",
}
SEGMENT_WORDS = {
    Segment.REQUIRED: "各队轮流答，30 秒内答对加 10 分，答错不扣分。",
    Segment.BUZZER: "宣布开抢后先按先答，答对加 10 分，答错扣 10 分；抢跑扣 10 分，这一题不能再抢。",
    Segment.RISK: "每队自选 10、20 或 30 分，答对加、答错扣同样的分。",
    Segment.SUDDEN: "只有同分的队参加，抢答：答对加 1 分，答错或抢跑扣 1 分，分出先后就停。",
    Segment.AUDIENCE: "观众回答，不计入各队得分。",
}
BUZZED = frozenset({Segment.BUZZER, Segment.SUDDEN})
# Points of a right answer, of a wrong one, and of an early buzz; a risk question has the points its team chose.
POINTS = {Segment.REQUIRED: (10, 0, 0), Segment.BUZZER: (10, -10, -10), Segment.SUDDEN: (1, -1, -1)}


class EventKind(StrEnum):
    SEGMENT = "segment"  # segment, slow: teams, contenders: teams (加赛)
    CALLED = "called"  # team: to choose its risk
    CHOSEN = "chosen"  # team, points
    SHOWN = "shown"  # question: index, team (必答)
    OPENED = "opened"  # opens_ms
    DECIDED = "decided"  # team
    JUDGED = "judged"  # right
    PASSED = "passed"  # nobody answered
    KEYED = "keyed"  # the key is shown
    SCORED = "scored"  # team, points, reason: kept on paper
    CORRECTED = "corrected"  # team, points, reason: the jury
    PAUSED = "paused"
    RESUMED = "resumed"
    FROZEN = "frozen"
    REVEALED = "revealed"  # teams: how many from the last place on
    UNDONE = "undone"
    FINISHED = "finished"
    VOIDED = "voided"  # never stored: the buzzing that an undone opening leaves behind


class Phase(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    SHOWN = "shown"
    OPENED = "opened"
    ANSWERING = "answering"
    JUDGED = "judged"


PHASES = {
    Phase.WAITING: "等待开始",
    Phase.READY: "等待出题",
    Phase.SHOWN: "读题中，还没开抢",
    Phase.OPENED: "抢答",
    Phase.ANSWERING: "答题中",
    Phase.JUDGED: "本题结束",
}
UNDECIDED = Decision((), (), None)
BETWEEN = (Phase.WAITING, Phase.READY, Phase.JUDGED)


@dataclass(frozen=True)
class Event:
    sequence: int
    kind: EventKind
    data: Mapping[str, Any]
    at_ms: int


@dataclass
class State:
    """What stands. `team`: who answers, or is called to choose; `turn` counts only while teams may buzz. `clock_ends_ms` None: no
    clock runs; `clock_left_ms` while it is paused. `decision` is of the turn that is open now."""

    teams: tuple[int, ...]
    sequence: int = 0
    segment: Segment | None = None
    contenders: frozenset[int] = frozenset()
    slow: frozenset[int] = frozenset()
    phase: Phase = Phase.WAITING
    question: int | None = None
    team: int | None = None
    points: int = 0
    turn: int | None = None
    opens_ms: int | None = None
    clock_ends_ms: int | None = None
    clock_left_ms: int | None = None
    outcome: str = ""
    key_shown: bool = False
    decision: Decision = UNDECIDED
    penalised: frozenset[int] = frozenset()
    scores: dict[int, int] = field(default_factory=dict)
    frozen: dict[int, int] | None = None
    revealed: int = 0
    asked: list[int] = field(default_factory=list)
    is_paused: bool = False
    is_finished: bool = False

    def may_buzz(self, team: int) -> bool:
        """Whether the team's button does anything in this turn."""
        return team in self.contenders and team not in self.penalised

    @property
    def is_hidden(self) -> bool:
        """The public sees frozen scores of some teams."""
        return self.frozen is not None and self.revealed < len(self.teams)


@dataclass(frozen=True)
class Placed:
    place: int
    team: int
    score: int


def standings(teams: Sequence[int], scores: Mapping[int, int]) -> list[Placed]:
    """By score; equal scores share a place (1, 2, 2, 4) and stand in the teams' order."""
    ordered = sorted(teams, key=lambda team: (-scores[team], teams.index(team)))
    return [Placed(1 + sum(scores[other] > scores[team] for other in teams), team, scores[team]) for team in ordered]


def public_scores(state: State) -> dict[int, int]:
    """What everybody may see: while frozen the old scores, but of the teams revealed from the last place on."""
    if state.frozen is None:
        return dict(state.scores)
    shown = dict(state.frozen)
    last = [placed.team for placed in reversed(standings(state.teams, state.scores))][: state.revealed]
    return shown | {team: state.scores[team] for team in last}


# --- replay --------------------------------------------------------------------------------------------------------


def effective(events: Iterable[Event]) -> list[Event]:
    """What counts once undone steps are gone. Undoing an opening voids the turn: what was buzzed in it stays in it."""
    kept: list[Event] = []
    for event in events:
        if event.kind is not EventKind.UNDONE:
            kept.append(event)
            continue
        while kept and kept[-1].kind is EventKind.VOIDED:
            kept.pop()
        if kept and kept.pop().kind is EventKind.OPENED:
            kept.append(Event(event.sequence, EventKind.VOIDED, {}, event.at_ms))
    return kept


def replay(teams: Sequence[int], events: Sequence[Event], buzzes: Iterable[Buzz], now_ms: int) -> State:
    """What stands after these events at that instant."""
    state = State(tuple(teams), scores=dict.fromkeys(teams, BASE_POINTS))
    of_turn: dict[int, list[Buzz]] = {}
    for buzz in buzzes:
        of_turn.setdefault(buzz.turn, []).append(buzz)
    for event in effective(events):
        _STEPS[event.kind](state, event, of_turn)
    if events:
        state.sequence = events[-1].sequence
    if state.turn is not None and not state.is_paused:
        _settle_turn(state, of_turn, now_ms)
        winner = state.decision.winner(now_ms)
        if winner is not None:
            _answers(state, winner, state.decision.decided_ms or now_ms)
    return state


Turns = Mapping[int, Sequence[Buzz]]


def _settle_turn(state: State, turns: Turns, until_ms: int) -> None:
    """The order of the open turn as far as it was received, and the points of those who were early."""
    there = [b for b in turns.get(state.turn or 0, ()) if b.received_ms <= until_ms and state.may_buzz(b.team)]
    state.decision = decide(there, state.opens_ms)
    for team in state.decision.early:
        state.scores[team] += POINTS[state.segment][2] if state.segment in BUZZED else 0
    state.penalised |= frozenset(state.decision.early)


def _end_turn(state: State, event: Event, turns: Turns) -> None:
    """Nobody buzzes in it any more; its early buzzes stay punished."""
    if state.turn is not None:
        _settle_turn(state, turns, event.at_ms)
    state.turn, state.opens_ms = None, None


def _answers(state: State, team: int, at_ms: int) -> None:
    state.phase, state.team, state.clock_ends_ms = Phase.ANSWERING, team, at_ms + ANSWER_MS


def _clear(state: State) -> None:
    """Nothing of the last question is left but the scores."""
    state.question, state.team, state.outcome, state.key_shown = None, None, "", False
    state.turn, state.opens_ms, state.clock_ends_ms, state.clock_left_ms = None, None, None, None
    state.decision, state.penalised, state.points = UNDECIDED, frozenset(), 0


def _segment(state: State, event: Event, turns: Turns) -> None:
    _end_turn(state, event, turns)
    _clear(state)
    state.segment, state.phase = Segment(event.data["segment"]), Phase.READY
    state.slow = frozenset(event.data.get("slow", ()))
    state.contenders = frozenset(event.data.get("contenders") or state.teams)


def _called(state: State, event: Event, turns: Turns) -> None:
    _clear(state)
    state.phase, state.team = Phase.READY, event.data["team"]


def _chosen(state: State, event: Event, turns: Turns) -> None:
    _clear(state)
    state.phase, state.team, state.points = Phase.READY, event.data["team"], event.data["points"]


def _shown(state: State, event: Event, turns: Turns) -> None:
    _end_turn(state, event, turns)
    chosen = (state.team, state.points)
    _clear(state)
    state.question = event.data["question"]
    state.asked.append(event.data["question"])
    if state.segment in BUZZED:
        state.phase, state.turn = Phase.SHOWN, event.sequence
    else:
        team, state.points = chosen if state.segment is Segment.RISK else (event.data.get("team"), 0)
        _answers(state, team, event.at_ms)  # type: ignore[arg-type]


def _opened(state: State, event: Event, turns: Turns) -> None:
    state.phase, state.opens_ms = Phase.OPENED, event.data["opens_ms"]


def _voided(state: State, event: Event, turns: Turns) -> None:
    state.turn, state.opens_ms = event.sequence, None


def _decided(state: State, event: Event, turns: Turns) -> None:
    _end_turn(state, event, turns)
    _answers(state, event.data["team"], event.at_ms)


def _judged(state: State, event: Event, turns: Turns) -> None:
    right = bool(event.data["right"])
    if state.team is not None:
        state.scores[state.team] += delta(state.segment, state.points, right)
    state.phase, state.outcome = Phase.JUDGED, "right" if right else "wrong"
    state.clock_ends_ms = state.clock_left_ms = None


def delta(segment: Segment | None, chosen: int, right: bool) -> int:
    """What an answer is worth."""
    if segment is Segment.RISK:
        return chosen if right else -chosen
    plus, minus, _ = POINTS.get(segment, (0, 0, 0)) if segment else (0, 0, 0)
    return plus if right else minus


def _passed(state: State, event: Event, turns: Turns) -> None:
    _end_turn(state, event, turns)
    state.phase, state.outcome, state.clock_ends_ms, state.clock_left_ms = Phase.JUDGED, "passed", None, None


def _keyed(state: State, event: Event, turns: Turns) -> None:
    state.key_shown = True


def _scored(state: State, event: Event, turns: Turns) -> None:
    state.scores[event.data["team"]] += event.data["points"]


def _paused(state: State, event: Event, turns: Turns) -> None:
    """Clocks stand; who has not been decided is not: the buzzing begins anew afterwards."""
    state.is_paused = True
    if state.turn is not None:
        _end_turn(state, event, turns)
        state.turn, state.phase, state.decision = event.sequence, Phase.SHOWN, UNDECIDED
    if state.clock_ends_ms is not None:
        state.clock_left_ms = max(0, state.clock_ends_ms - event.at_ms)
        state.clock_ends_ms = None


def _resumed(state: State, event: Event, turns: Turns) -> None:
    state.is_paused = False
    if state.turn is not None:
        state.turn = event.sequence
    if state.clock_left_ms is not None:
        state.clock_ends_ms, state.clock_left_ms = event.at_ms + state.clock_left_ms, None


def _frozen(state: State, event: Event, turns: Turns) -> None:
    state.frozen, state.revealed = dict(state.scores), 0


def _revealed(state: State, event: Event, turns: Turns) -> None:
    state.revealed = event.data["teams"]
    if state.revealed >= len(state.teams):
        state.frozen = None


def _finished(state: State, event: Event, turns: Turns) -> None:
    state.is_finished = True


_STEPS = {
    EventKind.SEGMENT: _segment,
    EventKind.CALLED: _called,
    EventKind.CHOSEN: _chosen,
    EventKind.SHOWN: _shown,
    EventKind.OPENED: _opened,
    EventKind.VOIDED: _voided,
    EventKind.DECIDED: _decided,
    EventKind.JUDGED: _judged,
    EventKind.PASSED: _passed,
    EventKind.KEYED: _keyed,
    EventKind.SCORED: _scored,
    EventKind.CORRECTED: _scored,
    EventKind.PAUSED: _paused,
    EventKind.RESUMED: _resumed,
    EventKind.FROZEN: _frozen,
    EventKind.REVEALED: _revealed,
    EventKind.FINISHED: _finished,
}
