"""Forms of course management: a course, its table of contents, what comes first, an archive that becomes a course."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from lms import clock
from lms.courses.course_rules import COMPLETION_NAMES, Completion
from lms.courses.forms import EVERYBODY, Labels, audience_of
from lms.courses.models import Course
from lms.courses.review_rules import LINE_NAMES, Line
from lms.courses.services.contents import MOST_LESSONS
from lms.courses.services.courses import CourseFacts
from lms.web.fields import (
    BooleanField,
    DateTimeLocalField,
    FileField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    Optional,
    SelectField,
    StringField,
    TextAreaField,
    at_most,
    between,
    choices,
    required,
)
from lms.web.forms import Form

MINUTES = "%Y-%m-%dT%H:%M"


class CourseForm(Form):
    title = StringField("课程名称", [required("请填写课程名称。"), at_most(120)])
    line = SelectField("业务条线", [required("请选择业务条线。")], choices=choices(LINE_NAMES))
    lecturer_name = StringField("讲师", [at_most(60)])
    summary = TextAreaField("简介", [at_most(1000)])
    owner = SelectField("主办单位", [required("请选择主办单位。")])
    audience = SelectField("学习对象", default=EVERYBODY)
    completion = SelectField("怎样算学完", choices=choices(COMPLETION_NAMES), default=Completion.REQUIRED.value)
    electives_needed = IntegerField("至少学完几个选学课时", [Optional(), between(0, MOST_LESSONS)], default=0)
    paper = SelectField("课后测验", default="", description="课时学完后作答，及格得 0.5 学时。")
    pretest = SelectField(
        "前测", default="", description="学之前做一次，不计成绩，学完后和课后测验对照。不免修任何课时。"
    )
    is_ordered = BooleanField("按顺序学：前一个必学课时学完才能学下一个")
    opens_at = DateTimeLocalField("开放时间", [Optional()], format=MINUTES, description="不填就是发布后随时可学。")
    closes_at = DateTimeLocalField(
        "截止时间", [Optional()], format=MINUTES, description="过了这个时间没学完的人不能再学。"
    )
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
            "completion": course.completion.value,
            "electives_needed": course.electives_needed,
            "paper": str(course.paper_id or ""),
            "pretest": str(course.pretest_paper_id or ""),
            "is_ordered": course.is_ordered,
            "opens_at": clock.local(course.opens_at) if course.opens_at else None,
            "closes_at": clock.local(course.closes_at) if course.closes_at else None,
            "is_required": course.is_required,
            "professional": course.professional,
        }

    def offer(self, owners: Labels, audiences: Labels, papers: Labels) -> "CourseForm":
        self.owner.choices = choices(owners)
        self.audience.choices = choices({EVERYBODY: "全体干部", **audiences})
        self.paper.choices = choices({"": "没有测验", **papers})
        self.pretest.choices = choices({"": "没有前测", **papers})
        return self

    def facts(self) -> CourseFacts:
        """Raises Invalid for what contradicts itself."""
        completion = Completion(self.completion.data or Completion.REQUIRED)
        return CourseFacts(
            title=self.title.data,
            summary=self.summary.data,
            line=Line(self.line.data),
            lecturer_name=self.lecturer_name.data,
            audience_unit_id=audience_of(self.audience.data),
            paper_id=_number(self.paper.data),
            is_required=self.is_required.data,
            professional=self.professional.data,
            is_ordered=self.is_ordered.data,
            completion=completion,
            electives_needed=(self.electives_needed.data or 0) if completion is Completion.ELECTIVES else 0,
            opens_at=_instant(self.opens_at.data),
            closes_at=_instant(self.closes_at.data),
            pretest_paper_id=_number(self.pretest.data),
        )


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _instant(wall: datetime | None) -> datetime | None:
    return clock.at_local(wall.date(), wall.hour, wall.minute) if wall else None


class LessonForm(Form):
    resource_id = HiddenField()
    title = StringField("课时名称", [at_most(120)])


class EditLessonForm(Form):
    title = StringField("课时名称", [required("请填写课时名称。"), at_most(120)])
    is_required = BooleanField("必学课时")


class SectionForm(Form):
    section_title = StringField("章节名称", [required("请填写章节名称。"), at_most(80)])


class QuizLessonForm(Form):
    paper_id = SelectField("试卷", [required("请选一份试卷。")])
    quiz_title = StringField("课时名称", [at_most(120)], description="不填就用试卷的名称。")

    def offer(self, papers: Mapping[str, str]) -> "QuizLessonForm":
        self.paper_id.choices = choices(papers)
        return self


class PrerequisiteForm(Form):
    required_id = SelectField("先修课", [required("请选一门课。")])

    def offer(self, courses: Iterable[Course]) -> "PrerequisiteForm":
        self.required_id.choices = choices({str(course.id): course.title for course in courses})
        return self


class OrderForm(Form):
    order = HiddenField()


class ImportForm(Form):
    """An archive, or a folder as the browser sends it: many files with their paths."""

    title = StringField("课程名称", [required("请填写课程名称。"), at_most(120)])
    line = SelectField("业务条线", [required("请选择业务条线。")], choices=choices(LINE_NAMES))
    archive = FileField("ZIP 压缩包", [Optional()], description="子文件夹会成为章节，文件名前面的编号决定先后。")
    folder = MultipleFileField("或者选一个文件夹", [Optional()])
