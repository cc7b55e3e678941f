"""Forms of the library, the studio and the reviews."""

from collections.abc import Mapping, Sequence
from typing import Any

from lms.courses import chapter_rules
from lms.courses.caption_rules import CAPTIONS_BYTES, read, refusal_of, text_of, vtt_of
from lms.courses.library_rules import FIRST_YEAR, tags_of
from lms.courses.models import Resource
from lms.courses.review_rules import LINE_NAMES, Line, ResourceKind, Verdict
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
from lms.web.prose import to_html, to_text

EVERYBODY = "0"
FAULTS_SHOWN = 5
Labels = Mapping[str, str]

FILE = frozenset({"file", "upload_id"})
FIELDS_OF_KIND: dict[ResourceKind, frozenset[str]] = {
    ResourceKind.VIDEO: FILE | {"captions", "transcript", "chapters", "is_watermarked", "may_download"},
    ResourceKind.AUDIO: FILE | {"captions", "transcript", "chapters", "may_download"},
    ResourceKind.DOCUMENT: FILE | {"reading_minutes", "is_watermarked", "may_download"},
    ResourceKind.ARTICLE: frozenset({"body", "reading_minutes"}),
    ResourceKind.LINK: frozenset({"url"}),
    ResourceKind.PACKAGE: FILE | {"reading_minutes"},
}
SOME_KINDS = frozenset[str]().union(*FIELDS_OF_KIND.values())
ACCEPTED = {
    ResourceKind.VIDEO: ".mp4,.m4v,.mov,.mkv,.webm,.avi,.wmv,.ts,.mts,.mpg,.mpeg,.3gp,.flv",
    ResourceKind.AUDIO: ".mp3,.m4a,.wav,.aac,.wma,.flac,.ogg,.amr",
    ResourceKind.DOCUMENT: ".pdf,.pptx,.docx,.ppt,.doc,.wps,.dps,.odp,.odt",
    ResourceKind.PACKAGE: ".zip",
}


def audience_of(unit_id: str | None) -> int | None:
    return None if unit_id in (None, EVERYBODY) else int(str(unit_id))


def _captions_in(upload: Any) -> str:
    """The uploaded caption file as WebVTT; raises ValidationError with what is wrong, by line."""
    raw: bytes = upload.stream.read(CAPTIONS_BYTES + 1)
    if len(raw) > CAPTIONS_BYTES:
        raise ValidationError("字幕文件过大（最多 500 KB），请检查是否选错了文件。")
    try:
        text = text_of(raw)
    except ValueError as problem:
        raise ValidationError("字幕文件的编码认不出来，请另存为 UTF-8。") from problem
    return _checked_captions(text)


def _checked_captions(text: str) -> str:
    found = read(text)
    if found.problems:
        raise ValidationError(f"字幕没有保存。{refusal_of(found.problems)}")
    return vtt_of(found.cues)


class CaptionsForm(Form):
    """The captions as a whole; a chosen file takes their place. `vtt` after validation."""

    seen = HiddenField()
    captions = TextAreaField(
        "字幕", [at_most(CAPTIONS_BYTES)], description="每条一段：时间一行，文字一行，段与段空一行。"
    )
    file = FileField("换成字幕文件", [Optional()], description="SRT 或 VTT。选了文件，就以文件为准。")

    vtt = ""

    def validate_file(self, field: FileField) -> None:
        if field.data:
            self.vtt = _captions_in(field.data)

    def validate_captions(self, field: TextAreaField) -> None:
        if not self.file.data and (field.data or "").strip():
            self.vtt = _checked_captions(field.data)


class ResourceForm(Form):
    """What the author fills in; `for_kind` leaves only the fields of the resource's kind."""

    title = StringField("标题", [required("请填写标题。"), at_most(120)])
    line = SelectField("业务条线", [required("请选择业务条线。")], choices=choices(LINE_NAMES))
    lecturer_name = StringField("讲师", [at_most(60)])
    summary = TextAreaField("简介", [at_most(1000)], description="两三句话：讲什么，适合谁看。")
    audience = SelectField("谁可以看", default=EVERYBODY)
    file = FileField("文件", [Optional()])
    upload_id = HiddenField()
    captions = FileField("字幕文件", [Optional()], description="SRT 或 VTT，没有可以不传。上传后还可以逐条修改。")
    transcript = TextAreaField("文字稿", [at_most(100_000)], description="可以全文搜索。有字幕文件时不必再填。")
    chapters = TextAreaField(
        "章节",
        [at_most(8000)],
        description="一行一章，先写开始时间再写标题，如“03:20 占补平衡的三条红线”。会列在播放器下面，并标在进度条上。",
    )
    is_watermarked = BooleanField(
        "显示姓名水印",
        description="画面和页面图上有观看人的姓名、单位和时间，用来提醒不要外传。视频上的水印是浮在画面上的，懂技术的人能在自己的浏览器里去掉；页面图上的画在图里，去不掉。",
    )
    may_download = BooleanField(
        "允许下载原文件", description="不勾选就只能在线看。下载会记录在案；下载的文件不带水印，所以不能与水印同时用。"
    )
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
        for name in SOME_KINDS - FIELDS_OF_KIND[kind]:
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
        self.captions_vtt = _captions_in(field.data) if field.data else ""

    def validate_chapters(self, field: TextAreaField) -> None:
        _, faults = chapter_rules.read(field.data or "")
        if faults:
            more = f"；另有 {len(faults) - FAULTS_SHOWN} 处" if len(faults) > FAULTS_SHOWN else ""
            raise ValidationError("；".join(faults[:FAULTS_SHOWN]) + more + "。")

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
            "chapters": chapter_rules.as_lines(chapter_rules.chapters_of(resource.chapters)),
            "is_watermarked": resource.is_watermarked,
            "may_download": resource.may_download,
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
            audience_unit_id=audience_of(given["audience"]),
            required_reading_seconds=(given.get("reading_minutes") or 0) * 60,
            body_html=to_html(given.get("body") or ""),
            url=given.get("url") or "",
            captions_vtt=getattr(self, "captions_vtt", "") or kept_captions,
            transcript=given.get("transcript") or "",
            series_id=int(given["series"]) if given.get("series") else None,
            year=given.get("year"),
            tags=tuple(tags_of(given.get("tags") or "")),
            change_note=given.get("change_note") or "",
            chapters=chapter_rules.rows_of(chapter_rules.read(given.get("chapters") or "")[0]),
            is_watermarked=bool(given.get("is_watermarked")),
            may_download=bool(given.get("may_download")),
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


class RatingForm(Form):
    stars = RadioField(
        "这份内容对你有没有用",
        [required("请选 1 到 5 分。")],
        choices=choices({"5": "5 很有用", "4": "4", "3": "3 一般", "2": "2", "1": "1 没有用"}),
    )
    words = StringField(
        "一句话", [at_most(200)], description="好在哪里，或者哪里没讲清楚。不显示姓名，满 5 人评过才给讲师看。"
    )
