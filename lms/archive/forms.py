"""Forms of the archive's office."""

from lms.people.rules import RANK_BANDS
from lms.records.rules import POSTING_KINDS
from lms.web.fields import (
    BooleanField,
    IntegerField,
    Optional,
    SelectField,
    StringField,
    at_most,
    between,
    choices,
    required,
)
from lms.web.forms import Form

ANY = {"": "不限"}


class CloseForm(Form):
    year = IntegerField("哪一年", [required("请填写年份。"), between(2000, 2100)])


class AmendForm(Form):
    reason = StringField("更正原因", [required("请写明为什么更正。"), at_most(300)])


class FindForm(Form):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(40)])


class FactsForm(Form):
    facts_year = IntegerField("哪一年", [required("请填写年份。"), between(2000, 2100)])
    quarter = SelectField(
        "哪个季度", choices=choices({"1": "第一季度", "2": "第二季度", "3": "第三季度", "4": "第四季度"})
    )


class TalentForm(Form):
    reason = StringField(
        "为什么查", [required("请写明用途，查询会记入审计日志。"), at_most(200)], description="例如：组建耕地保护专班"
    )
    unit_id = SelectField("单位", [Optional()])
    rank = SelectField(
        "职级", [Optional()], choices=choices(ANY | {key.value: label for key, label in RANK_BANDS.items()})
    )
    born_since = IntegerField("出生不早于", [Optional(), between(1930, 2015)], description="年份，例如 1986。")
    posting = SelectField(
        "实践经历", [Optional()], choices=choices(ANY | {key.value: label for key, label in POSTING_KINDS.items()})
    )
    word = StringField("证书里有", [at_most(40)], description="荣誉或培训班名称里的字，例如“青干班”。")
    has_lectured = BooleanField("上过讲台")
    is_mentor = BooleanField("当过导师")
    professional_hours = IntegerField("今年专业技术学时不少于", [Optional(), between(0, 1000)])
