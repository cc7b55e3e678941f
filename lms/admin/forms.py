"""Forms of the back office."""

from collections.abc import Sequence
from typing import Any, Protocol

from lms.notices.feedback_rules import AFTER_REPLY, FeedbackState
from lms.notices.feedback_rules import STATES as FEEDBACK_STATES
from lms.people.rules import DUTY_STATUSES, PARTY_STATUSES, RANK_BANDS, ROLES, DutyStatus, PartyStatus, RankBand, Role
from lms.quizzes.regrade_rules import ACT_LABELS, KEY_ACTS, Act
from lms.web.fields import (
    DateField,
    DecimalField,
    FileField,
    HiddenField,
    IntegerField,
    Optional,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
    at_most,
    between,
    choices,
    required,
)
from lms.web.forms import Form

NOBODY = 0


class Node(Protocol):
    """A unit or a branch, as a list offers it."""

    id: int
    name: str
    path: str


def _number(text: object) -> int:
    return int(str(text)) if text else NOBODY


def _picked(form: Form, field: SelectField) -> None:
    if not field.data:
        raise ValidationError("请从列表中选择。")


def offer(nodes: Sequence[Node], nothing: str) -> dict[int, str]:
    """The tree as choices, children set in below their parents; first the words for none."""
    if not nodes:
        return {NOBODY: nothing}
    top = min(node.path.count("/") for node in nodes)
    return {NOBODY: nothing} | {node.id: "　" * (node.path.count("/") - top) + node.name for node in nodes}


class NumberForm(Form):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(20)], description="用来登录，以后不能改。")


class FactsForm(Form):
    """What is known of a person, wherever they belong."""

    name = StringField("姓名", [required("请填写姓名。"), at_most(40)])
    rank_band = SelectField("职级类别", [required()], choices=choices(RANK_BANDS), coerce=RankBand)
    title = StringField("职务", [at_most(60)])
    birth_year = IntegerField("出生年份", [Optional(), between(1930, 2015)])
    phone = StringField("手机号", [at_most(20)], description="加密保存，只用来登录；不填则不变。")


class PostingForm(Form):
    """Where a person belongs from a day on."""

    unit_id = SelectField("单位", [required(), _picked], coerce=_number)
    branch_id = SelectField("党支部", coerce=_number)
    from_on = DateField("从哪天起", [required("请填写日期，例如 2026-11-27。")])
    party_status = SelectField(
        "政治面貌", [required()], choices=choices(PARTY_STATUSES), coerce=PartyStatus, default=PartyStatus.NONE
    )
    duty_status = SelectField("在岗状态", [required()], choices=choices(DUTY_STATUSES), coerce=DutyStatus)

    def offer(self, units: Sequence[Node], branches: Sequence[Node]) -> None:
        self.unit_id.choices = choices(offer(units, "请选择单位"))
        self.branch_id.choices = choices(offer(branches, "未编入支部"))


class NewPersonForm(NumberForm, FactsForm, PostingForm):
    """Everything of a new person, in the order of the page."""


class NodeForm(Form):
    """A unit or a branch."""

    name = StringField("名称", [required("请填写名称。"), at_most(60)])
    short_name = StringField("简称", [at_most(20)], description="表格和榜单里用，不填就用名称。")
    sort = IntegerField("排序", [Optional(), between(0, 9999)], default=0, description="数字小的在前。")

    @property
    def facts(self) -> dict[str, Any]:
        return {"name": self.name.data, "short_name": self.short_name.data, "sort": self.sort.data or 0}


class NewNodeForm(NodeForm):
    parent_id = SelectField("上级", [required(), _picked], coerce=_number)

    def offer(self, nodes: Sequence[Node]) -> None:
        self.parent_id.choices = choices(offer(nodes, "请选择上级"))


class RosterForm(Form):
    file = FileField(
        "花名册文件", [required("请选择文件。")], description="Excel（.xlsx）或 CSV，10 MB 以内，一次最多两万人。"
    )
    from_on = DateField(
        "从哪天起算",
        [required("请填写日期，例如 2026-11-27。")],
        description="表里的人从这一天起属于各自的单位和支部。",
    )


class ExportForm(Form):
    reason = TextAreaField(
        "用途", [required("请写明导出的用途。"), at_most(200)], description="会写进审计日志，例如：年度学时核对。"
    )


class GrantForm(Form):
    role = SelectField(
        "角色", [required()], choices=choices({r: name for r, name in ROLES.items() if r != Role.CADRE}), coerce=Role
    )
    unit_id = SelectField("授予在单位", coerce=_number)
    branch_id = SelectField("授予在支部", coerce=_number)

    def offer(self, units: Sequence[Node], branches: Sequence[Node]) -> None:
        self.unit_id.choices = choices(offer(units, "不按单位"))
        self.branch_id.choices = choices(offer(branches, "不按支部"))


class CalendarForm(Form):
    """A stretch of days that are worked or free."""

    from_on = DateField("从哪天", [required("请填写日期，例如 2026-11-27。")])
    until_on = DateField("到哪天", [Optional()], description="只有一天就不填。")
    kind = RadioField("安排", choices=choices({"free": "放假", "work": "上班"}), default="free")
    name = StringField("事由", [required("请填写事由，例如：春节、国庆节调休。"), at_most(30)])


class ReplyForm(Form):
    reply = TextAreaField(
        "答复", [required("请写下答复。"), at_most(2000)], description="提意见的人会收到消息；不采纳要写明理由。"
    )
    state = SelectField(
        "处理结果",
        choices=choices({state: FEEDBACK_STATES[state] for state in AFTER_REPLY}),
        coerce=FeedbackState,
        default=FeedbackState.ANSWERED,
    )


class AssignForm(Form):
    person_id = SelectField("由谁办理", [required()], choices=[], coerce=_number)

    def offer(self, names: dict[int, str]) -> None:
        self.person_id.choices = choices(names)


class CorrectionForm(Form):
    """What was wrong with a key, and why it is changed. `seen` names the key the preview spoke of."""

    version = SelectField("哪一版", [Optional()], validate_choice=False)
    act = RadioField(
        "怎么更正",
        [required("请选一种更正办法。")],
        choices=choices({act: ACT_LABELS[act] for act in KEY_ACTS}),
        default=Act.KEY,
    )
    key = StringField(
        "新的答案",
        [at_most(400)],
        description="选择题写字母，如 AC；判断题写正确或错误；填空题各空用“；”隔开；作废不用写",
    )
    reason = TextAreaField("原因", [required("写明更正的原因，会告诉受影响的人。"), at_most(500)])
    seen = HiddenField()


class PointsForm(Form):
    """What a question of a fixed paper should have been worth, and why."""

    points = DecimalField("新的分值", [required("写上新的分值。")], places=None)
    reason = TextAreaField("原因", [required("写明更正的原因，会告诉受影响的人。"), at_most(500)])

    @property
    def points_millis(self) -> int:
        return int(self.points.data * 1000)
