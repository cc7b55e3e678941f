"""Forms of the bank, of imports and of papers. What a question must look like is decided in content_rules.faults."""

from collections.abc import Callable

from wtforms import Field
from wtforms.validators import AnyOf

from lms.people.line_rules import LINE_NAMES
from lms.quizzes.content_rules import MAX_STEM
from lms.quizzes.exporting.formats import FORMATS as EXPORTS
from lms.quizzes.practice_rules import COUNTS, Mode
from lms.quizzes.rules import BY_HAND, DIFFICULTY_LABELS, KIND_LABELS, SCORING_LABELS, Scoring
from lms.web.fields import (
    BooleanField,
    DecimalField,
    FileField,
    HiddenField,
    IntegerField,
    Optional,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    at_most,
    between,
    choices,
    required,
)  # fmt: skip
from lms.web.forms import Form

_ANY = {"": "不限"}
_LINES = {line.value: name for line, name in LINE_NAMES.items()}
_KINDS = {kind.value: label for kind, label in KIND_LABELS.items()}
_PRACTISED = {kind.value: label for kind, label in KIND_LABELS.items() if kind not in BY_HAND}
_LEVELS = {str(level): label for level, label in DIFFICULTY_LABELS.items()}
_EXPORTS = {name: each.label for name, each in EXPORTS.items()}
_SCORINGS = {scoring.value: label for scoring, label in SCORING_LABELS.items()}


class FilterForm(Form):
    """The list's filters, in the query string; a value nobody offered filters nothing."""

    line = SelectField("业务条线", choices=choices(_ANY | _LINES), validate_choice=False)
    kind = SelectField("题型", choices=choices(_ANY | _KINDS), validate_choice=False)
    difficulty = SelectField("难度", choices=choices(_ANY | _LEVELS), validate_choice=False)
    q = StringField("题干里的字")


class PractiseForm(Form):
    """What to practise: the mode, and for a line which, what kind and how many."""

    mode = HiddenField(validators=[AnyOf([mode.value for mode in Mode], "请从练习页开始。")], default=Mode.LINE.value)
    line = SelectField("业务条线", [Optional()], choices=choices(_ANY | _LINES))
    kind = SelectField("题型", [Optional()], choices=choices(_ANY | _PRACTISED))
    count = SelectField("题数", choices=choices({n: f"{n} 题" for n in COUNTS}), coerce=int, default=COUNTS[0])


class QuestionForm(Form):
    """Options one a line and the key as people write it: letters, 正确 or 错误, blanks divided by ；."""

    line = SelectField("业务条线", [required()], choices=choices(_LINES))
    kind = SelectField("题型", [required()], choices=choices(_KINDS))
    difficulty = SelectField("难度", [required()], choices=choices(_LEVELS), default="2")
    stem = TextAreaField("题干", [required("写上题干。"), at_most(MAX_STEM)], description="填空题的每个空写成 ____")
    options = TextAreaField(
        "选项", [Optional(), at_most(12_000)], description="每行一个，不用写 A、B；判断题和填空题不填"
    )
    key = StringField(
        "答案",
        [required("写上答案。"), at_most(2000)],
        description="选择题写字母，如 AC；判断题写正确或错误；填空题各空用“；”隔开，几种写法用“/”隔开",
    )
    explanation = TextAreaField("解析", [Optional(), at_most(4000)])
    law = StringField("依据", [Optional(), at_most(120)], description="法律名称，如 土地管理法")
    version = StringField("版本", [Optional(), at_most(60)], description="如 2019年修正")
    article = StringField("条款", [Optional(), at_most(60)], description="如 第四十五条第一款")
    quote = TextAreaField("条文原文", [Optional(), at_most(2000)])


class MarkForm(Form):
    """What a marker gives one answer, in points."""

    score = DecimalField("得分", [required("写上得分。")], places=None)
    comment = TextAreaField("评语", [Optional(), at_most(500)], description="公布后本人能看到")

    @property
    def score_millis(self) -> int:
        return int(self.score.data * 1000)


class AppealForm(Form):
    text = TextAreaField("理由", [required("写下你的理由，例如依据哪一条。"), at_most(500)])


