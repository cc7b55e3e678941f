"""The journal as sentences."""

from collections.abc import Mapping
from typing import Any

from lms.livequiz.rules import EventKind

_PLAIN = {
    EventKind.CLOSED: "宣布提前截止",
    EventKind.REVEALED: "公布答案",
    EventKind.RANKED: "公布名次",
    EventKind.PAUSED: "暂停",
    EventKind.RESUMED: "继续",
    EventKind.UNDONE: "撤销上一步",
    EventKind.FINISHED: "同答结束",
}


def sentence(kind: EventKind, data: Mapping[str, Any]) -> str:
    """What the step did."""
    if kind is EventKind.ASKED:
        return f"出第 {data['question'] + 1} 题，{(data['ends_ms'] - data['opens_ms']) // 1000} 秒"
    if kind is EventKind.VOIDED:
        return f"这一题作废：{data['reason']}"
    return _PLAIN[kind]
