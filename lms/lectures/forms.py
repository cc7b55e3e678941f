"""Forms of lectures. Times are those of a Shanghai wall clock."""

from datetime import datetime, timedelta

from lms import clock
from lms.gatherings.models import Gathering
from lms.lectures.models import Topic
from lms.lectures.rules import QUARTERS
from lms.lectures.services.scheduling import Slot
from lms.lectures.services.topics import Offer
from lms.people.models import Unit
from lms.web import Form
from lms.web.fields import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Optional,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    at_most,
    choices,
    required,
)

LENGTHS = {
    "45": "45 分钟",
    "60": "1 小时",
    "90": "1.5 小时",
    "120": "2 小时",
    "150": "2.5 小时",
    "180": "3 小时",
    "240": "4 小时",
}


class TopicForm(Form):
    title = StringField("题目", [required("请填写题目。"), at_most(100)])
    abstract = TextAreaField(
        "内容摘要", [required("写几句讲什么。"), at_most(1000)], description="讲什么、解决什么问题，几句话就够"
    )
    audience = StringField("讲给谁听", [required("请填写讲给谁听。"), at_most(100)], description="例如：各分局执法人员")
    wished_quarter = RadioField(
        "希望安排在",
        [required("请选一个季度。")],
        choices=choices({str(number): name for number, name in QUARTERS.items()}),
    )
    year = SelectField("年度", choices=[])

    def offer(self) -> Offer:
        return Offer(self.title.data, self.abstract.data, self.audience.data, int(self.wished_quarter.data))

    @classmethod
    def of(cls, topic: Topic) -> "TopicForm":
        made: TopicForm = cls.shown(
            data={
                "title": topic.title, "abstract": topic.abstract, "audience": topic.audience,
                "wished_quarter": str(topic.wished_quarter),
            }
        )  # fmt: skip
        return made


class SlotForm(Form):
    """`unit` is asked for a new lecture only, `is_sure` once there are clashes."""

    starts_at = DateTimeLocalField("开始时间", [required("请填写开始时间。")], format="%Y-%m-%dT%H:%M")
    length = SelectField("时长", [required()], choices=choices(LENGTHS))
    place = StringField("地点", [required("请填写地点。"), at_most(100)])
    unit = SelectField("面向单位", choices=[], coerce=int, description="这个单位和下属单位的在岗人员都应到")
    is_recorded = BooleanField("现场录像，讲完放进讲堂", default=True)
    is_sure = BooleanField("我已看过上面的冲突，仍然这样安排")

    def slot(self, unit: Unit) -> Slot:
        wall: datetime = self.starts_at.data
        starts_at = clock.at_local(wall.date(), wall.hour, wall.minute)
        ends_at = starts_at + timedelta(minutes=int(self.length.data))
        return Slot(starts_at, ends_at, self.place.data, unit, self.is_recorded.data)


def slot_data(gathering: Gathering, *, is_recorded: bool) -> dict[str, object]:
    """What stands, as the form shows it."""
    minutes = (gathering.ends_at - gathering.starts_at) // timedelta(minutes=1)
    wall = clock.local(gathering.starts_at).replace(tzinfo=None)
    return {"starts_at": wall, "length": str(minutes), "place": gathering.place, "is_recorded": is_recorded}


class ReturnForm(Form):
    reason = StringField("退回原因", [required("请写明退回的原因，主讲人会照着修改。"), at_most(200)])


class DeadlineForm(Form):
    deadline_on = DateField("截止日期", [required("请填写日期。")])
    note = StringField("对主讲人说的话", [Optional(), at_most(300)], description="显示在报题目的页面上，不写也可以")
