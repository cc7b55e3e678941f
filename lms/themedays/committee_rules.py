"""What the committee's desk says of each branch's month: how far it is, its rate, its parts, what is overdue. Pure.

Participation and rates come from the lines of closed rolls, so from the roster of the day on which each theme day was held.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lms import clock
from lms.gatherings.kind_rules import KINDS, MEETINGS, GatheringKind
from lms.gatherings.rules import Count, GatheringState
from lms.themedays.duties_rules import Cell, Standing, rate_text
from lms.themedays.rules import MONTH_STATES, PART_STATES, PARTS, MonthState, PartKind, PartState, month_state

DEFINITION = "到会率＝到会 ÷ 应到，只算当月已结束点名的主题党日（分开办的一课一片也算）；应到按活动当天的名册，请假仍算应到，补学不算到会。"


@dataclass(frozen=True)
class ThemeDay:
    """One theme day of a branch's month, or another gathering that covers one of its parts; `due` and `present` are counted from the
    lines of its closed roll (0 before)."""

    id: int
    kind: GatheringKind
    on: date
    title: str
    state: GatheringState
    is_recorded: bool
    locks_at: datetime
    due: int = 0
    present: int = 0

    @property
    def is_held(self) -> bool:
        return self.state is GatheringState.HELD

    @property
    def words(self) -> str:
        """12月4日主题党日."""
        return f"{day_words(self.on)}{KINDS[self.kind].name}"


@dataclass(frozen=True)
class Overdue:
    """Something whose time has passed, in words; `gathering_id` is the record it leads to, None: the branch's duties."""

    text: str
    gathering_id: int | None = None


@dataclass(frozen=True)
class Line:
    """One branch's month."""

    branch_id: int
    name: str
    days: tuple[ThemeDay, ...]
    parts: Mapping[PartKind, PartState]
    cells: tuple[Cell, ...]
    overdue: tuple[Overdue, ...]
    has_apart: bool = False
    """Some part was done without a meeting."""

    @property
    def held(self) -> list[ThemeDay]:
        return [day for day in self.days if day.is_held]

    @property
    def is_planned(self) -> bool:
        return bool(self.days) or self.is_held

    @property
    def is_held(self) -> bool:
        return bool(self.held) or self.has_apart

    @property
    def is_recorded(self) -> bool:
        """Held, and of all that was held the minutes are written."""
        return self.is_held and all(day.is_recorded for day in self.held)

    @property
    def state(self) -> MonthState:
        """As the branch's own page of the month says."""
        return month_state([(day.state, day.is_recorded) for day in self.days], any_apart=self.has_apart)

    @property
    def count(self) -> Count:
        """Due and present of the month's closed rolls together."""
        return Count(sum(day.due for day in self.held), sum(day.present for day in self.held), 0, 0)

    @property
    def meetings(self) -> list[Cell]:
        """The periods of 三会一课 that hold the month and ask for something."""
        return [cell for cell in self.cells if cell.kind in MEETINGS and cell.standing is not Standing.EXEMPT]


@dataclass(frozen=True)
class Totals:
    """The lines together. Due and present are persons times theme days."""

    branches: int
    planned: int
    held: int
    recorded: int
    due: int
    present: int
    parts: Mapping[PartKind, int]
    overdue: int

    @property
    def rate_text(self) -> str:
        return rate_text(self.present, self.due)


def totals(lines: Sequence[Line]) -> Totals:
    counts = [line.count for line in lines]
    return Totals(
        branches=len(lines),
        planned=sum(line.is_planned for line in lines),
        held=sum(line.is_held for line in lines),
        recorded=sum(line.is_recorded for line in lines),
        due=sum(count.due for count in counts),
        present=sum(count.present for count in counts),
        parts={kind: sum(line.parts.get(kind) is PartState.DONE for line in lines) for kind in PartKind},
        overdue=sum(len(line.overdue) for line in lines),
    )


def overdue_of(
    days: Sequence[ThemeDay],
    cells: Iterable[Cell],
    decisions: Iterable[tuple[int, str, date]],
    *,
    month: date,
    now: datetime,
) -> tuple[Overdue, ...]:
    """What has passed its time: rolls not taken by the end of the day, minutes not written by the lock, duties that were not met in a
    period that ended with the month, decisions past their day (`decisions` are (gathering, text, due on) of those still open)."""
    today = clock.today(now)
    rolls = [Overdue(f"{d.words}还没有点名", d.id) for d in days if not d.is_held and d.on < today]
    minutes = [
        Overdue(f"{d.words}过了 3 个工作日还没有写记录", d.id)
        for d in days
        if d.is_held and not d.is_recorded and d.locks_at <= now
    ]
    missed = [
        Overdue(f"{KINDS[cell.kind].name}（{cell.span.label}）缺 {cell.missing} 次的记录")
        for cell in ending(cells, month)
        if cell.standing is Standing.MISSED
    ]
    late = [Overdue(f"决定事项过了期限（{day_words(on)}）：{text}", number) for number, text, on in decisions]
    return (*rolls, *minutes, *missed, *late)


def ending(cells: Iterable[Cell], month: date) -> list[Cell]:
    """Of these the periods whose last month this is."""
    return [cell for cell in cells if cell.span.last.replace(day=1) == month]


def day_words(on: date) -> str:
    return f"{on.month}月{on.day}日"


# What pages and files show


def part_words(line: Line, kind: PartKind) -> str:
    return PART_STATES[line.parts.get(kind, PartState.OPEN)]


def meeting_words(cells: Iterable[Cell]) -> str:
    """支委会 1/1、党课 0/1."""
    return "、".join(f"{KINDS[cell.kind].name} {len(cell.held)}/{cell.times}" for cell in cells)


def days_words(line: Line) -> str:
    return "、".join(day_words(day.on) for day in line.days)


HEADINGS = (
    "支部", "进度", "主题党日", "应到", "到会", "到会率", *PARTS.values(), "三会一课（已开/要求）", "已过时限",
)  # fmt: skip


def cells_of(line: Line) -> list[str | int]:
    """A line as the page shows it and the workbook repeats it, under HEADINGS."""
    count = line.count
    return [
        line.name,
        MONTH_STATES[line.state],
        days_words(line) or "—",
        count.due,
        count.present,
        rate_text(count.present, count.due),
        *(part_words(line, kind) for kind in PARTS),
        meeting_words(line.meetings) or "—",
        len(line.overdue),
    ]


# The text for a work chat


def reminder_text(line: Line, month: date, *, address: str) -> str:
    """A polite text for one branch that names what is open and nobody else; "" when nothing is."""
    items = _open_items(line, month)
    if not items:
        return ""
    numbered = [f"{number}. {item}" for number, item in enumerate(items, 1)]
    return "\n".join(
        [
            f"{line.name}：",
            f"{month.month} 月支部工作还有下面几项，方便时请办一下：",
            *numbered,
            f"在这里办：{address}",
            "已经办了的请忽略，谢谢！",
        ]
    )


def _open_items(line: Line, month: date) -> list[str]:
    late = {each.gathering_id for each in line.overdue}
    plan = [f"安排 {month.month} 月主题党日"] if line.state is MonthState.OPEN and not late - {None} else []
    minutes = [f"写好{day.words}的记录" for day in line.held if not day.is_recorded and day.id not in late]
    meetings = [
        f"{KINDS[cell.kind].name}还差 {cell.missing} 次，{day_words(cell.span.last)}前开"
        for cell in ending(line.meetings, month)
        if cell.standing is Standing.OPEN
    ]
    return [*plan, *minutes, *(each.text for each in line.overdue), *meetings]
