"""Forms of stars. The fields of a rule are made from the literal catalogue: what is not in it has no field and is not read."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lms.leaderboard.notice_rules import OBJECTION_LENGTH
from lms.people.line_rules import LINE_NAMES
from lms.stars.catalogue_rules import CATALOGUE, GATES, JUDGED, Entry, Gate, gates_for
from lms.stars.models import StarProgramme
from lms.stars.period_rules import PERIODS, Period
from lms.stars.preset_rules import PRESETS
from lms.stars.rules import LEVELS, MOST_PERCENT, Criterion, StarRule
from lms.web import Form
from lms.web.fields import (
    DecimalField,
    IntegerField,
    Optional,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    at_most,
    between,
    choices,
    required,
)

ALL = "all"


class ProgrammeForm(Form):
    preset = SelectField(
        "模板", [required()], choices=choices({key: f"{p.name}：{p.hint}" for key, p in PRESETS.items()})
    )
    title = StringField(
        "名称", [required("给这个评选起个名字。"), at_most(30)], description="会印在证书上，例如：学习之星"
    )
    period = SelectField("多久评一次", [required()], choices=choices({p.value: name for p, name in PERIODS.items()}))
    line = SelectField(
        "业务条线", [required()], default=ALL, description="只有“每场比拼”用得到",
        choices=choices({ALL: "全部条线"} | {line.value: name for line, name in LINE_NAMES.items()}),
    )  # fmt: skip
    owner = SelectField("参评范围", [required()], choices=[], description="名册按截止日这个单位（含下属）的在岗人员")


class RuleForm(Form):
    """One version of a rule: for each entry of the catalogue its weight (0: not used) and the figure that goes with it."""

    gates = SelectMultipleField("参评条件", choices=[], description="不满足的不评，分数照算")
    most_percent = IntegerField(
        "名额：名册的百分之几",
        [required(), between(0, MOST_PERCENT)],
        description=f"最多 {MOST_PERCENT}%，至少 1 个；填 0 就只按个数",
    )
    most = IntegerField("名额：最多几个", [required(), between(0, 1000)], description="填 0 不限；两个都填取小的")
    most_each = IntegerField("同一单位最多几个", [required(), between(0, 100)], description="填 0 不限")
    no_repeat = IntegerField("前几期当选过的不重复评", [required(), between(0, 24)], description="填 0 可以连评")
    least = DecimalField("最低分", [required(), between(0, 100)], places=1, description="低于这个分数不评；填 0 不限")
    recommend_days = IntegerField(
        "推荐几个工作日", [required(), between(0, 30)], description="没有推荐项或填 0 就直接进入复核"
    )
    recommend_percent = IntegerField(
        "每个支部、单位可推荐人数", [required(), between(1, 50)], description="占本支部、本单位的百分之几，至少 1 人"
    )
    notice_days = IntegerField("公示几个工作日", [required(), between(1, 30)])

    def fit(self, programme: StarProgramme) -> "RuleForm":
        """Only the gates these holders have."""
        self.gates.choices = [(gate.value, GATES[gate]) for gate in gates_for(programme.holder)]
        if not self.gates.choices:
            del self.gates
        return self

    def rule(self, entries: list[Entry], like: StarRule) -> StarRule:
        """The rule that was typed, of these entries alone."""
        found = [self._criterion(entry) for entry in entries]
        names = ("most_percent", "most", "most_each", "no_repeat", "recommend_days", "recommend_percent", "notice_days")
        chosen = self.gates.data if "gates" in self._fields else []
        return replace(
            like,
            criteria=tuple(criterion for criterion in found if criterion.weight),
            gates=tuple(Gate(gate) for gate in chosen),
            least_millis=int(self.least.data * 1000),
            **{name: self[name].data for name in names},
        )

    def _criterion(self, entry: Entry) -> Criterion:
        weight, full = self[f"weight_{entry.source}"].data or 0, 1
        if entry.full_label:
            full = self[f"full_{entry.source}"].data or 1
        title = self[f"title_{entry.source}"].data if entry.is_judged and weight else ""
        return Criterion(entry.source, weight, full, title)


for _entry in CATALOGUE.values():
    setattr(RuleForm, f"weight_{_entry.source}", IntegerField(_entry.label, [Optional(), between(0, 100)], default=0, description=_entry.hint))  # fmt: skip
    if _entry.full_label:
        setattr(RuleForm, f"full_{_entry.source}", IntegerField(_entry.full_label, [Optional(), between(1, 50)], default=_entry.full))  # fmt: skip
    if _entry.source in JUDGED:
        setattr(RuleForm, f"title_{_entry.source}", StringField("评审项名称", [Optional(), at_most(12)], default=""))


def rule_data(rule: StarRule) -> dict[str, Any]:
    """The fields of a rule that stands."""
    names = ("most_percent", "most", "most_each", "no_repeat", "recommend_days", "recommend_percent", "notice_days")
    data: dict[str, Any] = {name: getattr(rule, name) for name in names}
    data |= {"gates": [gate.value for gate in rule.gates], "least": rule.least_millis / 1000}
    for criterion in rule.criteria:
        data[f"weight_{criterion.source}"] = criterion.weight
        data[f"full_{criterion.source}"] = criterion.full
        data[f"title_{criterion.source}"] = criterion.title
    return data


def tried_rule(like: StarRule, entries: list[Entry], asked: Mapping[str, str]) -> StarRule:
    """The rule with the weights and quotas that an address gives; whatever is no small number in it is passed over."""
    given = {name: int(value) for name, value in asked.items() if value.isdecimal() and len(value) <= 3}
    figures = rule_data(like) | given
    criteria = [
        Criterion(
            entry.source,
            min(100, figures.get(f"weight_{entry.source}", 0)),
            max(1, figures.get(f"full_{entry.source}", entry.full)),
            figures.get(f"title_{entry.source}", ""),
        )
        for entry in entries
    ]
    quotas = {name: figures[name] for name in ("most", "most_each")}
    most_percent = min(MOST_PERCENT, figures["most_percent"])
    used = tuple(criterion for criterion in criteria if criterion.weight)
    return replace(like, criteria=used, most_percent=most_percent, **quotas)


class NoteForm(Form):
    """The words that go with a review or a decision."""

    note = TextAreaField("情况说明", [required("写一句怎么核对的。"), at_most(500)])


class ReasonForm(Form):
    reason = StringField("理由", [required("请写明理由。"), at_most(200)])


class ReplyForm(Form):
    reply = TextAreaField("答复", [required("请写下答复。"), at_most(500)])


class ObjectionForm(Form):
    text = TextAreaField(
        "异议内容",
        [required("请写明对谁、哪一点有异议。"), at_most(OBJECTION_LENGTH)],
        description="写清对象、哪一项和你的理由",
    )


class RecommendForm(Form):
    level = SelectField(
        "以谁的名义", [required()], choices=choices({level.value: name for level, name in LEVELS.items()})
    )
    reason = StringField(
        "推荐事迹", [required("写一句推荐的事迹。"), at_most(300)], description="公示和证书都用得到，写具体的事"
    )


class JudgeForm(Form):
    points = IntegerField("评分", [required("请填写 0 到 100 之间的数。"), between(0, 100)])
    reason = StringField("评分理由", [required("写一句评分的理由。"), at_most(200)])


def period_of(form: ProgrammeForm) -> Period:
    return Period(form.period.data)
