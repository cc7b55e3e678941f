"""Forms of gatherings. Times are those of a Shanghai wall clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from lms import clock
from lms.gatherings.rules import CAUSES, clean_agenda
from lms.gatherings.services import Plan
from lms.hours.rules import Extent
from lms.web import Form
from lms.web.fields import (
    DateField,
    DateTimeLocalField,
    FileField,
    Optional,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    at_most,
    choices,
    required,
)

LENGTHS = {
    "30": "30 分钟",
    "45": "45 分钟",
    "60": "1 小时",
    "90": "1.5 小时",
    "120": "2 小时",
    "150": "2.5 小时",
    "180": "3 小时",
    Extent.HALF_DAY: "半天",
    Extent.FULL_DAY: "全天",
}
DAYS = {Extent.HALF_DAY: timedelta(hours=4), Extent.FULL_DAY: timedelta(hours=8)}
REASON = "锁定后的修改要写原因，会留下记录"


class PlanForm(Form):
    title = StringField("名称", [required("给这次活动起个名字。"), at_most(120)])
    starts_at = DateTimeLocalField("开始时间", [required("请填写开始时间。")], format="%Y-%m-%dT%H:%M")
    length = SelectField("时长", [required()], choices=choices(LENGTHS), description="学时按时长折算")
    place = StringField("地点", [Optional(), at_most(100)])
    host = SelectField("主持人", choices=[], default="")
    recorder = SelectField("记录人", choices=[], default="")
    agenda = TextAreaField("议程", [Optional(), at_most(2000)], description="一行一项，已按类型填好，可以删改")
    guests = StringField("列席人员", [Optional(), at_most(300)], description="没有账号的来宾写在这里")
    invitees = SelectMultipleField("参加人员", choices=[], coerce=int)
    reason = StringField("修改原因", [Optional(), at_most(200)], description=REASON)

    def plan(self, like: Plan) -> Plan:
        """What was filled in; kind, speaker and subject are those of `like`."""
        extent = Extent(self.length.data) if self.length.data in DAYS else Extent.TIMED
        length = DAYS[extent] if extent in DAYS else timedelta(minutes=int(self.length.data))
        wall: datetime = self.starts_at.data
        starts_at = clock.at_local(wall.date(), wall.hour, wall.minute)
        return Plan(
            kind=like.kind,
            title=self.title.data,
            starts_at=starts_at,
            ends_at=starts_at + length,
            place=self.place.data,
            host_id=int(self.host.data) if self.host.data else None,
            recorder_id=int(self.recorder.data) if self.recorder.data else None,
            speaker_id=like.speaker_id,
            agenda=clean_agenda(self.agenda.data or ""),
            guests=self.guests.data,
            extent=extent,
            subject=like.subject,
            invitees=(self.invitees.data or ()) if "invitees" in self else (),
        )


def plan_data(plan: Plan) -> dict[str, object]:
    """A plan as its form shows it."""
    wall = clock.local(plan.starts_at).replace(tzinfo=None)
    minutes = int((plan.ends_at - plan.starts_at).total_seconds() // 60)
    return {
        "title": plan.title,
        "starts_at": wall,
        "length": plan.extent.value if plan.extent is not Extent.TIMED else str(minutes),
        "place": plan.place,
        "host": str(plan.host_id or ""),
        "recorder": str(plan.recorder_id or ""),
        "agenda": "\n".join(plan.agenda),
        "guests": plan.guests,
        "invitees": list(plan.invitees),
    }


class LeaveForm(Form):
    cause = RadioField("请假类别", [required("选一个类别。")], choices=choices(CAUSES))
    note = StringField("说明", [Optional(), at_most(100)], description="不写也可以")


class ReasonForm(Form):
    reason = StringField("原因", [required("请写明原因。"), at_most(200)])


class LateForm(Form):
    """What every change carries; the reason is asked for once the record is locked."""

    reason = StringField("修改原因", [Optional(), at_most(200)], description=REASON)


class DecisionForm(Form):
    text = StringField("决定事项", [required("写下决定了什么。"), at_most(300)])
    owner = SelectField("责任人", [required("选一个责任人。")], choices=[])
    due_on = DateField("完成期限", [required("请填写日期。")])
    reason = StringField("修改原因", [Optional(), at_most(200)], description=REASON)


class ResultForm(Form):
    result = StringField("办理情况", [Optional(), at_most(200)], description="一句话，不写也可以")


POINTS = {"5": "5", "4": "4", "3": "3", "2": "2", "1": "1"}


class QuestionnaireForm(Form):
    """One choice of 1 to 5 for each question; `asking` gives it the questions."""

    words = TextAreaField("还想说的", [Optional(), at_most(200)], description="不写也可以；不显示是谁写的")

    @classmethod
    def asking(cls, questions: Sequence[str]) -> type["QuestionnaireForm"]:
        fields = {
            f"question_{number}": RadioField(text, [required("请选 1 到 5 分。")], choices=choices(POINTS))
            for number, text in enumerate(questions, 1)
        }
        return type("QuestionnaireForm", (cls,), fields)

    @property
    def questions(self) -> list[Any]:
        """The fields of the questions, in order."""
        return [field for field in self if field.name.startswith("question_")]

    @property
    def points(self) -> list[int]:
        return [int(field.data) for field in self.questions]


class PhotoForm(Form):
    file = FileField("照片", description="选填，最多 3 张，JPG、PNG 或 WebP")
    reason = StringField("修改原因", [Optional(), at_most(200)], description=REASON)
