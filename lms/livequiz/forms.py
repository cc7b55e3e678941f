"""Forms of the host: buttons with values, and the few things that are typed."""

from lms.livequiz.rules import EventKind
from lms.web import Form
from lms.web.fields import IntegerField, Optional, SelectField, StringField, at_most, between, choices, required

BUTTONS = tuple(kind for kind in EventKind if kind is not EventKind.VOIDED)


class PrepareForm(Form):
    seconds = IntegerField("每题几秒", [required("填写每题的时间。"), between(10, 180)], default=30)


class StepForm(Form):
    """A button of the host's console; `seen` is the last step its page knew of."""

    kind = SelectField("步骤", [required()], choices=choices({kind: kind for kind in BUTTONS}))
    seen = IntegerField("已看到", [required()])
    question = IntegerField("题", [Optional()])


class VoidForm(Form):
    reason = StringField(
        "原因", [required("请写明原因。"), at_most(100)], description="会写进记录，例如：选项印错，合议作废"
    )
