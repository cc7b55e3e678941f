"""Forms of rounds, of entry by unit, and of advancement."""

from lms import clock
from lms.contests.advancement_rules import MOST, NOBODY, TIES, AdvanceRule, Ties
from lms.contests.forms import ALL, instant, moment
from lms.contests.models import Round
from lms.contests.plan_rules import LAYOUTS, Dates
from lms.contests.rules import ENTRY_MODES, EntryMode, RoundKind
from lms.contests.services.rounds import RoundPlan
from lms.people.line_rules import LINE_NAMES
from lms.web import Form
from lms.web.fields import (
    DateField,
    DateTimeLocalField,
    IntegerField,
    Optional,
    SelectField,
    StringField,
    at_most,
    between,
    choices,
    required,
)

WALL = "%Y-%m-%dT%H:%M"
NONE = "0"
KEPT = "kept"  # the questions stay as the paper has them


WAYS = {
    RoundKind.PRACTICE: "练习，不计成绩",
    RoundKind.ONLINE: "各人在网上答题",
    RoundKind.TEAM_ONLINE: "按队在网上答题",
    RoundKind.STAGE: "按队在现场比赛",
    RoundKind.LIVE: "全员同答：主持人出题，大家用手机答",
}


class RoundForm(Form):
    """Times are those of a Shanghai wall clock. What belongs to another way of entry than the chosen one is not looked at."""

    title = StringField("轮次名称", [required("给这一轮起个名字。"), at_most(40)], description="例如：复赛")
    kind = SelectField("怎么比", [required()], choices=choices(WAYS), default=RoundKind.ONLINE.value)
    opens_at = DateTimeLocalField("开始时间", [required("请填写开始时间。")], format=WALL)
    closes_at = DateTimeLocalField("结束时间", [required("请填写结束时间。")], format=WALL)
    cut_off_on = DateField(
        "名册截止日", [required("请填写日期。")], description="参与率按这一天的在册人数算，不晚于开始那一天"
    )
    questions = SelectField(
        "题数", [required()], choices=choices({str(n): f"{n} 题" for n in LAYOUTS}), default="10",
        description="按条线、题型和难易从题库抽取；现场赛从中出题",
    )  # fmt: skip
    minutes = IntegerField("时长", [required("请填写时长。"), between(1, 240)], default=10)
    attempts_per_day = IntegerField(
        "每天次数", [required(), between(1, 50)], default=3, description="取最好的一次；按队比的只答一次"
    )
    participation_percent = IntegerField("参与率在单位得分里的比重", [required(), between(0, 100)], default=50)
    hours = IntegerField("达到 60 分记学时", [required(), between(0, 40)], default=0)
    notice_days = IntegerField("公示", [required(), between(1, 30)], default=5)
    entry = SelectField("谁能参加", [required()], choices=choices(ENTRY_MODES), default=EntryMode.OPEN.value)
    unit_quota = IntegerField("每个单位报", [Optional(), between(1, 500)])
    entry_until = DateTimeLocalField("报名截止", [Optional()], format=WALL)
    source = SelectField("从哪一轮晋级", [Optional()], choices=[], default=NONE, validate_choice=False)
    top = IntegerField("按名次晋级前", [Optional(), between(0, MOST)], default=0)
    per_unit = IntegerField(
        "每个单位至少", [Optional(), between(0, MOST)], default=0, description="名次没进的单位由本单位最前的补上"
    )
    minimum = IntegerField("最低得分", [Optional(), between(0, 1000)], default=0, description="0 为不限；外卡不受限")
    ties = SelectField("末位并列", [Optional()], choices=choices(TIES), default=Ties.PLACE.value)
    reserve = IntegerField("候补", [Optional(), between(0, MOST)], default=0)
    carry_percent = IntegerField(
        "带入前一轮得分的", [Optional(), between(0, 100)], default=0, description="只用于按个人比的轮次"
    )

    def offer(self, others: list[Round], kept: int = 0) -> "RoundForm":
        """With the rounds one may advance from; `kept`: how many questions the paper has that may stay as it is."""
        self.source.choices = [(NONE, "请选择"), *((str(one.id), one.title) for one in others)]
        if kept:
            layouts = [(str(n), f"{n} 题，重新按比例抽") for n in LAYOUTS]
            self.questions.choices = [(KEPT, f"{kept} 题，按现在的抽题规则"), *layouts]
        return self


