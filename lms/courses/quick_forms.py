"""The forms of a lecturer's quick course. Its questions are many small forms of one shape: quick_rules.read."""

from typing import Any

from lms.courses.forms import EVERYBODY, Labels, audience_of
from lms.courses.models import Course, QuickCourse, Resource
from lms.courses.review_rules import LINE_NAMES, ResourceKind
from lms.courses.services.quick import Settings
from lms.web.fields import (
    BooleanField,
    FileField,
    HiddenField,
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


class QuickFileForm(Form):
    """Step 1."""

    file = FileField("文件", [Optional()])
    upload_id = HiddenField()
    title = StringField("标题", [required("请填写标题。"), at_most(120)])
    line = SelectField("业务条线", [required("请选择业务条线。")], choices=choices(LINE_NAMES))


class QuickSettingsForm(Form):
    """Step 2 without the questions. Only who may publish for a unit may make its course required."""

    audience = SelectField("谁来学", default=EVERYBODY)
    is_required = BooleanField("必修")
    reading_minutes = IntegerField("要求阅读时间", [Optional(), between(0, 600)], default=0)
    pass_percent = IntegerField("及格线", [required(), between(1, 100)], default=60)

    def offer(self, audiences: Labels, kind: ResourceKind, *, may_require: bool) -> "QuickSettingsForm":
        self.audience.choices = choices(audiences)
        if not may_require:
            del self.is_required
        if kind is not ResourceKind.DOCUMENT:
            del self.reading_minutes
        return self

    @staticmethod
    def values_of(quick: QuickCourse, course: Course, resource: Resource) -> dict[str, Any]:
        return {
            "audience": str(course.audience_unit_id or EVERYBODY),
            "is_required": course.is_required,
            "reading_minutes": resource.required_reading_seconds // 60,
            "pass_percent": quick.pass_percent,
        }

    def settings(self, *, may_publish_for_all: bool) -> Settings:
        audience = audience_of(self.audience.data)
        return Settings(
            audience_unit_id=audience,
            is_required=bool(self.is_required and self.is_required.data),
            is_published_by_review=audience is not None or may_publish_for_all,
            pass_percent=self.pass_percent.data,
            required_reading_seconds=((self.reading_minutes.data or 0) if self.reading_minutes else 0) * 60,
        )
