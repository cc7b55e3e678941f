"""Forms of contests."""

from collections.abc import Mapping
from datetime import date, datetime, time

from lms import clock
from lms.contests.rules import OBJECTION_LENGTH
from lms.people.line_rules import LINE_NAMES
from lms.web import Form
from lms.web.fields import (
    DateField,
    DateTimeLocalField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    at_most,
    between,
    choices,
    required,
)

ALL = "all"


class ContestForm(Form):
    """Times are those of a Shanghai wall clock; `moment` makes instants of them."""

    title = StringField(
        "名称", [required("给这次比拼起个名字。"), at_most(60)], description="例如：2026年不动产登记专场"
    )
    line = SelectField(
        "业务条线",
        [required()],
        choices=choices({ALL: "全部条线"} | {line.value: name for line, name in LINE_NAMES.items()}),
    )
    audience = SelectField("参加范围", [required()], choices=[], description="只有范围内的人能看到和参加")
    opens_at = DateTimeLocalField("开始时间", [required("请填写开始时间。")], format="%Y-%m-%dT%H:%M")
    closes_at = DateTimeLocalField("结束时间", [required("请填写结束时间。")], format="%Y-%m-%dT%H:%M")
    cut_off_on = DateField(
        "名册截止日", [required("请填写日期。")], description="参与率按这一天的在册人数算，不晚于开始那一天"
    )
    participation_percent = IntegerField(
        "参与率在单位得分里的比重", [required(), between(0, 100)], default=50, description="填 0 就只比平均成绩"
    )
    hours = IntegerField(
        "达到 60 分记学时",
        [required(), between(0, 40)],
        default=0,
        description="默认 0，不记学时；每人每轮只记一次，记入网络自学",
    )


class ReviewForm(Form):
    note = TextAreaField(
        "复核情况", [required("写一句怎么复核的。"), at_most(500)], description="例如：抽查 20 份答卷，无异常"
    )


class ReasonForm(Form):
    reason = StringField("原因", [required("请写明原因。"), at_most(200)])


class ObjectionForm(Form):
    text = TextAreaField(
        "异议内容",
        [required("请写明对哪一点有异议。"), at_most(OBJECTION_LENGTH)],
        description="写清是哪一次作答、哪一题或哪一个名次，以及你的理由",
    )


class ReplyForm(Form):
    reply = TextAreaField("答复", [required("请写下答复。"), at_most(500)])


class LeaveForm(Form):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(20)])
    cause = StringField("请假事由", [required("请填写事由。"), at_most(100)])


def moment(wall: datetime) -> datetime:
    """The instant of a Shanghai wall-clock time from a form."""
    return clock.at_local(wall.date(), wall.hour, wall.minute)


def usual_dates(today: date, overrides: Mapping[date, bool]) -> dict[str, object]:
    """What a new contest's form proposes: from the next working day at 9:00, five working days, until 18:00."""
    first = clock.add_working_days(today, 1, overrides)
    last = clock.add_working_days(first, 4, overrides)
    return {
        "opens_at": datetime.combine(first, time(9)),
        "closes_at": datetime.combine(last, time(18)),
        "cut_off_on": today,
    }
