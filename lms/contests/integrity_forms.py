"""Forms of integrity cases."""

from lms.web import Form
from lms.web.fields import SelectMultipleField, StringField, TextAreaField, at_most, required


class OpenCaseForm(Form):
    reason = TextAreaField(
        "为什么立案", [required("写一句为什么立案。"), at_most(500)], description="线索只是提示，请写你核对了什么"
    )


class HearingForm(Form):
    text = TextAreaField(
        "本人说明", [required("请记下本人怎么说。"), at_most(1000)], description="什么时候、怎样问的，本人怎么说"
    )


class DecisionForm(Form):
    annulled = SelectMultipleField("处理", choices=[], description="都不选就是不作处理")
    text = TextAreaField("理由", [required("请写明理由。"), at_most(500)], description="作废时会发给本人")


class UndoForm(Form):
    reason = StringField("恢复的原因", [required("请写明原因。"), at_most(500)])
