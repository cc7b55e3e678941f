"""Own certificates, and the public page that checks one."""

from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from lms import clock
from lms.certificates import rules, services
from lms.certificates.models import Certificate
from lms.certificates.rules import Kind
from tests.printing.test_typeset import text_of
from tests.support.web import Web


@pytest.fixture
def certificate(session: Session, cast: SimpleNamespace) -> Certificate:
    issued = services.issue(
        session, rules.person(cast.lin.id, cast.lin.name), kind=Kind.CLASS, title="青年干部培训班", lines=["学完全部课程。"],
        issuer="人事教育处", source=("class", 1), issued_on=date(2026, 11, 27), now=clock.now(),
    )  # fmt: skip
    session.commit()
    return issued


def test_a_person_finds_and_downloads_the_own_certificate_and_nobody_else_s(web: Web, certificate: Certificate) -> None:
    lin = web.as_("lin")
    assert "青年干部培训班" in lin.get("/me/certificates").get_data(as_text=True)
    assert "/me/certificates" in lin.get("/me").get_data(as_text=True)
    answer = lin.get(f"/certificates/{certificate.id}/file")
    text = text_of(answer.data)
    assert answer.mimetype == "application/pdf"
    assert all(word in text for word in ("林晓", certificate.serial, rules.grouped(certificate.code)))
    assert "青年干部培训班" not in web.as_("bo").get("/me/certificates").get_data(as_text=True)
    web.as_("bo").get(f"/certificates/{certificate.id}/file", 404)


def test_anybody_with_the_code_sees_what_the_paper_says(web: Web, certificate: Certificate) -> None:
    shown = web.get(f"/verify/{certificate.code}").get_data(as_text=True)
    assert all(word in shown for word in ("林晓", certificate.serial, "人事教育处", "有效"))
    typed = web.client.get("/verify", query_string={"code": rules.grouped(certificate.code).lower()})
    assert typed.headers["Location"] == f"/verify/{certificate.code}"


def test_without_the_code_there_is_a_box_to_type_it_and_a_wrong_one_says_what_it_means(
    web: Web, certificate: Certificate
) -> None:
    assert "核验码" in web.get("/verify").get_data(as_text=True)
    wrong = web.get("/verify/22222222222222222222", 404).get_data(as_text=True)
    assert "不是本站发的" in wrong
    assert "林晓" not in wrong


def test_a_certificate_that_stands_no_more_says_so_on_the_page_and_on_the_paper(
    web: Web, session: Session, cast: SimpleNamespace, certificate: Certificate
) -> None:
    services.withdraw(session, certificate, reason="考勤核对后不足", by_id=cast.hua.id, now=clock.now())
    session.commit()
    shown = web.get(f"/verify/{certificate.code}").get_data(as_text=True)
    assert "已撤销" in shown
    assert "考勤核对后不足" in shown
    assert "已撤销" in text_of(web.as_("lin").get(f"/certificates/{certificate.id}/file").data)
