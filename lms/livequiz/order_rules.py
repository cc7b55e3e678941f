"""What may follow on what stands: every step a host asks for is held against it."""

from collections.abc import Mapping
from typing import Any

from lms.livequiz.rules import EventKind, Phase, State, Stretch

AHEAD_MS = 4000
"""An opening or an early end is announced so long before: a phone that polls every two seconds through a proxy's second has heard of it."""
LEAST_AHEAD_MS = 3500
UNDOABLE = frozenset({EventKind.ASKED, EventKind.CLOSED, EventKind.REVEALED, EventKind.RANKED, EventKind.VOIDED})


def obstacle(state: State, kind: EventKind, data: Mapping[str, Any], *, questions: int, now_ms: int) -> str | None:
    """Why this cannot follow now, as a sentence; None when it can."""
    if state.is_finished:
        return "这次同答已经结束。"
    if state.is_paused and kind not in (EventKind.RESUMED, EventKind.VOIDED):
        return "现在是暂停，请先继续。"
    return _CHECKS[kind](state, data, questions, now_ms)


def _may_ask(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase is Phase.ASKED:
        return "这一题还没有公布答案。"
    question = data["question"]
    if not 0 <= question < questions or question in state.asked or question in state.told:
        return "这一题已经出过，或者题已用完。"
    return None if data["opens_ms"] >= now_ms + LEAST_AHEAD_MS < data["ends_ms"] else "开始时刻要提前宣布。"


def _may_close(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase is not Phase.ASKED:
        return "现在没有在答的题。"
    if state.stretch(now_ms) not in (Stretch.SOON, Stretch.OPEN):
        return "这一题已经截止。"
    return None if data["ends_ms"] >= now_ms + LEAST_AHEAD_MS else "截止时刻要提前宣布。"


def _may_reveal(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase is not Phase.ASKED:
        return "现在没有要公布的题。"
    stretch = state.stretch(now_ms)
    if stretch is Stretch.GRACE:
        return "正在收网络慢的手机的答案，请再等 2 秒。"
    return None if stretch is Stretch.OVER else "还没有截止，可以先点“提前截止”。"


def _may_rank(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    return None if state.phase is Phase.REVEALED else "公布答案以后才能看名次。"


def _may_void(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.turn is None or state.is_voided:
        return "现在没有可以作废的题。"
    return None if str(data.get("reason", "")).strip() else "请写明作废的原因。"


def _may_pause(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.phase is Phase.ASKED and state.stretch(now_ms) not in (Stretch.SOON, Stretch.OPEN):
        return "这一题已经截止，公布答案以后再暂停。"
    return None


def _may_resume(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if not state.is_paused:
        return "没有暂停。"
    opens = data.get("opens_ms")
    if state.phase is Phase.ASKED and (opens is None or opens < now_ms + LEAST_AHEAD_MS):
        return "继续的时刻要提前宣布。"
    return None


def _may_undo(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    if state.last not in UNDOABLE:
        return "上一步不能撤销。"
    if state.phase is Phase.ASKED and state.is_told:
        return "答案已经公布过，不能再开放作答；要作废请点“作废这一题”。"
    return None


def _may_finish(state: State, data: Mapping[str, Any], questions: int, now_ms: int) -> str | None:
    return "这一题还没有公布答案，先公布或者作废。" if state.phase is Phase.ASKED else None


_CHECKS = {
    EventKind.ASKED: _may_ask,
    EventKind.CLOSED: _may_close,
    EventKind.REVEALED: _may_reveal,
    EventKind.RANKED: _may_rank,
    EventKind.VOIDED: _may_void,
    EventKind.PAUSED: _may_pause,
    EventKind.RESUMED: _may_resume,
    EventKind.UNDONE: _may_undo,
    EventKind.FINISHED: _may_finish,
}


def next_question(state: State, questions: int) -> int | None:
    """The first one not yet asked; None when all were."""
    return next((n for n in range(questions) if n not in state.asked and n not in state.told), None)
