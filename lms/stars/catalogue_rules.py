"""The facts a programme may count: literal, closed, and without anything that pays for time spent, logging in or coming back daily. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Holder(StrEnum):
    """Who is honoured."""

    PERSON = "person"
    UNIT = "unit"
    BRANCH = "branch"


HOLDERS = {Holder.PERSON: "个人", Holder.UNIT: "单位", Holder.BRANCH: "党支部"}


class Source(StrEnum):
    ACCURACY = "accuracy"
    CONTEST_ACCURACY = "contest_accuracy"
    QUIZ_ACCURACY = "quiz_accuracy"
    CONTEST_SCORE = "contest_score"
    LECTURES = "lectures"
    MATERIALS = "materials"
    CASES = "cases"
    BRANCH_RECOMMENDATION = "branch_recommendation"
    UNIT_RECOMMENDATION = "unit_recommendation"
    MEMBER_ACCURACY = "member_accuracy"
    PARTICIPATION = "participation"
    MEETINGS = "meetings"
    ATTENDANCE = "attendance"
    JUDGED_1 = "judged_1"
    JUDGED_2 = "judged_2"
    JUDGED_3 = "judged_3"


class Measure(StrEnum):
    """How the facts of a criterion become a share of its weight. SHARE: their mean, over at least so many facts. COUNT: their sum, full
    at so many. ONCE: there or not."""

    SHARE = "share"
    COUNT = "count"
    ONCE = "once"


@dataclass(frozen=True)
class Entry:
    """One source of facts. `full_label` names the figure that goes with it ("" for none) and `full` its default."""

    source: Source
    label: str
    hint: str
    measure: Measure
    holders: tuple[Holder, ...]
    full_label: str = ""
    full: int = 1
    of_contests_only: bool = False

    @property
    def is_judged(self) -> bool:
        return self.source in JUDGED


JUDGED = (Source.JUDGED_1, Source.JUDGED_2, Source.JUDGED_3)
RECOMMENDED = (Source.BRANCH_RECOMMENDATION, Source.UNIT_RECOMMENDATION)
"""Sources that people give after the facts were measured."""

_PERSON, _GROUPS = (Holder.PERSON,), (Holder.UNIT, Holder.BRANCH)
_ALL = (Holder.PERSON, Holder.UNIT, Holder.BRANCH)
_SITTINGS = "至少按几次算"
_ENTRIES = (
    Entry(Source.ACCURACY, "比拼和测验正确率", "每场比拼、每个测验取最好一次，求平均；次数不到的按 0 补足", Measure.SHARE, _PERSON, _SITTINGS, 2),
    Entry(Source.CONTEST_ACCURACY, "比拼正确率", "每场比拼取最好一次，求平均", Measure.SHARE, _PERSON, _SITTINGS, 1),
    Entry(Source.QUIZ_ACCURACY, "测验正确率", "每个测验取最好一次，求平均", Measure.SHARE, _PERSON, _SITTINGS, 1),
    Entry(Source.CONTEST_SCORE, "本场比拼成绩", "取公布榜上的得分", Measure.ONCE, _PERSON, of_contests_only=True),
    Entry(Source.LECTURES, "讲课", "学时台账里记为授课的讲座", Measure.COUNT, _ALL, "几次得满分", 1),
    Entry(Source.MATERIALS, "发布资料", "署名并审核发布的课件、视频和文稿", Measure.COUNT, _ALL, "几份得满分", 2),
    Entry(Source.CASES, "典型案例", "标题或专题带“案例”、审核发布的文稿", Measure.COUNT, _ALL, "几篇得满分", 1),
    Entry(Source.BRANCH_RECOMMENDATION, "支部推荐", "支部书记推荐并写明事迹", Measure.ONCE, _PERSON),
    Entry(Source.UNIT_RECOMMENDATION, "单位推荐", "单位管理员推荐并写明事迹", Measure.ONCE, _PERSON),
    Entry(Source.MEMBER_ACCURACY, "成员正确率", "成员在各场比拼和测验里最好成绩的平均", Measure.SHARE, _GROUPS, _SITTINGS, 1),
    Entry(Source.PARTICIPATION, "比拼参与", "每场比拼参加人数与名册人数之比，求平均", Measure.SHARE, _GROUPS, _SITTINGS, 1),
    Entry(Source.MEETINGS, "组织生活", "按期开展并已点名的主题党日和三会一课", Measure.COUNT, (Holder.BRANCH,), "几次得满分", 3),
    Entry(Source.ATTENDANCE, "到会", "每次活动到会人数与应到人数之比，求平均", Measure.SHARE, (Holder.BRANCH,), _SITTINGS, 1),
    *(Entry(source, f"评审项{number}", "自己起名，复核人逐个评分", Measure.ONCE, _ALL) for source, number in zip(JUDGED, "一二三", strict=True)),
)  # fmt: skip
CATALOGUE: Mapping[Source, Entry] = {entry.source: entry for entry in _ENTRIES}


class Gate(StrEnum):
    """What a candidate must meet before the score counts."""

    HOURS_ON_PACE = "hours_on_pace"
    NO_ABSENCE = "no_absence"


GATES = {
    Gate.HOURS_ON_PACE: "学时跟上进度（按截止日）",
    Gate.NO_ABSENCE: "没有无故缺席组织生活",
}
GATE_HOLDERS = {Gate.HOURS_ON_PACE: _PERSON, Gate.NO_ABSENCE: _PERSON}

FORBIDDEN = ("时长", "登录", "签到", "打卡", "连续", "在线", "分钟", "活跃", "天数", "点击")


def entries_for(holder: Holder, *, of_contests: bool) -> list[Entry]:
    """What a programme for these holders may choose from."""
    return [entry for entry in _ENTRIES if holder in entry.holders and (of_contests or not entry.of_contests_only)]


def gates_for(holder: Holder) -> list[Gate]:
    return [gate for gate in Gate if holder in GATE_HOLDERS[gate]]


def is_forbidden_title(title: str) -> bool:
    """Whether a title of one's own would bring in by hand what the catalogue leaves out."""
    return any(word in title for word in FORBIDDEN)
