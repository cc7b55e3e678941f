"""The back office of hours: the report and its file, a person's statement, corrections, exemptions, versions of the rules."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.hours import queries, services
from lms.hours.models import HourEntry, HourExemption, RuleVersion
from lms.hours.policy_rules import ExemptionState, VersionState
from lms.hours.rules import Bucket, Source
from lms.hours.services import whatif
from lms.people import queries as people
from lms.tasks.services import run_due
from tests.support.web import Web

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
RULES = "/office/hours/rules"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def entry(session: Session, cast: SimpleNamespace) -> HourEntry:
    made = services.credit(
        session, person_id=cast.lin.id, source=Source("class", 1), bucket=Bucket.OFFLINE, quarters=32,
        on=date(2026, 5, 6), title="自然资源轮训班", evidence={"conversion": "offline", "extent": "full_day"}, now=NOW,
    )  # fmt: skip
    assert made is not None
    session.commit()
    return made


def test_the_report_shows_units_months_and_persons_and_takes_them_out(
    web: Web, session: Session, cast: SimpleNamespace, entry: HourEntry
) -> None:
    hua, ada = web.as_("hua"), web.as_("ada")
    text = hua.get("/office/hours").get_data(as_text=True)
    assert "截至 11月23日 周一 09:00" in text
    assert "林晓" not in ada.get("/office/hours").get_data(as_text=True)
    here = people.membership_of(session, cast.lin.id, date(2026, 11, 23))
    away = people.membership_of(session, cast.dana.id, date(2026, 11, 23))
    assert here is not None
    assert away is not None
    assert "林晓" in ada.get(f"/office/hours?unit={here.unit_id}").get_data(as_text=True)
    answer = ada.post("/office/hours/export", status=200)
    assert answer.data[:2] == b"PK"
    assert "hours.export" in session.scalars(select(AuditRecord.action)).all()
    ada.get(f"/office/hours?unit={away.unit_id}", 404)


def test_a_statement_is_read_inside_the_scope_only(web: Web, cast: SimpleNamespace, entry: HourEntry) -> None:
    for name in ("ada", "hua"):
        text = web.as_(name).get(f"/office/hours/people/{cast.lin.id}").get_data(as_text=True)
        assert "自然资源轮训班" in text
    web.as_("ada").get(f"/office/hours/people/{cast.dana.id}", 404)


def test_hr_corrects_an_entry_and_the_person_reads_why(
    web: Web, session: Session, cast: SimpleNamespace, entry: HourEntry
) -> None:
    hua, url = web.as_("hua"), f"/office/hours/entries/{entry.id}"
    assert url in hua.get(f"/office/hours/people/{cast.lin.id}").get_data(as_text=True)
    hua.get(url)
    assert "0.25 为单位" in hua.post(url, {"hours": "5.1", "reason": "半天未到"}, 422).get_data(as_text=True)
    hua.post(url, {"hours": "4", "reason": "下午请假"})
    assert "下午请假" in web.as_("lin").get("/hours").get_data(as_text=True)
    assert queries.totals(session, cast.lin.id, 2026)[Bucket.OFFLINE] == 16
    assert services.verify(session).holds
    assert "hours.correct" in session.scalars(select(AuditRecord.action)).all()


def test_an_exemption_needs_two_persons_and_then_lowers_the_target(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    ada, hua = web.as_("ada"), web.as_("hua")
    filled = {"staff_no": "lin", "percent": "50", "from_on": "2026-01-01", "until_on": "2026-12-31", "reason": "外业队"}
    assert "不在你的管理范围" in ada.post("/office/hours/exemptions", {**filled, "staff_no": "dana"}, 422).get_data(
        as_text=True
    )
    assert "结束日期不能早于" in ada.post(
        "/office/hours/exemptions", {**filled, "until_on": "2025-01-01"}, 422
    ).get_data(as_text=True)
    ada.post("/office/hours/exemptions", filled)
    one = session.scalars(select(HourExemption)).one()
    decision = f"/office/hours/exemptions/{one.id}/decision"
    assert "1 条学时减免待审批" in hua.get("/office").get_data(as_text=True)
    hua.post(decision, {"verdict": "refuse"})
    assert session.scalars(select(HourExemption.state)).one() is ExemptionState.PROPOSED
    hua.post(decision, {"verdict": "approve"})
    text = web.as_("lin").get("/hours").get_data(as_text=True)
    assert "各项要求减免 50%：外业队" in text
    assert "减免后 45" in text
    hua.post(f"/office/hours/exemptions/{one.id}/end", {"until_on": "2026-06-30", "reason": "归队"})
    assert session.scalars(select(HourExemption.until_on)).one() == date(2026, 6, 30)
    hua.post(decision, {"verdict": "approve"}, 409)


def test_who_proposed_an_exemption_does_not_decide_it(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    filled = {"staff_no": "lin", "percent": "100", "from_on": "2026-01-01", "until_on": "2026-12-31", "reason": "借调"}
    hua.post("/office/hours/exemptions", filled)
    one = session.scalars(select(HourExemption)).one()
    hua.post(f"/office/hours/exemptions/{one.id}/decision", {"verdict": "approve"}, 403)
    assert "自己的减免" in hua.post("/office/hours/exemptions", {**filled, "staff_no": "hua"}, 422).get_data(
        as_text=True
    )


def test_hua_drafts_tries_and_issues_a_version(
    web: Web, app: Flask, session: Session, cast: SimpleNamespace, entry: HourEntry
) -> None:
    hua = web.as_("hua")
    assert "现行 2026-1" in hua.get(RULES).get_data(as_text=True)
    hua.post(f"{RULES}/conversion", {"preset": "nanjing"})
    version = session.scalars(select(RuleVersion)).one()
    url = f"{RULES}/{version.id}"
    page = hua.get(url).get_data(as_text=True)
    assert "全天 6，半天 3" in page
    hua.post(f"{url}/trial", {"year": "2026"})
    assert "马上开始" in hua.get(f"{url}/trial").get_data(as_text=True)
    run_due(app.extensions["make_session"], {whatif.KIND: whatif.run}, app.extensions)
    assert "1 人中，0 人会增加，1 人会减少" in hua.get(url).get_data(as_text=True)
    assert "没有改动" in hua.get(f"{url}/trial").get_data(as_text=True)
    form = filled_from(page)
    assert form["full_day"] == "6.00"
    assert "0.25 为单位" in hua.post(url, {**form, "full_day": "6.1", "reason": "x"}, 422).get_data(as_text=True)
    assert "写明依据" in hua.post(url, {**form, "reason": ""}, 422).get_data(as_text=True)
    hua.post(url, {**form, "full_day": "7", "reason": "市委组织部〔2026〕9 号"})
    assert "最早从" in hua.post(f"{url}/issue", {"from_on": "2026-11-23"}, 422).get_data(as_text=True)
    hua.post(f"{url}/issue", {"from_on": "2027-01-01"})
    session.expire_all()
    assert (version.name, version.state, version.figures["full_day"]) == ("2027-1", VersionState.ISSUED, 28)
    assert "将生效" in hua.get(RULES).get_data(as_text=True)
    hua.post(url, {**form, "reason": "再改"}, 409)
    with time_machine.travel(datetime(2027, 1, 2, 1, 0, tzinfo=UTC), tick=False):
        assert "2027-1" in web.as_("lin").get("/hours").get_data(as_text=True)


def test_requirements_are_edited_as_versions_too(web: Web, session: Session, cast: SimpleNamespace) -> None:
    hua = web.as_("hua")
    hua.post(f"{RULES}/requirement", {"preset": ""})
    version = session.scalars(select(RuleVersion)).one()
    url = f"{RULES}/{version.id}"
    form = filled_from(hua.get(url).get_data(as_text=True))
    hua.post(url, {**form, "online": "60", "reason": "年度要点"})
    hua.post(f"{url}/issue", {"from_on": "2026-12-01"})
    with time_machine.travel(datetime(2026, 12, 1, 1, 0, tzinfo=UTC), tick=False):
        assert "每人每年网络自学 60 学时" in web.as_("lin").get("/hours").get_data(as_text=True)
    hua.post(f"{url}/withdrawal")
    session.expire_all()
    assert version.state is VersionState.DROPPED


def filled_from(page: str) -> dict[str, str]:
    """The values of the editor as its page shows them."""
    found: dict[str, str] = {}

    class Reader(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "select":
                self.select = given.get("name") or ""
            elif tag == "option" and "selected" in given and self.select:
                found[self.select] = given.get("value") or ""
            elif tag == "input" and (given.get("type") in ("text", "number", None) or "checked" in given):
                found[given.get("name") or ""] = given.get("value") or ""

    Reader().feed(page)
    return {name: value for name, value in found.items() if name not in ("", "year", "from_on")}


def test_what_would_fill_the_gap_is_open_to_the_person(web: Web) -> None:
    text = web.as_("lin").get("/hours/missing").get_data(as_text=True)
    assert "还差 90 学时" in text
    assert "申报学时" in text
    assert "/hours/missing" in web.as_("lin").get("/hours").get_data(as_text=True)
