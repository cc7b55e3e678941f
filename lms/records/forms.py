"""Forms of short records."""

from lms.records.rules import POSTING_KINDS
from lms.web.fields import (
    DateField,
    Optional,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    at_most,
    choices,
    required,
)
from lms.web.forms import Form

A_DAY = "请填写日期，例如 2026-03-01。"


class PostingForm(Form):
    kind = SelectField("哪一类", choices=choices(POSTING_KINDS))
    place = StringField("在哪里", [required("请填写单位或地方，例如“湖溪村”。"), at_most(120)])
    duty = TextAreaField("做什么", [at_most(300)], description="一两句话，可以空着。")
    from_on = DateField("从哪天起", [required(A_DAY)])
    until_on = DateField("到哪天止", [Optional()], description="还没结束就空着。")


class OfficePostingForm(PostingForm):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(40)])


class PairForm(Form):
    mentor_no = StringField("导师工号", [required("请填写工号。"), at_most(40)])
    mentee_no = StringField("学员工号", [required("请填写工号。"), at_most(40)])
    subject = StringField("带什么", [required("请填写方向，例如“确权登记”。"), at_most(120)])
    since_on = DateField("从哪天起", [required(A_DAY)])


class DecisionForm(Form):
    verdict = RadioField("结果", choices=choices({"confirm": "确认", "return": "退回"}))
    note = StringField("意见", [at_most(200)])


class EndForm(Form):
    until_on = DateField("到哪天止", [required(A_DAY)])
    outcome = StringField("成效", [required("请写一句成效。"), at_most(300)])
