"""The kinds of gatherings as data: who may hold one, who is due, what its minutes ask for, how often, which hours. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class GatheringKind(StrEnum):
    THEME_DAY = "theme_day"
    MEMBERS = "members"
    COMMITTEE = "committee"
    GROUP = "group"
    PARTY_CLASS = "party_class"
    FIRST_TOPIC = "first_topic"
    SAME_THEME = "same_theme"
    READING = "reading"
    ORG_LIFE = "org_life"
    LECTURE = "lecture"
    CLASS_MEETING = "class_meeting"


class Owner(StrEnum):
    """What holds a gathering of a kind."""

    BRANCH = "branch"
    UNIT = "unit"


class RosterRule(StrEnum):
    """Who is due: the branch's full and probationary members on duty; those of them who were chosen; everybody of the unit on duty;
    or whoever was chosen and is on duty, wherever they belong."""

    MEMBERS = "members"
    CHOSEN_MEMBERS = "chosen_members"
    STAFF = "staff"
    CHOSEN = "chosen"

    @property
    def is_chosen(self) -> bool:
        return self in (RosterRule.CHOSEN_MEMBERS, RosterRule.CHOSEN)


class Period(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True)
class Frequency:
    """At least `times` in each period."""

    times: int
    period: Period

    @property
    def words(self) -> str:
        name = {Period.MONTH: "每月", Period.QUARTER: "每季度", Period.YEAR: "每年"}[self.period]
        return f"{name} {self.times} 次"


@dataclass(frozen=True)
class MinutesField:
    """One part of the minutes. `is_required` parts must be there before the minutes count as written; `hint` says what belongs in."""

    key: str
    label: str
    hint: str = ""
    is_required: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of gathering. `bucket` and `conversion` are words of `hours.rules` ("" : the package above gives the hours)."""

    key: GatheringKind
    name: str
    owners: tuple[Owner, ...]
    roster: RosterRule
    fields: tuple[MinutesField, ...]
    agenda: tuple[str, ...] = ()
    minutes: int = 60
    frequency: Frequency | None = None
    bucket: str = ""
    conversion: str = "theme_day"
    questions: tuple[str, ...] = ()
    """What those who were there are asked afterwards, each to be given 1 to 5 points; none: there is no questionnaire."""

    host: str = "主持人"
    """What the person in front is called."""

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(field.key for field in self.fields if field.is_required)


POINTS = MinutesField("points", "主要内容", "讲了什么、议了什么，几句话就够", is_required=True)
_NOTES = MinutesField("points", "主要内容", "几句话就够，可以空着")
_VOTE = MinutesField("vote", "表决情况", "没有表决就空着；例如：应到 20 人，赞成 18，弃权 2")
_TOPICS = MinutesField("topics", "议题", "一行一个议题")
_MONTHLY, _QUARTERLY = Frequency(1, Period.MONTH), Frequency(1, Period.QUARTER)
_BRANCH, _UNIT = (Owner.BRANCH,), (Owner.UNIT,)
_EITHER = (Owner.BRANCH, Owner.UNIT)
_PARTY, _OFFLINE = "party", "offline"
_OF_A_TALK = ("内容结合工作实际", "重点清楚、听得明白", "案例和材料有用", "时间和节奏合适", "听完知道怎么做")

_ALL = (
    Kind(
        GatheringKind.THEME_DAY, "主题党日", _BRANCH, RosterRule.MEMBERS,
        (POINTS, MinutesField("discussion", "交流发言", "谁谈了什么，可以空着")),
        ("重温入党誓词", "一课：集中学习", "一片：观看教育片", "一实践：实践活动", "交流讨论"),
        120, _MONTHLY, _PARTY,
    ),
    Kind(
        GatheringKind.MEMBERS, "党员大会", _BRANCH, RosterRule.MEMBERS,
        (_TOPICS, POINTS, _VOTE), ("清点人数", "通报支部工作", "讨论议题", "表决"), 60, _QUARTERLY, _PARTY,
    ),
    Kind(
        GatheringKind.COMMITTEE, "支委会", _BRANCH, RosterRule.CHOSEN_MEMBERS,
        (_TOPICS, POINTS, _VOTE), ("通报上次决定的落实情况", "研究议题"), 60, _MONTHLY, _PARTY,
    ),
    Kind(
        GatheringKind.GROUP, "党小组会", _BRANCH, RosterRule.CHOSEN_MEMBERS,
        (POINTS,), ("学习", "讨论"), 60, _MONTHLY, _PARTY,
    ),
    Kind(
        GatheringKind.PARTY_CLASS, "党课", _BRANCH, RosterRule.MEMBERS,
        (MinutesField("speaker", "讲课人和题目"), POINTS), ("讲党课", "交流讨论"), 60, _QUARTERLY, _PARTY,
    ),
    Kind(
        GatheringKind.FIRST_TOPIC, "第一议题", _EITHER, RosterRule.CHOSEN,
        (MinutesField("texts", "学习篇目", "一行一篇", is_required=True), POINTS), ("传达学习", "交流发言", "研究贯彻措施"),
        60, _MONTHLY, _PARTY,
    ),
    Kind(
        GatheringKind.SAME_THEME, "同主题同步学", _BRANCH, RosterRule.MEMBERS,
        (MinutesField("texts", "学习篇目", "一行一篇"), POINTS), ("集中学习", "交流讨论"), 60, None, _PARTY,
    ),
    Kind(
        GatheringKind.READING, "读书班", _EITHER, RosterRule.CHOSEN,
        (MinutesField("texts", "研读篇目", "一行一篇"), POINTS), ("领学", "自学", "研讨"), 180, None, _OFFLINE, "offline",
    ),
    Kind(
        GatheringKind.ORG_LIFE, "组织生活会", _BRANCH, RosterRule.MEMBERS,
        (
            POINTS,
            MinutesField("criticism", "批评和自我批评", "谁提了什么意见，怎么回应"),
            MinutesField("measures", "整改措施"),
        ),
        ("通报会前准备情况", "支部班子对照检查", "批评和自我批评", "民主评议党员", "上级点评"),
        120, Frequency(1, Period.YEAR), _PARTY,
    ),
    Kind(
        GatheringKind.LECTURE, "讲座", _UNIT, RosterRule.STAFF,
        (MinutesField("speaker", "主讲人和题目"), POINTS), ("主讲", "提问交流"), 90, None, _OFFLINE, "offline", _OF_A_TALK,
    ),
    Kind(
        GatheringKind.CLASS_MEETING, "课次", _UNIT, RosterRule.CHOSEN, (_NOTES,), ("授课",), 180, questions=_OF_A_TALK,
        host="授课人",
    ),
)  # fmt: skip

KINDS: Mapping[GatheringKind, Kind] = {kind.key: kind for kind in _ALL}
MEETINGS = (GatheringKind.MEMBERS, GatheringKind.COMMITTEE, GatheringKind.GROUP, GatheringKind.PARTY_CLASS)
"""三会一课."""


def kinds_of(owner: Owner) -> tuple[Kind, ...]:
    """The kinds that a branch or a unit may hold, in the order pages offer them."""
    return tuple(kind for kind in _ALL if owner in kind.owners)


def missing_fields(kind: Kind, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Labels of the required parts that are still empty."""
    return tuple(field.label for field in kind.fields if field.is_required and not texts.get(field.key, "").strip())
