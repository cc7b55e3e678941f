"""Own archive, the office's, the facts of a quarter and the talent search."""

from collections.abc import Callable
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.web.spreadsheets import read_rows
from tests.archive.test_services import closed, newest
from tests.printing.test_typeset import text_of
from tests.support.web import Web

RunTasks = Callable[[], int]


def text_at(web: Web, url: str) -> str:
    return web.get(url).get_data(as_text=True)


def test_lin_sees_the_own_year_open_and_closed_and_downloads_it(
    web: Web, session: Session, cast: SimpleNamespace, year: int, run_tasks: RunTasks
) -> None:
    lin = web.as_("lin")
    assert "/me/archive" in text_at(lin, "/me")
    shown = text_at(lin, "/me/archive?year=2026")
    assert all(word in shown for word in ("还没有封存", "湖溪村", "学习之星", "第 2 课"))
    assert "未封存" in text_of(lin.get("/me/archive/file?year=2026").data)
    closed(session, year, run_tasks)
    certificate_id = newest(session, cast.lin, year).certificate_id
    shown = text_at(lin, "/me/archive?year=2026")
    assert "已封存，第 1 版" in shown
    assert certificate_id
    assert "核验" in text_of(lin.get("/me/archive/file?year=2026").data)
    assert "湖溪村" not in text_at(web.as_("bo"), "/me/archive?year=2026")


def test_hua_closes_a_year_opens_a_person_and_amends(
    web: Web, session: Session, cast: SimpleNamespace, year: int, run_tasks: RunTasks
) -> None:
    hua = web.as_("hua")
    hua.post("/office/archives/closings", {"year": "2026"})
    run_tasks()
    assert "已封存" in text_at(hua, "/office/archives")
    assert "已经封存" in hua.post("/office/archives/closings", {"year": "2026"}, 409).get_data(as_text=True)
    opened = hua.post("/office/archives/finding", {"staff_no": "lin"}).headers["Location"]
    assert opened == f"/office/archives/{cast.lin.id}/2027"
    address = f"/office/archives/{cast.lin.id}/2026"
    unchanged = hua.post(f"{address}/amendments", {"reason": "核对"}, 422).get_data(as_text=True)
    assert "没有差别" in unchanged
    web.as_("ada").get(address, 403)


def test_the_facts_of_a_quarter_are_a_file_and_its_taking_is_recorded(
    web: Web, session: Session, cast: SimpleNamespace, year: int
) -> None:
    answer = web.as_("hua").post("/office/archives/facts", {"facts_year": "2026", "quarter": "3"}, 200)
    rows = read_rows(answer.data, "facts.xlsx")
    assert rows[0][:3] == ["工号", "姓名", "单位"]
    (line,) = [row for row in rows if row[0] == "lin"]
    assert float(line[3]) == 8
    acts = session.scalars(select(AuditRecord.action)).all()
    assert "archive.facts" in acts


def test_a_search_for_people_needs_a_reason_is_recorded_and_is_seen_by_nobody_else(
    web: Web, session: Session, cast: SimpleNamespace, year: int
) -> None:
    hua = web.as_("hua")
    hua.post("/office/talent", {"reason": "", "posting": "rural"}, 422)
    found = hua.post("/office/talent", {"reason": "组建驻村工作队", "posting": "rural"}).headers["Location"]
    shown = text_at(hua, found)
    assert all(word in shown for word in ("林晓", "组建驻村工作队", "乡村振兴服务团", "找到 1 人"))
    nobody = hua.post("/office/talent", {"reason": "查", "posting": "rural", "is_mentor": "y"}).headers["Location"]
    assert "没有符合" in text_at(hua, nobody)
    for criteria, names in [({"word": "学习"}, {"林晓"}), ({"is_mentor": "y"}, {cast.ed.name})]:
        page = text_at(hua, hua.post("/office/talent", {"reason": "查", **criteria}).headers["Location"])
        assert all(name in page for name in names)
    assert found in text_at(hua, "/office/talent"), "one's own searches are found again"
    record = session.scalars(select(AuditRecord).where(AuditRecord.action == "talent.search")).first()
    assert record is not None
    assert record.detail["reason"] == "组建驻村工作队"
    web.as_("ada").get(found, 403)
