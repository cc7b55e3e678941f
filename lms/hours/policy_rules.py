"""Policies and requirements as data: the presets, how figures are stored, and what two versions differ in. Pure.

Presets and where their figures come from:

默认: the defaults of the house. 云南: 云南省干部在线学习学院《学习学时制介绍》 (2024-01-02, ynsgbzx.cn, page 1410): 30 minutes and more 1 hour, more than
15 and less than 30 minutes 0.5, 15 minutes and less 0.25, a passed test 0.5; it differs from the default only at exactly 15 minutes.
南京 6/3: 南京市《干部培训学分（学时）统计内容说明》: a day 6 and half a day 3, lecturing counts five times, other surplus is carried into the next
year's electives; a year asks at least 84 in all. It caps training elsewhere at 48, and this house applies that to claims.
浙江专技: 专业技术人员继续教育规定 (人社部令第 25 号, Article 8): at least 90 hours a year, at least two thirds of them 专业科目. The province's own
table of conversions was not found in a public source, so conversion stays the default.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from lms.hours.requirement_rules import FIRST as FIRST_ASKED
from lms.hours.requirement_rules import Asked, asked_of
from lms.hours.rules import FIRST, PLAIN, Bucket, Policy, SourceRule


class Subject(StrEnum):
    """What a rule version is about: what is earned, or what is asked."""

    CONVERSION = "conversion"
    REQUIREMENT = "requirement"

    @property
    def label(self) -> str:
        return {"conversion": "折算规则", "requirement": "学时要求"}[self]


class VersionState(StrEnum):
    """A draft is worked on; an issued version never changes; what was dropped never held."""

    DRAFT = "draft"
    ISSUED = "issued"
    DROPPED = "dropped"


class ExemptionState(StrEnum):
    """Proposed by one person, approved or refused by another; an approved one may be ended early."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


SOURCES: Mapping[str, str] = {
    "resource": "课程课时",
    "course_quiz": "课程小测验",
    "contest": "业务比拼",
    "gathering": "活动和会议",
    "class": "培训班",
    "lecture": "上讲台授课",
    "claim": "个人申报",
    "import": "历史导入",
}
"""Kinds of source that a policy may treat of their own, in the order of its page."""

NANJING = Policy(
    full_day=24,
    half_day=12,
    lecture_factor=5,
    sources={"claim": SourceRule(cap=48 * 4), "resource": SourceRule(is_elective=True)},
    carry_over={Bucket.OFFLINE: 28 * 4},
)
YUNNAN = Policy(media=((30 * 60, 4), (15 * 60 + 1, 2), (0, 1)))


@dataclass(frozen=True)
class Preset:
    """A ready set of figures to begin with. `basis` says on the page where they come from."""

    label: str
    basis: str
    policy: Policy = FIRST
    asked: Asked = FIRST_ASKED


PRESETS: Mapping[str, Preset] = {
    "default": Preset("默认", "本系统默认：半天 4、全天 8 学时，授课按时长 2 倍计。"),
    "yunnan": Preset(
        "云南", "云南省干部在线学习学院《学习学时制介绍》（2024 年）：刚好 15 分钟的课按微课计 0.25。", YUNNAN
    ),
    "nanjing": Preset(
        "南京 6/3",
        "南京市干部培训学分（学时）统计内容说明：全天 6、半天 3，授课 5 倍，外出培训最多 48，超出要求的部分可结转。",
        NANJING,
        replace(FIRST_ASKED, township_offline=84),
    ),
    "zhejiang": Preset(
        "浙江专技", "专业技术人员继续教育规定（人社部令第 25 号）第八条：每年不少于 90 学时，专业科目不少于三分之二。"
    ),
}


def policy_json(policy: Policy) -> dict[str, Any]:
    """The figures as they are stored; `policy_of` reads them back."""
    stored = asdict(policy)
    stored["media"] = [list(step) for step in policy.media]
    stored["absence_limit"] = list(policy.absence_limit)
    stored["sources"] = {kind: asdict(rule) for kind, rule in sorted(policy.sources.items()) if rule != PLAIN}
    stored["carry_over"] = {bucket.value: most for bucket, most in policy.carry_over.items() if most}
    return stored


