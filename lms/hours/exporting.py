"""The report of a year as an .xlsx file, from the very rows the page shows. Figures are hours (学时)."""

from datetime import datetime

from lms import clock
from lms.hours.report_queries import PersonRow, Report, Sums, UnitRow
from lms.hours.rules import Bucket
from lms.web.spreadsheets import Sheet, write_workbook

BUCKETS = [bucket.label for bucket in Bucket]


def workbook(report: Report, at: datetime) -> bytes:
    """Three sheets: units, months, persons. The first ends with the sum and the moment as of which all was counted."""
    names = {unit.unit_id: unit.name for unit in report.units}
    stamp = f"截至 {clock.local(at):%Y-%m-%d %H:%M}，人员以 {report.on:%Y-%m-%d} 的花名册为准"
    units: list[list[str | float]] = [*(_unit(unit) for unit in report.units), _unit(report.whole), [stamp]]
    return write_workbook(
        [
            Sheet("按单位", ["单位", "人数", "达到要求", *BUCKETS, "合计"], units),
            Sheet("按月", ["月份", *BUCKETS, "合计"], [_month(n, sums) for n, sums in enumerate(report.months, 1)]),
            Sheet(
                "按人",
                ["工号", "姓名", "单位", *BUCKETS, "合计", "还差"],
                [_person(person, names[person.unit_id]) for person in report.persons],
            ),
        ]
    )


def _hours(sums: Sums) -> list[float]:
    return [*(sums[bucket] / 4 for bucket in Bucket), sum(sums.values()) / 4]


def _unit(unit: UnitRow) -> list[str | float]:
    return [unit.name, unit.people, unit.met, *_hours(unit.sums)]


def _month(number: int, sums: Sums) -> list[str | float]:
    return [f"{number} 月", *_hours(sums)]


def _person(person: PersonRow, unit: str) -> list[str | float]:
    missing = "，".join(f"{name} {quarters / 4:g}" for name, quarters in person.gaps.items())
    return [person.staff_no, person.name, unit, *_hours(person.sums), missing]
