"""The audit chain: any change of a stored record is named."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from lms.audit import services
from lms.audit.models import AuditHead, AuditRecord
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


def test_r18_a_whole_chain_verifies_and_says_how_much_was_compared(chain: Session) -> None:
    compared, faults = services.verify(chain)
    assert compared == newest(chain) > 5
    assert faults == []


CHANGES: list[dict[str, object]] = [
    {"at": NOW + timedelta(seconds=1)}, {"actor_id": 2}, {"actor_id": None}, {"actor": "段娜"}, {"action": "test.other"},
    {"target": "thing:x"}, {"detail": {"n": 9}}, {"detail": {}}, {"hash": "0" * 64}, {"previous": "0" * 64},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_r18_a_changed_record_is_named_whatever_was_changed(chain: Session, change: dict[str, object]) -> None:
    number = newest(chain) - 2
    chain.execute(update(AuditRecord).where(AuditRecord.number == number).values(change))
    chain.expire_all()
    assert services.verify(chain)[1] == [f"第 {number} 条被改动、缺失或调换"]


@pytest.mark.parametrize("back", [1, 2, 4])
def test_r18_a_deleted_record_is_named(chain: Session, back: int) -> None:
    number = newest(chain) - back
    chain.execute(delete(AuditRecord).where(AuditRecord.number == number))
    assert services.verify(chain)[1] == [f"第 {number} 条被改动、缺失或调换"]


@pytest.mark.parametrize("count", [1, 3])
def test_r18_a_log_cut_at_its_end_is_told_with_what_is_left(chain: Session, count: int) -> None:
    number = newest(chain)
    chain.execute(delete(AuditRecord).where(AuditRecord.number > number - count))
    assert services.verify(chain)[1] == [f"日志尾部被截断：应有 {number} 条，只有 {number - count} 条"]


def test_r18_a_log_that_was_emptied_is_told(chain: Session) -> None:
    number = newest(chain)
    chain.execute(delete(AuditRecord))
    assert services.verify(chain)[1] == [f"日志尾部被截断：应有 {number} 条，只有 0 条"]


def test_r18_of_two_records_that_change_places_the_first_is_named(chain: Session) -> None:
    number = newest(chain)
    chain.execute(text(f"UPDATE audit_records SET number = -1 WHERE number = {number}"))
    chain.execute(text(f"UPDATE audit_records SET number = {number} WHERE number = {number - 1}"))
    chain.execute(text(f"UPDATE audit_records SET number = {number - 1} WHERE number = -1"))
    chain.expire_all()
    assert services.verify(chain)[1][0] == f"第 {number - 1} 条被改动、缺失或调换"


def test_r18_a_record_added_behind_the_head_is_named(chain: Session) -> None:
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


LONG = 100_000


@pytest.mark.slow
def test_r18_a_hundred_thousand_records_are_verified_within_ten_seconds(chain: Session) -> None:
    head, first = chain.get_one(AuditHead, 1), newest(chain)
    rows, made = [], head.hash
    for number in range(first + 1, LONG + 1):
        fields = {
            "number": number, "at": NOW, "actor_id": 1, "actor": "林晓", "action": "test.act", "target": f"thing:{number}",
            "detail": {"name": "“自然资源”讲座", "from": number, "to": [number, None]},
        }  # fmt: skip
        previous, made = made, link(made, fields)
        rows.append({**fields, "previous": previous, "hash": made})
    chain.execute(insert(AuditRecord), rows)
    chain.execute(update(AuditHead).values(number=LONG, hash=made))
    chain.commit()
    begun = time.process_time()  # other work on the machine is not ours
    assert services.verify(chain) == (LONG, [])
    seconds = time.process_time() - begun
    chain.execute(update(AuditRecord).where(AuditRecord.number == LONG - 7).values(target="thing:0"))
    chain.commit()
    assert services.verify(chain)[1] == [f"第 {LONG - 7} 条被改动、缺失或调换"]
    assert seconds <= 10, f"{seconds:.1f} s"
