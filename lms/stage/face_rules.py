"""What screens and devices are sent, as plain values for JSON: the same for everybody, without a key that is not revealed and without
a score that is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lms.stage.rules import PHASES, SEGMENT_WORDS, SEGMENTS, Phase, State, public_scores, standings

OUTCOMES = {"right": "回答正确", "wrong": "回答错误", "passed": "无人得分", "": ""}


@dataclass(frozen=True)
class Question:
    """A question as it is put on the wall: plain words, options without letters."""

    number: int
    kind: str
    stem: str
    options: list[str]
    material: str = ""


def face(state: State, names: Mapping[int, str], question: Question | None, key: str | None) -> dict[str, Any]:
    """`question` of the present state. `key` is sent only when the state says that it is revealed."""
    shown = {
        "sequence": state.sequence,
        "segment": state.segment,
        "segment_name": SEGMENTS[state.segment] if state.segment else "",
        "segment_words": SEGMENT_WORDS[state.segment] if state.segment else "",
        "phase": state.phase,
        "phase_name": "已结束" if state.is_finished else "暂停" if state.is_paused else PHASES[state.phase],
        "is_paused": state.is_paused,
        "is_finished": state.is_finished,
        "is_hidden": state.is_hidden,
        "question": vars(question) if question else None,
        "team": state.team,
        "team_name": names.get(state.team or 0, ""),
        "points": state.points,
        "turn": state.turn,
        "opens_ms": state.opens_ms,
        "clock_ends_ms": state.clock_ends_ms,
        "clock_left_ms": state.clock_left_ms,
        "outcome": state.outcome,
        "outcome_name": OUTCOMES[state.outcome] if state.team or state.outcome == "passed" else "",
        "order": _order(state, names),
        "early": [{"team": team, "name": names[team]} for team in sorted(state.penalised)],
        "contenders": sorted(state.contenders),
        "slow": sorted(state.slow),
        "scores": scores(state, names),
    }
    return shown | ({"key": key} if state.key_shown else {})


def _order(state: State, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Who buzzed, by time after the opening: only once it is decided, so that nobody cheers too soon."""
    order, opens = state.decision.order, state.opens_ms
    if state.phase is not Phase.ANSWERING or opens is None:
        return []
    return [{"team": p.team, "name": names[p.team], "after_ms": p.effective_ms - opens} for p in order]


def scores(state: State, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Place, team and points as everybody may see them."""
    placed = standings(state.teams, public_scores(state))
    return [{"place": p.place, "team": p.team, "name": names[p.team], "score": p.score} for p in placed]


def true_scores(state: State, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The same as it really stands: for host, jury and score keeper only."""
    placed = standings(state.teams, state.scores)
    return [{"place": p.place, "team": p.team, "name": names[p.team], "score": p.score} for p in placed]
