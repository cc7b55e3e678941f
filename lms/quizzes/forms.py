"""Forms of the bank, of imports and of papers. What a question must look like is decided in content_rules.faults."""

from collections.abc import Callable

from wtforms import Field
from wtforms.validators import AnyOf

from lms.people.line_rules import LINE_NAMES
from lms.quizzes.content_rules import MAX_MATERIAL, MAX_STEM, MAX_UNIT
from lms.quizzes.exporting.formats import FORMATS as EXPORTS
from lms.quizzes.practice_rules import COUNTS, Mode
from lms.quizzes.rules import (
    BY_HAND,
    DIFFICULTY_LABELS,
    KIND_LABELS,
    MAX_TAG,
    READINESS_LABELS,
    SCORING_LABELS,
    Scoring,
)
from lms.web.fields import (
    BooleanField,
    DateField,
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
_READINESS = {each.value: label for each, label in READINESS_LABELS.items()}
_EXPORTS = {name: each.label for name, each in EXPORTS.items()}
_SCORINGS = {scoring.value: label for scoring, label in SCORING_LABELS.items()}


class FilterForm(Form):
    """The list's filters, in the query string; a value nobody offered filters nothing."""

    line = SelectField("业务条线", choices=choices(_ANY | _LINES), validate_choice=False)
    kind = SelectField("题型", choices=choices(_ANY | _KINDS), validate_choice=False)
    difficulty = SelectField("难度", choices=choices(_ANY | _LEVELS), validate_choice=False)
    readiness = SelectField("状态", choices=choices(_ANY | _READINESS), validate_choice=False)
    tag = StringField("标签")
    document = HiddenField()
    q = StringField("题目里的字")


class _ForItsKind:
    """The field is needed where it shows, which the service checks, so it is not called optional."""

    field_flags = {"required": True}

    def __call__(self, form: Form, field: Field) -> None:
        """Nothing: what a kind needs is decided in content_rules."""


class PractiseForm(Form):
    """What to practise: the mode, and for a line which, what kind and how many."""

    mode = HiddenField(validators=[AnyOf([mode.value for mode in Mode], "请从练习页开始。")], default=Mode.LINE.value)
    line = SelectField("业务条线", [Optional()], choices=choices(_ANY | _LINES))
    kind = SelectField("题型", [Optional()], choices=choices(_ANY | _PRACTISED))
    count = SelectField("题数", choices=choices({n: f"{n} 题" for n in COUNTS}), coerce=int, default=COUNTS[0])


class QuestionForm(Form):
    """One form for every kind; what does not apply to the chosen kind is hidden by a script and not read by the server.
    Options one a line and the key as people write it: letters, 正确 or 错误, blanks divided by ；."""

    kind = SelectField("题型", [required()], choices=choices(_KINDS))
    line = SelectField("业务条线", [required()], choices=choices(_LINES))
    difficulty = SelectField("难度", [required()], choices=choices(_LEVELS), default="2")
    tags = StringField("标签", [Optional(), at_most(200)], description="几个标签用顿号或空格隔开，例如：新任干部、执法")
    material = TextAreaField(
        "材料", [Optional(), at_most(MAX_MATERIAL)], description="案例题的共同材料；材料相同的题算一个案例，整组出现"
    )
    stem = TextAreaField("题干", [required("写上题干。"), at_most(MAX_STEM)])
    prompts = TextAreaField(
        "左边各项", [_ForItsKind(), at_most(12_000)], description="每行一项，考生为每一项选一个答案"
    )
    options = TextAreaField("选项", [_ForItsKind(), at_most(12_000)], description="每行一个，不用写 A、B")
    key = StringField("答案", [_ForItsKind(), at_most(2000)])
    scoring = SelectField(
        "怎么计分", [Optional()], choices=choices({"": "按试卷的规则"} | _SCORINGS), validate_choice=False
    )
    is_order_free = BooleanField("各空的次序不限")
    tolerance = StringField(
        "允许误差", [Optional(), at_most(20)], description="一个数或百分比，例如 0.1 或 5%；不写就要完全相等"
    )
    unit = StringField("单位", [Optional(), at_most(MAX_UNIT)], description="写在输入框后面，考生写不写都行")
    rubric = TextAreaField(
        "评分要点", [Optional(), at_most(4000)], description="每一点给几分，评卷人照它给分；公布后考生能看到"
    )
    explanation = TextAreaField("解析", [Optional(), at_most(4000)])
    is_rich = BooleanField(
        "使用格式、公式和图片",
        description="**粗体**、每行“- ”开头的列表、| 甲 | 乙 | 这样的表格、$\\frac{1}{2}$ 这样的公式、[图12] 这样的图片",
    )
    law = StringField("依据", [Optional(), at_most(120)], description="法律名称，如 土地管理法")
    version = StringField("版本", [Optional(), at_most(60)], description="如 2019年修正")
    article = StringField("条款", [Optional(), at_most(60)], description="如 第四十五条第一款")
    quote = TextAreaField("条文原文", [Optional(), at_most(2000)])
    is_draft = BooleanField("先存为草稿", description="草稿不会被抽到，也不能选进试卷")


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


class ReadinessForm(Form):
    readiness = SelectField("状态", [required()], choices=choices(_READINESS))
    note = StringField("原因", [Optional(), at_most(300)])


class BatchForm(Form):
    """What the chosen questions shall become; empty fields leave things as they are."""

    ids = SelectMultipleField("题目", coerce=int, validate_choice=False)
    line = SelectField("业务条线", choices=choices({"": "不改"} | _LINES), validate_choice=False)
    difficulty = SelectField("难度", choices=choices({"": "不改"} | _LEVELS), validate_choice=False)
    readiness = SelectField("状态", choices=choices({"": "不改"} | _READINESS), validate_choice=False)
    add_tags = StringField("加标签", [Optional(), at_most(200)])
    remove_tags = StringField("去掉标签", [Optional(), at_most(200)])


class DocumentForm(Form):
    """A law or rule that questions rest on."""

    title = StringField(
        "名称", [required("写上文件名称。"), at_most(120)], description="和题目依据里写的一样，例如 土地管理法"
    )
    version = StringField("版本", [required("写上版本。"), at_most(60)], description="例如 2019年修正，或文号")
    issued_on = DateField("发布日期", [Optional()], description="不清楚可以不填")


class SupersedeForm(Form):
    on = DateField("从哪天起失效", [required("填写失效日期。")])
    by = SelectField("由哪份文件取代", choices=[], coerce=str, validate_choice=False)


class PictureForm(Form):
    file = FileField("选择图片", [required("选择一张图片。")], description="JPG、PNG、WebP 或 GIF，5 MB 以内")


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

    is_lettered = BooleanField(
        "分 A、B 卷", description="A 卷按选题的顺序，B 卷换一种顺序；按人员编号交替发卷，上面的“打乱”不再起作用"
    )

    ids = HiddenField()
    total = IntegerField("总分", [required(), between(1, 1000)], default=100, description="平均分给每道题")

    @property
    def question_ids(self) -> list[int]:
        return [int(each) for each in (self.ids.data or "").split(",") if each.isdecimal() and len(each) < 19]


class FixedPaperChangeForm(PaperForm):
    """The settings; order and points of its questions are fields of their own (`writing.items_of`)."""

    is_lettered = FixedPaperForm.is_lettered
    add = StringField("再加试题", [Optional(), at_most(400)], description="写题号，用逗号隔开，加在最后")
    add_points = DecimalField("加的题每题分数", [Optional(), between(0, 1000)], places=None, default=10)


RULE_ROWS = range(1, 7)
CASE = "case"


class DrawnPaperForm(PaperForm):
    """Six rows of rules: fields rule1_line, rule1_kind, rule1_difficulty, rule1_tag, rule1_count, rule1_points, rule2_line …"""

    unseen_days = IntegerField(
        "避开最近见过的题", [Optional(), between(0, 365)], description="这些天内本人见过的题不再抽；不避题就留空"
    )

    def rows(self) -> list[list[Field]]:
        return [[self[f"rule{n}_{name}"] for name in _RULE_FIELDS] for n in RULE_ROWS]


_RULE_FIELDS: dict[str, Callable[[int], Field]] = {
    "line": lambda n: SelectField("业务条线", choices=choices(_ANY | _LINES), validate_choice=False),
    "kind": lambda n: SelectField(
        "题型", choices=choices(_ANY | _KINDS | {CASE: "案例（整组）"}), validate_choice=False
    ),
    "difficulty": lambda n: SelectField("难度", choices=choices(_ANY | _LEVELS), validate_choice=False),
    "tag": lambda n: StringField("标签", [Optional(), at_most(MAX_TAG)]),
    "count": lambda n: IntegerField("题数", [required() if n == 1 else Optional(), between(1, 200)]),
    "points": lambda n: IntegerField("每题分数", [Optional(), between(1, 100)], default=10 if n == 1 else None),
}
for _n in RULE_ROWS:
    for _name, _make in _RULE_FIELDS.items():
        setattr(DrawnPaperForm, f"rule{_n}_{_name}", _make(_n))
