"""Programmes to begin with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from lms.stars.catalogue_rules import Gate, Holder, Source
from lms.stars.period_rules import Period
from lms.stars.rules import Criterion, StarRule


@dataclass(frozen=True)
class Preset:
    """`periods` are those the programme may be given at its making; the first is proposed."""

    key: str
    name: str
    hint: str
    holder: Holder
    periods: tuple[Period, ...]
    rule: StarRule


LEARNING = StarRule(
    criteria=(
        Criterion(Source.ACCURACY, 40, 2),
        Criterion(Source.LECTURES, 10, 1),
        Criterion(Source.MATERIALS, 10, 1),
        Criterion(Source.CASES, 10, 1),
        Criterion(Source.BRANCH_RECOMMENDATION, 15),
        Criterion(Source.UNIT_RECOMMENDATION, 15),
    ),
    gates=(Gate.HOURS_ON_PACE,),
    no_repeat=1,
)
PACESETTERS = StarRule(
    criteria=(Criterion(Source.CONTEST_SCORE, 100),), most_percent=0, most=8, least_millis=85_000, recommend_days=0
)
TECHNOLOGY = StarRule(
    criteria=(
        Criterion(Source.JUDGED_1, 40, title="创新成果"),
        Criterion(Source.JUDGED_2, 30, title="推广应用"),
        Criterion(Source.CASES, 10, 2),
        Criterion(Source.UNIT_RECOMMENDATION, 20),
    ),
    most_percent=1,
    most=10,
    no_repeat=1,
)
BRANCHES = StarRule(
    criteria=(
        Criterion(Source.MEETINGS, 30, 3),
        Criterion(Source.ATTENDANCE, 20),
        Criterion(Source.MEMBER_ACCURACY, 20),
        Criterion(Source.PARTICIPATION, 10),
        Criterion(Source.LECTURES, 10),
        Criterion(Source.MATERIALS, 10, 2),
    ),
    recommend_days=0,
)

PRESETS: Mapping[str, Preset] = {
    preset.key: preset
    for preset in (
        Preset("learning", "学习之星", "40 正确率 + 30 贡献 + 30 推荐，学时跟上进度的才评", Holder.PERSON, (Period.QUARTER, Period.MONTH, Period.YEAR), LEARNING),
        Preset("pacesetters", "业务标兵", "每场比拼公布后自动产生：前 8 名且不低于 85 分", Holder.PERSON, (Period.CONTEST,), PACESETTERS),
        Preset("technology", "科技之星", "一年一次，评审项自己起名，复核人评分", Holder.PERSON, (Period.YEAR,), TECHNOLOGY),
        Preset("branches", "学习型党支部", "组织生活、到会、成员正确率和贡献", Holder.BRANCH, (Period.QUARTER, Period.YEAR), BRANCHES),
        Preset("units", "学习型单位", "成员正确率、参与和贡献", Holder.UNIT, (Period.QUARTER, Period.YEAR), StarRule(
            criteria=(
                Criterion(Source.MEMBER_ACCURACY, 40), Criterion(Source.PARTICIPATION, 20), Criterion(Source.LECTURES, 20, 2),
                Criterion(Source.MATERIALS, 20, 4),
            ),
            recommend_days=0,
        )),
    )
}  # fmt: skip
