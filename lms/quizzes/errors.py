"""The refusals of the bank and of attempts."""

from collections.abc import Sequence

from lms.errors import Conflict, Forbidden, Invalid
from lms.people.line_rules import LINE_NAMES, Line
from lms.quizzes.draw_rules import DrawRule, Shortage
from lms.quizzes.rules import DIFFICULTY_LABELS, KIND_LABELS


class Duplicate(Conflict):
    message = "题库里已经有一道同样的题。"


class PoolShort(Invalid):
    """The bank cannot fill a drawn paper; the message names each rule with its figures."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        lines = [_figures(s) for s in shortages]
        super().__init__(f"题目不够：{'；'.join(lines)}。请补充试题或减少题数。", field="rules")


class AttemptsUsedUp(Conflict):
    def __init__(self, limit: int) -> None:
        super().__init__(f"今天的 {limit} 次机会已经用完，明天可以再答。")


class Ended(Conflict):
    """The attempt takes no more answers."""

    reason = "ended"
    message = "已经交卷，不能再改答案。"


class MarkedAlready(Conflict):
    message = "这份答案刚刚有人评过，请评下一份。"


class WrongPlace(Forbidden):
    """The exam has to be sat elsewhere, or somebody else sits at this address."""

    reason = "place"


class TooEarly(Conflict):
    """Not to be handed in yet."""

    reason = "early"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"还不能交卷，请再等 {max(1, -(-seconds // 60))} 分钟，可以再检查一遍。")


class OutOfTime(Conflict):
    reason = "time"
    message = "作答时间已到，系统会自动交卷。"


class LeaseTaken(Conflict):
    """Another device writes this attempt now."""

    reason = "lease"
    message = "这份试卷正在另一台设备上作答。要在这里继续，请点“在这台设备上继续”。"


class SequenceUsed(Conflict):
    """The same (question, sequence) was saved before with another choice."""

    reason = "sequence"
    message = "这道题已保存过另一个答案，请刷新页面后再选。"


class PoolShortForNewcomers(Invalid):
    """The bank has enough for one attempt but not for a second one without the questions of the first."""

    def __init__(self, days: int, shortages: Sequence[Shortage]) -> None:
        lines = "；".join(_figures(s) for s in shortages)
        super().__init__(
            f"要避开 {days} 天内见过的题，题库至少要够答两次：{lines}。请补充试题、减少题数或不避题。",
            field="unseen_days",
        )


def _figures(shortage: Shortage) -> str:
    unit = "个" if shortage.rule.is_case else "道"
    return f"{rule_label(shortage.rule)}要 {shortage.rule.count} {unit}，题库只有 {shortage.available} {unit}"


def rule_label(rule: DrawRule) -> str:
    """A draw rule in words: 不动产登记·多选题·难."""
    parts = [
        LINE_NAMES[Line(rule.line)] if rule.line else "",
        "案例" if rule.is_case else KIND_LABELS[rule.kind] if rule.kind else "",
        DIFFICULTY_LABELS[rule.difficulty] if rule.difficulty else "",
        f"标签“{rule.tag}”" if rule.tag else "",
    ]
    return "·".join(part for part in parts if part) or "全部试题"
