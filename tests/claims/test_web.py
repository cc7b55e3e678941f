"""Claims over HTTP: filing with a file, who reviews, who sees the proof."""

import io
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.claims.models import Claim, ClaimProof
from lms.claims.rules import ClaimState
from lms.hours import queries as hours
from lms.hours.rules import Bucket
from lms.media.jobs import KINDS
from lms.tasks.services import run_due
from tests.claims.conftest import NOW, File
from tests.media import files
from tests.support.web import Web

FILLED = {
    "kind": "training", "title": "省厅不动产登记培训班", "organiser": "省自然资源厅", "from_on": "2026-10-12",
    "until_on": "2026-10-14", "days": "2", "half_days": "1", "bucket": "offline",
}  # fmt: skip


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def filled(**more: Any) -> dict[str, Any]:
    return {**FILLED, "files": (io.BytesIO(files.picture()), "证书.png"), **more}


def the_claim(session: Session) -> Claim:
    return session.scalars(select(Claim)).one()


def test_a_claim_goes_from_lin_over_ada_and_hua_into_the_statement(
    web: Web, app: Flask, session: Session, cast: SimpleNamespace
) -> None:
    lin, ada, hua = web.as_("lin"), web.as_("ada"), web.as_("hua")
    assert "还没有申报" in lin.get("/hours/claims").get_data(as_text=True)
    answer = lin.post("/hours/claims", filled())
    assert "待单位审核" in lin.follow(answer).get_data(as_text=True)
    run_due(app.extensions["make_session"], KINDS, app.extensions)
    claim = the_claim(session)
    assert "1 份学时申报待单位审核" in ada.get("/office").get_data(as_text=True)
    page = ada.get(f"/office/claims/{claim.id}").get_data(as_text=True)
    assert "20 学时" in page
    ada.post(f"/office/claims/{claim.id}/endorsement", {"verdict": "agree", "note": "属实"})
    assert "1 份学时申报待审批" in hua.get("/office").get_data(as_text=True)
    hua.get(f"/office/claims/{claim.id}")
    hua.post(f"/office/claims/{claim.id}/approval", {"verdict": "agree", "hours": "20"})
    statement = lin.get("/hours").get_data(as_text=True)
    assert "外出培训：省厅不动产登记培训班" in statement
    assert "2 天，1 个半天" in statement
    assert hours.totals(session, cast.lin.id, 2026)[Bucket.OFFLINE] == 80
    assert "看学时记录" in lin.get(f"/hours/claims/{claim.id}").get_data(as_text=True)


def test_a_claim_without_proof_or_with_another_kind_of_file_is_not_taken(web: Web, session: Session) -> None:
    lin = web.as_("lin")
    text = lin.post("/hours/claims", dict(FILLED), status=422).get_data(as_text=True)
    assert "请附 1 到 3 份证明" in text
    text = lin.post("/hours/claims", filled(files=(io.BytesIO(b"MZ\x90"), "a.exe")), status=422).get_data(as_text=True)
    assert "省自然资源厅" in text
    four = [(io.BytesIO(files.picture()), f"{n}.png") for n in range(4)]
    assert "最多 3 份" in lin.post("/hours/claims", filled(files=four), status=422).get_data(as_text=True)
    assert session.scalars(select(Claim)).all() == []


def test_a_duplicate_is_told_at_the_title(web: Web) -> None:
    lin = web.as_("lin")
    lin.post("/hours/claims", filled())
    assert "已经申报过了" in lin.post("/hours/claims", filled(), status=422).get_data(as_text=True)


def test_the_proof_is_for_the_claimant_and_the_reviewers_only(
    web: Web, app: Flask, session: Session, file: File, cast: SimpleNamespace
) -> None:
    claim = file(cast.lin)
    session.commit()
    run_due(app.extensions["make_session"], KINDS, app.extensions)
    media_id = session.scalars(select(ClaimProof.media_id)).one()
    own, office = f"/hours/claims/{claim.id}", f"/office/claims/{claim.id}"
    for name, base in (("lin", own), ("ada", office), ("hua", office)):
        browser = web.as_(name)
        link = browser.get(f"{base}/proofs/{media_id}", 303).headers["Location"]
        assert len(browser.get(link).data) > 50
    for name in ("bo", "dana", "mei"):
        web.as_(name).get(own, 404)
        web.as_(name).get(f"{own}/proofs/{media_id}", 404)
        web.as_(name).get(f"{office}/proofs/{media_id}", 403)
    web.as_("ada").get(f"{own}/proofs/{media_id}", 404)
    web.as_("lin").get(f"{own}/proofs/{media_id + 1}", 404)


def test_a_returned_claim_is_completed_on_the_same_form(
    web: Web, session: Session, file: File, cast: SimpleNamespace
) -> None:
    claim, lin, ada = file(cast.lin), web.as_("lin"), web.as_("ada")
    url = f"/office/claims/{claim.id}/endorsement"
    assert "请写明原因" in ada.post(url, {"verdict": "return"}, status=422).get_data(as_text=True)
    ada.post(url, {"verdict": "return", "note": "请附通知"})
    assert "1 份学时申报要补充" in lin.get("/").get_data(as_text=True)
    form = lin.get(f"/hours/claims/{claim.id}/form").get_data(as_text=True)
    assert "证书.png" in form
    lin.post(f"/hours/claims/{claim.id}/completion", filled(half_days="0"))
    session.expire_all()
    assert (the_claim(session).state, the_claim(session).half_days) == (ClaimState.SUBMITTED, 0)
    lin.get(f"/hours/claims/{claim.id}/form", 409)
    lin.post(f"/hours/claims/{claim.id}/withdrawal")
    assert "已撤回" in lin.get("/hours/claims").get_data(as_text=True)


def test_hr_revokes_and_the_person_reads_why(web: Web, session: Session, file: File, cast: SimpleNamespace) -> None:
    claim, hua = file(cast.lin), web.as_("hua")
    web.as_("ada").post(f"/office/claims/{claim.id}/endorsement", {"verdict": "agree"})
    hua.post(f"/office/claims/{claim.id}/approval", {"verdict": "agree", "hours": "21"}, status=422)
    hua.post(f"/office/claims/{claim.id}/approval", {"verdict": "agree", "hours": "20"})
    hua.post(f"/office/claims/{claim.id}/revocation", {"note": ""}, status=422)
    hua.post(f"/office/claims/{claim.id}/revocation", {"note": "证书有误"})
    assert "证书有误" in web.as_("lin").get("/hours").get_data(as_text=True)
    assert hours.totals(session, cast.lin.id, 2026)[Bucket.OFFLINE] == 0


def test_a_claim_of_last_year_comes_too_late_in_february(web: Web, session: Session) -> None:
    with time_machine.travel(NOW + timedelta(days=75), tick=False):
        text = web.as_("lin").post("/hours/claims", filled(), status=422).get_data(as_text=True)
        assert "已过申报期限" in text
