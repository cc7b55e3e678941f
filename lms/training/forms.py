"""Forms of classes. Times are those of a Shanghai wall clock."""

from datetime import date, datetime, timedelta
from typing import Any

from lms import clock
from lms.gatherings.models import Gathering
from lms.gatherings.questionnaire_rules import MOST_POINTS
from lms.hours.rules import Extent
from lms.people.rules import RANK_BANDS
from lms.training.class_rules import MOST_PLACES, Preset
from lms.training.closing_rules import QUESTIONS
from lms.training.models import TrainingClass
from lms.training.services import MeetingPlan, Plan
from lms.web import Form
from lms.web.fields import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    FileField,
    IntegerField,
    Optional,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    at_most,
    between,
    choices,
    required,
)

LENGTHS = {
    Extent.FULL_DAY: "全天",
    Extent.HALF_DAY: "半天",
    "60": "1 小时",
    "90": "1.5 小时",
    "120": "2 小时",
    "150": "2.5 小时",
    "180": "3 小时",
}
DAYS = {Extent.HALF_DAY: timedelta(hours=3), Extent.FULL_DAY: timedelta(hours=8)}
LEAD_DAYS, ENROL_DAYS = 21, 10


def instant(wall: datetime) -> datetime:
    return clock.at_local(wall.date(), wall.hour, wall.minute)


def wall(at: datetime) -> datetime:
    return clock.local(at).replace(tzinfo=None)


class ClassForm(Form):
    title = StringField("班次名称", [required("给这个班起个名字。"), at_most(120)])
    aims = TextAreaField("培训目标", [Optional(), at_most(500)])
    starts_on = DateField("开始日期", [required("请填写日期。")])
    ends_on = DateField("结束日期", [required("请填写日期。")])
    venue = StringField("地点", [Optional(), at_most(100)])
    officer = SelectField("班务人员", choices=[], default="", description="排课、点名、批作业、结班都由他办")
    places = IntegerField("名额", [required("请填写人数。"), between(1, MOST_PLACES)])
    enrol_from = DateTimeLocalField("报名开始", [required("请填写时间。")], format="%Y-%m-%dT%H:%M")
    enrol_until = DateTimeLocalField("报名截止", [required("请填写时间。")], format="%Y-%m-%dT%H:%M")
    audience = SelectMultipleField("面向单位", choices=[], coerce=int, description="不选就面向本单位及下属单位全体")
    rank_bands = SelectMultipleField("面向职级", choices=choices(RANK_BANDS), description="不选就不限")
    least_age = IntegerField("年龄下限", [Optional(), between(16, 80)])
    most_age = IntegerField("年龄上限", [Optional(), between(16, 80)])
    is_decided = BooleanField("报名要审核", description="不勾的，报名即录取，满了候补")
    paper = SelectField("结业测验", choices=[], default="", description="选一份试卷；不选就不考")
    is_professional = BooleanField("同时记专业技术学时")

    def plan(self, preset: Preset) -> Plan:
        return Plan(
            kind=preset.kind,
            title=self.title.data,
            aims=self.aims.data or "",
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            venue=self.venue.data or "",
            officer_id=int(self.officer.data) if self.officer.data else None,
            places=self.places.data,
            enrol_from=instant(self.enrol_from.data),
            enrol_until=instant(self.enrol_until.data),
            audience_units=self.audience.data or (),
            rank_bands=self.rank_bands.data or (),
            least_age=self.least_age.data,
            most_age=self.most_age.data,
            is_decided=self.is_decided.data,
            paper_id=int(self.paper.data) if self.paper.data else None,
            is_professional=self.is_professional.data,
        )


def preset_data(preset: Preset, today: date, officer_id: int) -> dict[str, Any]:
    """A whole class to start from: a Monday in three weeks, enrolment from tomorrow for ten days."""
    starts_on = today + timedelta(days=LEAD_DAYS + (7 - (today + timedelta(days=LEAD_DAYS)).weekday()) % 7)
    opens = today + timedelta(days=1)
    return {
        "title": f"{starts_on.year}年{preset.name}",
        "aims": preset.aims,
        "starts_on": starts_on,
        "ends_on": starts_on + timedelta(days=preset.days - 1),
        "officer": str(officer_id),
        "places": preset.places,
        "enrol_from": wall(clock.at_local(opens, 9)),
        "enrol_until": wall(clock.at_local(opens + timedelta(days=ENROL_DAYS), 17)),
        "rank_bands": [band.value for band in preset.rank_bands],
        "most_age": preset.most_age,
        "is_decided": preset.is_decided,
        "is_professional": preset.is_professional,
    }


