"""The journal as sentences."""

from collections.abc import Mapping
from typing import Any

from lms.stage.rules import SEGMENTS, EventKind, Segment

_PLAIN = {
    EventKind.PASSED: "无人作答，本题结束",
    EventKind.KEYED: "公布答案",
    EventKind.PAUSED: "暂停",
    EventKind.RESUMED: "继续",
    EventKind.FROZEN: "封榜",
    EventKind.UNDONE: "撤销上一步",
    EventKind.FINISHED: "决赛结束，各队成绩已记录",
    EventKind.OPENED: "宣布开抢时刻",
}


def sentence(kind: EventKind, data: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """What the step did."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    team = names.get(data.get("team") or 0, "")
    if kind is EventKind.SEGMENT:
        slow = [names[one] for one in data.get("slow", ()) if one in names]
        return f"进入{SEGMENTS[Segment(data['segment'])]}" + (f"，网络慢：{'、'.join(slow)}" if slow else "")
    if kind is EventKind.SHOWN:
        return f"出第 {data['question'] + 1} 题" + (f"，{team}答" if team else "")
    if kind is EventKind.JUDGED:
        return "判答对" if data["right"] else "判答错"
    if kind is EventKind.REVEALED:
        return f"揭晓后 {data['teams']} 名"
    if kind in (EventKind.SCORED, EventKind.CORRECTED):
        return (
            f"{'评委更正' if kind is EventKind.CORRECTED else '记分'}：{team} {data['points']:+d} 分，{data['reason']}"
        )
    return {
        EventKind.CALLED: f"请{team}选分",
        EventKind.CHOSEN: f"{team}选 {data.get('points')} 分",
        EventKind.DECIDED: f"{team}抢到",
    }[kind]
