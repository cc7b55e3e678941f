"""What screens and phones are sent, as plain values for JSON: the same for everybody, without a key that is not revealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.contests.live_rules import GRACE_MS
from lms.livequiz.rules import Phase, State, Stretch

SHOWN = 10
PHASES = {
    Phase.WAITING: "等主持人出题",
    Phase.ASKED: "答题",
    Phase.REVEALED: "公布答案",
    Phase.RANKED: "名次",
}
STRETCHES = {
    Stretch.SOON: "马上开始",
    Stretch.OPEN: "正在答题",
    Stretch.GRACE: "已截止，正在收最后的答案",
    Stretch.OVER: "已截止，等公布答案",
}


@dataclass(frozen=True)
class Outcome:
    """What is known of a question once it is revealed."""

    key: Sequence[int]
    counts: Mapping[int, int]
    answered: int
    right: int


def phase_name(state: State, now_ms: int) -> str:
    if state.is_finished:
        return "已结束"
    if state.is_paused:
        return "暂停"
    if state.is_voided and state.phase is Phase.RANKED:
        return "这一题作废，不计分"
    return STRETCHES[state.stretch(now_ms)] if state.phase is Phase.ASKED else PHASES[state.phase]


def face(
    state: State,
    questions: int,
    question: Mapping[str, Any] | None,
    outcome: Outcome | None,
    top: Sequence[Mapping[str, Any]],
    units: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """`question` of the present turn; `outcome` is sent only when its turn counts, the standings only while they are on the wall."""
    is_ranked = state.phase is Phase.RANKED or state.is_finished
    shown = {
        "sequence": state.sequence,
        "phase": state.phase,
        "is_paused": state.is_paused,
        "is_finished": state.is_finished,
        "is_voided": state.is_voided,
        "questions": questions,
        "asked": len(state.asked),
        "question": question,
        "turn": state.turn,
        "opens_ms": state.opens_ms,
        "ends_ms": state.ends_ms,
        "grace_ms": GRACE_MS,
        "top": list(top[:SHOWN]) if is_ranked else [],
        "units": list(units[:SHOWN]) if is_ranked else [],
    }
    is_known = outcome is not None and any(turn == state.turn for turn, _ in state.counted)
    return shown | (_outcome(outcome) if is_known and outcome else {})


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "key": list(outcome.key),
        "counts": {str(option): count for option, count in outcome.counts.items()},
        "answered": outcome.answered,
        "right": outcome.right,
    }