def class_data(training: TrainingClass) -> dict[str, Any]:
    """What stands, as its form shows it."""
    same = ("title", "aims", "starts_on", "ends_on", "venue", "places", "rank_bands", "least_age", "most_age", "is_decided",
            "is_professional")  # fmt: skip
    return {
        **{key: getattr(training, key) for key in same},
        "officer": str(training.officer_id or ""),
        "enrol_from": wall(training.enrol_from),
        "enrol_until": wall(training.enrol_until),
        "audience": training.audience_units,
        "paper": str(training.paper_id or ""),
    }


class DecisionForm(Form):
    note = StringField("退回的原因", [Optional(), at_most(200)], description="提出的人会看到")


class ReasonForm(Form):
    reason = StringField("原因", [required("请写明原因。"), at_most(200)])


class PersonForm(Form):
    staff_no = StringField("工号", [required("填写工号。"), at_most(20)])


class MeetingForm(Form):
    title = StringField("课题", [required("填写课题。"), at_most(120)])
    starts_at = DateTimeLocalField("开始时间", [required("请填写开始时间。")], format="%Y-%m-%dT%H:%M")
    length = SelectField(
        "时长", [required()], choices=choices(LENGTHS), default=Extent.HALF_DAY, description="学时按时长折算"
    )
    place = StringField("教室", [Optional(), at_most(100)])
    lecturer = StringField("授课人工号", [Optional(), at_most(20)], description="本局干部填工号")
    guests = StringField("外请授课人", [Optional(), at_most(100)], description="没有账号的写姓名和单位")
    reason = StringField("修改原因", [Optional(), at_most(200)], description="已点名锁定的课次修改时填写")
    is_confirmed = BooleanField("有冲突也照样保存")

    def plan(self, lecturer_id: int | None) -> MeetingPlan:
        extent = Extent(self.length.data) if self.length.data in DAYS else Extent.TIMED
        length = DAYS[extent] if extent in DAYS else timedelta(minutes=int(self.length.data))
        starts_at = instant(self.starts_at.data)
        return MeetingPlan(
            self.title.data,
            starts_at,
            starts_at + length,
            extent,
            self.place.data or "",
            lecturer_id,
            self.guests.data or "",
        )


def meeting_data(meeting: Gathering, staff_no: str) -> dict[str, Any]:
    minutes = int((meeting.ends_at - meeting.starts_at).total_seconds() // 60)
    return {
        "title": meeting.title,
        "starts_at": wall(meeting.starts_at),
        "length": meeting.extent.value if meeting.extent is not Extent.TIMED else str(minutes),
        "place": meeting.place,
        "lecturer": staff_no,
        "guests": meeting.guests,
    }


class HomeworkForm(Form):
    title = StringField("作业", [required("给作业起个名字。"), at_most(120)])
    text = TextAreaField("要求", [Optional(), at_most(2000)])
    due_at = DateTimeLocalField("截止时间", [required("请填写时间。")], format="%Y-%m-%dT%H:%M")


class HandInForm(Form):
    text = TextAreaField("正文", [Optional(), at_most(5000)], description="写在这里，或交一个文件")
    file = FileField("文件", description="Word、PDF 或 PPT，20 MB 以内")


class CommentForm(Form):
    comment = TextAreaField("评语", [required("写一句评语。"), at_most(1000)])


_POINTS = choices({str(mark): str(mark) for mark in range(1, MOST_POINTS + 1)})


class EvaluationForm(Form):
    """Five questions of one to five points."""

    q0 = RadioField(QUESTIONS[0], [required("选 1 到 5 分。")], choices=_POINTS)
    q1 = RadioField(QUESTIONS[1], [required("选 1 到 5 分。")], choices=_POINTS)
    q2 = RadioField(QUESTIONS[2], [required("选 1 到 5 分。")], choices=_POINTS)
    q3 = RadioField(QUESTIONS[3], [required("选 1 到 5 分。")], choices=_POINTS)
    q4 = RadioField(QUESTIONS[4], [required("选 1 到 5 分。")], choices=_POINTS)
    words = TextAreaField("建议", [Optional(), at_most(500)], description="不署名，满 5 人评价后班务人员才看得到")

    @property
    def questions(self) -> list[Any]:
        return [self.q0, self.q1, self.q2, self.q3, self.q4]

    @property
    def points(self) -> list[int]:
        return [int(field.data) for field in self.questions]
