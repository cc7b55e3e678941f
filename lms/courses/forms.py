"""Forms of the library, the studio, the reviews and course management."""

from collections.abc import Mapping, Sequence
from typing import Any

from lms.courses.library_rules import FIRST_YEAR, tags_of
from lms.courses.models import Course, Resource
from lms.courses.prose import to_html, to_text
from lms.courses.review_rules import LINE_NAMES, Line, ResourceKind, Verdict
from lms.courses.services.courses import CourseFacts
from lms.courses.services.resources import Facts
from lms.web.fields import (
    BooleanField,
    FileField,
    HiddenField,
    IntegerField,
    Optional,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
    at_most,
    between,
    choices,
    required,
)
from lms.web.forms import Form

EVERYBODY = "0"
CAPTIONS_BYTES = 500_000
Labels = Mapping[str, str]

FIELDS_OF_KIND: dict[ResourceKind, frozenset[str]] = {
    ResourceKind.VIDEO: frozenset({"file", "captions", "transcript"}),
    ResourceKind.AUDIO: frozenset({"file", "captions", "transcript"}),
    ResourceKind.DOCUMENT: frozenset({"file", "reading_minutes"}),
    ResourceKind.ARTICLE: frozenset({"body", "reading_minutes"}),
    ResourceKind.LINK: frozenset({"url"}),
}
ACCEPTED = {
    ResourceKind.VIDEO: ".mp4,.m4v,.mov,.mkv,.webm,.avi,.wmv",
    ResourceKind.AUDIO: ".mp3,.m4a,.wav",
    ResourceKind.DOCUMENT: ".pdf,.pptx,.docx",
}


def _audience(unit_id: str | None) -> int | None:
    return None if unit_id in (None, EVERYBODY) else int(str(unit_id))


class ResourceForm(Form):
    """What the author fills in; `for_kind` leaves only the fields of the resource's kind."""

    title = StringField("标题", [required("请填写标题。"), at_most(120)])
    line = SelectField("业务条线", [required("请选择业务条线。")], choices=choices(LINE_NAMES))
    lecturer_name = StringField("讲师", [at_most(60)])
    summary = TextAreaField("简介", [at_most(1000)], description="两三句话：讲什么，适合谁看。")
    audience = SelectField("谁可以看", default=EVERYBODY)
    file = FileField("文件", [Optional()])
    captions = FileField("字幕文件", [Optional()], description="WebVTT（.vtt），没有可以不传。")
    transcript = TextAreaField("文字稿", [at_most(100_000)], description="可以全文搜索。有字幕文件时不必再填。")
    body = TextAreaField("正文", [at_most(100_000)], description="段落之间空一行；以 # 开头的一行是小标题。")
    url = StringField("网址", [at_most(500)])
    series = SelectField("系列", default="")
    year = IntegerField("年份", [Optional(), between(FIRST_YEAR, 2100)], description="讲的那一年；不填就是今年。")
    tags = StringField("标签", [at_most(200)], description="用空格隔开，最多 8 个，例如：占补平衡 永久基本农田")
    change_note = StringField("这一版改了什么", [at_most(200)])
    reading_minutes = IntegerField("要求阅读时间", [Optional(), between(0, 600)], default=0)

    @classmethod
    def for_kind(
        cls,
        form: "ResourceForm",
        kind: ResourceKind,
        audiences: Labels,
        series: Labels,
        *,
        needs_file: bool,
        is_next: bool = False,
    ) -> "ResourceForm":
        for name in {"file", "captions", "transcript", "body", "url", "reading_minutes"} - FIELDS_OF_KIND[kind]:
            delattr(form, name)
        form.audience.choices = choices(audiences)
        form.series.choices = choices({"": "不属于系列", **series})
        if not is_next:
            del form.change_note
        if form.file is not None:
            form.file.flags.required = needs_file
        for field in (form.body, form.url):
            if field is not None:
                field.flags.required = True
        return form

    def validate_captions(self, field: FileField) -> None:
        """Reads the file once, so that `facts` has it."""
        self.captions_vtt = ""
        if not field.data:
            return
        raw: bytes = field.data.stream.read(CAPTIONS_BYTES + 1)
        if len(raw) > CAPTIONS_BYTES:
            raise ValidationError("字幕文件过大（最多 500 KB），请检查是否选错了文件。")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise ValidationError("字幕文件请另存为 UTF-8 编码。") from problem
        if not text.startswith("WEBVTT") or "\0" in text:
            raise ValidationError("字幕文件须是 WebVTT（首行为 WEBVTT），请用字幕软件导出 .vtt。")
        self.captions_vtt = text.replace("\r\n", "\n")

    @staticmethod
    def values_of(resource: Resource, tags: Sequence[str]) -> dict[str, Any]:
        """What the form shows of a resource."""
        return {
            "title": resource.title,
            "line": resource.line.value,
            "lecturer_name": resource.lecturer_name,
            "summary": resource.summary,
            "audience": str(resource.audience_unit_id or EVERYBODY),
            "transcript": resource.transcript,
            "body": to_text(resource.body_html),
            "url": resource.url,
            "reading_minutes": resource.required_reading_seconds // 60,
            "series": str(resource.series_id or ""),
            "year": resource.year,
            "tags": " ".join(tags),
            "change_note": resource.change_note,
        }

    def facts(self, kept_captions: str = "") -> Facts:
        """What was filled in; captions stay when no new file was chosen."""
        given = {field.name: field.data for field in self}
        return Facts(
            title=given["title"],
            summary=given["summary"],
            line=Line(given["line"]),
            lecturer_name=given["lecturer_name"],
            audience_unit_id=_audience(given["audience"]),
            required_reading_seconds=(given.get("reading_minutes") or 0) * 60,
            body_html=to_html(given.get("body") or ""),
            url=given.get("url") or "",
            captions_vtt=getattr(self, "captions_vtt", "") or kept_captions,
            transcript=given.get("transcript") or "",
            series_id=int(given["series"]) if given.get("series") else None,
            year=given.get("year"),
            tags=tuple(tags_of(given.get("tags") or "")),
            change_note=given.get("change_note") or "",
        )


