"""Forms of yearly plans."""

from lms.people.rules import PARTY_STATUSES, RANK_BANDS, ROLES, Role
from lms.training.plan_rules import MOST_LECTURES
from lms.web import Form
from lms.web.fields import (
    BooleanField,
    DateField,
    IntegerField,
    Optional,
    SelectField,
    SelectMultipleField,
    StringField,
    at_most,
    between,
    choices,
    required,
)

ASKED_ROLES = (Role.LECTURER, Role.SECRETARY, Role.UNIT_ADMIN)


class PlanForm(Form):
    title = StringField("计划名称", [required("给计划起个名字。"), at_most(120)])
    year = IntegerField("年度", [required("请填写年份。"), between(2020, 2100)])


class TermsForm(Form):
    """Until when, how binding, and for whom: what of an item may be changed later."""

    due_on = DateField("完成期限", [required("请填写日期。")])
    wanted_count = IntegerField(
        "讲座场数", [Optional(), between(1, MOST_LECTURES)], description="只用于系列讲座：一年听几场，空着是 1 场"
    )
    is_required = BooleanField("必修", default=True, description="不勾就是选修")
    is_theory = BooleanField("党的创新理论", description="排在计划最前面，每份计划至少一项")
    audience = SelectMultipleField("面向单位", choices=[], coerce=int, description="不选就面向全体")
    rank_bands = SelectMultipleField("面向职级", choices=choices(RANK_BANDS), description="不选就不限")
    least_age = IntegerField("年龄下限", [Optional(), between(16, 80)])
    most_age = IntegerField("年龄上限", [Optional(), between(16, 80)])
    roles = SelectMultipleField(
        "面向角色", choices=choices({role: ROLES[role] for role in ASKED_ROLES}), description="不选就不限"
    )
    party = SelectMultipleField("面向党员身份", choices=choices(PARTY_STATUSES), description="不选就不限")
    named = StringField("指定人员", [Optional(), at_most(400)], description="填工号，用空格隔开；填了就只面向这些人")


class ItemForm(TermsForm):
    what = SelectField("学什么", [required("选一项。")], choices=[])
