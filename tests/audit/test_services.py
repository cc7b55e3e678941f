"""The audit chain: any change of a stored record is named."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from lms.audit import services
from lms.audit.models import AuditRecord
from lms.audit.rules import link
from lms.db import MakeSession, unit_of_work

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def chain(session: Session) -> Session:
    for number in range(5):
        services.record(session, 1, "test.act", f"thing:{number}", {"n": number}, now=NOW, actor="林晓")
    session.commit()
    assert services.verify(session)[1] == []
    return session


def newest(session: Session) -> int:
    return services.count_records(session)


def test_a_whole_chain_verifies_and_says_how_much_was_compared(chain: Session) -> None:
    compared, faults = services.verify(chain)
    assert compared == newest(chain) > 5
    assert faults == []


def test_a_changed_record_is_named(chain: Session) -> None:
    number = newest(chain) - 2
    chain.execute(update(AuditRecord).where(AuditRecord.number == number).values(target="thing:x"))
    assert services.verify(chain)[1] == [f"第 {number} 条被改动、缺失或调换"]


def test_a_deleted_record_is_named(chain: Session) -> None:
    number = newest(chain) - 1
    chain.execute(delete(AuditRecord).where(AuditRecord.number == number))
    assert f"第 {number} 条被改动" in services.verify(chain)[1][0]


def test_a_log_cut_at_its_end_is_noticed(chain: Session) -> None:
    number = newest(chain)
    chain.execute(delete(AuditRecord).where(AuditRecord.number == number))
    assert "日志尾部被截断" in services.verify(chain)[1][0]


def test_two_records_that_change_places_are_noticed(chain: Session) -> None:
    number = newest(chain)
    chain.execute(text(f"UPDATE audit_records SET number = -1 WHERE number = {number}"))
    chain.execute(text(f"UPDATE audit_records SET number = {number} WHERE number = {number - 1}"))
    chain.execute(text(f"UPDATE audit_records SET number = {number - 1} WHERE number = -1"))
    chain.expire_all()
    assert services.verify(chain)[1]


def test_a_record_added_behind_the_head_is_noticed(chain: Session) -> None:
    number = newest(chain)
    made = chain.scalars(select(AuditRecord).where(AuditRecord.number == number)).one()
    fields = {**made.fields, "number": number + 1}
    chain.add(AuditRecord(**fields, previous=made.hash, hash=link(made.hash, fields)))
    chain.flush()
    assert services.verify(chain)[1] == [f"第 {number + 1} 条没有登记"]


def test_records_that_come_in_while_it_is_verified_are_no_fault(chain: Session, make_session: MakeSession) -> None:
    stop = threading.Event()
    found: list[str] = []

    def verify_on() -> None:
        while not stop.is_set():
            with make_session() as session:
                found.extend(services.verify(session)[1])

    reader = threading.Thread(target=verify_on)
    reader.start()
    for n in range(60):
        with unit_of_work(make_session) as session:
            services.record(session, 1, "test.act", f"thing:{n}", now=NOW)
    stop.set()
    reader.join()
    assert found == []
