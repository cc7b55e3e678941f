"""The report of a year as an .xlsx file, from the very rows the page shows. Figures are hours (学时)."""

from datetime import datetime

from lms import clock
from lms.hours.report_queries import PersonRow, Report, Sums, UnitRow
from lms.hours.rules import Bucket
from lms.web.spreadsheets import Sheet, write_workbook

KINDS = ["必修", "选修"]
BUCKETS = [bucket.label for bucket in Bucket]


def workbook(report: Report, at: datetime) -> bytes:
    """Four sheets: units, months, 必修 and 选修, persons. The first ends with the sum and the moment as of which all was counted."""
    names = {unit.unit_id: unit.name for unit in report.units}
    stamp = f"截至 {clock.local(at):%Y-%m-%d %H:%M}，人员以 {report.on:%Y-%m-%d} 的花名册为准"
    units: list[list[str | float]] = [*(_unit(unit) for unit in report.units), _unit(report.whole), [stamp]]
    return write_workbook(
        [
            Sheet("按单位", ["单位", "人数", "达到要求", *BUCKETS, "合计", *KINDS], units),
            Sheet("按月", ["月份", *BUCKETS, "合计"], [_month(n, sums) for n, sums in enumerate(report.months, 1)]),
            Sheet("必修选修", ["类别", *KINDS, "合计"], kinds(report)),
            Sheet(
                "按人",
                ["工号", "姓名", "单位", *BUCKETS, "合计", *KINDS, "还差"],
                [_person(person, names[person.unit_id]) for person in report.persons],
            ),
        ]
    )


def _hours(sums: Sums) -> list[float]:
    return [*(sums[bucket] / 4 for bucket in Bucket), sum(sums.values()) / 4]


def kinds(report: Report) -> list[list[str | float]]:
    """必修 and 选修 of the whole by bucket, in hours."""
    return [
        [bucket.label, (quarters - report.electives[bucket]) / 4, report.electives[bucket] / 4, quarters / 4]
        for bucket, quarters in report.whole.sums.items()
    ]


def _unit(unit: UnitRow) -> list[str | float]:
    apart = [(unit.total - unit.elective) / 4, unit.elective / 4]
    return [unit.name, unit.people, unit.met, *_hours(unit.sums), *apart]


def _month(number: int, sums: Sums) -> list[str | float]:
    return [f"{number} 月", *_hours(sums)]


def _person(person: PersonRow, unit: str) -> list[str | float]:
    missing = "，".join(f"{name} {quarters / 4:g}" for name, quarters in person.gaps.items())
    apart = [(sum(person.sums.values()) - person.elective) / 4, person.elective / 4]
    return [person.staff_no, person.name, unit, *_hours(person.sums), *apart, missing]
