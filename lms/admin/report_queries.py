"""The yearly report of a scope: hours, requirements, plans, classes and lectures, put together from the domains that keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.admin import report_rules as rules
from lms.admin.report_rules import Block, Comparison, Group, Line, Ratio
from lms.hours import report_queries as hours
from lms.hours.rules import Bucket
from lms.lectures import lecturers
from lms.people import queries as people
from lms.people.access import Scope
from lms.people.models import Unit
from lms.training import class_figures, plan_queries

EVERYWHERE = Scope(("/",), ())
BUCKETS = tuple(bucket.label for bucket in Bucket)
HOURS = Block(Group("hours", "学时", (*BUCKETS, "合计"), scale=4))
PEOPLE = Block(Group("people", "人员和要求", ("人数", "达到要求")), Ratio("达标率（%）", 1, 0))
PLAN = Block(Group("plan", "培训计划（必修）", ("应完成人次", "已完成人次")), Ratio("完成率（%）", 1, 0))
CLASSES = Block(Group("classes", "培训班", ("举办班次", "已结班", "参训人次", "结业人次")))
LECTURES = Block(Group("lectures", "领导干部上讲台", ("应讲人数", "已讲人数")))

Raw = dict[str, list[int]]


@dataclass(frozen=True)
class Report:
    """A year of a scope: all counted at `at`, people by the roster of `on`. `comparisons` stand beside the medians of units outside the scope,
    which are named nowhere; empty where nobody is outside."""

    year: int
    on: date
    at: datetime
    unit: str
    blocks: list[Block]
    lines: list[Line]
    total: Line
    months: list[Line]
    comparisons: list[Comparison]

    @property
    def stamp(self) -> str:
        return f"截至 {clock.local(self.at):%Y-%m-%d %H:%M}，人员以 {self.on:%Y-%m-%d} 的花名册为准"

    @property
    def title(self) -> str:
        return f"{self.year} 年度干部教育培训统计报表"


def report(session: Session, reach: Scope, year: int, *, unit: Unit | None, lectures: Scope, now: datetime) -> Report:
    """Of the units of the scope, below `unit` if it is given; the duty to lecture only of those of `lectures`."""
    today = clock.today(now)
    own = Scope((unit.path,), ()) if unit else reach
    units = people.list_units(session)
    inside = [each for each in units if own.covers_unit(each.path)]
    counted = hours.report(session, own, year, today=today, is_exact=False)
    is_whole = len(inside) == len(units)
    others = counted if is_whole else hours.report(session, EVERYWHERE, year, today=today, is_exact=False)
    raw = _raw(session, counted, others, year, now)
    _add_duties(session, raw, counted, lectures, year)
    blocks = [PEOPLE, HOURS, PLAN, CLASSES, *([LECTURES] if lectures.unit_paths else [])]
    shown = [each for each in inside if any(any(row) for row in raw.get(each.id, {}).values())]
    whole = {block.group.key: _sum(raw, shown, block) for block in blocks}
    mine = (
        own if "/" in reach.unit_paths else reach
    )  # what one reads anyway would leave too few unknown ones in the median
    outside = [raw[each.id] for each in units if each.id in raw and not mine.covers_unit(each.path)]
    return Report(
        year, counted.on, now, unit.name if unit else _name_of(inside), blocks,
        [_line(each.id, each.name, raw[each.id], blocks) for each in shown], _line(None, "合计", whole, blocks),
        [_month(number, sums) for number, sums in enumerate(counted.months, 1)],
        [] if is_whole else rules.compare(whole, outside),
    )  # fmt: skip


def _name_of(inside: Sequence[Unit]) -> str:
    """The top of the units, which come in reading order."""
    return inside[0].name if inside else ""


def _raw(session: Session, counted: hours.Report, others: hours.Report, year: int, now: datetime) -> dict[int, Raw]:
    """Whole figures by unit id and group, of all units; those of the scope are exact."""
    today = clock.today(now)
    plan = plan_queries.completion_by_unit(session, year, EVERYWHERE, today)
    classes = class_figures.count_by_unit(session, year, today)
    rows = {row.unit_id: row for row in [*others.units, *counted.units]}
    raw: dict[int, Raw] = {}
    for unit_id in {*rows, *plan, *classes}:
        row, share = rows.get(unit_id), plan.get(unit_id)
        sums = [row.sums[bucket] for bucket in Bucket] if row else [0] * len(Bucket)
        raw[unit_id] = {
            "people": [row.people, row.met] if row else [0, 0],
            "hours": [*sums, sum(sums)],
            "plan": [share.of, share.done] if share else [0, 0],
            "classes": classes.get(unit_id, [0, 0, 0, 0]),
            "lectures": [0, 0],
        }
    return raw


def _add_duties(session: Session, raw: Mapping[int, Raw], counted: hours.Report, lectures: Scope, year: int) -> None:
    """Leaders who are to speak and those who have, by the unit in which the report counts them."""
    if not lectures.unit_paths:
        return
    home = {person.person_id: person.unit_id for person in counted.persons}
    for line in lecturers.list_duties(session, lectures, year, counted.on):
        unit_id = home.get(line.person.id)
        if unit_id is not None:
            raw[unit_id]["lectures"][0] += 1
            raw[unit_id]["lectures"][1] += line.given > 0


def _sum(raw: Mapping[int, Raw], units: Sequence[Unit], block: Block) -> list[int]:
    return rules.total([raw[each.id][block.group.key] for each in units], len(block.group.columns))


def _line(unit_id: int | None, name: str, raw: Mapping[str, Sequence[int]], blocks: Sequence[Block]) -> Line:
    return Line(unit_id, name, {block.group.key: block.cells(raw[block.group.key]) for block in blocks})


def _month(number: int, sums: hours.Sums) -> Line:
    quarters = [sums[bucket] for bucket in Bucket]
    return Line(None, f"{number} 月", {"hours": HOURS.cells([*quarters, sum(quarters)])})
