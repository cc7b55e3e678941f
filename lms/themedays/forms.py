"""Forms of theme days. Times are those of a Shanghai wall clock."""

from datetime import date, datetime, timedelta

from lms import clock
from lms.errors import Invalid
from lms.themedays.models import MonthPack
from lms.themedays.rules import PARTS, PartKind, month_text, parse_month
from lms.themedays.services import MonthPlan, PackFacts
from lms.web import Form
from lms.web.fields import (
    DateField,
    DateTimeLocalField,
    Optional,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    at_most,
    choices,
    required,
)

LENGTHS = {"30": "30 分钟", "60": "1 小时", "90": "1.5 小时", "120": "2 小时", "180": "3 小时", "240": "4 小时"}
WALL = "%Y-%m-%dT%H:%M"


class DayForm(Form):
    """When and where one gathering of the month is held."""

    starts_at = DateTimeLocalField("开始时间", [required("请填写开始时间。")], format=WALL)
    length = SelectField("时长", [required()], choices=choices(LENGTHS))
    place = StringField("地点", [Optional(), at_most(100)])
    reason = StringField("推迟原因", [Optional(), at_most(200)], description="晚于规定日子七天以上才要写")

    def plan(self, like: MonthPlan) -> MonthPlan:
        """What was filled in; the people are those of `like`."""
        starts_at = instant(self.starts_at.data, "starts_at")
        return MonthPlan(
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=int(self.length.data)),
            parts=self.chosen(like),
            place=self.place.data or "",
            theme=self.own_theme(like),
            host_id=like.host_id,
            recorder_id=like.recorder_id,
            reason=self.reason.data or "",
        )

    def chosen(self, like: MonthPlan) -> list[PartKind]:
        return list(like.parts)

    def own_theme(self, like: MonthPlan) -> str:
        return like.theme


class MonthForm(DayForm):
    """The theme day of the month: also its theme and which parts it covers."""

    theme = StringField("主题", [Optional(), at_most(60)], description="已按机关党委的方案填好，可以换成本支部的")
    parts = SelectMultipleField(
        "这次办哪几项",
        choices=choices({kind.value: name for kind, name in PARTS.items()}),
        description="没选的另定一天",
    )

    def chosen(self, like: MonthPlan) -> list[PartKind]:
        return [PartKind(value) for value in self.parts.data or []]

    def own_theme(self, like: MonthPlan) -> str:
        return self.theme.data or ""


def plan_data(plan: MonthPlan) -> dict[str, object]:
    """A plan as its form shows it."""
    return {
        "starts_at": clock.local(plan.starts_at).replace(tzinfo=None),
        "length": length_of(plan),
        "place": plan.place,
        "theme": plan.theme,
        "parts": [kind.value for kind in plan.parts],
    }


def length_of(plan: MonthPlan) -> str:
    return str(int((plan.ends_at - plan.starts_at).total_seconds() // 60))


def instant(wall: datetime, field: str) -> datetime:
    """The instant of a wall clock. Raises Invalid for a year no calendar of ours knows."""
    if not 2000 <= wall.year <= 2100:
        raise Invalid("年份不对，请重新填写时间。", field=field)
    return clock.at_local(wall.date(), wall.hour, wall.minute)


class ApartForm(Form):
    on = DateField("哪一天", [required("请填写日期。")])
    note = StringField("做了什么", [required("写一句做了什么。"), at_most(300)])
    reason = StringField("补记原因", [Optional(), at_most(200)], description="本月已经结账，补记要写原因")


class ReasonForm(Form):
    reason = StringField("原因", [required("请写明原因。"), at_most(200)])


class ChangeForm(Form):
    """What every change of a part carries; the reason is asked for once the month is closed."""

    reason = StringField("修改原因", [Optional(), at_most(200)])


class PackForm(Form):
    theme = StringField("本月主题", [required("写下本月主题。"), at_most(60)])
    practice = TextAreaField(
        "一实践", [Optional(), at_most(500)], description="做什么、怎么做，第一行会写进各支部的议程"
    )
    guidance = TextAreaField("指导意见", [Optional(), at_most(2000)], description="要注意什么，可以不写")
    plan_by_on = DateField("支部安排截止", [Optional()], description="不填就是第一个星期五的三天前")
    together_at = DateTimeLocalField(
        "同主题同步学", [Optional()], format=WALL, description="填了就给每个支部同时安排一次集中学习，不统一学就空着"
    )
    publishes_on = DateField("自动发布", [Optional()], description="到这一天自动发布；空着就自己点发布")

    def facts(self) -> PackFacts:
        return PackFacts(
            theme=self.theme.data,
            practice=self.practice.data or "",
            guidance=self.guidance.data or "",
            plan_by_on=self.plan_by_on.data,
            together_at=instant(self.together_at.data, "together_at") if self.together_at.data else None,
            publishes_on=self.publishes_on.data,
        )


class NewPackForm(PackForm):
    month = SelectField("月份", [required()], choices=[])

    def first_day(self) -> date:
        month = parse_month(self.month.data)
        assert month is not None  # the field offers nothing else
        return month


def pack_data(pack: MonthPack) -> dict[str, object]:
    wall = clock.local(pack.together_at).replace(tzinfo=None) if pack.together_at else None
    return {
        "theme": pack.theme,
        "practice": pack.practice,
        "guidance": pack.guidance,
        "plan_by_on": pack.plan_by_on,
        "together_at": wall,
        "publishes_on": pack.publishes_on,
    }


def month_choices(months: list[date]) -> list[object]:
    return list(choices({month_text(month): f"{month.year} 年 {month.month} 月" for month in months}))
