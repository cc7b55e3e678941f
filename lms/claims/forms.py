"""The forms of claims and of their review."""

from lms.claims.rules import ClaimKind, Wanted
from lms.hours.rules import Bucket
from lms.web import Form
from lms.web.fields import (
    BooleanField,
    DateField,
    DecimalField,
    IntegerField,
    MultipleFileField,
    Optional,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    at_most,
    between,
    choices,
    quarters_only,
    required,
)


class ClaimForm(Form):
    kind = RadioField("申报什么", [required("选一种。")], choices=choices({kind: kind.label for kind in ClaimKind}))
    title = StringField("名称", [required("请填写名称。"), at_most(120)], description="培训班、讲座题目或文章题目")
    organiser = StringField("主办单位或刊物", [required("请填写。"), at_most(120)])
    from_on = DateField("开始日期", [required("请填写日期。")])
    until_on = DateField("结束日期", [required("请填写日期。")])
    days = IntegerField("几个整天", [Optional(), between(0, 366)])
    half_days = IntegerField("几个半天", [Optional(), between(0, 366)])
    minutes = IntegerField("另有多少分钟", [Optional(), between(0, 100_000)], description="授课只填这一项")
    hours = DecimalField(
        "文章应计学时",
        [Optional(), between(0, 200), quarters_only],
        places=2,
        description="只有发表文章要填，按文件规定",
    )
    bucket = SelectField("计入哪一类", choices=choices({bucket: bucket.label for bucket in Bucket}), default="offline")
    is_professional = BooleanField("同时计入专业技术学时")
    note = StringField("说明", [Optional(), at_most(500)])
    files = MultipleFileField("证明材料", description="1 到 3 份，图片或 PDF，每份不超过 20 MB；只有审核的人能看到")
    keep = SelectMultipleField("保留已交的证明", choices=[], coerce=int)

    def wanted(self) -> Wanted:
        """What was filled in; what does not belong to the kind is left out."""
        kind, d = ClaimKind(self.kind.data), self.data
        is_training = kind is ClaimKind.TRAINING
        return Wanted(
            kind=kind, title=d["title"], organiser=d["organiser"], from_on=d["from_on"], until_on=d["until_on"],
            bucket=Bucket(d["bucket"]), is_professional=bool(d["is_professional"]),
            days=(d["days"] or 0) if is_training else 0, half_days=(d["half_days"] or 0) if is_training else 0,
            seconds=0 if kind is ClaimKind.PUBLICATION else (d["minutes"] or 0) * 60,
            quarters=int((d["hours"] or 0) * 4) if kind is ClaimKind.PUBLICATION else 0, note=d["note"] or "",
        )  # fmt: skip


def claim_data(wanted: Wanted) -> dict[str, object]:
    """A claim as its form shows it."""
    return {
        **vars(wanted), "kind": wanted.kind.value, "bucket": wanted.bucket.value, "minutes": wanted.seconds // 60 or None,
        "hours": wanted.quarters / 4 or None, "days": wanted.days or None, "half_days": wanted.half_days or None,
    }  # fmt: skip


class ReviewForm(Form):
    hours = DecimalField("核定学时", [Optional(), between(0, 2000), quarters_only], places=2)
    note = StringField("意见", [Optional(), at_most(300)], description="退回和不同意时要写，本人会看到")


class RevocationForm(Form):
    note = StringField("原因", [required("请写明原因，本人会看到。"), at_most(300)])
