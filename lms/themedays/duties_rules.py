"""三会一课: what a branch is to hold in a year, what it held and what is still open. Pure.

How often each kind is held stands with the kinds of gatherings. What is asked of a branch depends on its organisation in that period:
one without members is asked nothing; one with fewer than seven full members elects no committee, unless it is said otherwise; meetings of
groups are asked for as many groups as were named. (中国共产党支部工作条例（试行）第十一、十三、十四条)
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lms.gatherings.kind_rules import KINDS, MEETINGS, GatheringKind, Period

COMMITTEE_FROM_FULL_MEMBERS = 7
MOST_GROUPS = 20
DUTIES = (GatheringKind.THEME_DAY, *MEETINGS, GatheringKind.ORG_LIFE)
"""What the page asks of every branch: 主题党日, 三会一课 and 组织生活会."""
OTHERS = (GatheringKind.FIRST_TOPIC, GatheringKind.SAME_THEME, GatheringKind.READING)
"""What is counted beside them and not asked of a branch: 第一议题 is the duty of the unit's leaders."""


class Standing(StrEnum):
    """How a duty stands in one period."""

    MET = "met"
    PLANNED = "planned"
    OPEN = "open"
    MISSED = "missed"
    COMING = "coming"
    EXEMPT = "exempt"


STANDINGS = {
    Standing.MET: "已开展",
    Standing.PLANNED: "已安排",
    Standing.OPEN: "待安排",
    Standing.MISSED: "没有记录",
    Standing.COMING: "未到时间",
    Standing.EXEMPT: "不作要求",
}


@dataclass(frozen=True)
class Span:
    """A period of a year, both days included, with its name."""

    first: date
    last: date
    label: str

    def holds(self, on: date) -> bool:
        return self.first <= on <= self.last


