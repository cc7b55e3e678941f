"""The facts of a quarter as a workbook."""

from collections.abc import Sequence
from datetime import datetime

from lms import clock
from lms.archive.facts_queries import QuarterFacts
from lms.hours.rules import Bucket
from lms.web.spreadsheets import Sheet, write_workbook

NOTE = "只列事实，供平时考核参考；不含任何评分或等次。"


def workbook(rows: Sequence[QuarterFacts], year: int, quarter: int, *, at: datetime) -> bytes:
    """One line a person, and a sheet that says what it is and as of when."""
    buckets = [bucket.label for bucket in Bucket]
    head = ["工号", "姓名", "单位", *(f"{label}（学时）" for label in buckets), "证书和荣誉", "实践锻炼"]
    lines: list[list[str | int | float]] = [
        [
            row.member.staff_no, row.member.name, row.member.unit_name,
            *(row.quarters[bucket] / 4 for bucket in Bucket), "；".join(row.certificates), "；".join(row.postings),
        ]
        for row in rows
    ]  # fmt: skip
    about: list[list[str | int | float]] = [
        ["范围", f"{year} 年第 {quarter} 季度"],
        ["截至", f"{clock.local(at):%Y-%m-%d %H:%M}"],
        ["人数", len(rows)],
        ["说明", NOTE],
    ]
    return write_workbook([Sheet("季度事实", head, lines), Sheet("说明", ["项目", "内容"], about)])
