"""The yearly report as a workbook, from the very cells the page shows."""

from lms.admin.report_queries import HOURS, Report
from lms.admin.report_rules import Block, Line, Number
from lms.web.return_sheets import Heads, ReturnSheet, write_returns


def workbook(report: Report, by: str) -> bytes:
    """Units with their sum, months, and, where the page has it, the comparison with the median; `by` fills it in."""
    foot = f"填报人：{by}　　　　审核人：　　　　单位负责人：　　　　（盖章）"
    common = {"masthead": report.title, "reporter": f"填报单位：{report.unit}", "stamp": report.stamp, "foot": foot}
    heads = [Heads(block.group.title, block.titles) for block in report.blocks]
    units = [(line.name, _figures(line, report.blocks)) for line in (*report.lines, report.total)]
    months = [(line.name, _figures(line, [HOURS])) for line in report.months]
    sheets = [
        ReturnSheet(name="年报", first="单位", heads=heads, rows=units, totals=1, **common),
        ReturnSheet(name="按月", first="月份", heads=[Heads("学时", HOURS.titles)], rows=months, totals=0, **common),
    ]
    if report.comparisons:
        beside = [(each.title, (each.own_words, each.median_words)) for each in report.comparisons]
        compared = [Heads("比较", ("本单位", "其他单位中位数"))]
        sheets.append(ReturnSheet(name="与中位数比", first="指标", heads=compared, rows=beside, totals=0, **common))
    return write_returns(sheets)


def _figures(line: Line, blocks: list[Block]) -> list[Number]:
    return [cell for block in blocks for cell in line.cells[block.group.key]]
