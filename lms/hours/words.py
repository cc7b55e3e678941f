"""How the ledger is put in words on pages. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.hours import rules
from lms.hours.policy_rules import SOURCES
from lms.hours.queries import MonthSum, Standard
from lms.hours.rules import Bucket, Policy

KINDS = {"video": "视频", "audio": "音频", "document": "文档", "article": "文章", "link": "链接", "package": "课件"}
EXTENTS = {"full_day": "全天", "half_day": "半天"}
BECAUSE = {"cap": "达到年度上限"}


@dataclass(frozen=True)
class Line:
    """An entry with its evidence as terms and what holds for them."""

    entry: Any
    """Its columns."""
    facts: list[tuple[str, str]]
    left_out: str
    """What of the event was not credited and why; "" when all was."""
    balance: int
    """Quarters in its bucket after this line, counted from the year's first day."""
    is_elective: bool


@dataclass(frozen=True)
class Month:
    """The lines of a month, newest first, with what they sum to in quarters."""

    number: int
    lines: list[Line]
    sums: list[tuple[str, int]]

    @property
    def elective(self) -> int:
        return sum(line.entry.quarters for line in self.lines if line.is_elective)


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


def kinds(months: Iterable[MonthSum]) -> str:
    """必修 and 选修 apart; "" where nothing was 选修."""
    total, elective = (sum(part) for part in zip(*((m.total, m.elective) for m in months), strict=True))
    return f"必修 {hours_of(total - elective)}，选修 {hours_of(elective)} 学时" if elective else ""


def series(months: Sequence[Mapping[Bucket, int]]) -> tuple[list[str], list[dict[str, Any]]]:
    """Names of the buckets that have anything, and the columns of the chart in hours."""
    used = [bucket for bucket in Bucket if any(month[bucket] for month in months)]
    columns = [
        {"label": f"{number} 月", "values": [month[bucket] / 4 for bucket in used]}
        for number, month in enumerate(months, 1)
    ]
    return [bucket.label for bucket in used], columns


LINES_AT_ONCE = 12
"""A page begins with the newest months that have about so many lines."""


def shown(months: Sequence[MonthSum], asked: int | None) -> tuple[int, int]:
    """(first, last) of the months whose lines are shown: the one asked for, or at first as many of the newest as have enough lines."""
    if asked is not None and 1 <= asked <= 12:
        return asked, asked
    seen = 0
    for number in range(12, 0, -1):
        seen += months[number - 1].entries
        if seen >= LINES_AT_ONCE:
            return number, 12
    return 1, 12


@dataclass(frozen=True)
class Tab:
    """A month to choose, with how many lines it has, what was not credited among them; `number` None is the whole year."""

    number: int | None
    lines: int
    is_shown: bool

    @property
    def label(self) -> str:
        return f"{self.number} 月" if self.number else "全年"

    @property
    def query(self) -> str:
        return f"month={self.number}" if self.number else "all=1"


def tabs(months: Sequence[MonthSum], notes: Iterable[Any], shown: tuple[int, int]) -> list[Tab]:
    """The whole year and its months that have lines, the newest first; none where there is nothing to choose."""
    lines = [month.entries for month in months]
    for note in notes:
        lines[note.on.month - 1] += 1
    found = [Tab(n, lines[n - 1], shown == (n, n)) for n in range(12, 0, -1) if lines[n - 1]]
    return [Tab(None, sum(lines), shown == (1, 12)), *found] if len(found) > 1 else []


def older(tabs: Iterable[Tab], shown: tuple[int, int]) -> Tab | None:
    """The newest month before those that are shown."""
    return next((tab for tab in tabs if tab.number and tab.number < shown[0]), None)


