"""What may be claimed, until when, and what it is worth. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from lms.hours.rules import Bucket

MOST_PROOFS = 3
REVIEW_DAYS = 5
"""Working days each level has."""
GRACE_DAY = (1, 31)
"""Month and day of the next year until which a year's events may be claimed; the year is closed the day after."""


class ClaimKind(StrEnum):
    TRAINING = "training"
    TEACHING = "teaching"
    PUBLICATION = "publication"

    @property
    def label(self) -> str:
        return {"training": "外出培训", "teaching": "外出授课", "publication": "发表文章"}[self]


class ClaimState(StrEnum):
    SUBMITTED = "submitted"
    ENDORSED = "endorsed"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        return STATE_WORDS[self][0]

    @property
    def tone(self) -> str:
        return STATE_WORDS[self][1]


STATE_WORDS: Mapping[str, tuple[str, str]] = {
    "submitted": ("待单位审核", "now"),
    "endorsed": ("待人事审批", "now"),
    "returned": ("请补充", "warn"),
    "approved": ("已计入", "done"),
    "refused": ("未通过", "warn"),
    "withdrawn": ("已撤回", "plain"),
    "revoked": ("已撤销", "plain"),
}
OPEN = (ClaimState.SUBMITTED, ClaimState.ENDORSED, ClaimState.RETURNED)
"""States in which the person may still take it back."""
ACTS = {
    "submit": "提交", "complete": "补充后提交", "endorse": "单位同意", "return": "退回补充", "refuse": "不同意", "approve": "人事同意",
    "withdraw": "本人撤回", "revoke": "撤销",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a claim says. `quarters` is only for what has no conversion of its own (a publication)."""

    kind: ClaimKind
    title: str
    organiser: str
    from_on: date
    until_on: date
    bucket: Bucket
    is_professional: bool = False
    days: int = 0
    half_days: int = 0
    seconds: int = 0
    quarters: int = 0
    note: str = ""


def title_key(title: str) -> str:
    """A title in the one form that is compared: compatible width, lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title).lower())[:120]


def last_day(until_on: date) -> date:
    """The last day on which something that ended then may be claimed."""
    return date(until_on.year + 1, *GRACE_DAY)


def fault(wanted: Wanted, today: date) -> tuple[str, str] | None:
    """(field, what to do) of the first thing that cannot be claimed so; None when all is well."""
    length = (wanted.until_on - wanted.from_on).days + 1
    checks = (
        (length < 1, "until_on", "结束日期不能早于开始日期。"),
        (wanted.until_on > today, "until_on", "结束以后再申报。"),
        (wanted.from_on.year != wanted.until_on.year, "until_on", "跨年的请按年度分两次申报。"),
        (today > last_day(wanted.until_on), "until_on", "已过申报期限：当年的事最晚次年 1 月 31 日申报。"),
        (not title_key(wanted.title), "title", "名称里要有文字。"),
        (wanted.days * 2 + wanted.half_days > length * 2, "days", f"起止日期只有 {length} 天，请核对天数。"),
        (wanted.seconds > length * 12 * 3600, "minutes", "时长超过起止日期，请核对。"),
        (wanted.kind is ClaimKind.PUBLICATION and not wanted.quarters, "hours", "请填写按文件规定应计的学时。"),
        (wanted.kind is ClaimKind.TEACHING and not wanted.seconds, "minutes", "请填写讲了多少分钟。"),
        (
            wanted.kind is ClaimKind.TRAINING and not (wanted.days or wanted.half_days or wanted.seconds),
            "days",
            "请填写天数、半天数或分钟数。",
        ),
    )
    return next(((field, said) for wrong, field, said in checks if wrong), None)


def evidence(wanted: Wanted, *, is_first: bool) -> dict[str, Any]:
    """What the ledger works the claim out from."""
    if wanted.kind is ClaimKind.TRAINING:
        given = {"days": wanted.days, "half_days": wanted.half_days, "seconds": wanted.seconds}
        return {"conversion": "days", **given}
    if wanted.kind is ClaimKind.TEACHING:
        return {"conversion": "lecture", "seconds": wanted.seconds, "is_first": is_first}
    return {"conversion": "given", "quarters": wanted.quarters}


def buckets(bucket: Bucket, *, is_professional: bool) -> tuple[Bucket, ...]:
    """Where an approved claim counts, each once."""
    return (bucket, Bucket.PROFESSIONAL) if is_professional and bucket is not Bucket.PROFESSIONAL else (bucket,)
