"""Forms of the back office of hours. Hours are typed as decimals and kept in quarters."""

from decimal import Decimal
from typing import Any

from lms.hours import policy_rules
from lms.hours.policy_rules import PRESETS, SOURCES
from lms.hours.requirement_rules import Asked
from lms.hours.rules import Bucket, Policy, SourceRule
from lms.web import Form
from lms.web.fields import (
    DateField,
    DecimalField,
    IntegerField,
    Optional,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
    at_most,
    between,
    choices,
    quarters_only,
    required,
)

BUCKETS = {
    "": "按活动原来的类别",
    **{bucket.value: bucket.label for bucket in Bucket if bucket is not Bucket.PROFESSIONAL},
}
ALL_BUCKETS = {"": "各项要求", **{bucket.value: bucket.label for bucket in Bucket}}
NATURES = {"required": "必修", "elective": "选修"}


def _hours(label: str, most: int, *more: Any, description: str = "") -> DecimalField:
    checks = [*(more or [required()]), between(0, most), quarters_only]
    return DecimalField(label, checks, places=2, description=description)


class DraftForm(Form):
    preset = SelectField(
        "从哪里开始", choices=choices({"": "现行规则", **{key: preset.label for key, preset in PRESETS.items()}})
    )


class IssueForm(Form):
    from_on = DateField("从哪天起生效", [required("请填写日期。")])


class TrialForm(Form):
    year = IntegerField("试算哪一年", [required(), between(2000, 2100)])


class PolicyForm(Form):
    media_long = IntegerField("较长的课，满多少秒", [required(), between(1, 86400)])
    media_long_hours = _hours("记学时", 24)
    media_middle = IntegerField("中等的课，满多少秒", [required(), between(1, 86400)])
    media_middle_hours = _hours("记学时", 24)
    media_short_hours = _hours("更短的课记学时", 24)
    reading_minutes = IntegerField("阅读每多少分钟记 0.25", [required(), between(1, 600)])
    reading_most = _hours("一份材料最多", 24)
    quiz = _hours("课程小测验及格", 24)
    full_day = _hours("全天", 24)
    half_day = _hours("半天", 24)
    theme_half_day = _hours("党员学习半天", 24)
    absence_part = IntegerField("缺勤超过几分之", [required(), between(0, 100)])
    absence_of = IntegerField("分母", [required(), between(1, 100)])
    lecture_factor = IntegerField("授课按时长的几倍", [required(), between(0, 20)])
    reason = StringField("为什么改", [required("写明依据，例如文件名。"), at_most(300)])

    @classmethod
    def of(cls, policy: Policy, reason: str) -> "PolicyForm":
        """The form as it shows these figures."""
        (long, most), (middle, some), (_, least) = policy.media
        data: dict[str, Any] = {
            "media_long": long, "media_long_hours": _h(most), "media_middle": middle, "media_middle_hours": _h(some),
            "media_short_hours": _h(least), "reading_minutes": policy.reading_step_seconds // 60,
            "reading_most": _h(policy.reading_most), "quiz": _h(policy.quiz), "full_day": _h(policy.full_day),
            "half_day": _h(policy.half_day), "theme_half_day": _h(policy.theme_half_day),
            "absence_part": policy.absence_limit[0], "absence_of": policy.absence_limit[1],
            "lecture_factor": policy.lecture_factor, "reason": reason,
        }  # fmt: skip
        for kind in SOURCES:
            rule = policy.of(kind)
            data |= {
                f"of_{kind}_bucket": rule.bucket or "", f"of_{kind}_factor": rule.factor_percent,
                f"of_{kind}_cap": None if rule.cap is None else _h(rule.cap),
                f"of_{kind}_nature": "elective" if rule.is_elective else "required",
            }  # fmt: skip
        data |= {f"carry_{bucket.value}": _h(most) for bucket, most in policy.carry_over.items()}
        return cls.shown(data=data)

    def sources(self) -> list[tuple[str, Any, Any, Any, Any]]:
        """(label, bucket, factor, cap, nature): the fields of each kind of source."""
        return [(label, *(self[f"of_{kind}_{name}"] for name in SOURCE_FIELDS)) for kind, label in SOURCES.items()]

    def carries(self) -> list[Any]:
        """The fields of what may be carried over."""
        return [self[f"carry_{bucket.value}"] for bucket in Bucket]

    def validate_media_middle(self, field: IntegerField) -> None:
        if field.data is not None and self.media_long.data is not None and field.data >= self.media_long.data:
            raise ValidationError("要短于上一档。")

    def figures(self) -> dict[str, Any]:
        """What was filled in, as a version stores it."""
        d = self.data
        policy = Policy(
            media=(
                (d["media_long"], _q(d["media_long_hours"])),
                (d["media_middle"], _q(d["media_middle_hours"])),
                (0, _q(d["media_short_hours"])),
            ),
            reading_step_seconds=d["reading_minutes"] * 60,
            absence_limit=(d["absence_part"], d["absence_of"]),
            lecture_factor=d["lecture_factor"],
            sources={kind: self._source(kind) for kind in SOURCES},
            carry_over={bucket: _q(d[f"carry_{bucket.value}"]) for bucket in Bucket if d[f"carry_{bucket.value}"]},
            **{name: _q(d[name]) for name in ("reading_most", "quiz", "full_day", "half_day", "theme_half_day")},
        )
        return policy_rules.policy_json(policy)

    def _source(self, kind: str) -> SourceRule:
        bucket, factor, cap, nature = (self.data[f"of_{kind}_{name}"] for name in SOURCE_FIELDS)
        return SourceRule(
            Bucket(bucket) if bucket else None, factor, None if cap is None else _q(cap), nature == "elective"
        )