def statement(
    entries: Iterable[Any], policies: Mapping[str, Policy], *, before: Iterable[MonthSum] = ()
) -> list[Month]:
    """Entries (newest first) by month, each with the balance of its bucket as a bank statement has it; `before` are the sums of the
    months that come before them."""
    lines: list[Line] = []
    balances = dict.fromkeys(Bucket, 0)
    for month in before:
        for bucket in Bucket:
            balances[bucket] += month.sums[bucket]
    for entry in reversed(list(entries)):
        balances[entry.bucket] += entry.quarters
        lines.append(_line(entry, balances[entry.bucket], policies.get(entry.rule_version, rules.FIRST)))
    months: dict[int, list[Line]] = {}
    for line in reversed(lines):
        months.setdefault(line.entry.on.month, []).append(line)
    return [Month(number, of_month, _sums(of_month)) for number, of_month in months.items()]


def _line(entry: Any, balance: int, policy: Policy) -> Line:
    rule = policy.of(entry.source_kind)
    found = [*facts(entry.evidence)]
    if rule.factor_percent != 100:
        found.append(("折算比例", f"{rule.factor_percent}%"))
    found += [("来源", SOURCES.get(entry.source_kind, "其他")), ("性质", "选修" if rule.is_elective else "必修")]
    found.append(("规则版本", entry.rule_version))
    return Line(entry, found, _left_out(entry, policy), balance, rule.is_elective)


def _left_out(entry: Any, policy: Policy) -> str:
    if entry.revision:
        return ""
    if entry.evidence.get("because") == "cap":
        whole = rules.recompute(entry.evidence.get("of") or {}, policy, entry.source_kind) or entry.quarters
        return f"另有 {hours_of(whole - entry.quarters)} 学时未计入：达到年度上限。"
    seconds, why = rules.remainder(entry.evidence, policy)
    return f"另有 {minutes(seconds)}未计入：{why}。" if seconds else ""


def _sums(lines: Iterable[Line]) -> list[tuple[str, int]]:
    sums = dict.fromkeys(Bucket, 0)
    for line in lines:
        sums[line.entry.bucket] += line.entry.quarters
    return [(bucket.label, quarters) for bucket, quarters in sums.items() if quarters]


def facts(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The evidence of an entry, as far as a reader can use it."""
    found = []
    if "course" in evidence:
        found.append(("课程", f"《{evidence['course']}》"))
    if "kind" in evidence and "seconds" in evidence:
        what = "时长" if evidence["kind"] in ("video", "audio") else "规定阅读时间"
        found.append((KINDS.get(evidence["kind"], "内容") + what, minutes(evidence["seconds"])))
    elif evidence.get("extent") in EXTENTS:
        found.append(("时长", EXTENTS[evidence["extent"]]))
    elif evidence.get("conversion") == "days":
        found.append(("时长", _days(evidence)))
    elif "seconds" in evidence:
        found.append(("时长", minutes(evidence["seconds"])))
    if "held_seconds" in evidence:
        found.append(("出勤", f"{minutes(evidence['attended_seconds'])}，应到 {minutes(evidence['held_seconds'])}"))
    if "percent" in evidence:
        found.append(("小测验", f"得 {evidence['percent']} 分，{evidence['pass_percent']} 分及格"))
    if evidence.get("conversion") == "given":
        found.append(("核定", f"{hours_of(evidence['quarters'])} 学时"))
    if evidence.get("conversion") == "carry_over":
        was = f"{evidence['year']} 年得 {hours_of(evidence['earned'])}，要求 {hours_of(evidence['target'])}"
        found.append(("结转", was))
    if "because" in evidence:
        found.append(("原因", BECAUSE.get(evidence["because"], str(evidence["because"]))))
    if "approved_by" in evidence:
        found.append(("审批", str(evidence["approved_by"])))
    return found


def _days(evidence: Mapping[str, Any]) -> str:
    parts = [(evidence.get("days"), "天"), (evidence.get("half_days"), "个半天")]
    said = [f"{count} {unit}" for count, unit in parts if count]
    return "，".join([*said, *([minutes(evidence["seconds"])] if evidence.get("seconds") else [])]) or "未填"


def minutes(seconds: int) -> str:
    whole, rest = divmod(seconds, 60)
    if not rest:
        return f"{whole} 分钟"
    return f"{whole} 分 {rest} 秒" if whole else f"{rest} 秒"
