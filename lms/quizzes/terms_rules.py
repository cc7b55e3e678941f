"""What is said before somebody begins: whether the clock runs on, how often, what happens at the end. Pure."""

from dataclasses import dataclass

LEAVES_NOTED = "比拼作答中离开这个页面 3 秒以上会留下记录，只给组织者看，不影响得分。"


@dataclass(frozen=True)
class Terms:
    """What paper and policy say. `duration_seconds` None: no limit; `has_common_end`: everybody ends at one moment at the
    latest; `attempts_per_day` None: as often as one likes; `has_by_hand`: a person grades a part of it."""

    duration_seconds: int | None
    has_common_end: bool = False
    attempts_per_day: int | None = None
    notes_leaves: bool = False
    has_by_hand: bool = False


def sentences(terms: Terms) -> list[str]:
    """In the order in which they matter."""
    said = [_clock(terms), _how_often(terms.attempts_per_day), _end(terms)]
    said.append("断网可以继续答，恢复后自动补交。")
    if terms.has_by_hand:
        said.append("简答题由人评卷，评好以前的得分不含简答题。")
    if terms.notes_leaves:
        said.append(LEAVES_NOTED)
    return said


def length(seconds: int) -> str:
    """600 → 10 分钟."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} 分钟" if not rest else f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"


def _clock(terms: Terms) -> str:
    if terms.duration_seconds is None:
        return (
            "不限时，可以随时离开，回来接着答。"
            if not terms.has_common_end
            else "不单独计时，共同的截止时间前都可以答。"
        )
    return (
        f"开始后计时 {length(terms.duration_seconds)}，以服务器时间为准；离开页面、断网或换设备，时间照走，不会暂停。"
    )


def _how_often(attempts_per_day: int | None) -> str:
    if attempts_per_day is None:
        return "次数不限，没有及格可以再答。"
    return f"每天 {attempts_per_day} 次，点了开始就算一次；没交卷前再进来是同一份。"


def _end(terms: Terms) -> str:
    if terms.duration_seconds is None and not terms.has_common_end:
        return "点“交卷”才算答完，交卷前都可以改。"
    ends = "时间到" if not terms.has_common_end else "时间到或比拼截止"
    return f"{ends}会自动交卷，已保存的答案都算数。"