class ReviewForm(Form):
    version = HiddenField()
    verdict = RadioField(
        "审核意见",
        [required("请选择通过或退回。")],
        choices=choices({Verdict.APPROVED: "通过", Verdict.RETURNED: "退回修改"}),
    )
    is_unclassified = BooleanField("我已逐页查看，确认不含涉密内容")
    reason = TextAreaField("退回原因", [at_most(500)], description="退回时必填，作者会照着修改。")

    def validate_version(self, field: HiddenField) -> None:
        if not (field.data or "").isdecimal() or len(field.data) > 6:
            raise ValidationError("页面已过期，请刷新后再审核。")


class WithdrawForm(Form):
    reason = StringField("撤下原因", [required("请写明撤下的原因。"), at_most(200)])


class CourseForm(Form):
    title = StringField("课程名称", [required("请填写课程名称。"), at_most(120)])
    line = SelectField("业务条线", [required("请选择业务条线。")], choices=choices(LINE_NAMES))
    lecturer_name = StringField("讲师", [at_most(60)])
    summary = TextAreaField("简介", [at_most(1000)])
    owner = SelectField("主办单位", [required("请选择主办单位。")])
    audience = SelectField("学习对象", default=EVERYBODY)
    paper = SelectField("课后测验", default="", description="全部课时学完后作答，及格得 0.5 学时。")
    is_required = BooleanField("必修")
    professional = BooleanField("同时计入专业技术学时")

    @staticmethod
    def values_of(course: Course) -> dict[str, Any]:
        """What the form shows of a course."""
        return {
            "title": course.title,
            "line": course.line.value,
            "lecturer_name": course.lecturer_name,
            "summary": course.summary,
            "owner": str(course.owner_unit_id),
            "audience": str(course.audience_unit_id or EVERYBODY),
            "paper": str(course.paper_id or ""),
            "is_required": course.is_required,
            "professional": course.professional,
        }

    def offer(self, owners: Labels, audiences: Labels, papers: Labels) -> "CourseForm":
        self.owner.choices = choices(owners)
        self.audience.choices = choices({EVERYBODY: "全体干部", **audiences})
        self.paper.choices = choices({"": "没有测验", **papers})
        return self

    def facts(self) -> CourseFacts:
        return CourseFacts(
            title=self.title.data,
            summary=self.summary.data,
            line=Line(self.line.data),
            lecturer_name=self.lecturer_name.data,
            audience_unit_id=_audience(self.audience.data),
            paper_id=int(self.paper.data) if self.paper.data else None,
            is_required=self.is_required.data,
            professional=self.professional.data,
        )


class LessonForm(Form):
    resource_id = HiddenField()
    title = StringField("课时名称", [at_most(120)])
    is_required = BooleanField("必学课时", default=True)