SOURCE_FIELDS = ("bucket", "factor", "cap", "nature")
for _kind, _label in SOURCES.items():
    setattr(PolicyForm, f"of_{_kind}_bucket", SelectField(f"{_label}计入", choices=choices(BUCKETS), default=""))
    setattr(PolicyForm, f"of_{_kind}_factor", IntegerField(f"{_label}折算比例", [required(), between(0, 500)]))
    setattr(PolicyForm, f"of_{_kind}_cap", _hours(f"{_label}每年最多", 2000, Optional()))
    setattr(PolicyForm, f"of_{_kind}_nature", SelectField(f"{_label}性质", choices=choices(NATURES)))
for _bucket in Bucket:
    setattr(PolicyForm, f"carry_{_bucket.value}", _hours(f"{_bucket.label}最多结转", 2000, Optional()))


class AskedForm(Form):
    county_offline = IntegerField("县处级及以上每年集中培训", [required(), between(0, 2000)])
    is_county_duty = RadioField("这个数是", choices=choices({"0": "只看进度", "1": "年度要求"}))
    five_years_from = IntegerField("五年从哪年起", [required(), between(2000, 2100)])
    five_years_total = IntegerField("五年合计", [required(), between(0, 10000)])
    township_offline = IntegerField("乡科级及以下每年集中培训", [required(), between(0, 2000)])
    online = IntegerField("每人每年网络自学", [required(), between(0, 2000)])
    member_party = IntegerField("党员每年党员学习", [required(), between(0, 2000)])
    committee_party = IntegerField("支部委员每年党员学习", [required(), between(0, 2000)])
    technical_professional = IntegerField("专业技术人员每年专业科目", [required(), between(0, 2000)])
    technical_total = IntegerField("专业技术人员每年合计", [required(), between(0, 2000)])
    reason = StringField("为什么改", [required("写明依据，例如文件名。"), at_most(300)])

    @classmethod
    def of(cls, asked: Asked, reason: str) -> "AskedForm":
        names = [name for name in cls.shown().data if name != "reason"]
        data = {name: getattr(asked, name) for name in names}
        return cls.shown(data=data | {"is_county_duty": str(int(asked.is_county_duty)), "reason": reason})

    def figures(self) -> dict[str, int]:
        """What was filled in, as a version stores it."""
        return {name: int(value) for name, value in self.data.items() if name != "reason"}


class ExemptionForm(Form):
    staff_no = StringField("工号", [required("请填写工号。"), at_most(20)])
    bucket = SelectField("减免哪一项", choices=choices(ALL_BUCKETS), default="")
    percent = IntegerField("减免百分之几", [required(), between(1, 100)], default=100, description="100 是全免")
    from_on = DateField("从哪天起", [required("请填写日期。")])
    until_on = DateField("到哪天止", [required("请填写日期。")])
    reason = StringField("原因", [required("请写明原因，例如产假、借调、外业队。"), at_most(300)])


class DecisionForm(Form):
    note = StringField("意见", [Optional(), at_most(300)], description="不同意时要写")


class ShorteningForm(Form):
    until_on = DateField("提前到哪天止", [required("请填写日期。")])
    reason = StringField("原因", [required("请写明原因。"), at_most(200)])


class CorrectionForm(Form):
    hours = _hours("更正为多少学时", 500)
    reason = StringField("原因", [required("请写明原因，本人会看到。"), at_most(200)])


def _h(quarters: int) -> Decimal:
    return Decimal(quarters) / 4


def _q(hours: Decimal | None) -> int:
    return int((hours or 0) * 4)