def shown_of(plan: RoundPlan) -> dict[str, object]:
    """A round as its form shows it."""
    at, rule = plan.dates, plan.admission
    return {
        "title": plan.title, "kind": plan.kind.value, "opens_at": _wall(at.opens_at), "closes_at": _wall(at.closes_at),
        "cut_off_on": at.cut_off_on, "questions": KEPT, "minutes": plan.minutes, "attempts_per_day": plan.attempts_per_day,
        "participation_percent": plan.participation_percent, "hours": plan.hours_quarters // 4, "notice_days": plan.notice_days,
        "entry": plan.entry.value, "unit_quota": plan.unit_quota or None,
        "entry_until": at.entry_until and _wall(at.entry_until), "source": str(plan.source.id) if plan.source else NONE,
        "top": rule.top, "per_unit": rule.per_unit, "minimum": rule.minimum_millis // 1000, "ties": rule.ties.value,
        "reserve": rule.reserve, "carry_percent": plan.carry_percent,
    }  # fmt: skip


def _wall(at: object) -> object:
    return clock.local(at).replace(tzinfo=None)  # type: ignore[arg-type]


def planned_by(form: RoundForm, others: list[Round], old: RoundPlan | None = None) -> RoundPlan:
    """The round that the valid form describes; `old` gives the questions that stay."""
    entry = EntryMode(form.entry.data)
    source = next((one for one in others if str(one.id) == form.source.data), None)
    keeps = old is not None and form.questions.data == KEPT
    return RoundPlan(
        RoundKind(form.kind.data), form.title.data,
        Dates(moment(form.opens_at.data), moment(form.closes_at.data), form.cut_off_on.data, instant(form.entry_until.data)),
        LAYOUTS.get(10 if keeps else int(form.questions.data), LAYOUTS[10]), form.minutes.data, form.attempts_per_day.data,
        hours_quarters=form.hours.data * 4, notice_days=form.notice_days.data,
        participation_percent=form.participation_percent.data, entry=entry, unit_quota=form.unit_quota.data or 0,
        source=source if entry is EntryMode.ADVANCEMENT else None,
        admission=_rule(form) if entry is EntryMode.ADVANCEMENT else NOBODY,
        carry_percent=(form.carry_percent.data or 0) if entry is EntryMode.ADVANCEMENT else 0,
        rules=old.rules if keeps and old else (),
    )  # fmt: skip


def _rule(form: RoundForm) -> AdvanceRule:
    minimum, ties = (form.minimum.data or 0) * 1000, Ties(form.ties.data or Ties.PLACE)
    return AdvanceRule(form.top.data or 0, form.per_unit.data or 0, minimum, ties, form.reserve.data or 0)


class PresetForm(Form):
    """A contest from a preset of several rounds."""

    title = StringField("名称", [required("给这次比拼起个名字。"), at_most(60)], description="例如：2026年业务大比拼")
    line = SelectField(
        "业务条线", [required()], choices=choices({ALL: "全部条线"} | {line.value: name for line, name in LINE_NAMES.items()})
    )  # fmt: skip
    audience = SelectField("参加范围", [required()], choices=[], description="只有范围内的人能看到和参加")
    first_on = DateField(
        "第一轮从哪天开始", [required("请填写日期。")], description="遇休息日顺延；各轮时间建好后还能改"
    )
    participation_percent = IntegerField("参与率在单位得分里的比重", [required(), between(0, 100)], default=50)


class CopyForm(Form):
    title = StringField("名称", [required("给这次比拼起个名字。"), at_most(60)])
    first_on = DateField(
        "第一轮从哪天开始", [required("请填写日期。")], description="各轮按原来的间隔顺移，遇休息日顺延"
    )


class EntryForm(Form):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(20)], description="只能报本单位的人")


class CardForm(Form):
    """A wild card for a person by number, or for one of the contest's teams."""

    staff_no = StringField("工号", [Optional(), at_most(20)])
    team = SelectField("队伍", [Optional()], choices=[], validate_choice=False)
    reason = StringField("理由", [required("请写明理由，会随名单公布。"), at_most(100)])


class WithdrawalForm(Form):
    line = SelectField("谁退出", [required("请选择。")], choices=[])
    reason = StringField("原因", [required("请写明原因。"), at_most(200)])


class ListCorrectionForm(Form):
    why = StringField("更正原因", [required("请写明原因，会随新版名单一起公布。"), at_most(200)])


class OwnWithdrawalForm(Form):
    reason = StringField("原因", [required("请写明原因，组织者看得到。"), at_most(200)])
