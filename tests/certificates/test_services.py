"""Certificates: one for a source and holder, serials without gaps, withdrawn and replaced in sight of everybody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.certificates import queries, rules, services
from lms.certificates.models import Certificate
from lms.certificates.rules import Holder, Kind, State
from lms.db import MakeSession, unit_of_work
from lms.errors import Conflict

SOURCE = ("star_version", 7)


def issue(
    session: Session, holder: Holder, source: tuple[str, int] = SOURCE, on: date = date(2026, 11, 27)
) -> Certificate:
    return services.issue(
        session, holder, kind=Kind.STAR, title="学习之星", lines=["二〇二六年第三季度"], issuer="某市自然资源和规划局",
        source=source, issued_on=on, now=clock.now(),
    )  # fmt: skip


def test_a_source_gives_a_holder_one_certificate_however_often_it_is_asked(
    session: Session, cast: SimpleNamespace
) -> None:
    holder = rules.person(cast.lin.id, cast.lin.name)
    first, again = issue(session, holder), issue(session, holder)
    assert first is again
    assert issue(session, rules.unit(3, "测绘院")).serial == "2026-R-000002"
    assert issue(session, holder, ("star_version", 8)).serial == "2026-R-000003"


def test_each_kind_and_year_counts_for_itself(session: Session, cast: SimpleNamespace) -> None:
    holder = rules.person(cast.lin.id, cast.lin.name)
    assert issue(session, holder, on=date(2025, 12, 31)).serial == "2025-R-000001"
    assert issue(session, holder, ("star_version", 9), on=date(2026, 1, 1)).serial == "2026-R-000001"


def test_fifty_at_once_get_fifty_numbers_without_a_gap_and_a_repeat_gets_none(
    make_session: MakeSession, session: Session
) -> None:
    def ask(number: int) -> None:
        with unit_of_work(make_session) as own:
            issue(own, rules.branch(number % 25, f"第 {number % 25} 支部"))

    session.rollback()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(50)))
    serials = sorted(session.scalars(select(Certificate.serial)))
    assert serials == [rules.serial_of(Kind.STAR, 2026, number) for number in range(1, 26)]


def test_a_withdrawn_certificate_stays_withdrawn_and_is_not_issued_again(
    session: Session, cast: SimpleNamespace
) -> None:
    holder = rules.person(cast.lin.id, cast.lin.name)
    certificate = issue(session, holder)
    services.withdraw(session, certificate, reason="材料有误", by_id=cast.hua.id, now=clock.now())
    session.refresh(certificate)
    assert (certificate.state, certificate.reason) == (State.WITHDRAWN, "材料有误")
    assert issue(session, holder) is certificate
    with pytest.raises(Conflict):
        services.withdraw(session, certificate, reason="再来", by_id=None, now=clock.now())


def test_a_replaced_certificate_points_nowhere_and_the_new_one_has_its_own_serial_and_code(
    session: Session, cast: SimpleNamespace
) -> None:
    old = issue(session, rules.person(cast.lin.id, "林小"))
    new = services.replace(
        session, old, holder="林晓", issued_on=date(2026, 11, 28), reason="姓名更正", by_id=cast.hua.id, now=clock.now()
    )
    session.refresh(old)
    assert (old.state, old.holder) == (State.REPLACED, "林小")
    assert (new.holder, new.revision, new.serial) == ("林晓", 1, "2026-R-000002")
    assert new.code != old.code
    assert queries.find_latest(session, SOURCE, new.holder_key) is new
    assert session.scalar(select(func.count()).select_from(Certificate)) == 2


def test_a_code_is_found_as_people_type_it(session: Session) -> None:
    certificate = issue(session, rules.unit(3, "测绘院"))
    typed = rules.grouped(certificate.code).lower().replace("-", " - ")
    assert queries.find_by_code(session, typed) is certificate
    assert queries.find_by_code(session, certificate.code[:-1]) is None
