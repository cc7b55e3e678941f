"""The table an outside platform wants to be fed: which columns, in which order, under which headings, how days are written. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms import clock

MOST_HEADING = 40
MOST_CELL = 32_000
"""A cell of a workbook holds 32,767 characters."""


class Field(StrEnum):
    """What a column may hold of a gathering."""

    NUMBER = "number"
    BRANCH = "branch"
    KIND = "kind"
    TITLE = "title"
    DAY = "day"
    STARTS = "starts"
    ENDS = "ends"
    MINUTES = "minutes"
    PLACE = "place"
    HOST = "host"
    RECORDER = "recorder"
    GUESTS = "guests"
    DUE = "due"
    PRESENT = "present"
    LEAVE = "leave"
    ABSENT = "absent"
    RATE = "rate"
    WHO_PRESENT = "who_present"
    WHO_AWAY = "who_away"
    VISITORS = "visitors"
    MADE_UP = "made_up"
    PARTS = "parts"
    AGENDA = "agenda"
    MATERIALS = "materials"
    POINTS = "points"
    WHOLE = "whole"
    DECISIONS = "decisions"
    PHOTOS = "photos"
    EMPTY_A = "empty_a"
    EMPTY_B = "empty_b"


FIELDS: Mapping[Field, str] = {
    Field.NUMBER: "序号",
    Field.BRANCH: "支部名称",
    Field.KIND: "活动类型",
    Field.TITLE: "活动名称",
    Field.DAY: "活动日期",
    Field.STARTS: "开始时间",
    Field.ENDS: "结束时间",
    Field.MINUTES: "时长（分钟）",
    Field.PLACE: "地点",
    Field.HOST: "主持人",
    Field.RECORDER: "记录人",
    Field.GUESTS: "列席人员",
    Field.DUE: "应到人数",
    Field.PRESENT: "到会人数",
    Field.LEAVE: "请假人数",
    Field.ABSENT: "缺席人数",
    Field.RATE: "到会率",
    Field.WHO_PRESENT: "到会人员",
    Field.WHO_AWAY: "未到人员和原因",
    Field.VISITORS: "来访人员",
    Field.MADE_UP: "补学人员",
    Field.PARTS: "一课一片一实践",
    Field.AGENDA: "议程",
    Field.MATERIALS: "学习材料",
    Field.POINTS: "主要内容",
    Field.WHOLE: "会议记录全文",
    Field.DECISIONS: "决定事项",
    Field.PHOTOS: "照片数",
    Field.EMPTY_A: "空列一",
    Field.EMPTY_B: "空列二",
}

DAY_FORMATS: Mapping[str, str] = {
    "%Y-%m-%d": "2026-12-04",
    "%Y/%m/%d": "2026/12/04",
    "%Y.%m.%d": "2026.12.04",
    "%Y%m%d": "20261204",
    "cn": "2026年12月4日",
}


@dataclass(frozen=True)
class Column:
    field: Field
    heading: str


@dataclass(frozen=True)
class Layout:
    """A table as the platform wants it. `day_format` is one of DAY_FORMATS."""

    name: str
    columns: tuple[Column, ...]
    day_format: str

    @property
    def headings(self) -> list[str]:
        return [column.heading for column in self.columns]

    def day(self, on: date) -> str:
        return f"{on.year}年{on.month}月{on.day}日" if self.day_format == "cn" else on.strftime(self.day_format)

    def moment(self, at: datetime) -> str:
        """The day as the layout writes it, and the minute."""
        wall = clock.local(at)
        return f"{self.day(wall.date())} {wall:%H:%M}"


_USUAL = (
    (Field.NUMBER, "序号"), (Field.BRANCH, "党组织名称"), (Field.KIND, "活动类型"), (Field.TITLE, "活动主题"),
    (Field.STARTS, "开始时间"), (Field.ENDS, "结束时间"), (Field.PLACE, "活动地点"), (Field.HOST, "主持人"),
    (Field.RECORDER, "记录人"), (Field.DUE, "应到人数"), (Field.PRESENT, "实到人数"), (Field.WHO_PRESENT, "参加人员"),
    (Field.WHO_AWAY, "缺席人员及原因"), (Field.VISITORS, "列席来访人员"), (Field.AGENDA, "活动议程"),
    (Field.POINTS, "活动内容"), (Field.DECISIONS, "形成的决定"),
)  # fmt: skip
PRESET = Layout("组织生活纪实", tuple(Column(field, heading) for field, heading in _USUAL), "%Y-%m-%d")
"""Until the committee says otherwise: what platforms of organisations usually ask of a meeting."""


def ordered(places: Mapping[Field, int | None], headings: Mapping[Field, str]) -> tuple[Column, ...]:
    """The columns with a place, by it; of equal places in the order of FIELDS. A heading that is empty is the field's own name."""
    chosen = [(place, list(FIELDS).index(field), field) for field, place in places.items() if place]
    return tuple(
        Column(field, headings.get(field, "").strip()[:MOST_HEADING] or FIELDS[field]) for _, _, field in sorted(chosen)
    )


def problem_of(columns: Sequence[Column]) -> str:
    """Why these columns make no table; "" when they do."""
    if not columns:
        return "至少选一列：在“顺序”里填 1。"
    headings = [column.heading for column in columns]
    twice = sorted({heading for heading in headings if headings.count(heading) > 1})
    return f"表头“{twice[0]}”用了两次，请改一个。" if twice else ""


def stored(layout: Layout) -> list[dict[str, str]]:
    """The columns as the database keeps them."""
    return [{"field": column.field.value, "heading": column.heading} for column in layout.columns]


def read(name: str, columns: Sequence[Mapping[str, str]], day_format: str) -> Layout:
    """A stored layout; a field that is no longer known is left out."""
    known = {field.value for field in Field}
    kept = tuple(Column(Field(each["field"]), each["heading"]) for each in columns if each["field"] in known)
    return Layout(name, kept, day_format if day_format in DAY_FORMATS else PRESET.day_format)
