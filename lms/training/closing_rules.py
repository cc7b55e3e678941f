"""When a class counts as completed, what it is worth, what stands in the way of closing it, and opinions. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.hours.rules import SHANGHAI, Extent, Policy, class_quarters, split_by_year

QUESTIONS = ("课程内容", "授课质量", "组织服务", "学以致用", "总体评价")
"""Five questions of one to five points."""


@dataclass(frozen=True)
class Meeting:
    """One meeting that was held, and whether the person was there."""

    starts_at: datetime
    ends_at: datetime
    extent: Extent
    was_there: bool

    @property
    def seconds(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds())


@dataclass(frozen=True)
class Attendance:
    """Seconds attended of seconds held."""

    attended: int
    held: int

    @property
    def missed(self) -> int:
        return self.held - self.attended

    def is_enough(self, policy: Policy) -> bool:
        """No more missed than the policy's absence limit allows, by the rule that credits the hours."""
        return self.held > 0 and class_quarters(1, self.attended, self.held, policy) == 1


def attendance(meetings: Sequence[Meeting]) -> Attendance:
    return Attendance(sum(m.seconds for m in meetings if m.was_there), sum(m.seconds for m in meetings))


def why_not_completed(of: Attendance, policy: Policy, *, quiz_passed: bool | None) -> str:
    """ "" when the class is completed. `quiz_passed` None: the class has no quiz."""
    if not of.is_enough(policy):
        part, whole = policy.absence_limit
        return f"缺课 {_words(of.missed)}，超过总课时 {_words(of.held)} 的 {part}/{whole}"
    return "结业测验未通过" if quiz_passed is False else ""


def _words(seconds: int) -> str:
    whole, rest = divmod(seconds // 60, 60)
    if not whole:
        return f"{rest} 分钟"
    return f"{whole} 小时 {rest} 分钟" if rest else f"{whole} 小时"


def evidence_by_year(meetings: Sequence[Meeting]) -> dict[int, dict[str, Any]]:
    """Year → evidence of the class's hours in that year. A meeting over New Year's midnight is split, whole and half days are not."""
    of = attendance(meetings)
    by_year: dict[int, list[dict[str, Any]]] = {}
    for meeting in meetings:
        if meeting.extent is not Extent.TIMED:
            year = meeting.starts_at.astimezone(SHANGHAI).year
            by_year.setdefault(year, []).append({"extent": meeting.extent.value})
            continue
        for year, seconds in split_by_year(meeting.starts_at, meeting.ends_at):
            by_year.setdefault(year, []).append({"extent": "timed", "seconds": seconds})
    share = {"attended_seconds": of.attended, "held_seconds": of.held}
    return {year: {"conversion": "class", "meetings": parts, **share} for year, parts in sorted(by_year.items())}
