"""The way of a posting from its person to the archive's door, and of a pair."""

from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.records.models import MentorPair, Posting
from tests.support.web import Web

STRETCH = {"kind": "rural", "place": "湖溪村", "duty": "驻村", "from_on": "2025-03-01", "until_on": ""}


def test_lin_reports_ada_returns_lin_mends_and_ada_confirms(web: Web, session: Session) -> None:
    lin, ada = web.as_("lin"), web.as_("ada")
    assert "/me/records" in lin.get("/me").get_data(as_text=True)
    lin.post("/me/records", STRETCH)
    posting = session.scalars(select(Posting)).one()
    assert "湖溪村" in ada.get("/office/records").get_data(as_text=True)
    lin.get(f"/me/records/{posting.id}", 409)
    ada.post(f"/office/records/postings/{posting.id}/decision", {"verdict": "return", "note": "补上起止时间"})
    assert "补上起止时间" in lin.get("/me/records").get_data(as_text=True)
    form = lin.get(f"/me/records/{posting.id}").get_data(as_text=True)
    assert all(word in form for word in ("湖溪村", "驻村", "2025-03-01"))
    lin.post(f"/me/records/{posting.id}", STRETCH | {"until_on": "2025-09-30"})
    ada.post(f"/office/records/postings/{posting.id}/decision", {"verdict": "confirm", "note": ""})
    assert "已确认" in lin.get("/me/records").get_data(as_text=True)


def test_what_is_filled_in_wrongly_comes_back_with_the_form(web: Web) -> None:
    lin = web.as_("lin")
    late = lin.post("/me/records", STRETCH | {"until_on": "2025-02-01"}, 422).get_data(as_text=True)
    assert "结束日期不能早于开始日期" in late
    assert "湖溪村" in late
    lin.post("/me/records", STRETCH)
    assert "已经记过了" in lin.post("/me/records", STRETCH, 409).get_data(as_text=True)


def test_an_office_writes_down_for_others_and_joins_mentor_and_mentee(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    hua, ada = web.as_("hua"), web.as_("ada")
    ada.post("/office/records/postings", STRETCH | {"staff_no": "lin"})
    posting = session.scalars(select(Posting)).one()
    assert f"postings/{posting.id}/decision" not in ada.get("/office/records").get_data(as_text=True)
    hua.post(f"/office/records/postings/{posting.id}/decision", {"verdict": "confirm", "note": ""})
    pair = {"mentor_no": "ed", "mentee_no": "lin", "subject": "确权登记", "since_on": "2026-01-10"}
    hua.post("/office/records/pairs", pair)
    assert "确权登记" in web.as_("ed").get("/me/records").get_data(as_text=True)
    found = session.scalars(select(MentorPair)).one()
    ada.post(f"/office/records/pairs/{found.id}/ending", {"until_on": "2026-01-20", "outcome": "独立办件"})
    assert "独立办件" in web.as_("lin").get("/me/records").get_data(as_text=True)
    unknown = hua.post("/office/records/pairs", pair | {"mentor_no": "nobody"}, 422).get_data(as_text=True)
    assert "没有这个工号" in unknown


def test_nobody_meets_the_records_of_others(web: Web, session: Session) -> None:
    web.as_("lin").post("/me/records", STRETCH)
    posting = session.scalars(select(Posting)).one()
    web.as_("bo").get(f"/me/records/{posting.id}", 404)
    web.as_("bo").post(f"/me/records/{posting.id}", STRETCH, 404)
    assert "湖溪村" not in web.as_("bo").get("/me/records").get_data(as_text=True)
    web.as_("dana").get("/office/records", 403)
