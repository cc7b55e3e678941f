"""Forms of the consoles: buttons with values, and the few things that are typed."""

from lms.stage.rules import SEGMENTS, EventKind
from lms.web import Form
from lms.web.fields import (
    IntegerField,
    Optional,
    SelectField,
    StringField,
    at_most,
    between,
    choices,
    required,
)

HOSTED = (
    EventKind.SEGMENT, EventKind.CALLED, EventKind.CHOSEN, EventKind.SHOWN, EventKind.OPENED, EventKind.JUDGED,
    EventKind.PASSED, EventKind.KEYED, EventKind.PAUSED, EventKind.RESUMED, EventKind.FROZEN, EventKind.REVEALED,
    EventKind.UNDONE, EventKind.FINISHED,
)  # fmt: skip


class StepForm(Form):
    """A button of the host's console; `seen` is the last step its page knew of."""

    kind = SelectField("步骤", [required()], choices=choices({kind: kind for kind in HOSTED}))
    seen = IntegerField("已看到", [required()])
    segment = SelectField("环节", [Optional()], choices=choices({"": "", **SEGMENTS}))
    team = IntegerField("队", [Optional()])
    points = IntegerField("分", [Optional()])
    question = IntegerField("题", [Optional()])
    teams = IntegerField("名", [Optional()])
    right = SelectField("判定", [Optional()], choices=choices({"": "", "yes": "答对", "no": "答错"}))


class JudgementForm(Form):
    right = SelectField("判定", [required()], choices=choices({"yes": "答对", "no": "答错"}))
    seen = IntegerField("已看到", [required()])


class CorrectionForm(Form):
    """The jury changes a score."""

    team = SelectField("队", [required()], choices=[])
    points = IntegerField(
        "加减几分", [required("填写要加或者减的分数。"), between(-200, 200)], description="减分写负数，例如 -10"
    )
    reason = StringField(
        "原因",
        [required("请写明原因。"), at_most(100)],
        description="会写进记录，例如：第 7 题答案有异议，经评委合议算对",
    )


class MarkForm(Form):
    """The score keeper's button: `mark` is "team points words"."""

    mark = StringField("记分", [required()])
    note = StringField("第几题", [Optional(), at_most(30)])


class JoinForm(Form):
    pin = StringField("场次号", [required("填写大屏幕或者桌牌上的 6 位场次号。"), at_most(6)])
    code = StringField("队伍码", [required("填写本队桌牌上的 4 位队伍码。"), at_most(6)])
