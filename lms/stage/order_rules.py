"""What may follow on what stands: every step a host, a jury, a score keeper or a device asks for is held against it."""

from collections.abc import Mapping
from typing import Any

from lms.stage.buzz_rules import AHEAD_MS
from lms.stage.rules import BETWEEN, RISKS, EventKind, Phase, Segment, State, standings

CORRECTION_MOST = 200
WHILE_PAUSED = (EventKind.RESUMED, EventKind.CORRECTED, EventKind.SCORED, EventKind.UNDONE, EventKind.FROZEN)
AFTER_THE_END = (EventKind.CORRECTED,)


def obstacle(state: State, kind: EventKind, data: Mapping[str, Any], *, questions: int, now_ms: int) -> str | None:
    """Why this cannot follow now, as a sentence; None when it can."""
    if state.is_finished and kind not in AFTER_THE_END:
        return "决赛已经结束，只有评委还能更正得分。"
    if state.is_paused and kind not in WHILE_PAUSED:
        return "现在是暂停，请先继续。"
    if "team" in data and data["team"] is not None and data["team"] not in state.teams:
        return "没有这支队。"
    check = _CHECKS.get(kind)
    return check(state, data, questions, now_ms) if check else None


def _may_segment(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase not in BETWEEN:
        return "这一题还没有结束，先判定或者记无人作答。"
    if data["segment"] == Segment.SUDDEN and len(data.get("contenders") or ()) < 2:
        return "没有同分的队，不用加赛。"
    return None


def _may_call(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.segment is not Segment.RISK or state.phase not in BETWEEN:
        return "要在风险题环节、两题之间请队伍选分。"
    return None


def _may_choose(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if (problem := _may_call(state, data, questions, now_ms)) is not None:
        return problem
    if state.team != data["team"] or state.phase is not Phase.READY:
        return "还没有请这支队选分。"
    return None if data["points"] in RISKS else "只能选 10、20 或 30 分。"


def _may_show(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.segment is None or state.phase not in (Phase.READY, Phase.JUDGED):
        return "先选环节；上一题要先结束。"
    if not 0 <= data["question"] < questions:
        return "题已经用完。"
    if state.segment is Segment.REQUIRED and data.get("team") is None:
        return "必答题要先选答题的队。"
    if state.segment is Segment.RISK and not (state.phase is Phase.READY and state.points):
        return "风险题要先由队伍选分。"
    return None


def _may_open(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase is not Phase.SHOWN:
        return "先出题，再宣布开抢。"
    return None if data["opens_ms"] >= now_ms + AHEAD_MS else "开抢时刻至少要提前 1.5 秒宣布。"


def _may_judge(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase is not Phase.ANSWERING or state.team is None:
        return "现在没有队在答题。"
    return None


def _may_pass(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    return "现在没有题。" if state.phase in BETWEEN else None


def _may_key(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.question is None or state.phase is not Phase.JUDGED:
        return "这一题结束后才能公布答案。"
    return "答案已经公布。" if state.key_shown else None


def _may_score(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if not 0 < abs(data["points"]) <= CORRECTION_MOST:
        return f"改动的分数在 1 到 {CORRECTION_MOST} 之间。"
    return None if str(data.get("reason", "")).strip() else "请写明原因。"


def _may_pause(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    return "已经是暂停。" if state.is_paused else None


def _may_resume(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    return None if state.is_paused else "没有暂停。"


def _may_freeze(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    return "已经封榜。" if state.frozen is not None else None


def _may_reveal(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.frozen is None:
        return "没有封榜。"
    return None if state.revealed < data["teams"] <= len(state.teams) else "这一名已经揭晓。"


def _may_undo(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    return None if state.sequence else "还没有可以撤销的步骤。"


def _may_finish(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase not in BETWEEN:
        return "这一题还没有结束。"
    return "先把名次全部揭晓。" if state.frozen is not None else None


_CHECKS = {
    EventKind.SEGMENT: _may_segment,
    EventKind.CALLED: _may_call,
    EventKind.CHOSEN: _may_choose,
    EventKind.SHOWN: _may_show,
    EventKind.OPENED: _may_open,
    EventKind.JUDGED: _may_judge,
    EventKind.PASSED: _may_pass,
    EventKind.KEYED: _may_key,
    EventKind.SCORED: _may_score,
    EventKind.CORRECTED: _may_score,
    EventKind.PAUSED: _may_pause,
    EventKind.RESUMED: _may_resume,
    EventKind.FROZEN: _may_freeze,
    EventKind.REVEALED: _may_reveal,
    EventKind.UNDONE: _may_undo,
    EventKind.FINISHED: _may_finish,
}


def tied(state: State) -> list[int]:
    """The teams a tie-break is for: those of the highest score that several share, as far as it decides a place; else none."""
    for placed in standings(state.teams, state.scores):
        same = [team for team in state.teams if state.scores[team] == placed.score]
        if len(same) > 1:
            return same
    return []


def next_question(state: State, questions: int) -> int | None:
    """The first one not yet asked; None when all were."""
    return next((number for number in range(questions) if number not in state.asked), None)
