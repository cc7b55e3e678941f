"""Forms of contests."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time

from lms import clock
from lms.contests.rules import RoundKind
from lms.leaderboard.notice_rules import OBJECTION_LENGTH
from lms.people.line_rules import LINE_NAMES
from lms.people.models import Unit
from lms.web import Form
from lms.web.fields import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    IntegerField,
    Optional,
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
    kind = SelectField(
        "怎么比",
        choices=choices(
            {
                RoundKind.ONLINE: "各答各的卷",
                RoundKind.TEAM_ONLINE: "按队答一份卷，队员分题，每人只答一次",
                RoundKind.STAGE: "各队上台，在会场必答、抢答、风险题",
                RoundKind.LIVE: "全员同答：主持人逐题出，大家用手机一起答",
            }
        ),
        default=RoundKind.ONLINE.value,
    )
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


class PolicyForm(Form):
    """What a round asks of everybody who sits it."""

    minimum_minutes = IntegerField(
        "最短作答时间", [Optional(), between(0, 240)], default=0, description="没到时间不能交卷；0 为不限"
    )
    networks = TextAreaField(
        "只能在这些网络里作答",
        [Optional(), at_most(2000)],
        description="每行一个地址或网段，如 10.1.2.0/24；不填为不限",
    )
    is_one_per_address = BooleanField("一台电脑同时只能一人作答", description="手机共用一个出口地址时不要选")


class GrantForm(Form):
    """More than the round offers, for one person or one unit."""

    staff_no = StringField("工号", [Optional(), at_most(20)], description="给一个人；给整个单位就在下面选")
    unit = SelectField("单位", choices=[], default="", validate_choice=False)
    extra_minutes = IntegerField("加时", [Optional(), between(0, 240)], default=0)
    attempts_per_day = IntegerField("每天次数", [Optional(), between(1, 50)])
    opens_at = DateTimeLocalField("提前到", [Optional()], format="%Y-%m-%dT%H:%M", description="不填则和大家一样")
    closes_at = DateTimeLocalField(
        "推迟到", [Optional()], format="%Y-%m-%dT%H:%M", description="答案和解析会等到这个时间以后"
    )
    reason = StringField("理由", [required("写明理由，会留下记录。"), at_most(200)])


class MoreTimeForm(Form):
    """More time for everybody who answers now, or for one person."""

    staff_no = StringField("工号", [Optional(), at_most(20)], description="不填：所有正在作答的人")
    minutes = IntegerField("延长", [required(), between(1, 240)], default=10)
    reason = StringField("理由", [required("写明理由，会留下记录。"), at_most(200)])


class ReopenForm(Form):
    staff_no = StringField("工号", [required("写上是谁的答卷。"), at_most(20)], description="重新开放最近交的一份")
    minutes = IntegerField("开放", [required(), between(1, 240)], default=10)
    reason = StringField("理由", [required("写明理由，会留下记录。"), at_most(200)])


class LeaveForm(Form):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(20)])
    cause = StringField("请假事由", [required("请填写事由。"), at_most(100)])


def offer_audiences(field: SelectField, owner: Unit, units: Iterable[Unit]) -> None:
    """Everybody of the owning unit, or one of the units below it."""
    below = [unit for unit in units if unit.path.startswith(owner.path) and unit.id != owner.id]
    field.choices = [(ALL, f"{owner.name}全体"), *((str(unit.id), unit.name) for unit in below)]


def moment(wall: datetime) -> datetime:
    """The instant of a Shanghai wall-clock time from a form."""
    return clock.at_local(wall.date(), wall.hour, wall.minute)


def instant(wall: datetime | None) -> datetime | None:
    """`moment`, where a form may leave the time open."""
    return moment(wall) if wall else None


def usual_dates(today: date, overrides: Mapping[date, bool]) -> dict[str, object]:
    """What a new contest's form proposes: from the next working day at 9:00, five working days, until 18:00."""
    first = clock.add_working_days(today, 1, overrides)
    last = clock.add_working_days(first, 4, overrides)
    return {
        "opens_at": datetime.combine(first, time(9)),
        "closes_at": datetime.combine(last, time(18)),
        "cut_off_on": today,
    }
