"""Write and verify the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.audit.models import COVERED, AuditHead, AuditRecord
from lms.audit.rules import START, first_fault, link
from lms.db import serialise


def record(
    session: Session,
    actor_id: int | None,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
    *,
    now: datetime,
    actor: str = "",
) -> AuditRecord:
    """Append one act to the chain, in the transaction of the act itself. Detail holds plain JSON values and no secrets."""
    serialise(session, "audit")
    head = session.get(AuditHead, 1)
    if head is None:
        head = AuditHead(id=1, number=0, hash=START)
        session.add(head)
    entry = AuditRecord(
        number=head.number + 1,
        at=now,
        actor_id=actor_id,
        actor=actor[:60],
        action=action[:60],
        target=target[:120],
        detail=detail or {},
        previous=head.hash,
        hash="",
    )
    entry.hash = link(head.hash, entry.fields)
    session.add(entry)
    head.number, head.hash = entry.number, entry.hash
    session.flush()  # the next record of this transaction reads the head
    return entry


def verify(session: Session) -> tuple[int, list[str]]:
    """How many records were compared, and a sentence for each fault found. Records that come in meanwhile are left for the next time."""
    number, digest = _head(session)
    columns = [getattr(AuditRecord, name) for name in (*COVERED, "previous", "hash")]
    chain = select(*columns).where(AuditRecord.number <= number).order_by(AuditRecord.number)
    with session.execute(chain.execution_options(yield_per=1000)) as records:
        bad = first_fault((row[0], row[-2], row[-1], dict(zip(COVERED, row, strict=False))) for row in records)
    faults = [] if bad is None else [f"第 {bad} 条被改动、缺失或调换"]
    found = session.scalar(select(func.max(AuditRecord.number)).where(AuditRecord.number <= number)) or 0
    if found != number:
        faults.append(f"日志尾部被截断：应有 {number} 条，只有 {found} 条")
    elif number and session.scalar(select(AuditRecord.hash).where(AuditRecord.number == number)) != digest:
        faults.append(f"第 {number} 条不是最后记下的那一条")
    newest = session.scalar(select(func.max(AuditRecord.number))) or 0
    # Read after the newest number: a record and its head are stored together, so an honest head is never behind.
    if newest > _head(session)[0]:
        faults.append(f"第 {newest} 条没有登记")
    return count_records(session), faults


def verify_end(session: Session, most: int) -> tuple[int, list[str]]:
    """As `verify`, of the last records only, each against the one before: quick however long the log is."""
    number, digest = _head(session)
    wanted = AuditRecord.number.between(number - most, number)
    records = session.scalars(select(AuditRecord).where(wanted).order_by(AuditRecord.number)).all()
    if number and (not records or (records[-1].number, records[-1].hash) != (number, digest)):
        return len(records), [f"日志尾部被截断：应有 {number} 条"]
    begin = (max(1, number - most), records[0].previous if number > most else START) if records else (1, START)
    bad = first_fault(((r.number, r.previous, r.hash, r.fields) for r in records), begin)
    return len(records), [] if bad is None else [f"第 {bad} 条被改动、缺失或调换"]


def _head(session: Session) -> tuple[int, str]:
    row = session.execute(select(AuditHead.number, AuditHead.hash).where(AuditHead.id == 1)).one_or_none()
    return (row.number, row.hash) if row else (0, START)


def count_records(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditRecord)) or 0