class AppealReplyForm(Form):
    verdict = RadioField(
        "处理", [required("选一种处理。")], choices=choices({"upheld": "申诉成立", "rejected": "维持原判"})
    )
    reply = TextAreaField("答复", [required("写下答复，本人会看到。"), at_most(500)])


class RetireForm(Form):
    is_retired = BooleanField("停用")


class ImportForm(Form):
    """Pasted text or a file; at least one of them."""

    text = TextAreaField(
        "粘贴试题文字", [Optional(), at_most(60_000)], description="从 Word 或网页直接粘贴，带“答案：”或括号里的答案"
    )
    file = FileField(
        "或者选择文件",
        [Optional()],
        description="Excel、Word（.docx）、文本、GIFT、Aiken、Moodle XML 或 QTI 试题包，20 MB 以内",
    )
    line = SelectField("业务条线", [required()], choices=choices(_LINES), description="用于没有写条线的题")


class ExportForm(Form):
    """Which format and why; `is_accepted` after what the format cannot carry has been shown."""

    form = RadioField("格式", [required("选一种格式。")], choices=choices(_EXPORTS), default="xlsx")
    reason = StringField(
        "用途",
        [required("请写明导出的用途。"), at_most(200)],
        description="题目带答案，导出会写进审计日志，例如：送局机关审题。",
    )
    is_accepted = HiddenField()


class RowsForm(Form):
    """The rows chosen in the preview."""

    everything = BooleanField("全部导入")
    rows = SelectMultipleField("题目", coerce=int, validate_choice=False)


class PaperForm(Form):
    """What both kinds of paper have."""

    title = StringField("试卷名称", [required("给试卷起个名字。"), at_most(120)])
    minutes = IntegerField("时长", [Optional(), between(1, 1440)], description="不限时就留空；比拼另有截止时间")
    pass_percent = IntegerField("及格线", [required(), between(0, 100)], default=60)
    scoring = RadioField("多选题计分", [required()], choices=choices(_SCORINGS), default=Scoring.HALF.value)
    is_shuffled = BooleanField("打乱题目和选项的顺序", default=True)
    markers = SelectField(
        "简答题由几人评",
        choices=choices({"1": "一人", "2": "两人，分差大再由第三人定"}),
        default="1",
        validate_choice=True,
    )
    is_released_by_hand = BooleanField(
        "成绩由评卷人发布", description="没有简答题时一般不用；发布前本人只看到自己的答案"
    )


class FixedPaperForm(PaperForm):
    """The ids of its questions, divided by commas, came from the list of questions."""

    ids = HiddenField()
    total = IntegerField("总分", [required(), between(1, 1000)], default=100, description="平均分给每道题")

    @property
    def question_ids(self) -> list[int]:
        return [int(each) for each in (self.ids.data or "").split(",") if each.isdecimal() and len(each) < 19]


RULE_ROWS = range(1, 7)


class DrawnPaperForm(PaperForm):
    """Six rows of rules: fields rule1_line, rule1_kind, rule1_difficulty, rule1_count, rule1_points, rule2_line …"""

    def rows(self) -> list[list[Field]]:
        return [[self[f"rule{n}_{name}"] for name in _RULE_FIELDS] for n in RULE_ROWS]


_RULE_FIELDS: dict[str, Callable[[int], Field]] = {
    "line": lambda n: SelectField("业务条线", choices=choices(_ANY | _LINES), validate_choice=False),
    "kind": lambda n: SelectField("题型", choices=choices(_ANY | _KINDS), validate_choice=False),
    "difficulty": lambda n: SelectField("难度", choices=choices(_ANY | _LEVELS), validate_choice=False),
    "count": lambda n: IntegerField("题数", [required() if n == 1 else Optional(), between(1, 200)]),
    "points": lambda n: IntegerField("每题分数", [Optional(), between(1, 100)], default=10 if n == 1 else None),
}
for _n in RULE_ROWS:
    for _name, _make in _RULE_FIELDS.items():
        setattr(DrawnPaperForm, f"rule{_n}_{_name}", _make(_n))
