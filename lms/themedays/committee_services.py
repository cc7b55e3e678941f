"""The desk as a file."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.themedays import committee_rules as rules
from lms.themedays.committee_rules import Line
from lms.themedays.rules import PARTS
from lms.web.spreadsheets import Sheet, write_workbook


def export(session: Session, lines: list[Line], month: date, *, by_id: int, now: datetime) -> bytes:
    """The lines as a workbook, to the digit what the page shows, with its definition and as-of; the taking is in the audit log."""
    together = rules.totals(lines)
    about = [
        ("月份", f"{month.year}年{month.month}月"),
        ("截至", f"{clock.local(now):%Y-%m-%d %H:%M}"),
        ("支部数", str(together.branches)),
        ("已安排", str(together.planned)),
        ("已开展", str(together.held)),
        ("已记录", str(together.recorded)),
        *((words, str(together.parts[kind])) for kind, words in PARTS.items()),
        ("应到人次", str(together.due)),
        ("到会人次", str(together.present)),
        ("到会率", together.rate_text),
        ("口径", rules.DEFINITION),
    ]
    body = write_workbook(
        [
            Sheet("支部情况", rules.HEADINGS, [rules.cells_of(line) for line in lines]),
            Sheet("说明", ("项目", "内容"), about),
        ]
    )
    told = {"month": month.isoformat(), "branches": together.branches}
    audit.record(session, by_id, "branch:export-desk", "branches", told, now=now)
    return body
