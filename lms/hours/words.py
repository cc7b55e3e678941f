"""How the ledger is put in words on pages. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.hours.models import HourEntry
from lms.hours.queries import Standard
from lms.hours.rules import Bucket

KINDS = {"video": "视频", "audio": "音频", "document": "文档", "article": "文章", "link": "链接"}


@dataclass(frozen=True)
class Line:
    """An entry with its evidence as terms and what holds for them."""

    entry: HourEntry
    facts: list[tuple[str, str]]


def hours_of(quarters: int) -> str:
    """6 → "1.5", -2 → "-0.5"."""
    return f"{quarters / 4:.2f}".rstrip("0").rstrip(".")


def summary(standards: Sequence[Standard], *, is_this_year: bool) -> str:
    """The one sentence above the bars."""
    gaps = [each for each in standards if each.gap and each.requirement.is_duty]
    if not gaps:
        return "要求的学时都够了。"
    words = "、".join(f"{hours_of(each.gap)} 学时{each.label}" for each in gaps)
    return f"今年还差 {words}。" if is_this_year else f"这一年差 {words}。"


def bars(standards: Sequence[Standard]) -> list[dict[str, Any]]:
    """What the component `hours` draws."""
    return [
        {"label": each.label, "value": hours_of(each.earned), "target": float(hours_of(each.target))}
        if each.target % 4
        else {"label": each.label, "value": hours_of(each.earned), "target": each.target // 4}
        for each in standards
    ]


def series(months: Sequence[Mapping[Bucket, int]]) -> tuple[list[str], list[dict[str, Any]]]:
    """Names of the buckets that have anything, and the columns of the chart in hours."""
    used = [bucket for bucket in Bucket if any(month[bucket] for month in months)]
    columns = [
        {"label": f"{number} 月", "values": [month[bucket] / 4 for bucket in used]}
        for number, month in enumerate(months, 1)
    ]
    return [bucket.label for bucket in used], columns


def line(entry: HourEntry) -> Line:
    return Line(entry, [*facts(entry.evidence), ("规则版本", entry.rule_version)])


def facts(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The evidence of an entry, as far as a reader can use it."""
    found = []
    if "course" in evidence:
        found.append(("课程", f"《{evidence['course']}》"))
    if "kind" in evidence and "seconds" in evidence:
        what = "时长" if evidence["kind"] in ("video", "audio") else "规定阅读时间"
        found.append((KINDS.get(evidence["kind"], "内容") + what, minutes(evidence["seconds"])))
    elif "seconds" in evidence:
        found.append(("时长", minutes(evidence["seconds"])))
    if "held_seconds" in evidence:
        found.append(("出勤", f"{minutes(evidence['attended_seconds'])}，应到 {minutes(evidence['held_seconds'])}"))
    if "percent" in evidence:
        found.append(("小测验", f"得 {evidence['percent']} 分，{evidence['pass_percent']} 分及格"))
    if evidence.get("conversion") == "given":
        found.append(("核定", f"{hours_of(evidence['quarters'])} 学时"))
    if "because" in evidence:
        found.append(("原因", {"cap": "达到年度上限"}.get(evidence["because"], str(evidence["because"]))))
    return found


def minutes(seconds: int) -> str:
    whole, rest = divmod(seconds, 60)
    if not rest:
        return f"{whole} 分钟"
    return f"{whole} 分 {rest} 秒" if whole else f"{rest} 秒"