def policy_of(stored: Mapping[str, Any]) -> Policy:
    """The policy as stored; a figure that a later release added has its default."""
    known = {each.name for each in fields(Policy)}
    values: dict[str, Any] = {name: value for name, value in stored.items() if name in known}
    values["media"] = tuple((int(least), int(quarters)) for least, quarters in stored["media"])
    values["absence_limit"] = tuple(int(part) for part in stored["absence_limit"])
    values["sources"] = {kind: _source_rule(rule) for kind, rule in stored.get("sources", {}).items()}
    values["carry_over"] = {Bucket(bucket): int(most) for bucket, most in stored.get("carry_over", {}).items()}
    return Policy(**values)


def _source_rule(stored: Mapping[str, Any]) -> SourceRule:
    bucket = Bucket(stored["bucket"]) if stored.get("bucket") else None
    return SourceRule(bucket, int(stored["factor_percent"]), stored.get("cap"), bool(stored.get("is_elective")))


def words(subject: Subject, stored: Mapping[str, Any]) -> dict[str, str]:
    """The figures of a version as term → text, in the order a page shows them."""
    return _policy_words(policy_of(stored)) if subject is Subject.CONVERSION else _asked_words(stored)


def differences(subject: Subject, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(term, before, after) of everything that two versions say differently."""
    before, after = words(subject, old), words(subject, new)
    terms = [*before, *(term for term in after if term not in before)]
    return [(t, before.get(t, "—"), after.get(t, "—")) for t in terms if before.get(t) != after.get(t)]


def _policy_words(policy: Policy) -> dict[str, str]:
    (long, most), (middle, some), (_, least) = policy.media
    part, of = policy.absence_limit
    found = {
        "视频、音频": f"满 {_length(long)} {_h(most)}，满 {_length(middle)} {_h(some)}，更短 {_h(least)}",
        "文档、文章": f"每 {policy.reading_step_seconds // 60} 分钟 0.25，最多 {_h(policy.reading_most)}",
        "课程小测验": f"及格 {_h(policy.quiz)}",
        "集中培训": f"全天 {_h(policy.full_day)}，半天 {_h(policy.half_day)}",
        "党员学习": f"半天 {_h(policy.theme_half_day)}，其余按整小时",
        "缺勤": f"超过 {part}/{of} 不计",
        "授课": f"时长 × {policy.lecture_factor}，同一题目一年一次",
    }
    for kind, rule in policy.sources.items():
        if rule != PLAIN:
            found[SOURCES.get(kind, kind)] = _source_words(rule)
    for bucket, most in policy.carry_over.items():
        found[f"{bucket.label}结转"] = f"超出要求的部分最多 {_h(most)} 转入下一年"
    return found


def _source_words(rule: SourceRule) -> str:
    said = [f"计入{rule.bucket.label}"] if rule.bucket else []
    said += [f"按 {rule.factor_percent}% 计"] if rule.factor_percent != 100 else []
    said += [f"每年最多 {_h(rule.cap)}"] if rule.cap is not None else []
    said += ["选修"] if rule.is_elective else []
    return "，".join(said)


def _asked_words(stored: Mapping[str, Any]) -> dict[str, str]:
    asked = asked_of(stored)
    return {
        "县处级及以上 集中培训": f"每年 {asked.county_offline}" + ("" if asked.is_county_duty else "（只看进度）"),
        "县处级及以上 五年": f"{asked.five_years_from}—{asked.five_years_until} 共 {asked.five_years_total}",
        "乡科级及以下 集中培训": f"每年 {asked.township_offline}",
        "所有人 网络自学": f"每年 {asked.online}",
        "党员 党员学习": f"每年 {asked.member_party}",
        "支部委员 党员学习": f"每年 {asked.committee_party}",
        "专业技术 专业科目": f"每年 {asked.technical_professional}",
        "专业技术 继续教育合计": f"每年 {asked.technical_total}",
    }


def _h(quarters: int) -> str:
    return f"{quarters / 4:.2f}".rstrip("0").rstrip(".")


def _length(seconds: int) -> str:
    whole, rest = divmod(seconds, 60)
    return f"{whole} 分钟" if not rest else f"{whole} 分 {rest} 秒"