def month_end(month: date) -> date:
    """The last day of the month that holds the day."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def spans_of(period: Period, year: int) -> tuple[Span, ...]:
    """The periods of a year, in order."""
    if period is Period.MONTH:
        return tuple(Span(date(year, m, 1), month_end(date(year, m, 1)), f"{m}月") for m in range(1, 13))
    if period is Period.QUARTER:
        starts = [date(year, m, 1) for m in (1, 4, 7, 10)]
        return tuple(
            Span(first, month_end(first.replace(month=first.month + 2)), f"第{name}季度")
            for first, name in zip(starts, "一二三四", strict=True)
        )
    return (Span(date(year, 1, 1), date(year, 12, 31), f"{year}年"),)


@dataclass(frozen=True)
class Meeting:
    """A gathering as duties see it. `is_recorded`: its minutes are written. What was cancelled is none."""

    id: int
    kind: GatheringKind
    on: date
    title: str
    is_held: bool
    is_recorded: bool


@dataclass(frozen=True)
class Organisation:
    """A branch on one day: its members (正式 and 预备), those of them who are 正式, and what was said of committee (None: nothing) and groups."""

    members: int
    full_members: int
    says_committee: bool | None = None
    groups: int = 0

    @property
    def has_committee(self) -> bool:
        if self.says_committee is not None:
            return self.says_committee
        return self.full_members >= COMMITTEE_FROM_FULL_MEMBERS


@dataclass(frozen=True)
class Asked:
    """How many times a duty is asked for in a period; 0 with the reason."""

    times: int
    why_not: str = ""


def asked_of(kind: GatheringKind, branch: Organisation) -> Asked:
    """What is asked of a branch organised like this in one period of the kind."""
    frequency = KINDS[kind].frequency
    if frequency is None:
        return Asked(0, "没有次数要求")
    if not branch.members:
        return Asked(0, "没有党员")
    if kind is GatheringKind.COMMITTEE and not branch.has_committee:
        said = branch.says_committee is False
        return Asked(0, "不设支委会" if said else f"正式党员不足 {COMMITTEE_FROM_FULL_MEMBERS} 人，不设支委会")
    if kind is GatheringKind.GROUP:
        return Asked(frequency.times * branch.groups, "" if branch.groups else "没有划分党小组")
    return Asked(frequency.times)


@dataclass(frozen=True)
class Cell:
    """One duty in one period: what was asked, held and planned, and how it stands."""

    kind: GatheringKind
    span: Span
    times: int
    standing: Standing
    held: tuple[Meeting, ...] = ()
    planned: tuple[Meeting, ...] = ()
    why: str = ""

    @property
    def is_open(self) -> bool:
        """Still to be done in a period that runs."""
        return self.standing in (Standing.OPEN, Standing.PLANNED)

    @property
    def missing(self) -> int:
        return max(0, self.times - len(self.held))


def cell_of(
    kind: GatheringKind,
    span: Span,
    meetings: Iterable[Meeting],
    branch: Organisation,
    *,
    today: date,
    since: date | None,
) -> Cell:
    """The duty in the period. A period that began before the site was in use (`since`, None: it is not yet) is never counted as missed."""
    of_span = [each for each in meetings if each.kind is kind and span.holds(each.on)]
    held = tuple(each for each in of_span if each.is_held)
    planned = tuple(each for each in of_span if not each.is_held)
    asked = asked_of(kind, branch)
    standing, why = _standing(span, asked, held, planned, today=today, since=since)
    return Cell(kind, span, asked.times, standing, held, planned, why)


def _standing(
    span: Span,
    asked: Asked,
    held: Sequence[Meeting],
    planned: Sequence[Meeting],
    *,
    today: date,
    since: date | None,
) -> tuple[Standing, str]:
    if not asked.times:
        return Standing.EXEMPT, asked.why_not
    if len(held) >= asked.times:
        return Standing.MET, ""
    if span.first > today:
        return Standing.COMING, ""
    if span.last >= today:
        to_come = [each for each in planned if each.on >= today]
        return (Standing.PLANNED if len(held) + len(to_come) >= asked.times else Standing.OPEN), ""
    if since is None or span.first < since:
        return Standing.EXEMPT, "平台启用前"
    return Standing.MISSED, ""


@dataclass(frozen=True)
class Row:
    """One duty through a year."""

    kind: GatheringKind
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        return KINDS[self.kind].name

    @property
    def often(self) -> str:
        frequency = KINDS[self.kind].frequency
        return frequency.words if frequency else ""

    @property
    def why_not(self) -> str:
        """Why nothing is asked and nothing was held all year; "" when something is or was."""
        if any(cell.held or cell.planned or cell.standing is not Standing.EXEMPT for cell in self.cells):
            return ""
        return "；".join(dict.fromkeys(cell.why for cell in self.cells))


def rows_of(
    year: int,
    meetings: Sequence[Meeting],
    organisation: Callable[[date], Organisation],
    *,
    today: date,
    since: date | None,
) -> list[Row]:
    """A branch's year. A period is judged by the branch as it is on the period's last day, or today while it runs."""

    def cell(kind: GatheringKind, span: Span) -> Cell:
        return cell_of(kind, span, meetings, organisation(_judged_on(span, today)), today=today, since=since)

    return [Row(kind, tuple(cell(kind, span) for span in spans_of(_period(kind), year))) for kind in DUTIES]


def cells_of_month(
    month: date,
    meetings: Sequence[Meeting],
    organisation: Callable[[date], Organisation],
    *,
    today: date,
    since: date | None,
) -> tuple[Cell, ...]:
    """The period of each duty that holds the month."""
    spans = [(kind, span) for kind in DUTIES for span in spans_of(_period(kind), month.year) if span.holds(month)]
    return tuple(
        cell_of(kind, span, meetings, organisation(_judged_on(span, today)), today=today, since=since)
        for kind, span in spans
    )


def _period(kind: GatheringKind) -> Period:
    frequency = KINDS[kind].frequency
    assert frequency is not None, "only kinds with a frequency are duties"
    return frequency.period


def _judged_on(span: Span, today: date) -> date:
    return today if span.holds(today) else span.last


def open_cells(rows: Iterable[Row]) -> list[Cell]:
    """What is still to be held in the periods that run, what ends first first."""
    cells = [cell for row in rows for cell in row.cells if cell.is_open]
    return sorted(cells, key=lambda cell: cell.span.last)


def sentence(cell: Cell) -> str:
    """What is open, in a few words: "支委会（12月）还差 1 次"."""
    name, missing = KINDS[cell.kind].name, cell.missing
    if cell.standing is Standing.PLANNED:
        days = "、".join(f"{each.on.month}月{each.on.day}日" for each in cell.planned)
        return f"{name}（{cell.span.label}）已安排在 {days}"
    return f"{name}（{cell.span.label}）还差 {missing} 次"


def rate_text(present: int, due: int) -> str:
    """91.4%, as pages round it; "—" when nobody was due."""
    return f"{present * 100 / due:.1f}".removesuffix(".0") + "%" if due else "—"
